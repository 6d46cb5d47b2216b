"""The Adapt tab: choose a system, two corpora and a method, and watch a model adapt."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from xser_demo.corpora.labels import LabelSet
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.task import prepare
from xser_demo.features.encoders.registry import bigger
from xser_demo.reporting import failure_presets, model_zip, run_report, score_tables
from xser_demo.ui.jobs import queue
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.shared.components import PRIVATE, QUIET, Download, late_plot
from xser_demo.ui.shared.encoding_job import start_encoding
from xser_demo.ui.shared.model_menu import welcome
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import domain_confusion, frames, run_table
from xser_demo.ui.tabs.adapt.form import brought, make_plan, settings_of, unheard
from xser_demo.ui.tabs.adapt.job import AdaptationJob
from xser_demo.ui.tabs.adapt.wiring import Controls
from xser_demo.utils.errors import SettingsError, UserError

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
class Adapting(Tab):
    """Its ``refresh`` says what pressing Adapt will do. ``bring`` sets it up for the visitor's own recordings, for the
    same outputs as ``set_up``."""

    bring: Callable


def build(visitor: gr.State, tabs: gr.Tabs) -> Adapting:
    gr.HTML(domain_confusion.STYLE + run_table.STYLE + STYLE, elem_classes="x-style")
    knobs = Controls()
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
            if visitor.recordings is not None:
                visitor.recordings.touch()
            if first := unheard(visitor, *chosen):
                yield {score: "", **_buttons(frames.ENDING)}
                for step in start_encoding(visitor, first).follow():
                    yield {line: score_tables.line(step.text, step.share)}
                if unheard(visitor, *chosen):
                    yield {line: score_tables.line(frames.STOPPED), **_buttons(frames.ENDED)}
                    return
            plan = make_plan(*chosen, own=brought(visitor))
            clips = prepare(plan)
            if visitor.adaptation_job and not visitor.adaptation_job.over():
                raise SettingsError("Your adaptation still goes on; stop it first.")
            visitor.adaptation_job = AdaptationJob(plan, visitor)
        except UserError as error:
            yield {line: score_tables.error(error), score: "", **_buttons(frames.ENDED)}
            return
        begun = {line: score_tables.line("Loading the model and the clips.", 0.0), **dict.fromkeys([*plots, *curves])}
        yield _begun(plan, clips.labels) | begun
        yield from _watched(visitor)

    def again(visitor: Visitor) -> Iterator[dict]:
        """The page was loaded anew: an adaptation that went on meanwhile is shown, with its settings; its figures once
        more in the end, in case that they met the page while it was put together."""
        if visitor.adaptation_job is None:
            yield {line: gr.skip()}
            return
        plan = visitor.adaptation_job.plan
        yield knobs.set_up(settings_of(plan)) | _begun(plan, prepare(plan).labels)
        yield from _watched(visitor)
        yield dict(_figures(visitor.adaptation_job.shown)) or {line: gr.skip()}

    def _begun(plan: Plan, labels: LabelSet) -> dict:
        return {
            **_buttons(frames.ENDING),
            hear: gr.Button(visible=False),
            save.button: gr.Button(visible=False),
            take.button: gr.Button(visible=False),
            score: WAITING,
            told: "",
            distance: "",
            key: score_tables.legend(plan.source, plan.target, labels, "corpus", False),
        }

    def _watched(visitor: Visitor) -> Iterator[dict]:
        """What goes on, until it has ended. A page that is closed meanwhile looks on no longer."""
        said = state = None
        try:
            for frame in visitor.adaptation_job.follow():
                change = dict(_figures(frame))
                if frame.text != said:
                    change[line] = score_tables.line(frame.text, frame.share)
                if frame.state != state:
                    change |= _buttons(frame.state)
                if frame.telling is not None:
                    change[told] = frame.telling
                if frame.result is not None:
                    change |= _done(visitor, frame.result)
                elif frame.state == frames.ENDED != state:  # stopped
                    change[score] = ""
                said, state = frame.text, frame.state
                yield change or {line: gr.skip()}
        except UserError as error:
            yield {line: score_tables.error(error), score: "", **_buttons(frames.ENDED)}

    def _done(visitor: Visitor, result: AdaptationResult) -> dict:
        plan = result.plan
        return {
            score: score_tables.result(result, failure_presets.outcome(result)),
            distance: score_tables.distances(
                plan.source, plan.target, result.distances_before, result.distances_after, telling=False
            ),
            compared: run_table.table(visitor.results.values()),
            hear: gr.Button(visible=True),
            save.button: gr.Button(visible=True),
            take.button: gr.Button(visible=True),
        }

    def _figures(frame: frames.LiveUpdate) -> list:
        made = zip(plots, (frame.before, frame.now, frame.target), strict=True)
        pairs = [*made, *zip(curves, frame.curves or [None] * 3, strict=True)]
        return [(plot, figure) for plot, figure in pairs if figure is not None and figure.data]

    def _buttons(state: str) -> dict:
        """Only what makes sense now can be pressed."""
        return {
            go: gr.Button(interactive=state == frames.ENDED),
            pause: gr.Button(
                CONTINUE if state == frames.PAUSED else PAUSE, interactive=state in (frames.RUNNING, frames.PAUSED)
            ),
            step: gr.Button(interactive=state == frames.PAUSED),
            stop: gr.Button(interactive=state != frames.ENDED),
        }

    def halt(visitor: Visitor) -> gr.Button:
        if visitor.adaptation_job:
            visitor.adaptation_job.control.stop = True
        if visitor.encoding_job and bigger(visitor.encoding_job.feature):
            visitor.encoding_job.control.stop = True
        return gr.Button(interactive=False)

    def back_home(file: str, visitor: Visitor) -> dict:
        """A model that was taken home comes back; the file that was sent goes at once."""
        try:
            loaded = welcome(visitor, model_zip.import_model(Path(file)))
        except UserError as error:
            return {line: score_tables.error(error)}
        finally:
            Path(file).unlink(missing_ok=True)
        return {line: score_tables.line(f"{loaded.card['title']} is back; choose it in Listen.")}

    told_by = knobs.wire(visitor, line, go)
    ended = [hear, save.button, take.button]
    shown = [*plots, *curves, key, line, score, told, distance, compared, *ended, go, pause, step, stop]
    at_work = {"concurrency_limit": queue.WAITING, "show_progress_on": [line], **PRIVATE}
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
    if visitor.adaptation_job and name == PAUSE:
        visitor.adaptation_job.control.pause()
    elif visitor.adaptation_job:
        visitor.adaptation_job.control.resume()


def _one_epoch(visitor: Visitor) -> None:
    if visitor.adaptation_job:
        visitor.adaptation_job.control.one_epoch()


def _report(folder: Path, visitor: Visitor) -> Path | None:
    _, result = _latest(visitor)
    if result is None:
        return None
    run_report.write(result, folder / run_report.name(result))
    return folder / run_report.name(result)


def _model(folder: Path, visitor: Visitor) -> Path | None:
    model_id, result = _latest(visitor)
    if result is None:
        return None
    file = folder / f"{model_zip.identifier(result)}.zip"
    model_zip.export_model(result, visitor.models[model_id].card["title"], file)
    return file


def _latest(visitor: Visitor) -> tuple[str, AdaptationResult] | tuple[None, None]:
    """The latest run and the id of its model; none after half an hour without use."""
    return next(reversed(visitor.results.items()), (None, None))


def _said_first() -> str:
    """What stands there before anything is chosen: the same words as after."""
    first = adapt_options.form_defaults(adapt_options.COMMON)
    try:
        plan = Plan(first.source, first.target, first.method, first.labels, epochs=first.epochs)
        return score_tables.line(adapt_options.ready(plan))
    except UserError as error:
        return score_tables.error(error)
