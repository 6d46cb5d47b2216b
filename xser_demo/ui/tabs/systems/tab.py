"""The Systems tab: how each published system is built, what the adaptation changes in it, and its scores."""

from dataclasses import dataclass
from html import escape

import gradio as gr

from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.experiments import systems
from xser_demo.experiments.systems.base import System
from xser_demo.ui.shared import adapt_options, texts
from xser_demo.ui.shared.components import IN_ORDER, late_plot
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.tabs.systems import architecture, claims, scores

SHORT = {  # names that fit on one line of a projector
    "latif2019-gan": "GAN (Latif)",
    "cai2021-dann": "DANN (Cai)",
    "li2021-nnpm": "NNPM (Li)",
    "poster2023-dann": "DANN (poster)",
    "baklouti2024-mmd": "VGG16 + MMD (Baklouti)",
}
COMMON_WORDS = (
    "The same frozen encoder, small network and selection without target labels for every method, so that only the "
    "method differs. The objective of every system was run on this ground too: see the Benchmark tab."
)


@dataclass(frozen=True, kw_only=True)
class Systems(Tab):
    """``hear`` and ``adapt`` are buttons that app.py wires to other tabs; ``which`` is the chosen system."""

    which: gr.Radio
    hear: gr.Button
    adapt: gr.Button


def build() -> Systems:
    names = [*((SHORT[key], key) for key in systems.SYSTEMS), (texts.COMMON, adapt_options.COMMON)]
    which = gr.Radio(
        names, value=names[0][1], label="Published system", show_label=False, container=False, elem_id="systems-which"
    )
    idea = gr.HTML(elem_id="systems-idea")
    drawing = gr.HTML(elem_id="systems-drawing")
    with gr.Row():
        hear = gr.Button("Hear it in Listen", scale=1, min_width=150, elem_id="systems-hear")
        adapt = gr.Button("Adapt it yourself", variant="primary", scale=1, min_width=150, elem_id="systems-adapt")
    claim = gr.HTML(elem_id="systems-claim")
    test = late_plot("systems-test", min_width=300)
    with gr.Row(equal_height=False):
        own, common = (late_plot(f"systems-{name}", min_width=300) for name in ("own", "common"))
    words = gr.HTML(elem_id="systems-told", elem_classes="x-small")
    with gr.Accordion("Published figures and ours", open=False, visible=False) as figures:
        beside = gr.Markdown(elem_id="systems-beside")
    with gr.Accordion("The paper and its gaps", open=False, visible=False) as more:
        paper = gr.HTML(elem_id="systems-paper", elem_classes="x-paper")

    outputs = [idea, drawing, claim, test, own, common, words, figures, beside, more, paper]
    which.input(show, which, outputs, trigger_mode="always_last", **IN_ORDER)
    return Systems(show, [which], outputs, {"system": which}, which=which, hear=hear, adapt=adapt)


def show(key: str) -> tuple:
    """Values of the outputs for a system, or for the common ground."""
    system = systems.SYSTEMS.get(key)
    sketch = architecture.html(architecture.drawing(system), f"How {system.title if system else 'it'} is built")
    if system is None:
        closed = gr.Accordion(visible=False)
        return _lead(texts.COMMON, COMMON_WORDS), sketch, "", None, None, None, "", closed, "", closed, ""
    rows = scores.rows(system)
    summary, grid = scores.claim(system), scores.grid(system)
    titles = {"faithful": f"Own features and network: {_task(system)}", "common": f"{texts.COMMON}: four emotions"}
    fidelity = system.variant().fidelity
    return (
        _lead(system.idea, f"{system.title}; built here {fidelity}."),
        sketch,
        claims.html(summary),
        claims.figure(summary, grid),
        *(scores.figure(rows[track], title, scores.chance(system, track)) for track, title in titles.items()),
        f"<p><b>As in the paper.</b> {scores.verdict(rows['faithful'])}</p>"
        f"<p><b>{texts.COMMON}.</b> {scores.verdict(rows['common'])}</p><p>{scores.note()}</p>",
        gr.Accordion(visible=True),
        scores.published(system),
        gr.Accordion(visible=True),
        scores.paper(system),
    )


def _task(system: System) -> str:
    return f"{system.task} emotions" if len(LABEL_SETS[system.task].classes) > 2 else system.task


def _lead(lead: str, small: str) -> str:
    return f"<p class='x-lead' role='status'>{escape(lead)}</p><p class='x-small'>{escape(small)}</p>"
