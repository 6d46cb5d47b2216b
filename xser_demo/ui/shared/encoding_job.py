"""A visitor's recordings are listened to, in the background. Knows nothing of Gradio."""

import time
from collections.abc import Iterator
from contextlib import closing

from xser_demo.corpora.custom import ingest
from xser_demo.data.encode import encode, memory_needed
from xser_demo.data.packs import Pack
from xser_demo.ui.jobs.background import Background, goes_on
from xser_demo.ui.jobs.control import Control
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import Own
from xser_demo.utils import resources
from xser_demo.utils.progress import Step

WHAT = "Listening to your recordings"
SPEED = 50  # times real time that encoding reaches at least, for those who wait
EVERY_S = 0.2  # between two signs of life


class Encoding(Background[Step]):
    """``brought`` is ready in the end, if nobody stops it: ``feature`` is among its packs."""

    def __init__(self, brought: Own, feature: str = "whisper"):
        self.brought, self.feature = brought, feature
        control, expected_s = Control(), ingest.summary(brought.survey).seconds / SPEED
        super().__init__(WHAT, expected_s, Step, lambda: _steps(brought, feature, control), control)


def listen(visitor: Visitor, feature: str = "whisper") -> Encoding:
    """To the recordings that the visitor has now, by the encoder of a feature, unless that goes on already; not any
    longer to others, nor by another."""
    if not (listening(visitor) and visitor.encoding.feature == feature):
        if visitor.encoding:
            visitor.encoding.control.stop = True
        visitor.encoding = Encoding(visitor.corpus, feature)
    return visitor.encoding


def listening(visitor: Visitor) -> bool:
    return goes_on(visitor.encoding) and visitor.encoding.brought is visitor.corpus


def _steps(brought: Own, feature: str, control: Control) -> Iterator[Step]:
    if control.stop:  # while it waited
        return
    yield Step("Loading the encoder.", 0.0)
    resources.check(memory_needed(brought.survey, feature), WHAT)
    told, share = 0.0, 0.0
    with closing(encode(brought.folder, brought.survey, feature)) as events:
        for event in events:
            if isinstance(event, Pack):
                brought.packs[feature] = event
                return
            share = event.share
            if time.monotonic() > told + EVERY_S:
                told = time.monotonic()
                yield event
            for _ in control.hold():
                yield Step("Paused until somebody looks.", share)
            if control.stop:
                return
