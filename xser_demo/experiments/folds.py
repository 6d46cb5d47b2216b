"""Scores on speakers that a model has not heard, over all of a target's speakers: every fold is scored by a model that
was adapted to the other folds, and the predictions of all folds are pooled."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from time import monotonic
from typing import Any

import numpy as np

from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation.scores import Score, concatenate, score
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult, Stage, adapt
from xser_demo.experiments.task import Task, prepare, speakers_known, target_folds
from xser_demo.networks.classifier import Model
from xser_demo.training.loop import Event
from xser_demo.utils.errors import SettingsError


@dataclass(frozen=True)
class Fold:
    """The run of a fold begins."""

    number: int  # from 0
    count: int


@dataclass(frozen=True)
class Pooled:
    """Scores over the clips of all folds: each clip is predicted by the model that was not adapted to its speaker."""

    plan: Plan  # of the folds; its ``fold`` says nothing
    scores: dict[str, Score]  # by the names of ``AdaptationResult.scores``; empty without labels
    folds: int

    def facts(self) -> dict[str, Any]:
        """JSON values for a card and ``xser adapt --json``."""
        uar = {name: round(score.uar, 4) for name, score in self.scores.items()}
        adapted = self.scores.get("adapted")
        if adapted is not None:
            uar |= {"ci95": [round(bound, 4) for bound in adapted.ci95], "n": adapted.n, "speakers": adapted.speakers}
        plan = {
            name: value for name, value in asdict(replace(self.plan, own={})).items() if name not in ("own", "fold")
        }
        return {"over": over(self), "folds": self.folds, "uar": uar or None, "plan": plan}


@dataclass(frozen=True)
class Part:
    """What is kept of a fold."""

    sealed: SealedLabels
    answers: dict[str, np.ndarray]


def over(pooled: Pooled) -> str:
    """What a pooled score is over, in words."""
    return (
        f"speakers that it had not heard: {pooled.folds} runs, each scored on the speakers that it was not adapted to, "
        "all clips together"
    )


def possible(plan: Plan) -> bool:
    """Whether a plan's target can be scored fold by fold: two folds of known speakers, and no simulated shift."""
    return not plan.shift and plan.mode != "supervised" and speakers_known(plan)


def tasks(plan: Plan, parts: list[list[str]] | None = None) -> list[tuple[Plan, Task]]:
    """The plan of each fold, scored on its speakers, with its data. ``parts``: the speakers of each fold; None: the
    corpus's own. SettingsError where a fold cannot run, or there is only one."""
    parts = parts or target_folds(plan)
    each = [replace(plan, mode="inductive", fold=number) for number in range(len(parts))]
    if len(each) < 2:
        raise SettingsError("The target has one fold of speakers only; a score on unheard speakers needs two.")
    return [(one, prepare(one, parts)) for one in each]


def adapt_folds(
    each: list[tuple[Plan, Task]],
    source_model: Model | None = None,
    speaker_model: Model | None = None,
    clock: Callable[[], float] = monotonic,
) -> Iterator[Fold | Stage | Event | Pooled]:
    """Run every fold of ``tasks``. Models trained on the source are those of ``run.adapt``; what the first fold trains,
    the others use. Yields the events of each run; the last one is the ``Pooled`` score."""
    parts = []
    for number, (plan, task) in enumerate(each):
        yield Fold(number, len(each))
        for event in adapt(plan, source_model, clock, task, speaker_model):
            if isinstance(event, AdaptationResult):
                result = event
            else:
                yield event
        source_model, speaker_model = result.source_model, result.speaker_model or speaker_model
        if task.sealed is not None:
            parts.append(Part(task.sealed, result.answers))
    yield pool(each[0][0], parts, len(each))


def pool(plan: Plan, parts: list[Part], folds: int) -> Pooled:
    """The score of all clips of all folds; folds without labels count for nothing."""
    if not parts:
        return Pooled(plan, {}, folds)
    sealed = concatenate([part.sealed for part in parts])
    answers = {name: np.concatenate([part.answers[name] for part in parts]) for name in parts[0].answers}
    return Pooled(plan, {name: score(sealed, classes) for name, classes in answers.items()}, folds)


def expected_s(result: AdaptationResult) -> int:
    """About how many seconds the folds of a finished run's plan take: each as long as that run, without the source's
    training; rounded up to 5 s."""
    share = result.plan.schedule.epochs / result.finished.epochs if result.finished.epochs else 1.0
    seconds = len(target_folds(result.plan)) * result.seconds * share
    return max(5, -int(-seconds // 5) * 5)
