"""The progress of an encoding and the quick look meanwhile."""

from collections.abc import Callable, Iterator

import gradio as gr

from xser_demo.reporting import html
from xser_demo.ui.shared.encoding_job import EncodingJob
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings
from xser_demo.ui.tabs.recordings import look, texts
from xser_demo.utils.errors import UserError


class EncodingView:
    """``line`` and ``look``: components. ``offer``: the changes that show the given buttons only."""

    def __init__(self, line: gr.HTML, look: gr.HTML, offer: Callable[[list], dict]):
        self.line, self.look, self.offer = line, look, offer

    def follow(self, visitor: Visitor, during: list, afterwards: list) -> Iterator[dict]:
        """The progress of the visitor's encoding, until the page is closed, which does not end the encoding, or the
        recordings are deleted or replaced. ``during`` and ``afterwards``: buttons."""
        job = visitor.encoding_job
        for update in self._updates(job, during, afterwards):
            if visitor.recordings is not job.recordings:
                yield {self.line: gr.skip()}
                return
            yield update

    def _updates(self, job: EncodingJob, during: list, afterwards: list) -> Iterator[dict]:
        buttons = self.offer(during)
        try:
            for step in job.follow():
                yield {self.line: html.line(step.text, step.share), **self.answers(job.recordings)} | buttons
                buttons = {}
            text = texts.READY if job.recordings.ready else "Cancelled. " + texts.PREVIEW
            yield {self.line: html.line(text), **self.answers(job.recordings), **self.offer(afterwards)}
        except UserError as error:
            yield {self.line: html.error(error), **self.offer(afterwards)}

    def answers(self, recordings: UserRecordings) -> dict:
        """The quick look so far."""
        total = len(recordings.scan.rows)
        return {self.look: look.look(recordings.look, total) if recordings.look else ""}
