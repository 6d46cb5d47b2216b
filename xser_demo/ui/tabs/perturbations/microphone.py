"""The microphone is a shift: one sentence twice, as it is and as browsers do it, side by side on measures and maps."""

from collections.abc import Iterator

import gradio as gr
import numpy as np
import plotly.graph_objects as go

from xser_demo.features import mel
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import plots, score_tables
from xser_demo.reporting.maps import groups, stars
from xser_demo.reporting.palette import INK, VISITOR_SHAPE
from xser_demo.ui.shared import model_pairs, recorder
from xser_demo.ui.shared.clips import error_line
from xser_demo.ui.shared.components import PRIVATE, late_plot
from xser_demo.ui.shared.model_menu import defaults, loaded
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.perturbations import microphone_measures
from xser_demo.ui.tabs.perturbations.microphone_measures import NAMES, Takes
from xser_demo.utils.errors import UserError

INTRO = (
    "Before a voice reaches a page, the browser may level it, cut noise and remove echo. The models never learnt from "
    "such sound. Say the same sentence twice in the same way, once without and once with it; or upload two takes."
)
SIDES = {"a": ("A: as it is", "All processing off.", False), "b": ("B: as browsers do it", "All processing on.", True)}
STYLE = """<style>
.x-ab :is(th, td) { padding-right: 8px !important; }
@media (max-width: 640px) { .x-ab table { min-width: 0 !important; font-size: 13px; } }
</style>"""
WAIT = "Both models place the takes on their maps; the first time this takes a few seconds."
NO_MAP = "There is no adapted model here to draw a map with."


def build(visitor: gr.State) -> None:
    state = gr.State(Takes())
    gr.HTML(score_tables.STYLE + STYLE, elem_classes="x-style")
    gr.HTML(f"<h2 class='x-title'>The microphone is a shift</h2><p>{INTRO}</p>", padding=False, elem_id="ab")
    clips = {}
    with gr.Row(equal_height=False):
        for side, (title, note, processing) in SIDES.items():
            with gr.Column(min_width=300):
                gr.HTML(f"<h3 class='x-ab-side'>{title}</h3><p class='x-small'>{note}</p>", padding=False)
                clips[side] = gr.Audio(
                    sources=["microphone", "upload"],
                    type="filepath",
                    label=title,
                    show_label=False,
                    editable=False,
                    buttons=["download"],
                    elem_id=f"mic-{side}",
                )
                recorder.fixed(f"mic-{side}", processing)
    line = gr.HTML(padding=False, elem_id="ab-line")
    measured = gr.HTML(padding=False, elem_id="ab-table")
    with gr.Row():
        sounds = {side: late_plot(f"ab-sound-{side}", min_width=300) for side in SIDES}
    with gr.Row():
        maps = [late_plot(f"ab-map-{when}", min_width=300) for when in ("before", "after")]
    key = gr.HTML(elem_id="ab-legend")

    def take(side: str):
        def heard(path: str | None, visitor: Visitor, takes: Takes) -> Iterator[dict]:
            """A take has come, or has been removed: then what was there of it goes. The maps come last: the first time
            both models must listen to all clips."""
            try:
                takes = takes.with_take(side, microphone_measures.hear(path) if path else None)
                models = loaded(visitor, defaults(visitor))
                said = microphone_measures.sentence(takes, models)
                found = microphone_measures.table(takes, models) if takes.heard else ""
            except UserError as error:
                yield {line: error_line(error)}
                return
            clips = {plot: takes.heard.get(one) for one, plot in sounds.items()}
            yield {
                state: takes,
                line: f"<p class='x-sentence'>{said}</p>" if said else "",
                measured: found,
                key: f"<p class='x-small'>{WAIT}</p>" if takes.both else "",
                **{plot: _sound(clip) if clip else None for plot, clip in clips.items()},
            }
            figures, legend = _maps(takes.both)
            yield dict(zip(maps, figures, strict=True)) | {key: legend}

        return heard

    outputs = [state, line, measured, *sounds.values(), *maps, key]
    for side, clip in clips.items():
        clip.input(take(side), [clip, visitor, state], outputs, show_progress_on=[line], **recorder.LAST, **PRIVATE)


def _sound(heard: EncodedClip) -> go.Figure:
    """Each relative to its own loudest place: what differs is the pattern; the levels stand in the table."""
    figure = plots.spectrogram(mel.decibels(heard.clip.samples), heard.duration_s, [])
    return figure.update_layout(height=180)


def _maps(both: list[EncodedClip]) -> tuple[list[go.Figure | None], str]:
    """Both takes as stars on the maps of the model that Listen asks first, before and after; nothing until both are
    there."""
    if not both:
        return [None, None], ""
    model_id = model_pairs.default(model_pairs.choices(Visitor()))
    if model_id is None:
        return [None, None], f"<p class='x-small'>{NO_MAP}</p>"
    try:
        comparison = model_pairs.SHIPPED.comparison(*model_pairs.load_pair(Visitor(), model_id))
        layouts = model_pairs.SHIPPED.layouts(comparison, "pca")
        places = stars(comparison, layouts, both)
    except UserError as error:
        return [None, None], error_line(error)
    titles = ("Before: source only", "After: adapted")
    shown = comparison.clips
    figures = [
        _with_stars(plots.scatter(layout, groups(shown, seen, "corpus"), None, title), star)
        for layout, seen, star, title in zip(layouts, comparison.views, places, titles, strict=True)
    ]
    words = score_tables.legend(shown.source.pack.key, shown.target.pack.key, shown.labels, "corpus", star=False)
    return figures, words + "<p class='x-small'>Stars: your takes A and B; the line joins them.</p>"


def _with_stars(figure: go.Figure, places: np.ndarray) -> go.Figure:
    """A and B (2, 2), joined by a line."""
    figure.update_traces(marker_size=6).update_layout(showlegend=False, height=330)
    return figure.add_scatter(
        x=places[:, 0],
        y=places[:, 1],
        mode="lines+markers+text",
        text=["<b>A</b>", "<b>B</b>"],
        textfont={"color": "#18181B", "size": 13},
        line={"color": INK, "width": 2, "dash": "dot"},
        marker={"symbol": VISITOR_SHAPE, "size": 26, "color": "#FDE047", "line": {"width": 2, "color": "#18181B"}},
        hovertext=list(NAMES.values()),
        hovertemplate="%{hovertext}<extra></extra>",
    )
