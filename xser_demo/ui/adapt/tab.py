"""The Adapt tab: choose a system, two corpora and a method, and watch a model adapt."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from xser_demo import adaptation, takeaway
from xser_demo.adaptation import Adapted, Plan
from xser_demo.errors import UserError
from xser_demo.ui import gauges, jobs
from xser_demo.ui.adapt import breaks, live, offers, report, runs, telling
from xser_demo.ui.adapt.chosen import brought, make_plan
from xser_demo.ui.adapt.knobs import PRIVATE, QUIET, Knobs
from xser_demo.ui.adapt.pace import Control
from xser_demo.ui.late import late_plot
from xser_demo.ui.room import Room
from xser_demo.ui.visitor import Visitor

PAUSE, CONTINUE, SAVE, TAKE = "Pause", "Continue", "Save report", "Take the model home"
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
                save = gr.Button(SAVE, visible=False, elem_id="adapt-save")
                take = gr.Button(TAKE, visible=False, elem_id="adapt-take")
            # Pressed by ``save`` and ``take`` when the file has been written.
            page = gr.DownloadButton(visible="hidden", elem_id="adapt-report")
            model = gr.DownloadButton(visible="hidden", elem_id="adapt-model")
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

    control = gr.State(Control())  # of this visitor, as long as the page is open
    plots, curves = [before, now, target], [losses, shares, infomax]

    def run(visitor: Visitor, control: Control, *chosen) -> Iterator[dict]:
        """Everything from the click to the score. It ends itself when Stop was asked for, in a third of a second: an
        event that Gradio cancels can still deliver a frame after the word "Stopped". Closing the page cancels it."""
        control.reset()
        control.running = True
        try:
            if visitor.corpus is not None:
                visitor.corpus.touch()
            plan = make_plan(*chosen, own=brought(visitor))
            clips = adaptation.prepare(plan)
            yield dict.fromkeys([*plots, *curves]) | {
                **_buttons(live.ENDING),
                line: gauges.line("Loading the model and the clips.", 0.0),
                hear: gr.Button(visible=False),
                save: gr.Button(visible=False),
                take: gr.Button(visible=False),
                score: WAITING,
                told: "",
                distance: "",
                key: gauges.legend(plan.source, plan.target, clips.labels, "corpus", False),
            }
            with jobs.HEAVY.job(live.estimate(plan, live.find(plan) is None)) as job:
                for text in jobs.HEAVY.turn(job, lambda: control.stop):
                    yield {line: gauges.line(text)}
                if control.stop:
                    yield {line: gauges.line(live.STOPPED), score: "", **_buttons(live.ENDED)}
                else:
                    yield from _watched(plan, visitor, control)
        except UserError as error:
            yield {line: gauges.error(error), score: "", **_buttons(live.ENDED)}
        except Exception as error:  # the job has died: its visitor learns why and can go on
            yield {line: gauges.error(jobs.died("The adaptation", error)), score: "", **_buttons(live.ENDED)}
        finally:
            control.running = False

    def _watched(plan: Plan, visitor: Visitor, control: Control) -> Iterator[dict]:
        said = state = None
        for frame in live.frames(plan, control, visitor.heard):
            change = dict(_figures(frame))
            if frame.text != said:
                change[line] = gauges.line(frame.text, frame.share)
            if frame.state != state:
                change |= _buttons(frame.state)
            if frame.telling is not None:
                change[told] = frame.telling
            if frame.result is not None:
                change |= _done(visitor, frame)
            elif frame.state == live.ENDED:
                change[score] = ""
            said, state = frame.text, frame.state
            yield change or {line: gr.skip()}

    def _done(visitor: Visitor, frame: live.Frame) -> dict:
        result, plan = frame.result, frame.result.plan
        live.keep(visitor, result, frame.story)
        return {
            score: gauges.result(result, breaks.outcome(result)),
            distance: gauges.distances(plan.source, plan.target, result.before, result.after, telling=False),
            compared: runs.table(visitor.results.values()),
            hear: gr.Button(visible=True),
            save: gr.Button(visible=True),
            take: gr.Button(visible=True),
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

    def halt(control: Control) -> gr.Button:
        control.stop = True
        return gr.Button(interactive=False)

    def written(visitor: Visitor, button: gr.Button, file: gr.DownloadButton, write: Callable) -> Iterator[dict]:
        """The latest run as a file. Gradio copies it to where it deletes old files; ours goes at once."""
        name = SAVE if button is save else TAKE
        yield {button: gr.Button("Writing ...", interactive=False)}
        model_id, result = next(reversed(visitor.results.items()), (None, None))  # none after half an hour without use
        with tempfile.TemporaryDirectory() as folder:
            there = None if result is None else write(result, visitor.own[model_id].card["title"], Path(folder))
            yield {file: str(there) if there else None, button: gr.Button(name, interactive=True)}

    def saved(visitor: Visitor) -> Iterator[dict]:
        yield from written(visitor, save, page, _report)

    def taken(visitor: Visitor) -> Iterator[dict]:
        yield from written(visitor, take, model, _model)

    def back_home(file: str, visitor: Visitor) -> dict:
        """A model that was taken home comes back; the file that was sent goes at once."""
        try:
            loaded = live.welcome(visitor, takeaway.bring(Path(file)))
        except UserError as error:
            return {line: gauges.error(error)}
        finally:
            Path(file).unlink(missing_ok=True)
        return {line: gauges.line(f"{loaded.card['title']} is back; choose it in Listen.")}

    told_by = knobs.wire(visitor, control, line, go)
    go.click(
        run,
        [visitor, control, *knobs.all],
        [*plots, *curves, key, line, score, told, distance, compared, hear, save, take, go, pause, step, stop],
        concurrency_limit=jobs.WAITING,
        show_progress="minimal",
        show_progress_on=[line],
        **PRIVATE,
    )
    pause.click(_pause_or_go_on, [control, pause], None, **QUIET)
    step.click(Control.one_epoch, control, None, **QUIET)
    stop.click(halt, control, stop, **QUIET)
    hear.click(lambda: gr.Tabs(selected="listen"), None, tabs, **QUIET)
    for button, write, file in ((save, saved, page), (take, taken, model)):
        button.click(write, visitor, [file, button], **QUIET).then(
            None, None, None, js=f"() => document.querySelector('#{file.elem_id}').click()"
        )
    back.upload(back_home, [back, visitor], line, **QUIET)
    changed = [*knobs.all, knobs.about, knobs.idea]
    return Adapting(*told_by, knobs.settings, knobs.set_up, changed, opens=False, bring=knobs.bring)


def _pause_or_go_on(control: Control, name: str) -> None:
    """What the button said when it was pressed; the run itself changes the buttons."""
    if name == PAUSE:
        control.pause()
    else:
        control.resume()


def _report(result: Adapted, title: str, folder: Path) -> Path:
    report.write(result, folder / report.name(result))
    return folder / report.name(result)


def _model(result: Adapted, title: str, folder: Path) -> Path:
    file = folder / f"{takeaway.identifier(result)}.zip"
    takeaway.write(result, title, file)
    return file


def _said_first() -> str:
    """What stands there before anything is chosen: the same words as after."""
    first = offers.offer(offers.COMMON)
    try:
        plan = Plan(first.source, first.target, first.method, first.labels, epochs=first.epochs)
        return gauges.line(offers.ready(plan))
    except UserError as error:
        return gauges.error(error)
