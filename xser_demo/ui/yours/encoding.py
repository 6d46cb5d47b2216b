"""A visitor's recordings are listened to, in the background. Knows nothing of Gradio."""

import time
from collections.abc import Iterator
from contextlib import closing

from xser_demo import headroom
from xser_demo.corpora import intake, own
from xser_demo.corpora.fetch import Step
from xser_demo.features.packs import Pack
from xser_demo.ui.adapt.pace import Control
from xser_demo.ui.background import Background, goes_on
from xser_demo.ui.visitor import Visitor
from xser_demo.ui.yours.owned import Own

WHAT = "Listening to your recordings"
SPEED = 50  # times real time that encoding reaches at least, for those who wait
EVERY_S = 0.2  # between two signs of life


class Encoding(Background[Step]):
    """``brought`` is ready in the end, if nobody stops it."""

    def __init__(self, brought: Own):
        self.brought = brought
        control, expected_s = Control(), intake.summary(brought.survey).seconds / SPEED
        super().__init__(WHAT, expected_s, Step, lambda: _steps(brought, control), control)


def listen(visitor: Visitor) -> None:
    """To the recordings that the visitor has now, unless that goes on already; not any longer to others."""
    if not listening(visitor):
        if visitor.encoding:
            visitor.encoding.control.stop = True
        visitor.encoding = Encoding(visitor.corpus)


def listening(visitor: Visitor) -> bool:
    return goes_on(visitor.encoding) and visitor.encoding.brought is visitor.corpus


def _steps(brought: Own, control: Control) -> Iterator[Step]:
    if control.stop:  # while it waited
        return
    yield Step("Loading the encoder.", 0.0)
    headroom.check(own.memory_needed(brought.survey), WHAT)
    told, share = 0.0, 0.0
    with closing(own.encode(brought.folder, brought.survey)) as events:
        for event in events:
            if isinstance(event, Pack):
                brought.packs["whisper"] = event
                return
            share = event.share
            if time.monotonic() > told + EVERY_S:
                told = time.monotonic()
                yield event
            for _ in control.hold():
                yield Step("Paused until somebody looks.", share)
            if control.stop:
                return
