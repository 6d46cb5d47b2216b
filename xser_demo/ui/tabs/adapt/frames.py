"""An adaptation as it happens, as pictures and words. Knows nothing of Gradio."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from xser_demo import methods
from xser_demo.corpora import corpus
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult, Stage, adapt
from xser_demo.experiments.source_models import start
from xser_demo.experiments.task import Task, prepare
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting.curves import figures, note, on_target, titled
from xser_demo.reporting.map_animation import MapHistory
from xser_demo.training.loop import Epoch, Finished, Step
from xser_demo.ui.jobs.control import EVERY, Control, Progress, seconds, ticking
from xser_demo.ui.tabs.adapt import domain_confusion
from xser_demo.ui.tabs.adapt.live_map import ROOM, LiveMap
from xser_demo.ui.tabs.adapt.live_scores import LiveScores

RUNNING, PAUSED, ENDING, ENDED = "running", "paused", "ending", "ended"  # states of a run; ENDING: nothing to pause
STOPPED = "Stopped; nothing was kept. Press Adapt to start again."
TOO_LONG = "Paused for ten minutes, so the run was ended to let others adapt; nothing was kept."


@dataclass(frozen=True)
class LiveUpdate:
    """What changes on the page. None: unchanged."""

    text: str
    share: float | None = None  # of the work that is done
    before: go.Figure | None = None
    now: go.Figure | None = None
    curves: tuple[go.Figure, go.Figure, go.Figure] | None = None
    target: go.Figure | None = None  # UAR on the target, for teaching
    telling: str | None = None  # whether a classifier can tell the languages apart, as HTML
    result: AdaptationResult | None = None
    story: MapHistory | None = None  # of the result, for the map
    state: str = RUNNING
    may_pause: bool = False  # the training can be left alone here for a while


def frames(
    plan: Plan, control: Control | None = None, clip: EncodedClip | None = None, task: Task | None = None
) -> Iterator[LiveUpdate]:
    """Train, adapt, score, and do what ``control`` asks. An update comes at least every ``EVERY`` seconds, in a pause
    too. UserError before the first update when the plan cannot run. ``clip``: is shown on the map, too. ``task``: the
    plan's data, if they are prepared already."""
    task = task or prepare(plan)
    control = control or Control()
    progress = Progress(control.clock)
    for frame in ticking(pictured(plan, task, progress, control, clip)):
        frame = frame or LiveUpdate(_working(progress, control), progress.share, state=_state(progress))
        if not control.stop:
            yield replace(frame, state=PAUSED) if control.paused and frame.state == RUNNING else frame
        if frame.may_pause:
            for _ in control.hold():
                yield LiveUpdate(progress.paused(), progress.share, state=PAUSED)
        if control.stop:
            yield LiveUpdate(TOO_LONG if control.expired else STOPPED, state=ENDED)
            return


def pictured(
    plan: Plan, task: Task, progress: Progress, control: Control, clip: EncodedClip | None = None
) -> Iterator[LiveUpdate]:
    """The events of an adaptation as updates of the page; ``progress`` is kept up to date between them."""
    source_model = start(plan, task)
    languages = [corpus(key).language_name for key in (plan.source, plan.target)]
    picture, lesson, history, told = None, None, {}, 0.0
    for event in adapt(plan, source_model, control.clock, task):
        if isinstance(event, Step):
            progress.reached(event.epoch, event.progress)
            if control.waits or time.monotonic() - told > EVERY:
                told = time.monotonic()
                yield LiveUpdate(
                    progress.text(), progress.share, **_taught(plan, lesson), state=RUNNING, may_pause=True
                )
        elif isinstance(event, Finished):
            source_model = event.model  # of the source; what the adaptation gives comes with the result
        elif isinstance(event, Stage) and event.name == "source":
            progress.counted(f"Training on {languages[0]}", event.epochs)
            told = time.monotonic()
            yield LiveUpdate(f"{progress.doing} first: no shipped model fits these settings.", 0.0, state=RUNNING)
        elif isinstance(event, Stage):
            history, picture = {}, LiveMap(event.task, plan.recipe.head == "image", clip)
            figure = picture.draw(source_model, "before")
            progress.counted(f"Adapting to {languages[1]}", event.epochs)
            trains = methods.get(plan.method).trains
            if not trains:
                progress.uncounted("Replacing statistics, then scoring")
            told = time.monotonic()
            first = {"before": titled(figure, "Before"), "now": titled(figure, "Now")}
            yield LiveUpdate(f"{progress.doing}.", 0.0, **first, state=RUNNING if trains else ENDING)
            lesson = LiveScores(event.task, source_model, control.clock)
        elif isinstance(event, Epoch):
            note(history, event)
            control.step = False
            last = event.epoch == progress.epochs
            progress.reached(event.epoch, event.epoch / progress.epochs)
            if last or picture is None or picture.due() or control.paused:
                name = f"epoch {event.epoch}"
                figure = titled(picture.draw(event.model, name), f"Now: {name}") if picture else None
                told = time.monotonic()
                drawn = {"now": figure, "curves": figures(history)}
                yield LiveUpdate(progress.text(), progress.share, **drawn, state=RUNNING, may_pause=lesson is None)
            if lesson:
                lesson.update(event)  # when the picture is on its way
                if last or control.waits:
                    yield LiveUpdate(
                        progress.text(), progress.share, **_taught(plan, lesson), state=RUNNING, may_pause=True
                    )
            if last and picture:
                progress.uncounted("Choosing the best epoch without target labels, then scoring")
                yield LiveUpdate(progress.text(), progress.share, state=ENDING)
        elif isinstance(event, AdaptationResult):
            picture.room = ROOM  # outliers on the way need no room any more
            figure = titled(picture.draw(event.model, "after"), "After: the chosen model")
            last = {"now": figure, "curves": figures(history) if history else None, "result": event, "state": ENDED}
            last["story"] = picture.story
            lesson.end(event.model, event.finished.epochs)
            yield LiveUpdate(summary(event), None, **last, **_taught(plan, lesson, event))


def _taught(plan: Plan, lesson: LiveScores | None, result: AdaptationResult | None = None) -> dict:
    """What the lesson has to show that has not been shown yet."""
    if lesson is None or not (lesson.fresh or result):
        return {}
    lesson.fresh = False
    shown = {"telling": domain_confusion.panel(plan.source, plan.target, lesson.told, result is not None)}
    return shown | {"target": on_target(lesson.before, lesson.epochs, result) if lesson.epochs else None}


def _state(progress: Progress) -> str:
    return RUNNING if progress.counts else ENDING


def _working(progress: Progress, control: Control) -> str:
    return ("Pausing after this step. " if control.waits and progress.counts else "") + progress.text()


def summary(result: AdaptationResult) -> str:
    """One line about an adaptation that has ended."""
    finished, plan = result.finished, result.plan
    text = f"Done in {seconds(result.seconds)}."
    if finished.stopped_early:
        text += f" The {plan.budget_s:.0f} s were over after {finished.epochs} of {plan.schedule.epochs} epochs."
    if finished.chosen:
        text += f" Epoch {finished.chosen.epoch} of {finished.epochs} was chosen, without target labels."
    if not result.scores:
        return f"{text} {100 * result.changed:.0f}% of the clips are heard differently now."
    before, after = (f"{100 * result.scores[name].uar:.0f}%" for name in ("source_only", "adapted"))
    return f"{text} UAR on {corpus(plan.target).language_name}: {after}, before {before}."
