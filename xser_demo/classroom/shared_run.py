"""One adaptation to the whole class: two halves of its students, each scored by a model that was adapted to the other
half. The asked emotions are sealed as every target's labels are: they are opened once, for the score."""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from xser_demo import methods
from xser_demo.classroom.clips import SOURCE
from xser_demo.classroom.takes import as_pack
from xser_demo.classroom.votes import SMALLEST_GROUP
from xser_demo.corpora.user import KEY
from xser_demo.data.domains import MIN_TARGET_CLIPS
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation.projection import Projection
from xser_demo.evaluation.scores import Score, concatenate, paired_gain
from xser_demo.experiments import folds, source_models
from xser_demo.experiments.embeddings import clip_outliers
from xser_demo.experiments.folds import Part
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult, Stage, adapt
from xser_demo.experiments.task import Task
from xser_demo.networks.classifier import Model
from xser_demo.training.loop import Epoch
from xser_demo.utils.errors import SettingsError

FOLDS = 2
FEWEST_STUDENTS = 6  # three in each half; an interval over fewer people says nothing
FEWEST_CLIPS = FOLDS * MIN_TARGET_CLIPS
ROWS = {
    "source_only": "English only",
    "zscore": "Target z-score (nothing is trained)",
    "weight_0": "Trained as long, weight 0 (no adaptation)",
    "adapted": "Adapted to the room",
}
VERDICTS = {"better": "better", "the same": "no clear difference", "worse": "worse"}  # of a forecast, in words
COMPARED = ("source_only", "zscore", "weight_0")  # with "adapted"


@dataclass(frozen=True)
class Progress:
    """``points``: where the unlabelled clips are after this epoch, (x, y, asked emotion); empty while nothing moves."""

    text: str
    share: float
    points: list[tuple[float, float, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Gain:
    """Of the adapted model over another, in UAR, with the 95 percent interval over students (paired)."""

    over: str
    mean: float
    ci95: tuple[float, float]


@dataclass(frozen=True)
class Outcome:
    """``scores``: by the names of ``ROWS``, over all students. ``answers``: (before, after) of each take, by its key;
    after: of the model that was not adapted to this student."""

    students: int
    clips: int
    classes: tuple[str, ...]
    scores: dict[str, Score]
    gains: list[Gain]
    answers: dict[Hashable, tuple[str, str]]
    normalisation: str
    method: str
    epochs: int
    seed: int
    seconds: float

    def without(self, keys) -> Outcome:
        """The same without the answers to these takes; scores are of no single person."""
        return replace(self, answers={key: both for key, both in self.answers.items() if key not in set(keys)})

    @property
    def verdict(self) -> str:
        """Of ``room.FORECASTS``: whether the whole interval of the gain over the English model is above or below 0."""
        low, high = next(gain.ci95 for gain in self.gains if gain.over == "source_only")
        return "better" if low > 0 else "worse" if high < 0 else "the same"


def halves(takes: Sequence, chance: random.Random) -> list[list[str]]:
    """Speaker names of the two halves of the students, drawn without a look at any label. SettingsError for too few
    students, or too few clips in a half."""
    students = sorted({take.number for take in takes})
    if len(students) < FEWEST_STUDENTS:
        raise SettingsError(
            f"Clips of {len(students)} students are here; the run needs {FEWEST_STUDENTS}, half to adapt to and half "
            "to score."
        )
    chance.shuffle(students)
    parts = [students[half::FOLDS] for half in range(FOLDS)]
    fewest = min(sum(take.number in part for take in takes) for part in parts)
    if fewest < MIN_TARGET_CLIPS:
        raise SettingsError(
            f"One half of the students has {fewest} clips, and the run needs {MIN_TARGET_CLIPS} "
            "in each half; let some students speak once more."
        )
    return [[f"s{number}" for number in part] for part in parts]


def run(
    takes: Sequence, keys: Sequence[Hashable], chance: random.Random, seed: int = 0, epochs: int | None = None
) -> Iterator[Progress | Outcome]:
    """Adapt and score; the last event is the ``Outcome``. SettingsError for too few clips. ``epochs``: None for the
    method's."""
    plan = Plan(
        SOURCE, KEY, methods.RECOMMENDED, own={(KEY, "whisper"): as_pack(list(takes))}, seed=seed, epochs=epochs
    )
    each = folds.tasks(plan, halves(takes, chance))
    parts: list[Part] = []
    answers: dict[Hashable, tuple[str, str]] = {}
    models: tuple[Model | None, Model | None] = (None, None)
    seconds, result = 0.0, None
    for number, (one, task) in enumerate(each):
        if number == 0:
            models = source_models.start(one, task), source_models.start(one, task, "speaker")
        for control in (False, True):
            of_control = replace(one, method="continued") if control else one
            told = _Told(task, takes, number, control, plan.schedule.epochs)
            for event in adapt(of_control, models[0], task=task, speaker_model=models[1]):
                if isinstance(event, AdaptationResult):
                    result = event
                elif progress := told(event):
                    yield progress
            assert result is not None  # the last event of an adaptation
            models = result.source_model, result.speaker_model or models[1]
            seconds += result.seconds
            if control:
                parts[-1].answers["weight_0"] = result.answers["adapted"]
            else:
                kept, normalisation = result, result.normalisation.reason
                assert task.sealed is not None
                parts.append(Part(task.sealed, dict(result.answers)))
                names, before = result.model.classes, result.answers["source_only"]
                for row, old, new in zip(task.test.rows.tolist(), before, result.answers["adapted"], strict=True):
                    answers[keys[row]] = (names[old], names[new])
    pooled = folds.pool(plan, parts, FOLDS)
    yield Outcome(
        students=len({take.number for take in takes}),
        clips=len(takes),
        classes=kept.task.labels.classes,
        scores=pooled.scores,
        gains=gains(parts, pooled.scores),
        answers=answers,
        normalisation=normalisation,
        method=methods.get(plan.method).title,
        epochs=plan.schedule.epochs,
        seed=seed,
        seconds=seconds,
    )


def gains(parts: Sequence[Part], scores: dict[str, Score]) -> list[Gain]:
    """``scores``: of all parts together."""
    sealed: SealedLabels = concatenate([part.sealed for part in parts])
    answers = {name: np.concatenate([part.answers[name] for part in parts]) for name in ROWS}
    found = []
    for over in COMPARED:
        draws = paired_gain(sealed, answers["adapted"], answers[over])
        low, high = np.percentile(draws, [2.5, 97.5])
        gain = scores["adapted"].uar - scores[over].uar
        found.append(Gain(over, gain, (float(low), float(high))))
    return found


class _Told:
    """What the events of one half's adaptation, or of its control, tell the projector."""

    def __init__(self, task: Task, takes: Sequence, fold: int, control: bool, epochs: int):
        self.rows = task.adapt.rows.tolist()
        self.takes, self.control, self.epochs = takes, control, epochs
        self.half = f"half {fold + 1} of {FOLDS} of the class"
        self.done = fold / FOLDS + control / FOLDS / 2
        self.plane: Projection | None = None  # of the clips after the first epoch, so that later ones move on it
        self.drawn = not control and len({takes[row].number for row in self.rows}) >= SMALLEST_GROUP

    def __call__(self, event: object) -> Progress | None:
        if isinstance(event, Stage) and event.name == "source":
            return Progress("The English model learns these emotions first.", self.done)
        if not isinstance(event, Epoch):
            return None
        share = self.done + event.epoch / self.epochs / FOLDS / 2
        doing = "The control trains as long without adapting" if self.control else "Adapting to"
        text = f"{doing}{',' if self.control else ''} {self.half}: epoch {event.epoch} of {self.epochs}."
        return Progress(text, share, self._points(event) if self.drawn else [])

    def _points(self, event: Epoch) -> list[tuple[float, float, str]]:
        if event.target is None:
            return []
        embedded = clip_outliers(event.target[1])
        self.plane = self.plane or Projection.fit(embedded)
        emotions = [self.takes[row].emotion for row in self.rows]
        return [
            (round(float(x), 3), round(float(y), 3), emotion)
            for (x, y), emotion in zip(self.plane(embedded), emotions, strict=True)
        ]
