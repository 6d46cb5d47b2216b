"""The Adapt tab: choose two corpora and a method, and watch a model adapt."""

from collections.abc import Iterator

import gradio as gr

from xser_demo import adaptation, methods
from xser_demo.adaptation import MODES, Plan
from xser_demo.corpora import corpus
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.corpora.splits import folds
from xser_demo.errors import SettingsError, UserError
from xser_demo.methods.base import Schedule
from xser_demo.ui import gauges, live
from xser_demo.ui.visitor import Visitor

PRIVATE = {"api_visibility": "private"}
MODE_NAMES = {"inductive": "on other speakers than it is scored on", "transductive": "on the clips it is scored on"}
READY = "Press Adapt: the two clouds of points move while the model trains, about 10 s. You can stop at any time."
STOPPED = "Stopped; nothing was kept. Press Adapt to start again."
MOST_EPOCHS, MOST_SEED = 60, 9999


def build(visitor: gr.State, tabs: gr.Tabs) -> None:
    sources, targets = live.corpora()
    first = Plan("ravdess", "emodb", methods.RECOMMENDED)
    gr.HTML(gauges.STYLE, elem_classes="x-style")
    with gr.Row():
        source = gr.Dropdown(
            _named(sources),
            value=first.source if first.source in sources else None,
            label="Source, labelled",
            min_width=200,
            elem_id="adapt-source",
        )
        target = gr.Dropdown(
            _named(targets),
            value=first.target if first.target in targets else None,
            label="Target, unlabelled",
            min_width=200,
            elem_id="adapt-target",
        )
        method = gr.Dropdown(
            [(one.title, name) for name, one in methods.METHODS.items() if name != "source_only"],
            value=first.method,
            label="Method",
            min_width=200,
            elem_id="adapt-method",
        )
    idea = gr.HTML(_idea(first.method), elem_id="adapt-idea", elem_classes="x-small")
    with gr.Row():
        go = gr.Button("Adapt", variant="primary", scale=3, min_width=160, elem_id="adapt-go")
        stop = gr.Button("Stop", interactive=False, scale=1, min_width=100, elem_id="adapt-stop")
    line = gr.HTML(gauges.line(READY), elem_id="adapt-line")
    with gr.Accordion("Fine-tune", open=False, elem_id="adapt-fine-tune"):
        with gr.Row():
            mode = gr.Radio(
                [(MODE_NAMES[m], m) for m in MODES],
                value=first.mode,
                label="Adapt",
                min_width=300,
                elem_id="adapt-mode",
            )
            fold = gr.Dropdown(
                _folds(first.target), value=0, label="Speakers that are scored", min_width=200, elem_id="adapt-fold"
            )
            labels = gr.Dropdown(
                _label_sets(), value=first.labels, label="Emotions", min_width=200, elem_id="adapt-labels"
            )
        with gr.Row():
            epochs = gr.Slider(
                1, MOST_EPOCHS, Schedule().epochs, step=1, label="Epochs", min_width=200, elem_id="adapt-epochs"
            )
            strength = gr.Number(
                None, label="Strength", info=_strength(first.method), min_width=200, elem_id="adapt-strength"
            )
            seed = gr.Number(
                0,
                label="Seed",
                info="With 0 a shipped model is the start.",
                precision=0,
                min_width=200,
                elem_id="adapt-seed",
            )
    with gr.Row():
        before, now = (
            gr.Plot(show_label=False, visible=False, min_width=300, elem_id=f"adapt-{when}", elem_classes="x-plot")
            for when in ("before", "now")
        )
    key = gr.HTML(elem_id="adapt-legend")
    with gr.Row(equal_height=False):
        with gr.Column(min_width=320):
            score = gr.HTML(elem_id="adapt-score", elem_classes="x-gauges")
        with gr.Column(min_width=320):
            distance = gr.HTML(elem_id="adapt-gauges", elem_classes="x-gauges")
    hear = gr.Button("Hear it in Listen", variant="primary", visible=False, elem_id="adapt-hear")
    with gr.Row():
        curves = [
            gr.Plot(show_label=False, visible=False, min_width=280, elem_id=f"adapt-{name}", elem_classes="x-plot")
            for name in ("losses", "shares", "infomax")
        ]

    asked = gr.State({"stop": False})  # of this visitor, as long as the page is open
    buttons = [go, stop]
    choices = [source, target, method, mode, fold, labels, epochs, strength, seed]

    def run(visitor: Visitor, asked: dict, *chosen) -> Iterator[dict]:
        """Everything from the click to the score. It ends itself when Stop was asked for, in a third of a second: an
        event that Gradio cancels can still deliver a frame after the word "Stopped". Closing the page cancels it."""
        asked["stop"] = False
        try:
            plan = make_plan(*chosen)
            clips = adaptation.prepare(plan)
            fresh = {plot: gr.Plot(visible=False) for plot in (before, now, *curves)}
            yield fresh | {
                go: gr.Button(interactive=False),
                stop: gr.Button(interactive=True),
                line: gauges.line("Loading the model and the clips, about 2 s.", 0.0),
                hear: gr.Button(visible=False),
                score: "",
                distance: "",
                key: gauges.legend(plan.source, plan.target, clips.labels, "corpus", False),
            }
            for frame in live.frames(plan):
                if asked["stop"]:
                    yield {line: gauges.line(STOPPED), **_idle()}
                    return
                change = {line: gauges.line(frame.text, frame.share)}
                change |= {plot: gr.Plot(figure, visible=True) for plot, figure in _figures(frame)}
                if frame.result is not None:
                    live.keep(visitor, frame.result)
                    done = frame.result
                    change |= {score: gauges.result(done), hear: gr.Button(visible=True)}
                    change[distance] = gauges.distances(plan.source, plan.target, done.before, done.after)
                    change |= _idle()
                yield change
        except UserError as error:
            yield {line: gauges.error(error), **_idle()}

    def _figures(frame: live.Frame) -> list:
        pairs = [(before, frame.before), (now, frame.now), *zip(curves, frame.curves or [None] * 3, strict=True)]
        return [(plot, figure) for plot, figure in pairs if figure is not None and figure.data]

    def _idle() -> dict:
        return {go: gr.Button(interactive=True), stop: gr.Button(interactive=False)}

    def halt(asked: dict) -> gr.Button:
        asked["stop"] = True
        return gr.Button(interactive=False)

    def other(*chosen) -> dict:
        """Say at once whether this choice can run."""
        try:
            adaptation.prepare(make_plan(*chosen))
        except UserError as error:
            return {line: gauges.error(error), go: gr.Button(interactive=False)}
        return {line: gauges.line(READY), go: gr.Button(interactive=True)}

    def other_target(target: str, *_):
        return gr.Dropdown(_folds(target), value=0)

    def other_method(method: str):
        trains = methods.get(method).trains
        return _idea(method), gr.Number(None, info=_strength(method), interactive=trains), gr.Slider(interactive=trains)

    quiet = {"show_progress": "hidden", **PRIVATE}
    for choice in (source, mode, fold, labels, strength, seed):
        choice.input(other, choices, [line, go], **quiet)
    target.input(other_target, target, fold, **quiet).then(other, choices, [line, go], **quiet)
    method.input(other_method, method, [idea, strength, epochs], **quiet).then(other, choices, [line, go], **quiet)
    go.click(
        run,
        [visitor, asked, *choices],
        [before, now, *curves, key, line, score, distance, hear, *buttons],
        concurrency_id="heavy",
        concurrency_limit=1,
        show_progress="minimal",
        show_progress_on=[line],
        **PRIVATE,
    )
    stop.click(halt, asked, stop, **quiet)
    hear.click(lambda: gr.Tabs(selected="listen"), None, tabs, **quiet)


def make_plan(source, target, method, mode, fold, labels, epochs, strength, seed) -> Plan:
    """The settings as a plan; SettingsError where a field is empty or out of range."""
    if not source or not target:
        raise SettingsError("Choose a source and a target corpus.")
    if seed is None or not 0 <= seed <= MOST_SEED:
        raise SettingsError(f"The seed must be a whole number from 0 to {MOST_SEED}.")
    weight = None if strength is None else float(strength)
    return Plan(
        source,
        target,
        method,
        labels,
        mode,
        int(fold or 0),
        int(seed),
        weight,
        epochs=int(epochs),
        budget_s=live.BUDGET_S,
    )


def _named(keys: list[str]) -> list[tuple[str, str]]:
    return [(f"{corpus(key).language_name} ({corpus(key).name})", key) for key in keys]


def _folds(target: str) -> list[tuple[str, int]]:
    return [
        (f"fold {number}: {', '.join(speakers)}", number)
        for number, speakers in enumerate(folds(target, adaptation.pack(target).utterances))
    ]


def _label_sets() -> list[tuple[str, str]]:
    """Classes, and what tells two sets with the same classes apart."""
    return [(", ".join(one.classes) + (f" ({one.note})" if one.note else ""), name) for name, one in LABEL_SETS.items()]


def _idea(method: str) -> str:
    return methods.get(method).idea


def _strength(method: str) -> str:
    one = methods.get(method)
    return f"{one.strength_label}; empty: {one.strength:g}." if one.strength is not None else "This method has none."
