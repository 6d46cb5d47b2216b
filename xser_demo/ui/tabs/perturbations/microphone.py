"""The microphone as a domain shift: two takes of one sentence, without and with the browser's audio processing."""

from collections.abc import Iterator
from functools import partial

import gradio as gr
import numpy as np
import plotly.graph_objects as go

from xser_demo.features import mel
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import html, maps, plots
from xser_demo.reporting.palette import INK
from xser_demo.ui.shared import model_pairs, recorder
from xser_demo.ui.shared.components import PRIVATE, late_plot
from xser_demo.ui.shared.model_menu import defaults, loaded
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.perturbations import microphone_measures
from xser_demo.ui.tabs.perturbations.microphone_measures import NAMES, Takes
from xser_demo.utils.errors import UserError

INTRO = (
    "Before a voice reaches a page, the browser may level it, cut noise and remove echo. The models were not trained "
    "on such sound. Say the same sentence twice in the same way, once without and once with it; or upload two takes."
)
SIDES = {"a": ("A: as it is", "All processing off.", False), "b": ("B: as browsers do it", "All processing on.", True)}
WAIT = "Both models place the takes on their maps; the first time this takes a few seconds."
NO_MAP = "There is no adapted model here to draw a map with."


def build(visitor: gr.State) -> None:
    TwoTakes(visitor).wire()


class TwoTakes:
    """Components in the order of the page; ``wire`` says which event calls which method."""

    def __init__(self, visitor: gr.State):
        self.visitor, self.takes = visitor, gr.State(Takes())
        gr.HTML(f"<h2 class='x-title'>The microphone is a shift</h2><p>{INTRO}</p>", padding=False, elem_id="ab")
        with gr.Row(equal_height=False):
            self.recorders = {side: self._recorder(side, *texts) for side, texts in SIDES.items()}
        self.line = gr.HTML(padding=False, elem_id="ab-line")
        self.table = gr.HTML(padding=False, elem_id="ab-table")
        with gr.Row():
            self.sounds = {side: late_plot(f"ab-sound-{side}", min_width=300) for side in SIDES}
        with gr.Row():
            self.maps = [late_plot(f"ab-map-{when}", min_width=300) for when in ("before", "after")]
        self.legend = gr.HTML(elem_id="ab-legend")

    def _recorder(self, side: str, title: str, note: str, processing: bool) -> gr.Audio:
        with gr.Column(min_width=300):
            gr.HTML(f"<h3>{title}</h3><p class='x-small'>{note}</p>", padding=False)
            audio = gr.Audio(
                sources=["microphone", "upload"],
                type="filepath",
                label=title,
                show_label=False,
                editable=False,
                buttons=["download"],
                elem_id=f"mic-{side}",
            )
            recorder.fixed(f"mic-{side}", processing)
        return audio

    def wire(self) -> None:
        outputs = [self.takes, self.line, self.table, *self.sounds.values(), *self.maps, self.legend]
        for side, audio in self.recorders.items():
            audio.input(
                partial(self.take, side),
                [audio, self.visitor, self.takes],
                outputs,
                show_progress_on=[self.line],
                **recorder.LAST,
                **PRIVATE,
            )

    def take(self, side: str, path: str | None, visitor: Visitor, takes: Takes) -> Iterator[dict]:
        """A take was recorded, or removed (None). The maps come last: at first both models must embed all clips."""
        try:
            takes = takes.with_take(side, microphone_measures.encode(path) if path else None)
            models = loaded(visitor, defaults(visitor))
            sentence = microphone_measures.sentence(takes, models)
            table = microphone_measures.table(takes, models) if takes.clips else ""
        except UserError as error:
            yield {self.line: html.error(error)}
            return
        sounds = {plot: takes.clips.get(side) for side, plot in self.sounds.items()}
        yield {
            self.takes: takes,
            self.line: f"<p class='x-sentence'>{sentence}</p>" if sentence else "",
            self.table: table,
            self.legend: f"<p class='x-small'>{WAIT}</p>" if takes.both else "",
            **{plot: _spectrogram(clip) if clip else None for plot, clip in sounds.items()},
        }
        figures, legend = _maps(takes.both)
        yield dict(zip(self.maps, figures, strict=True)) | {self.legend: legend}


def _spectrogram(clip: EncodedClip) -> go.Figure:
    """Each relative to its own loudest moment: compare the patterns here, and the levels in the table."""
    figure = plots.spectrogram(mel.decibels(clip.clip.samples), clip.duration_s, [])
    return figure.update_layout(height=180)


def _maps(both: list[EncodedClip]) -> tuple[list[go.Figure | None], str]:
    """Both takes as stars on the maps of the model that Listen shows first, before and after, and the legend; nothing
    until both takes are there."""
    if not both:
        return [None, None], ""
    model_id = model_pairs.default(model_pairs.choices(Visitor()))
    if model_id is None:
        return [None, None], f"<p class='x-small'>{NO_MAP}</p>"
    try:
        comparison = model_pairs.compare(Visitor(), model_pairs.SHIPPED, model_id)
        layouts = model_pairs.SHIPPED.layouts(comparison, "pca")
        stars = maps.stars(comparison, layouts, both)
    except UserError as error:
        return [None, None], html.error(error)
    titles = ("Before: source only", "After: adapted")
    figures = [
        _add_takes(plots.scatter(layout, maps.groups(comparison.clips, view, "corpus"), None, title), star)
        for layout, view, star, title in zip(layouts, comparison.views, stars, titles, strict=True)
    ]
    note = "<p class='x-small'>Stars: your takes A and B, joined by a line.</p>"
    return figures, maps.legend(comparison.clips, "corpus") + note


def _add_takes(figure: go.Figure, positions: np.ndarray) -> go.Figure:
    """Stars at the positions (2, 2) of A and B, joined by a line."""
    figure.update_traces(marker_size=6).update_layout(showlegend=False, height=330)
    return figure.add_scatter(
        x=positions[:, 0],
        y=positions[:, 1],
        mode="lines+markers+text",
        text=["<b>A</b>", "<b>B</b>"],
        textfont={"color": "#18181B", "size": 13},
        line={"color": INK, "width": 2, "dash": "dot"},
        marker=plots.star_marker(26),
        hovertext=list(NAMES.values()),
        hovertemplate="%{hovertext}<extra></extra>",
    )
