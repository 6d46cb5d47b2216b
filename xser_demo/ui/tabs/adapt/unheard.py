"""The button "Score on unheard speakers" and what it shows."""

from collections.abc import Iterator

import gradio as gr

from xser_demo.experiments import folds
from xser_demo.experiments.run import AdaptationResult
from xser_demo.reporting import html, score_tables
from xser_demo.ui.jobs import queue
from xser_demo.ui.jobs.background import is_running
from xser_demo.ui.shared.components import QUIET
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt.folds_job import FoldsJob
from xser_demo.utils.errors import UserError


class Unheard:
    def __init__(self):
        self.table = gr.HTML(elem_id="adapt-unheard", elem_classes="x-gauges")
        with gr.Row(elem_classes="x-run-buttons"):
            self.go = gr.Button("Score on unheard speakers", visible=False, size="sm", elem_id="adapt-folds")
            self.stop = gr.Button("Stop", visible=False, size="sm", min_width=70, elem_id="adapt-folds-stop")
        self.line = gr.HTML(elem_id="adapt-folds-line", elem_classes="x-small")
        self.outputs = [self.table, self.go, self.stop, self.line]

    def wire(self, visitor: gr.State) -> None:
        self.go.click(self._start, visitor, self.outputs, concurrency_limit=queue.MAX_WAITING, **QUIET)
        self.stop.click(_stop, visitor, self.stop, **QUIET)

    def empty(self) -> dict:
        return {self.table: "", self.line: "", self.go: gr.Button(visible=False), self.stop: gr.Button(visible=False)}

    def offer(self, result: AdaptationResult) -> dict:
        """What pressing the button will do, where the target can be scored fold by fold."""
        if not result.scores or result.finished.stopped_early or not folds.possible(result.plan):
            return self.empty()  # the folds of a run that was ended early would be trained for longer than its model
        count = len(folds.target_folds(result.plan))
        text = (
            f"{count} more runs, about {folds.expected_s(result)} s on two free cores: each is scored on the speakers "
            "that it was not adapted to."
        )
        return self.empty() | {self.go: gr.Button(visible=True), self.line: html.line(text)}

    def follow(self, visitor: Visitor) -> Iterator[dict]:
        """The visitor's running or finished job, for as long as it is about the latest run."""
        job, scored = visitor.folds_job, False
        if job is None:
            return
        yield {self.go: gr.Button(visible=False), self.stop: gr.Button(visible=True, interactive=True)}
        try:
            for update in job.follow():
                if visitor.folds_job is not job:  # another run has begun, whose results are shown here now
                    return
                changes = {self.line: html.line(update.text, update.share)}
                if update.pooled:
                    changes[self.table], scored = score_tables.unheard(update.pooled), True
                yield changes
        except UserError as error:
            if visitor.folds_job is not job:
                return
            yield {self.line: html.error(error)}
        yield {self.go: gr.Button(visible=not scored), self.stop: gr.Button(visible=False)}

    def _start(self, visitor: Visitor) -> Iterator[dict]:
        model_id = next(reversed(visitor.results), None)
        if model_id is None or is_running(visitor.adaptation_job):
            yield {self.line: html.line("Adapt a model first; then it can be scored.")}
            return
        if not is_running(visitor.folds_job):
            visitor.folds_job = FoldsJob(visitor, model_id)
        yield from self.follow(visitor)


def end(visitor: Visitor) -> None:
    """Stop the job and forget it: a new run begins."""
    _stop(visitor)
    visitor.folds_job = None


def _stop(visitor: Visitor) -> gr.Button:
    if visitor.folds_job:
        visitor.folds_job.control.stop = True
    return gr.Button(interactive=False)
