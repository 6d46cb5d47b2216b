"""Live scores for teaching: UAR on the target, and whether a classifier can tell the domains apart. They are not used
for training or selection."""

from collections.abc import Callable
from dataclasses import dataclass

from xser_demo.evaluation import scores
from xser_demo.evaluation.domain_distance import DomainDistance
from xser_demo.evaluation.scores import Point, Score
from xser_demo.experiments.task import Task
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.training.loop import Epoch, Outputs

RESAMPLES = 200  # for the interval of an epoch: 3 to 7 ms, and within a point of the result's 2000
MAX_TIME_SHARE = 0.03  # of the run spent on the classifier; the UAR of every epoch takes up to 0.04


@dataclass(frozen=True)
class DomainConfusion:
    """Recall of a domain classifier on source and on target clips, both of held-out speakers."""

    source: float
    target: float

    @property
    def share(self) -> float:
        return (self.source + self.target) / 2


class LiveScores:
    """``epochs`` and ``confusion`` by epoch; epoch 0 is the model before adaptation, whose score is ``first``;
    ``latest`` is that of the latest epoch. Target labels stay sealed; only ``evaluation.scores.score`` opens them, for
    the clips that are scored at the end. Without labels both are None and ``epochs`` stays empty."""

    def __init__(self, task: Task, source_model: Model, clock: Callable[[], float]):
        self.task, self.clock = task, clock
        target = source_model.predict_all(task.test, TARGET)
        source = source_model.predict_all(task.train, SOURCE)
        began = clock()
        self.distance = DomainDistance(source[1], task.train.speakers)
        self.first = self.latest = self._score(target) if task.sealed else None
        self.epochs: dict[int, Point] = {}
        self.confusion = {0: self._domain_confusion(source, target)}
        self.next_at = clock() + (clock() - began) / MAX_TIME_SHARE
        self.changed = True  # whether something has not been shown yet

    def update(self, event: Epoch) -> None:
        """At the end of an epoch. Transductive: the event has the outputs for the target already."""
        target = event.target
        if target is None or self.task.test is not self.task.adapt:
            target = event.model.predict_all(self.task.test, TARGET)
        if self.task.sealed:
            self.latest = self._score(target)
            self.epochs[event.epoch] = _point(self.latest)
        if self.clock() >= self.next_at:
            self._measure(event.epoch, event.model, target)
        self.changed = True

    def end(self, model: Model, epochs: int) -> None:
        """The confusion of the chosen model, after the last of ``epochs``."""
        self._measure(epochs + 1, model, model.predict_all(self.task.test, TARGET))

    def _measure(self, epoch: int, model: Model, target: Outputs) -> None:
        began = self.clock()
        self.confusion[epoch] = self._domain_confusion(model.predict_all(self.task.train, SOURCE), target)
        self.next_at = self.clock() + (self.clock() - began) / MAX_TIME_SHARE

    def _domain_confusion(self, source: Outputs, target: Outputs) -> DomainConfusion:
        return DomainConfusion(*self.distance.domain_recalls(source[1], target[1], self.task.test.speakers))

    @property
    def before(self) -> Point | None:
        return self.first and _point(self.first)

    def _score(self, target: Outputs) -> Score:
        return scores.score(self.task.sealed, target[0].argmax(1).numpy(), RESAMPLES)


def _point(score: Score) -> Point:
    return Point(score.uar, *score.ci95)
