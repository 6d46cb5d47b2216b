"""The map of a run beside the table of its clips: the clips of the table are marked, and clips can be picked here."""

import json

import gradio as gr
import numpy as np
import plotly.graph_objects as go

from xser_demo.experiments import clip_answers
from xser_demo.experiments.run import AdaptationResult
from xser_demo.reporting.map_animation import MapHistory
from xser_demo.reporting.palette import INK, MODEL_COLOURS
from xser_demo.ui.js import script
from xser_demo.ui.shared.components import late_plot

HINT = "Bright: the clips of the table. Draw around clips with a mouse, or click on one, to keep these in the table."
OTHERS = "The map of this run has the clips that it adapted to, not those of the table."
FAINT = 0.12  # opacity of the clips that the table lacks
MARKED = {"marker": {"size": 9, "opacity": 1}}
HEIGHT = 320


class AnswersMap:
    def __init__(self):
        self.figure = late_plot("adapt-every-map")
        self.marks = gr.HTML(
            elem_id="adapt-every-marks", elem_classes="x-small", js_on_load=script("marks"), kept=None, ring=None
        )
        self.outputs = [self.figure, self.marks]

    def empty(self) -> dict:
        return {self.figure: None, self.marks: gr.HTML("", kept=None, ring=None)}

    def show(self, history: MapHistory | None, result: AdaptationResult) -> dict:
        """The map as the run drew it last; a sentence where it has none of the clips of the table."""
        rows = numbers(history, result) if history and history.figure else np.empty(0, int)
        shown, total = int((rows >= 0).sum()), len(clip_answers.clips(result))
        if history is None or history.figure is None:
            return self.empty()
        if not shown:
            return self.empty() | {self.marks: gr.HTML(OTHERS, kept=None, ring=None)}
        some = "" if shown == total else f" The map has {shown:,} of the {total:,} clips."
        return {self.figure: figure(history.figure, rows), self.marks: gr.HTML(HINT + some)}

    def mark(self, kept: list[int], total: int) -> dict:
        """``kept``: numbers of the clips that the table has, of ``total``."""
        return {self.marks: gr.HTML(kept=None if len(kept) == total else json.dumps(kept))}

    def ring(self, number: int) -> dict:
        """Around the clip that is open."""
        return {self.marks: gr.HTML(ring=number)}


def numbers(history: MapHistory, result: AdaptationResult) -> np.ndarray:
    """For each clip of the map (n,), those of the source first, its number among ``clip_answers.clips``, or -1."""
    places = {row: number for number, row in enumerate(clip_answers.clips(result).rows.tolist())}
    target = [places.get(row, -1) for row in history.clips.target.rows.tolist()]
    return np.array([-1] * len(history.clips.source) + target)


def figure(drawn: go.Figure, rows: np.ndarray) -> go.Figure:
    """The last map of a run, whose points say their rows, with the ``numbers`` of their clips instead, and a ring."""
    outline = {"line": {"color": INK, "width": 2}}
    shown = go.Figure(drawn).update_layout(title=None, margin={"t": 10}, height=HEIGHT, newselection=outline)
    for trace in shown.data:
        found = rows[list(trace.customdata)]
        known = found.tolist() if (found >= 0).all() else None
        trace.update(customdata=known, selected=MARKED, unselected={"marker": {"opacity": FAINT}})
    ring = {"symbol": "circle-open", "size": 20, "color": MODEL_COLOURS[2], "line": {"width": 3}}
    shown.add_scatter(x=[], y=[], mode="markers", meta="ring", hoverinfo="skip", marker=ring)
    return shown.update_traces(unselected={"marker": {"opacity": 1}}, selector={"meta": "ring"})
