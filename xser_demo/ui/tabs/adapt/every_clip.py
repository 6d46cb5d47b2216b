"""The folded part "Every clip": the answers of the latest run to each clip of its target, as a table and as CSV."""

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from xser_demo.corpora.base import Utterance
from xser_demo.experiments import clip_answers
from xser_demo.experiments.clip_answers import ADAPTED, START, ClipAnswers
from xser_demo.ui.shared import clip_media
from xser_demo.ui.shared.components import PRIVATE, QUIET, Download, late_plot
from xser_demo.ui.state import Visitor

ALL, CHANGED, UNSURE = "all clips", "changed by adapting", "unsure"
COLUMNS = ("File", "s", "Speaker", "Before", "Now", "Sure (%)", "Changed", "Unsure")
TYPES = ["str", "number", "str", "str", "str", "number", "str", "str"]
HINT = "Click on a row to hear the clip; on a heading to sort or filter."
GONE = "This run was forgotten after half an hour without use; adapt again."


class EveryClip:
    def __init__(self):
        with gr.Accordion("Every clip", open=False, visible=False, elem_id="adapt-every") as self.accordion:
            with gr.Row(equal_height=True):
                self.which = gr.Radio(
                    [ALL, CHANGED, UNSURE], value=ALL, show_label=False, container=False, label="Which clips",
                    elem_id="adapt-every-which",
                )  # fmt: skip
                self.csv = Download("Download as CSV", "adapt-every-csv")
            self.line = gr.HTML(elem_id="adapt-every-line", elem_classes="x-small")
            self.table = gr.Dataframe(
                headers=list(COLUMNS), datatype=TYPES, interactive=False, show_search="filter", max_height=420,
                show_label=False, label="Every clip and its answers", elem_id="adapt-every-table",
            )  # fmt: skip
            with gr.Row(equal_height=False):
                self.spectrogram = late_plot("adapt-every-picture")
                self.sound = gr.Audio(
                    visible=False, interactive=False, autoplay=True, show_label=False, buttons=[],
                    elem_id="adapt-every-sound",
                )  # fmt: skip
        self.shown = [self.line, self.table]
        self.media = [self.line, self.spectrogram, self.sound]
        self.outputs = [self.accordion, self.which, *self.shown, self.spectrogram, self.sound]

    def wire(self, visitor: gr.State) -> None:
        show = {"fn": self._show, "inputs": [visitor, self.which], "outputs": self.shown}
        self.accordion.expand(**show, show_progress_on=[self.line], **PRIVATE)
        self.which.input(**show, **QUIET)
        self.table.select(self._open, visitor, self.media, **QUIET)
        self.csv.wire([visitor], _write)

    def empty(self) -> dict:
        return {
            self.accordion: gr.Accordion(visible=False, open=False),
            self.which: ALL,
            self.line: "",
            self.table: [],
            self.spectrogram: None,
            self.sound: gr.Audio(None, visible=False),
        }

    def offer(self) -> dict:
        return {self.accordion: gr.Accordion(visible=True, open=False)}

    def _show(self, visitor: Visitor, which: str) -> dict:
        found = visitor.latest_answers()
        if found is None:
            return {self.line: GONE, self.table: []}
        rows = table(found, which)
        return {self.line: f"{len(rows):,} clips. {HINT}", self.table: rows}

    def _open(self, visitor: Visitor, event: gr.SelectData) -> dict:
        """Play a clip. A browser sends the row; only a file among the clips is looked for."""
        utterance = clip(visitor, getattr(event, "row_value", None))
        if utterance is None:
            return {self.line: gr.skip()}
        media = clip_media.media(utterance, visitor.recordings)
        return {
            self.line: media.source or f"{HINT}",
            self.spectrogram: media.figure,
            self.sound: gr.Audio(media.sound, visible=media.sound is not None),
        }


def table(found: ClipAnswers, which: str) -> list[list]:
    """A row of ``COLUMNS`` for each clip that is asked for."""
    changed, unsure = found.changed, found.unsure
    chosen = {CHANGED: changed, UNSURE: unsure}.get(which, np.ones(len(changed), bool))
    sure = (100 * found.probabilities[ADAPTED].max(1)).round().astype(int)
    return [
        [
            found.utterances[n].path,
            round(found.utterances[n].duration_s or 0.0, 1),
            found.utterances[n].speaker,
            found.classes[found.answers[START][n]],
            found.classes[found.answers[ADAPTED][n]],
            int(sure[n]),
            "changed" if changed[n] else "",
            "unsure" if unsure[n] else "",
        ]
        for n in np.flatnonzero(chosen).tolist()
    ]


def clip(visitor: Visitor, row: Any) -> Utterance | None:
    """The clip of a row of the table; None for a row of another run."""
    found = visitor.latest_answers()
    path = row[0] if isinstance(row, list) and row else None
    return next((one for one in found.utterances if one.path == path), None) if found else None


def _write(folder: Path, visitor: Visitor) -> Path | None:
    found = visitor.latest_answers()
    if found is None:
        return None
    file = folder / "xser-answers.csv"
    clip_answers.write(list(clip_answers.rows(found)), file)
    return file
