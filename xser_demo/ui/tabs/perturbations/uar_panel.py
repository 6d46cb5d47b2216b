"""Panel with the UAR of both models on a corpus: stored figures, or measured here on its recordings."""

from collections.abc import Iterator
from html import escape

import gradio as gr

from xser_demo.reporting import html
from xser_demo.ui.jobs.queue import HEAVY, MAX_WAITING, died
from xser_demo.ui.shared import model_pairs
from xser_demo.ui.shared.components import QUIET
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.perturbations import curves, sweep
from xser_demo.ui.tabs.perturbations.curves import Measured
from xser_demo.ui.tabs.perturbations.sweep import LabState, Pair
from xser_demo.utils.errors import UserError

QUEUE_S = 30  # of a measurement, for the estimate that waiting visitors see


class UarPanel:
    """Its components, and what to change about them."""

    def __init__(self):
        self.figure = gr.Plot(show_label=False, elem_id="lab-uar", elem_classes="x-plot")
        self.note = gr.HTML(padding=False, elem_id="lab-note", elem_classes="x-small")
        with gr.Row(elem_classes="x-chips"):
            self.go = gr.Button("Measure on the recordings here", size="sm", visible=False, elem_id="lab-measure")
            self.stop = gr.Button("Stop", size="sm", visible=False, elem_id="lab-stop")
        self.outputs = [self.figure, self.note, self.go]  # of ``show``

    def wire(self, inputs: list, lab: gr.State) -> None:
        """``inputs``: visitor, lab state, perturbation, strength and model."""
        self.go.click(self.measure, inputs, [*self.outputs, self.stop], concurrency_limit=MAX_WAITING, **QUIET)
        self.stop.click(self.request_stop, lab, self.stop, **QUIET)

    def show(self, lab: LabState, pair: Pair, name: str, strength: float) -> dict:
        """The figures that were measured here, else the stored ones."""
        measured, problem = lab.measured.get(_key(name, pair)), ""
        try:
            measured = measured or curves.stored(pair, name)
        except UserError as error:
            measured, problem = Measured(pair[1].card["target"], {}), html.error(error)
        card = pair[1].card
        audio_here = sweep.has_recordings(card["target"])
        note = escape(curves.note(measured, name, strength, audio_here))
        return {
            self.figure: curves.figure(measured, name, strength, sweep.model_names(card), 1 / len(card["labels"])),
            self.note: problem or f"<p>{note}</p>",
            self.go: gr.Button(visible=audio_here),
        }

    def measure(self, visitor: Visitor, lab: LabState, name: str, strength: float, model_id: str) -> Iterator[dict]:
        """Measure strength by strength. Stop is a flag that this generator checks: an event that Gradio cancels blocks
        its button until the step that it was in has ended."""
        lab.stop = False
        yield {
            self.go: gr.Button(interactive=False),
            self.stop: gr.Button(visible=True, interactive=True),
            self.note: _progress(0, name),
        }
        try:
            pair = model_pairs.load_pair(visitor, model_id)
            with HEAVY.job(QUEUE_S) as job:
                for message in HEAVY.turn(job, lambda: lab.stop):
                    yield {self.note: html.line(message)}
                for measured in curves.measure(pair, name, stopped=lambda: lab.stop):
                    lab.measured[_key(name, pair)] = measured
                    progress = {self.go: gr.skip(), self.note: _progress(len(measured.points), name)}
                    yield self.show(lab, pair, name, strength) | progress
            last = self.show(lab, pair, name, strength)
        except UserError as error:
            last = {self.note: html.error(error)}
        except Exception as error:  # a bug: the visitor gets a message and can go on
            last = {self.note: html.error(died("The measurement", error))}
        yield last | {self.go: gr.Button(visible=True, interactive=True), self.stop: gr.Button(visible=False)}

    def request_stop(self, lab: LabState) -> gr.Button:
        lab.stop = True
        return gr.Button(interactive=False)


def _key(name: str, pair: Pair) -> tuple:
    return name, *(model.id for model in pair)


def _progress(done: int, name: str) -> str:
    total = curves.curve_length(name)
    text = f"Predicting {curves.MAX_CLIPS} recordings with both models: strength {min(done + 1, total)} of {total} ..."
    return html.line(text, done / total)
