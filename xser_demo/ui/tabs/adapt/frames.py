"""Live updates of an adaptation: figures and text for the page."""

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
from xser_demo.networks import frozen
from xser_demo.reporting import confusion_matrix, score_tables, what_changed
from xser_demo.reporting.changed_clips import ChangedClip, changed_clips
from xser_demo.reporting.curves import figures, note, on_target, titled
from xser_demo.reporting.map_animation import MapHistory
from xser_demo.training.loop import Epoch, Step
from xser_demo.ui.jobs.control import UPDATE_S, Control, Progress, seconds, ticking
from xser_demo.ui.tabs.adapt import domain_classifier
from xser_demo.ui.tabs.adapt.live_map import MIN_EXTENT, LiveMap
from xser_demo.ui.tabs.adapt.live_scores import LiveScores

RUNNING, PAUSED, ENDING, ENDED = "running", "paused", "ending", "ended"  # states of a run; ENDING cannot be paused
STOPPED = "Stopped before the first epoch was complete; nothing was kept. Press Adapt to start again."
TOO_LONG = "The run was paused for ten minutes and has ended, so that others can adapt"
CURVES_EVERY = 4  # epochs: their figures take as long as a map, and are folded away
CHOOSING = "Choosing the best epoch without target labels, then scoring"


@dataclass(frozen=True)
class LiveUpdate:
    """What changes on the page. None: unchanged."""

    text: str
    share: float | None = None  # of the work that is done
    now: go.Figure | None = None  # map
    changes: str | None = None  # score and confusions before and now, as HTML
    matrix: go.Figure | None = None  # the confusions
    curves: tuple[go.Figure, go.Figure, go.Figure] | None = None  # losses, shares, InfoMax
    target: go.Figure | None = None  # UAR on the target, for teaching
    confusion: str | None = None  # whether a classifier can tell the domains apart, as HTML
    result: AdaptationResult | None = None
    map_history: MapHistory | None = None  # of the result
    film: dict | None = None  # the finished run for js/scrubber.js
    clips: tuple[ChangedClip, ...] | None = None  # that became right, or wrong
    state: str = RUNNING
    may_pause: bool = False  # whether the training can pause after this update


def frames(
    plan: Plan, control: Control | None = None, clip: EncodedClip | None = None, task: Task | None = None
) -> Iterator[LiveUpdate]:
    """Train, adapt and score as ``control`` asks. An update comes at least every ``UPDATE_S`` seconds, in a pause too.
    Stopped after the first epoch of the adaptation, it chooses the best one so far, and scores it as at the end.
    UserError before the first update when the plan cannot run. ``clip``: is shown on the map. ``task``: the plan's
    data, if they are prepared already."""
    task = task or prepare(plan)
    control = control or Control()
    progress = Progress(control.clock)
    run = LiveRun(plan, task, progress, control, clip)
    for update in ticking(run.updates()):
        if control.stop and run.keeps:
            run.choose()
        update = update or LiveUpdate(_working(progress, control), progress.share, state=_state(progress))
        if not control.stop or update.result:
            yield replace(update, state=PAUSED) if control.paused and update.state == RUNNING else update
        elif run.keeps:
            yield replace(update, text=progress.text(), state=ENDING)
        if update.may_pause:
            for _ in control.hold():
                yield LiveUpdate(progress.paused(), progress.share, state=PAUSED)
        if control.stop and not (run.keeps or update.result):
            yield LiveUpdate(f"{TOO_LONG}; nothing was kept." if control.expired else STOPPED, state=ENDED)
            return


class LiveRun:
    """One adaptation. ``updates`` turns its events into updates of the page and keeps ``progress`` up to date."""

    def __init__(self, plan: Plan, task: Task, progress: Progress, control: Control, clip: EncodedClip | None):
        self.plan, self.task, self.progress, self.control, self.clip = plan, task, progress, control, clip
        self.languages = [corpus(key).language_name for key in (plan.source, plan.target)]
        self.map: LiveMap | None = None  # None while the source model is trained
        self.scores: LiveScores | None = None
        self.history: dict[str, list[float]] = {}  # curves of the current stage
        self.keeps = False  # whether there is an epoch of the adaptation to keep
        self.updated_at = 0.0
        self.redraws = False  # whether the figures of the scores follow the last map

    def updates(self) -> Iterator[LiveUpdate]:
        if frozen.is_frozen(self.plan.recipe):
            self.progress.uncounted("Computing what the frozen layers make of every clip")
        begin, by_speaker = (start(self.plan, self.task, normalise) for normalise in ("corpus", "speaker"))
        for event in adapt(self.plan, begin, self.control.clock, self.task, by_speaker, self._stopped):
            if isinstance(event, Step):
                yield from self._step(event)
            elif isinstance(event, Stage) and event.name == "source":
                yield self._source_stage(event)
            elif isinstance(event, Stage):
                yield self._adapt_stage(event)
                self.scores = LiveScores(event.task, event.source_model, self.control.clock)
            elif isinstance(event, Epoch):
                yield from self._epoch(event)
            elif isinstance(event, AdaptationResult):
                yield self._result(event)

    def _step(self, event: Step) -> Iterator[LiveUpdate]:
        self.progress.reached(event.epoch, event.progress)
        if self.control.waits or time.monotonic() - self.updated_at > UPDATE_S:
            self.updated_at = time.monotonic()
            yield self._running(may_pause=True, **self._new_scores())

    def _source_stage(self, event: Stage) -> LiveUpdate:
        self.progress.counted(f"Training on {self.languages[0]}", event.epochs)
        self.updated_at = time.monotonic()
        return LiveUpdate(f"{self.progress.doing} first: no shipped model fits these settings.", 0.0)

    def _adapt_stage(self, event: Stage) -> LiveUpdate:
        self.history, self.map = {}, LiveMap(self.plan, event.task, self.clip)
        figure = self.map.draw(event.source_model, "before")
        self.progress.counted(f"Adapting to {self.languages[1]}", event.epochs)
        trains = methods.get(self.plan.method).trains
        if not trains:
            self.progress.uncounted("Replacing statistics, then scoring")
        self.updated_at = time.monotonic()
        state = RUNNING if trains else ENDING
        return LiveUpdate(f"{self.progress.doing}.", 0.0, titled(figure, "Before adaptation"), state=state)

    def _epoch(self, event: Epoch) -> Iterator[LiveUpdate]:
        note(self.history, event)
        self.control.step = False
        last, self.keeps = event.epoch == self.progress.epochs, self.map is not None
        self.progress.reached(event.epoch, event.epoch / self.progress.epochs)
        if last or self.map is None or self.map.due() or self.control.paused:
            name = f"epoch {event.epoch}"
            figure = titled(self.map.draw(event.model, name), f"Now: {name}") if self.map else None
            self.updated_at, self.redraws = time.monotonic(), True
            seldom = last or self.control.paused or event.epoch % CURVES_EVERY == 1
            drawn = figures(self.history) if seldom else None
            yield self._running(now=figure, curves=drawn, may_pause=self.scores is None)
        if self.scores:
            self.scores.update(event)  # after the map was sent
            if last or self.control.waits:
                yield self._running(may_pause=True, **self._new_scores())
        if last and self.map:
            self.choose()
            yield LiveUpdate(self.progress.text(), self.progress.share, state=ENDING)

    def _stopped(self) -> bool:
        return self.control.stop

    def choose(self) -> None:
        """The training is over, or ends."""
        if self.progress.counts:
            self.progress.uncounted(CHOOSING)

    def _result(self, result: AdaptationResult) -> LiveUpdate:
        self.map.extent = MIN_EXTENT  # outliers on the way need no space on the last map
        model = result.on_maps or result.model
        figure = titled(self.map.draw(model, "after"), "After: the chosen model")
        self.scores.end(model, result.finished.epochs)
        long = f"{TOO_LONG}. " if self.control.expired else ""
        return LiveUpdate(
            long + summary(result),
            now=figure,
            curves=figures(self.history) if self.history else None,
            **self._new_scores(result),
            result=result,
            map_history=self.map.history,
            film=self.map.film(self._uars(result)),
            clips=changed_clips(result),
            state=ENDED,
        )

    def _running(self, **changes) -> LiveUpdate:
        return LiveUpdate(self.progress.text(), self.progress.share, **changes)

    def _new_scores(self, result: AdaptationResult | None = None) -> dict:
        """What is shown for teaching, if there is something new."""
        scores = self.scores
        if scores is None or not (scores.changed or result):
            return {}
        scores.changed = False
        telling = domain_classifier.panel(self.plan.source, self.plan.target, scores.confusion, result is not None)
        if not (self.redraws or self.control.waits or result):
            return {"confusion": telling, **self._changes(result)}
        self.redraws = False
        curve = on_target(scores.before, scores.epochs, result) if scores.epochs else None
        return {"confusion": telling, "target": curve, **self._changes(result, draw=True)}

    def _changes(self, result: AdaptationResult | None, draw: bool = False) -> dict:
        """Score and confusions before and now; ``draw``: with the figure."""
        task, epoch = self.scores.task, max(self.scores.epochs, default=0)
        names = task.labels.classes
        if self.scores.first is None or self.scores.latest is None:
            return {"changes": what_changed.unscored(result.changed, len(task.test))} if result else {}
        if result:
            first, now = result.scores["source_only"], result.scores["adapted"]
        else:
            first, now = self.scores.first, self.scores.latest
        when = _chosen(result) if result else f"epoch {epoch}" if epoch else "not adapted yet"
        over = score_tables.scored_on(self.plan, now)
        return {
            "changes": what_changed.panel(names, first, now, when, over),
            "matrix": confusion_matrix.before_and_now(list(names), first.confusion, now.confusion) if draw else None,
        }

    def _uars(self, result: AdaptationResult) -> dict[str, float]:
        """The scores of the maps that were drawn, by their names."""
        if not result.scores:
            return {}
        epochs = {f"epoch {epoch}": point.uar for epoch, point in self.scores.epochs.items()}
        return epochs | {"before": result.scores["source_only"].uar, "after": result.scores["adapted"].uar}


def _chosen(result: AdaptationResult) -> str:
    chosen = result.finished.chosen
    return f"chosen epoch {chosen.epoch}" if chosen else "adapted"


def _state(progress: Progress) -> str:
    return RUNNING if progress.counts else ENDING


def _working(progress: Progress, control: Control) -> str:
    return ("Pausing after this step. " if control.waits and progress.counts else "") + progress.text()


def summary(result: AdaptationResult) -> str:
    """One line about a finished adaptation."""
    finished, plan = result.finished, result.plan
    text = f"Done in {seconds(result.seconds)}."
    if finished.on_demand:
        text += (
            f" Ended after {finished.epochs} of {plan.schedule.epochs} epochs, when scores of the target were shown."
        )
    elif finished.stopped_early:
        text += (
            f" The time budget of {plan.budget_s:.0f} s ended after {finished.epochs} of {plan.schedule.epochs} epochs."
        )
    if finished.chosen:
        text += f" Epoch {finished.chosen.epoch} of {finished.epochs} was chosen, without target labels."
    if not result.scores:
        return f"{text} {100 * result.changed:.0f}% of the predictions changed."
    before, after = (f"{100 * result.scores[name].uar:.0f}%" for name in ("source_only", "adapted"))
    return f"{text} UAR on {corpus(plan.target).language_name}: {after}, before {before}."
