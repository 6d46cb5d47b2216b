"""The Adapt tab: choose a system, two corpora and a method, and watch a model adapt."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import gradio as gr

from xser_demo.corpora.user import KEY
from xser_demo.experiments.task import prepare
from xser_demo.features.encoders.registry import bigger
from xser_demo.reporting import html, model_zip, run_report
from xser_demo.ui.jobs import queue
from xser_demo.ui.shared.components import PRIVATE, QUIET
from xser_demo.ui.shared.encoding_job import start_encoding
from xser_demo.ui.shared.model_menu import welcome
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import changes, frames, unheard, wiring
from xser_demo.ui.tabs.adapt.controls import Controls
from xser_demo.ui.tabs.adapt.form import by_name, make_plan, needs_encoding, ready_recordings, settings_of
from xser_demo.ui.tabs.adapt.job import AdaptationJob
from xser_demo.ui.tabs.adapt.run_view import PAUSE, RunView
from xser_demo.utils.errors import SettingsError, UserError

# On a phone the map and the score come into sight
INTO_VIEW = """(...values) => {
  if (innerWidth < 700) document.querySelector('#adapt-go').scrollIntoView({block: 'start'});
  return values;
}"""


@dataclass(frozen=True, kw_only=True)
class AdaptTab(Tab):
    """Its ``refresh`` says what pressing Adapt will do. ``use_recordings`` sets it up for the visitor's recordings; it
    has the outputs of ``set_up``."""

    use_recordings: Callable


def build(visitor: gr.State, tabs: gr.Tabs) -> AdaptTab:
    controls, view = Controls(), RunView()
    view.stage(controls)
    view.results()
    controls.ideas()
    controls.preset_buttons()
    controls.fine_tuning()
    view.details()
    upload = gr.UploadButton("Load a downloaded model", file_types=[".zip"], size="sm", elem_id="adapt-back")
    came_back = gr.HTML(padding=False, elem_id="adapt-back-line")

    refresh = wiring.wire(controls, visitor, view)
    concurrent = {"concurrency_limit": queue.MAX_WAITING}
    inputs = [visitor, *controls.inputs]
    view.go.click(
        partial(_adapt, view),
        inputs,
        view.outputs,
        js=INTO_VIEW,
        show_progress="minimal",
        show_progress_on=[view.line],
        **concurrent,
        **PRIVATE,
    )
    view.clips.wire(visitor)
    view.unheard.wire(visitor)
    view.every_clip.wire(visitor)
    view.few_labels.wire(visitor)
    view.pause.click(_pause_or_resume, [visitor, view.pause], None, **QUIET)
    view.step.click(_one_epoch, visitor, None, **QUIET)
    view.stop.click(_stop, visitor, view.stop, **QUIET)
    view.listen.click(lambda: gr.Tabs(selected="listen"), None, tabs, **QUIET)
    view.report.wire([visitor], _write_report)
    view.model.wire([visitor], _write_model)
    upload.upload(_import_model, [upload, visitor], came_back, **QUIET)
    reloaded = gr.Button(visible="hidden", elem_id="adapt-again")  # pressed by links.js
    outputs = [*controls.outputs, *view.outputs]
    reloaded.click(partial(_show_again, controls, view), visitor, outputs, **concurrent, **QUIET)
    return AdaptTab(
        *refresh,
        controls.settings,
        partial(changes.set_up, controls),
        controls.outputs,
        use_recordings=partial(changes.use_recordings, controls),
    )


def _adapt(view: RunView, visitor: Visitor, *values) -> Iterator[dict]:
    """Everything from the click to the score."""
    settings = by_name(values)
    try:
        if visitor.recordings is not None:
            visitor.recordings.touch()
        if encoder := needs_encoding(visitor, settings):
            yield {view.score: "", **view.buttons(frames.ENDING)}
            for step in start_encoding(visitor, encoder).follow():
                yield {view.line: html.line(step.text, step.share)}
            if needs_encoding(visitor, settings):
                yield {view.line: html.line(frames.STOPPED), **view.buttons(frames.ENDED)}
                return
        plan = make_plan(settings, ready_recordings(visitor))
        task = prepare(plan)
        if visitor.adaptation_job and not visitor.adaptation_job.over():
            raise SettingsError("Your adaptation is still running; stop it first.")
        unheard.end(visitor)
        emptied = view.plots if visitor.adaptation_job else view.plots[1:]  # the first run begins with the map at rest
        visitor.adaptation_job = AdaptationJob(plan, task, visitor)
    except UserError as error:
        yield view.failed(error)
        return
    loading = {view.line: html.line("Loading the model and the clips.", 0.0), **dict.fromkeys(emptied)}
    yield view.started(plan, task.labels) | loading
    yield from view.follow(visitor)


def _show_again(controls: Controls, view: RunView, visitor: Visitor) -> Iterator[dict]:
    """After the page was reloaded: a running adaptation with its settings. Its figures come once more at the end, in
    case that they reached the page before it was complete."""
    job = visitor.adaptation_job
    if job is None:
        yield view.unchanged()
        return
    yield changes.set_up(controls, settings_of(job.plan)) | view.started(job.plan, job.labels)
    yield from view.follow(visitor)
    yield view.figures(job.shown) or view.unchanged()
    if visitor.folds_job:
        yield from view.unheard.follow(visitor)


def _pause_or_resume(visitor: Visitor, name: str) -> None:
    """``name`` of the button when it was pressed; the run itself changes the buttons."""
    if visitor.adaptation_job and name == PAUSE:
        visitor.adaptation_job.control.pause()
    elif visitor.adaptation_job:
        visitor.adaptation_job.control.resume()


def _one_epoch(visitor: Visitor) -> None:
    if visitor.adaptation_job:
        visitor.adaptation_job.control.one_epoch()


def _stop(visitor: Visitor) -> gr.Button:
    if visitor.adaptation_job:
        visitor.adaptation_job.control.stop = True
    if visitor.encoding_job and bigger(visitor.encoding_job.feature):
        visitor.encoding_job.control.stop = True
    return gr.Button(interactive=False)


def _write_report(folder: Path, visitor: Visitor) -> Path | None:
    model_id, result = visitor.latest()
    if result is None:
        return None
    file = folder / f"xser-{result.plan.slug()}.html"
    own = visitor.recordings if result.plan.target == KEY else None
    run_report.write(result, file, visitor.pooled.get(model_id), own and own.brought, own and own.labels)
    return file


def _write_model(folder: Path, visitor: Visitor, with_onnx: bool) -> Path | None:
    model_id, result = visitor.latest()
    if result is None:
        return None
    file = folder / f"own-{result.plan.slug()}.zip"
    title, pooled = visitor.models[model_id].card["title"], visitor.pooled.get(model_id)
    model_zip.export_model(result, title, file, pooled, with_onnx)
    return file


def _import_model(file: str, visitor: Visitor) -> str:
    """Add a model zip to the visitor's models; the uploaded file is deleted at once."""
    try:
        loaded = welcome(visitor, model_zip.import_model(Path(file)))
    except UserError as error:
        return html.error(error)
    finally:
        Path(file).unlink(missing_ok=True)
    return html.line(f"{loaded.card['title']} is back; choose it in Listen.")
