"""A visitor's recordings are listened to, in the background. Knows nothing of Gradio."""

import time
from collections.abc import Iterator
from contextlib import closing

from xser_demo.corpora.custom import ingest
from xser_demo.data.encode import encode, memory_needed
from xser_demo.data.packs import Pack
from xser_demo.ui.jobs.background import BackgroundJob, is_running
from xser_demo.ui.jobs.control import Control
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings
from xser_demo.utils import resources
from xser_demo.utils.progress import Step

WHAT = "Listening to your recordings"
SPEED = 50  # times real time that encoding reaches at least, for those who wait
EVERY_S = 0.2  # between two signs of life


class EncodingJob(BackgroundJob[Step]):
    """``brought`` is ready in the end, if nobody stops it: ``feature`` is among its packs."""

    def __init__(self, brought: UserRecordings, feature: str = "whisper"):
        self.brought, self.feature = brought, feature
        control, expected_s = Control(), ingest.summary(brought.scan).seconds / SPEED
        super().__init__(WHAT, expected_s, Step, lambda: _steps(brought, feature, control), control)


def start_encoding(visitor: Visitor, feature: str = "whisper") -> EncodingJob:
    """To the recordings that the visitor has now, by the encoder of a feature, unless that goes on already; not any
    longer to others, nor by another."""
    if not (is_encoding(visitor) and visitor.encoding_job.feature == feature):
        if visitor.encoding_job:
            visitor.encoding_job.control.stop = True
        visitor.encoding_job = EncodingJob(visitor.recordings, feature)
    return visitor.encoding_job


def is_encoding(visitor: Visitor) -> bool:
    return is_running(visitor.encoding_job) and visitor.encoding_job.brought is visitor.recordings


def _steps(brought: UserRecordings, feature: str, control: Control) -> Iterator[Step]:
    if control.stop:  # while it waited
        return
    yield Step("Loading the encoder.", 0.0)
    resources.require_memory(memory_needed(brought.scan, feature), WHAT)
    told, share = 0.0, 0.0
    with closing(encode(brought.folder, brought.scan, feature)) as events:
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
