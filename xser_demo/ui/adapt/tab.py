"""The Adapt tab: choose a system, two corpora and a method, and watch a model adapt."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from xser_demo import adaptation, takeaway
from xser_demo.adaptation import Adapted, Plan
from xser_demo.corpora.labels import LabelSet
from xser_demo.errors import SettingsError, UserError
from xser_demo.features.frozen import bigger
from xser_demo.ui import gauges, jobs
from xser_demo.ui.adapt import breaks, live, offers, report, runs, telling
from xser_demo.ui.adapt.chosen import brought, make_plan, settings_of, unheard
from xser_demo.ui.adapt.knobs import Knobs
from xser_demo.ui.adapt.running import Running
from xser_demo.ui.download import Download
from xser_demo.ui.events import PRIVATE, QUIET
from xser_demo.ui.late import late_plot
from xser_demo.ui.room import Room
from xser_demo.ui.visitor import Visitor
from xser_demo.ui.yours.encoding import listen

PAUSE, CONTINUE = "Pause", "Continue"
STYLE = """<style>
.x-run-buttons { flex-wrap: wrap; }
.x-run-buttons button { white-space: nowrap; padding-left: 8px; padding-right: 8px; }
.x-why-breaks p { margin: 0 0 4px !important; max-width: 820px; }
@media (max-width: 640px) {
  .x-run-buttons #adapt-go { flex: 1 1 100%; } .x-run-buttons button { font-size: 15px !important; padding: 0 4px; }
}
</style>"""
WAITING = "<p class='x-small'>The score comes when the training has ended.</p>"


@dataclass(frozen=True, kw_only=True)
class Adapting(Room):
    """Its ``refresh`` says what pressing Adapt will do. ``bring`` sets it up for the visitor's own recordings, for the
    same outputs as ``set_up``."""

    bring: Callable


def build(visitor: gr.State, tabs: gr.Tabs) -> Adapting:
    gr.HTML(gauges.STYLE + telling.STYLE + runs.STYLE + STYLE, elem_classes="x-style")
    knobs = Knobs()
    knobs.corpora_and_method()
    with gr.Row(elem_classes="x-run-buttons"):
        go = gr.Button("Adapt", variant="primary", scale=3, min_width=160, elem_id="adapt-go")
        pause, step, stop = (
            gr.Button(name, interactive=False, scale=1, min_width=90, elem_id=f"adapt-{key}")
            for key, name in (("pause", PAUSE), ("step", "One epoch"), ("stop", "Stop"))
        )
    line = gr.HTML(_said_first(), elem_id="adapt-line")
    knobs.break_it()
    knobs.fine_tune()
    with gr.Row():
        before, now = (late_plot(f"adapt-{name}", min_width=300) for name in ("before", "now"))
    key = gr.HTML(elem_id="adapt-legend")
    with gr.Row(equal_height=False):
        with gr.Column(min_width=320):
            score = gr.HTML(elem_id="adapt-score", elem_classes="x-gauges")
            with gr.Row():
                hear = gr.Button("Hear it in Listen", variant="primary", visible=False, elem_id="adapt-hear")
                save = Download("Save report", "adapt-save", visible=False)
                take = Download("Take the model home", "adapt-take", visible=False)
        with gr.Column(min_width=320):
            told = gr.HTML(elem_id="adapt-telling", elem_classes="x-gauges")
            distance = gr.HTML(elem_id="adapt-gauges", elem_classes="x-gauges")
    with gr.Row():
        target, shares = (late_plot(f"adapt-{name}", min_width=300) for name in ("target-uar", "shares"))
    with gr.Row():
        losses, infomax = (late_plot(f"adapt-{name}", min_width=300) for name in ("losses", "infomax"))
    compared = gr.HTML(elem_id="adapt-runs", elem_classes="x-gauges x-runs")
    back = gr.UploadButton(
        "Bring back a model that you took home", file_types=[".zip"], size="sm", elem_id="adapt-back"
    )

    plots, curves = [before, now, target], [losses, shares, infomax]

    def run(visitor: Visitor, *chosen) -> Iterator[dict]:
        """Everything from the click to the score."""
        try:
            if visitor.corpus is not None:
                visitor.corpus.touch()
            if first := unheard(visitor, *chosen):
                yield {score: "", **_buttons(live.ENDING)}
                for step in listen(visitor, first).follow():
                    yield {line: gauges.line(step.text, step.share)}
                if unheard(visitor, *chosen):
                    yield {line: gauges.line(live.STOPPED), **_buttons(live.ENDED)}
                    return
            plan = make_plan(*chosen, own=brought(visitor))
            clips = adaptation.prepare(plan)
            if visitor.running and not visitor.running.over():
                raise SettingsError("Your adaptation still goes on; stop it first.")
            visitor.running = Running(plan, visitor)
        except UserError as error:
            yield {line: gauges.error(error), score: "", **_buttons(live.ENDED)}
            return
        begun = {line: gauges.line("Loading the model and the clips.", 0.0), **dict.fromkeys([*plots, *curves])}
        yield _begun(plan, clips.labels) | begun
        yield from _watched(visitor)

    def again(visitor: Visitor) -> Iterator[dict]:
        """The page was loaded anew: an adaptation that went on meanwhile is shown, with its settings; its figures once
        more in the end, in case that they met the page while it was put together."""
        if visitor.running is None:
            yield {line: gr.skip()}
            return
        plan = visitor.running.plan
        yield knobs.set_up(settings_of(plan)) | _begun(plan, adaptation.prepare(plan).labels)
        yield from _watched(visitor)
        yield dict(_figures(visitor.running.shown)) or {line: gr.skip()}

    def _begun(plan: Plan, labels: LabelSet) -> dict:
        return {
            **_buttons(live.ENDING),
            hear: gr.Button(visible=False),
            save.button: gr.Button(visible=False),
            take.button: gr.Button(visible=False),
            score: WAITING,
            told: "",
            distance: "",
            key: gauges.legend(plan.source, plan.target, labels, "corpus", False),
        }

    def _watched(visitor: Visitor) -> Iterator[dict]:
        """What goes on, until it has ended. A page that is closed meanwhile looks on no longer."""
        said = state = None
        try:
            for frame in visitor.running.follow():
                change = dict(_figures(frame))
                if frame.text != said:
                    change[line] = gauges.line(frame.text, frame.share)
                if frame.state != state:
                    change |= _buttons(frame.state)
                if frame.telling is not None:
                    change[told] = frame.telling
                if frame.result is not None:
                    change |= _done(visitor, frame.result)
                elif frame.state == live.ENDED != state:  # stopped
                    change[score] = ""
                said, state = frame.text, frame.state
                yield change or {line: gr.skip()}
        except UserError as error:
            yield {line: gauges.error(error), score: "", **_buttons(live.ENDED)}

    def _done(visitor: Visitor, result: Adapted) -> dict:
        plan = result.plan
        return {
            score: gauges.result(result, breaks.outcome(result)),
            distance: gauges.distances(plan.source, plan.target, result.before, result.after, telling=False),
            compared: runs.table(visitor.results.values()),
            hear: gr.Button(visible=True),
            save.button: gr.Button(visible=True),
            take.button: gr.Button(visible=True),
        }

    def _figures(frame: live.Frame) -> list:
        made = zip(plots, (frame.before, frame.now, frame.target), strict=True)
        pairs = [*made, *zip(curves, frame.curves or [None] * 3, strict=True)]
        return [(plot, figure) for plot, figure in pairs if figure is not None and figure.data]

    def _buttons(state: str) -> dict:
        """Only what makes sense now can be pressed."""
        return {
            go: gr.Button(interactive=state == live.ENDED),
            pause: gr.Button(
                CONTINUE if state == live.PAUSED else PAUSE, interactive=state in (live.RUNNING, live.PAUSED)
            ),
            step: gr.Button(interactive=state == live.PAUSED),
            stop: gr.Button(interactive=state != live.ENDED),
        }

    def halt(visitor: Visitor) -> gr.Button:
        if visitor.running:
            visitor.running.control.stop = True
        if visitor.encoding and bigger(visitor.encoding.feature):
            visitor.encoding.control.stop = True
        return gr.Button(interactive=False)

    def back_home(file: str, visitor: Visitor) -> dict:
        """A model that was taken home comes back; the file that was sent goes at once."""
        try:
            loaded = live.welcome(visitor, takeaway.bring(Path(file)))
        except UserError as error:
            return {line: gauges.error(error)}
        finally:
            Path(file).unlink(missing_ok=True)
        return {line: gauges.line(f"{loaded.card['title']} is back; choose it in Listen.")}

    told_by = knobs.wire(visitor, line, go)
    ended = [hear, save.button, take.button]
    shown = [*plots, *curves, key, line, score, told, distance, compared, *ended, go, pause, step, stop]
    at_work = {"concurrency_limit": jobs.WAITING, "show_progress_on": [line], **PRIVATE}
    go.click(run, [visitor, *knobs.all], shown, show_progress="minimal", **at_work)
    pause.click(_pause_or_go_on, [visitor, pause], None, **QUIET)
    step.click(_one_epoch, visitor, None, **QUIET)
    stop.click(halt, visitor, stop, **QUIET)
    hear.click(lambda: gr.Tabs(selected="listen"), None, tabs, **QUIET)
    for download, write in ((save, _report), (take, _model)):
        download.wire([visitor], write)
    back.upload(back_home, [back, visitor], line, **QUIET)
    changed = [*knobs.all, knobs.about, knobs.idea]
    comes_back = gr.Button(visible="hidden", elem_id="adapt-again")  # pressed by links.js
    comes_back.click(again, visitor, [*changed, *shown], show_progress="hidden", **at_work)
    return Adapting(*told_by, knobs.settings, knobs.set_up, changed, opens=False, bring=knobs.bring)


def _pause_or_go_on(visitor: Visitor, name: str) -> None:
    """What the button said when it was pressed; the run itself changes the buttons."""
    if visitor.running and name == PAUSE:
        visitor.running.control.pause()
    elif visitor.running:
        visitor.running.control.resume()


def _one_epoch(visitor: Visitor) -> None:
    if visitor.running:
        visitor.running.control.one_epoch()


def _report(folder: Path, visitor: Visitor) -> Path | None:
    _, result = _latest(visitor)
    if result is None:
        return None
    report.write(result, folder / report.name(result))
    return folder / report.name(result)


def _model(folder: Path, visitor: Visitor) -> Path | None:
    model_id, result = _latest(visitor)
    if result is None:
        return None
    file = folder / f"{takeaway.identifier(result)}.zip"
    takeaway.write(result, visitor.own[model_id].card["title"], file)
    return file


def _latest(visitor: Visitor) -> tuple[str, Adapted] | tuple[None, None]:
    """The latest run and the id of its model; none after half an hour without use."""
    return next(reversed(visitor.results.items()), (None, None))


def _said_first() -> str:
    """What stands there before anything is chosen: the same words as after."""
    first = offers.offer(offers.COMMON)
    try:
        plan = Plan(first.source, first.target, first.method, first.labels, epochs=first.epochs)
        return gauges.line(offers.ready(plan))
    except UserError as error:
        return gauges.error(error)
