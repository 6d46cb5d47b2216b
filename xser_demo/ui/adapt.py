"""The Adapt tab: choose a system, two corpora and a method, and watch a model adapt."""

from collections.abc import Iterator

import gradio as gr

from xser_demo import adaptation, methods
from xser_demo.adaptation import Plan
from xser_demo.errors import SettingsError, UserError
from xser_demo.ui import gauges, live, offers
from xser_demo.ui.visitor import Visitor

PRIVATE = {"api_visibility": "private"}
MODE_NAMES = {"inductive": "on other speakers than it is scored on", "transductive": "on the clips it is scored on"}
STOPPED = "Stopped; nothing was kept. Press Adapt to start again."
MOST_EPOCHS, MOST_SEED = 60, 9999


def build(visitor: gr.State, tabs: gr.Tabs) -> None:
    first = offers.offer(offers.COMMON)
    sources, targets = offers.corpora(offers.COMMON, None)
    gr.HTML(gauges.STYLE, elem_classes="x-style")
    with gr.Row():
        system = gr.Dropdown(
            offers.titles(), value=offers.COMMON, label="System", scale=3, min_width=260, elem_id="adapt-system"
        )
        variant = gr.Dropdown(
            [], value=None, label="Built as", visible=False, scale=2, min_width=220, elem_id="adapt-variant"
        )
    about = gr.HTML(offers.about(offers.COMMON, None), elem_id="adapt-about", elem_classes="x-small x-system")
    with gr.Row():
        source = gr.Dropdown(
            offers.named(sources),
            value=first.source if first.source in sources else None,
            label="Source, labelled",
            min_width=200,
            elem_id="adapt-source",
        )
        target = gr.Dropdown(
            offers.named(targets),
            value=first.target if first.target in targets else None,
            label="Target, unlabelled",
            min_width=200,
            elem_id="adapt-target",
        )
        method = gr.Dropdown(
            offers.method_choices(offers.COMMON, None),
            value=first.method,
            label="Method",
            min_width=200,
            elem_id="adapt-method",
        )
    idea = gr.HTML(offers.method_idea(first.method), elem_id="adapt-idea", elem_classes="x-small")
    with gr.Row():
        go = gr.Button("Adapt", variant="primary", scale=3, min_width=160, elem_id="adapt-go")
        stop = gr.Button("Stop", interactive=False, scale=1, min_width=100, elem_id="adapt-stop")
    line = gr.HTML(_said_first(), elem_id="adapt-line")
    with gr.Accordion("Fine-tune", open=False, elem_id="adapt-fine-tune"):
        with gr.Row():
            mode = gr.Radio(
                [(title, mode) for mode, title in MODE_NAMES.items()],
                value="inductive",
                label="Adapt",
                min_width=300,
                elem_id="adapt-mode",
            )
            fold = _speakers(
                (first.target, offers.COMMON, None),
                label="Speakers that are scored",
                min_width=200,
                elem_id="adapt-fold",
            )
            labels = gr.Dropdown(
                offers.label_sets(), value=first.labels, label="Emotions", min_width=200, elem_id="adapt-labels"
            )
        with gr.Row():
            epochs = gr.Slider(
                1, MOST_EPOCHS, first.epochs, step=1, label="Epochs", min_width=200, elem_id="adapt-epochs"
            )
            strength = gr.Number(
                None,
                label="Strength",
                info=offers.strength(first.method, offers.COMMON, None),
                min_width=200,
                elem_id="adapt-strength",
            )
            seed = gr.Number(
                0,
                label="Seed",
                info="Shipped models have seed 0.",
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
    choices = [system, variant, source, target, method, mode, fold, labels, epochs, strength, seed]

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
                line: gauges.line("Loading the model and the clips.", 0.0),
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
        """Say at once whether this choice can run, and for how long."""
        try:
            plan = make_plan(*chosen)
            adaptation.prepare(plan)
            words = offers.ready(plan)
        except UserError as error:
            return {line: gauges.error(error), go: gr.Button(interactive=False)}
        return {line: gauges.line(words), go: gr.Button(interactive=True)}

    def other_system(key: str) -> dict:
        """A system brings its first pair, its task and its schedule along; its first variant is the system itself."""
        chosen = offers.offer(key)
        there = offers.variants(key)
        sources, targets = offers.corpora(key, chosen.variant)
        return {
            variant: gr.Dropdown(there, value=chosen.variant, visible=len(there) > 1),
            source: gr.Dropdown(offers.named(sources), value=chosen.source if chosen.source in sources else None),
            target: gr.Dropdown(offers.named(targets), value=chosen.target if chosen.target in targets else None),
            labels: chosen.labels,
            fold: _speakers((chosen.target, key, chosen.variant)),
            **built(key, chosen),
        }

    def other_variant(key: str, name: str, target: str) -> dict:
        """Corpora and task stay as they were chosen."""
        return {
            fold: _speakers((target, key, name)),
            **built(key, offers.offer(key, name)),
        }

    def built(key: str, chosen: offers.Offer) -> dict:
        return {
            about: offers.about(key, chosen.variant),
            method: gr.Dropdown(offers.method_choices(key, chosen.variant), value=chosen.method),
            **shown_method(chosen.method, key, chosen.variant),
            epochs: gr.Slider(value=chosen.epochs, interactive=methods.get(chosen.method).trains),
        }

    def shown_method(name: str, key: str, variant: str | None) -> dict:
        trains = methods.get(name).trains
        return {
            idea: offers.method_idea(name),
            strength: gr.Number(None, info=offers.strength(name, key, variant), interactive=trains),
            epochs: gr.Slider(interactive=trains),
        }

    def other_target(target: str, key: str, variant: str | None) -> gr.Dropdown:
        return _speakers((target, key, variant))

    quiet = {"show_progress": "hidden", **PRIVATE}
    for choice in (source, mode, fold, labels, epochs, strength, seed):
        choice.input(other, choices, [line, go], trigger_mode="always_last", **quiet)
    looks = [about, method, idea, strength, epochs, fold]
    for choice, tell, given, changed in (
        (system, other_system, [system], [variant, source, target, labels, *looks]),
        (variant, other_variant, [system, variant, target], looks),
        (target, other_target, [target, system, variant], [fold]),
        (method, shown_method, [method, system, variant], [idea, strength, epochs]),
    ):
        choice.input(tell, given, changed, **quiet).then(other, choices, [line, go], **quiet)
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


def make_plan(system, variant, source, target, method, mode, fold, labels, epochs, strength, seed) -> Plan:
    """The settings as a plan; SettingsError where a field is empty or out of range."""
    if not source or not target:
        raise SettingsError("Choose a source and a target corpus.")
    if seed is None or not 0 <= seed <= MOST_SEED:
        raise SettingsError(f"The seed must be a whole number from 0 to {MOST_SEED}.")
    chosen = offers.system(system)
    name = chosen.variant(variant).name if chosen else None
    return Plan(
        source,
        target,
        method,
        labels,
        mode,
        int(fold or 0),
        int(seed),
        None if strength is None else float(strength),
        epochs=int(epochs),
        budget_s=live.budget(chosen and chosen.id, name),
        system=chosen and chosen.id,
        variant=name,
    )


def _speakers(where: tuple[str, str, str | None], **look) -> gr.Dropdown:
    """Menu of the target speakers that can be scored; ``where``: target, system, variant."""
    there = offers.fold_choices(*where)
    return gr.Dropdown(there, value=0 if there else None, **look)


def _said_first() -> str:
    """What stands there before anything is chosen: the same words as after."""
    first = offers.offer(offers.COMMON)
    try:
        plan = Plan(first.source, first.target, first.method, first.labels, epochs=first.epochs)
        return gauges.line(offers.ready(plan))
    except UserError as error:
        return gauges.error(error)
