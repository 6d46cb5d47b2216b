"""What is shown for teaching while a model adapts: how often it is right on the target, and whether a classifier can
still tell the languages apart. Nothing of it goes back to training or choosing. Knows nothing of Gradio."""

from collections.abc import Callable
from dataclasses import dataclass

from xser_demo.evaluation import scores
from xser_demo.evaluation.domain_distance import DomainDistance
from xser_demo.evaluation.scores import Point
from xser_demo.experiments.task import Task
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.training.loop import Epoch, Outputs

DRAWS = 200  # resamples for the interval of an epoch: 3 to 7 ms, and within a point of the result's 2000
TELLING = 0.03  # of the time at most for asking the classifier; the UAR of every epoch takes up to 0.04


@dataclass(frozen=True)
class DomainConfusion:
    """Shares of source and of target clips whose language a classifier recognises, both of unheard speakers."""

    source: float
    target: float

    @property
    def share(self) -> float:
        return (self.source + self.target) / 2


class LiveScores:
    """Epoch 0 is the model before adaptation. The target's labels stay sealed; ``evaluation.score`` alone opens them,
    on the clips that are scored in the end; without labels ``before`` is None and ``epochs`` stays empty."""

    def __init__(self, task: Task, source_model: Model, clock: Callable[[], float]):
        self.task, self.clock = task, clock
        heard = source_model.predict_all(task.test, TARGET)
        points = source_model.predict_all(task.train, SOURCE)[1]
        began = clock()
        self.gauge = DomainDistance(points, task.train.speakers)
        self.before = self._point(heard) if task.sealed else None
        self.epochs: dict[int, Point] = {}
        self.told = {0: DomainConfusion(*self.gauge.domain_recalls(points, heard[1], task.test.speakers))}
        self.next = clock() + (clock() - began) / TELLING
        self.fresh = True  # something has not been shown yet

    def update(self, event: Epoch) -> None:
        """At the end of an epoch, when the picture is on its way. Transductive: the target was heard already."""
        heard = event.target
        if heard is None or self.task.test is not self.task.adapt:
            heard = event.model.predict_all(self.task.test, TARGET)
        if self.task.sealed:
            self.epochs[event.epoch] = self._point(heard)
        if self.clock() >= self.next:
            self._ask(event.epoch, event.model, heard)
        self.fresh = True

    def end(self, model: Model, epochs: int) -> DomainConfusion:
        """The same question to the model that was chosen."""
        return self._ask(epochs + 1, model, model.predict_all(self.task.test, TARGET))

    def _ask(self, epoch: int, model: Model, heard: Outputs) -> DomainConfusion:
        began = self.clock()
        points = model.predict_all(self.task.train, SOURCE)[1]
        self.told[epoch] = DomainConfusion(*self.gauge.domain_recalls(points, heard[1], self.task.test.speakers))
        self.next = self.clock() + (self.clock() - began) / TELLING
        return self.told[epoch]

    def _point(self, heard: Outputs) -> Point:
        score = scores.score(self.task.sealed, heard[0].argmax(1).numpy(), DRAWS)
        return Point(score.uar, *score.ci95)
