"""The background job that computes the features of a visitor's recordings."""

import time
from collections.abc import Iterator
from contextlib import closing

from xser_demo.corpora.custom import ingest
from xser_demo.data.encode import Encoded, encode, memory_needed
from xser_demo.data.packs import Pack
from xser_demo.experiments import quick_look
from xser_demo.ui.jobs.background import BackgroundJob, is_running
from xser_demo.ui.jobs.control import Control
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings
from xser_demo.utils import resources
from xser_demo.utils.errors import UserError
from xser_demo.utils.progress import Step

TITLE = "Encoding your recordings"
SPEED = 50  # times real time: the least speed of encoding, to estimate the waiting time
INTERVAL_S = 0.2  # between two progress events


class EncodingJob(BackgroundJob[Step]):
    """Unless it is stopped, or ``recordings`` are deleted, ``feature`` is among their packs in the end."""

    def __init__(self, recordings: UserRecordings, feature: str = "whisper"):
        self.recordings, self.feature = recordings, feature
        recordings.look = quick_look.begin() if feature == "whisper" else recordings.look
        control, expected_s = Control(), ingest.summary(recordings.scan).seconds / SPEED
        super().__init__(TITLE, expected_s, Step, lambda: _unless_deleted(recordings, feature, control), control)


def start_encoding(visitor: Visitor, feature: str = "whisper") -> EncodingJob:
    """Encode the visitor's current recordings for ``feature``, unless that job runs already. Stops any other job."""
    if not (is_encoding(visitor) and visitor.encoding_job.feature == feature):
        if visitor.encoding_job:
            visitor.encoding_job.control.stop = True
        visitor.encoding_job = EncodingJob(visitor.recordings, feature)
    return visitor.encoding_job


def is_encoding(visitor: Visitor) -> bool:
    return is_running(visitor.encoding_job) and visitor.encoding_job.recordings is visitor.recordings


def _unless_deleted(recordings: UserRecordings, feature: str, control: Control) -> Iterator[Step]:
    """The steps of the job. Recordings that are deleted meanwhile end it; that their files are gone is no error."""
    try:
        yield from _steps(recordings, feature, control)
    except UserError:
        if recordings.there:
            raise


def _steps(recordings: UserRecordings, feature: str, control: Control) -> Iterator[Step]:
    if control.stop:  # while it waited
        return
    yield Step("Loading the encoder.", 0.0)
    resources.require_memory(memory_needed(recordings.scan, feature), TITLE)
    last, share = 0.0, 0.0
    with closing(encode(recordings.folder, recordings.scan, feature)) as events:
        for event in events:
            if isinstance(event, Pack):
                if recordings.there and recordings.add(feature, event) and recordings.look:
                    yield Step("Comparing with the corpora that are here.", 1.0)
                    recordings.look.finish(recordings.packs[feature])
                return
            if recordings.look and isinstance(event, Encoded) and event.row is not None and event.frames is not None:
                recordings.look.add(event.row.path, event.frames)
            share = event.share
            if time.monotonic() > last + INTERVAL_S:
                last = time.monotonic()
                yield Step(event.text, event.share)  # without the frames of the clip
            for _ in control.hold():
                yield Step("Paused until the page is open again.", share)
            if control.stop or not recordings.there:
                return
