"""The folded part "Every clip": the answers of the latest run to each clip of its target, as a table with a map, and
as CSV."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from xser_demo.experiments import clip_answers
from xser_demo.experiments.clip_answers import ADAPTED, START, ClipAnswers
from xser_demo.ui.shared import clip_media
from xser_demo.ui.shared.components import PRIVATE, QUIET, Download, late_plot
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt.answers_map import AnswersMap

ALL, CHANGED, UNSURE, PICKED = "all clips", "changed by adapting", "unsure", "picked on the map"
COLUMNS = ("File", "s", "Speaker", "Before", "Now", "Sure (%)", "Changed", "Unsure")
TYPES = ["str", "number", "str", "str", "str", "number", "str", "str"]
HINT = "Click on a row to hear the clip; on a heading to sort or filter."
GONE = "This run was forgotten after half an hour without use; adapt again."


class EveryClip:
    """The table decides: whatever changes its rows, the map marks them."""

    def __init__(self):
        self.picked = gr.State([])  # numbers of clips that were picked on the map
        with gr.Accordion("Every clip", open=False, visible=False, elem_id="adapt-every") as self.accordion:
            with gr.Row(equal_height=True):
                self.which = gr.Radio(
                    [ALL, CHANGED, UNSURE, PICKED], value=ALL, show_label=False, container=False, label="Which clips",
                    elem_id="adapt-every-which",
                )  # fmt: skip
                self.csv = Download("Download as CSV", "adapt-every-csv")
            self.line = gr.HTML(elem_id="adapt-every-line", elem_classes="x-small")
            with gr.Row(equal_height=False):
                with gr.Column(scale=8, min_width=320):
                    self.table = gr.Dataframe(
                        headers=list(COLUMNS), datatype=TYPES, type="array", interactive=False, show_search="filter",
                        max_height=420, show_label=False, label="Every clip and its answers",
                        elem_id="adapt-every-table",
                    )  # fmt: skip
                with gr.Column(scale=5, min_width=300):
                    self.map = AnswersMap()
            with gr.Row(equal_height=False):
                self.spectrogram = late_plot("adapt-every-picture")
                self.sound = gr.Audio(
                    visible=False, interactive=False, autoplay=True, show_label=False, buttons=[],
                    elem_id="adapt-every-sound",
                )  # fmt: skip
        self.shown = [self.line, self.table]
        self.media = [self.line, self.spectrogram, self.sound, self.map.marks]
        self.outputs = [
            self.picked, self.accordion, self.which, *self.shown, *self.map.outputs, self.spectrogram, self.sound
        ]  # fmt: skip

    def wire(self, visitor: gr.State) -> None:
        chosen = [visitor, self.which, self.picked]
        self.accordion.expand(
            self._expand, chosen, [*self.shown, *self.map.outputs], show_progress_on=[self.line], **PRIVATE
        )
        self.which.input(self._show, chosen, self.shown, **QUIET)
        self.map.marks.select(self._pick, visitor, [self.picked, self.which, self.table, *self.media], **QUIET)
        self.table.change(self._mark, [visitor, self.table], self.map.marks, trigger_mode="always_last", **QUIET)
        self.table.select(self._open, visitor, self.media, **QUIET)
        self.csv.wire([visitor], _write)

    def empty(self) -> dict:
        return {
            self.picked: [],
            self.accordion: gr.Accordion(visible=False, open=False),
            self.which: ALL,
            self.line: "",
            self.table: [],
            **self.map.empty(),
            self.spectrogram: None,
            self.sound: gr.Audio(None, visible=False),
        }

    def offer(self) -> dict:
        return {self.accordion: gr.Accordion(visible=True, open=False)}

    def _expand(self, visitor: Visitor, which: str, picked: list[int]) -> dict:
        model_id, result = visitor.latest()
        if model_id is None or result is None:
            return self._show(visitor, which, picked)
        return self._show(visitor, which, picked) | self.map.show(visitor.map_history.get(model_id), result)

    def _show(self, visitor: Visitor, which: str, picked: list[int]) -> dict:
        found = visitor.latest_answers()
        if found is None:
            return {self.line: GONE, self.table: []}
        rows = table(found, which, picked)
        return {self.line: f"{_count(len(rows))}. {HINT}", self.table: rows}

    def _pick(self, visitor: Visitor, event: gr.SelectData) -> dict:
        """Keep clips in the table that were picked on the map, all of them where none was; play a single one."""
        found, sent = visitor.latest_answers(), event.index if isinstance(event.index, list) else []
        total = len(found.utterances) if found else 0
        picked = sorted({one for one in sent if type(one) is int and 0 <= one < total})
        which = PICKED if picked else ALL
        media = self._play(visitor, found, picked[0]) if found and len(picked) == 1 else {}
        return media | {self.picked: picked, self.which: which} | self._show(visitor, which, picked)

    def _mark(self, visitor: Visitor, rows: list[list]) -> dict:
        """The clips that the table has now, also after it was searched."""
        found = visitor.latest_answers()
        if found is None:
            return {self.map.marks: gr.skip()}
        files = {row[0] for row in rows if row}
        kept = [number for number, one in enumerate(found.utterances) if one.path in files]
        return self.map.mark(kept, len(found.utterances))

    def _open(self, visitor: Visitor, event: gr.SelectData) -> dict:
        """Play a clip. A browser sends the row; only a file among the clips is looked for."""
        found, number = visitor.latest_answers(), clip(visitor, getattr(event, "row_value", None))
        if found is None or number is None:
            return {self.line: gr.skip()}
        return self._play(visitor, found, number)

    def _play(self, visitor: Visitor, found: ClipAnswers, number: int) -> dict:
        media = clip_media.media(found.utterances[number], visitor.recordings)
        return {
            self.line: media.source or HINT,
            self.spectrogram: media.figure,
            self.sound: gr.Audio(media.sound, visible=media.sound is not None),
            **self.map.ring(number),
        }


def table(found: ClipAnswers, which: str, picked: Sequence[int] = ()) -> list[list]:
    """A row of ``COLUMNS`` for each clip that is asked for. ``picked``: numbers of clips, for ``PICKED``."""
    changed, unsure = found.changed, found.unsure
    everything = np.arange(len(changed))
    chosen = {CHANGED: everything[changed], UNSURE: everything[unsure], PICKED: picked}.get(which, everything)
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
        for n in chosen
    ]


def clip(visitor: Visitor, row: Any) -> int | None:
    """The number of the clip of a row of the table; None for a row of another run."""
    found = visitor.latest_answers()
    path = row[0] if isinstance(row, list) and row else None
    return next((number for number, one in enumerate(found.utterances) if one.path == path), None) if found else None


def _write(folder: Path, visitor: Visitor) -> Path | None:
    found = visitor.latest_answers()
    if found is None:
        return None
    file = folder / "xser-answers.csv"
    clip_answers.write(list(clip_answers.rows(found)), file)
    return file


def _count(clips: int) -> str:
    return "1 clip" if clips == 1 else f"{clips:,} clips"
