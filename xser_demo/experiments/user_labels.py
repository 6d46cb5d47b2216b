"""The labels that a user gives a few clips of an unlabelled target, and the scores of its models from them.

Nothing here reaches a training: a ``Labels`` is opened by ``scores`` alone, unless the user asks to teach a model with
the first half of them (``teach``); the score then comes from the others.
"""

from dataclasses import dataclass, field

import numpy as np
import torch

from xser_demo.corpora.base import Utterance
from xser_demo.evaluation.label_sample import MIN_LABELS, NONE_OF_THESE, Estimate, draw, estimate
from xser_demo.experiments import clip_answers
from xser_demo.experiments.clip_answers import ClipAnswers
from xser_demo.experiments.run import AdaptationResult
from xser_demo.inference.speaker.few_shot import retrain
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET


@dataclass
class Labels:
    """``asked``: paths of the clips to label, first to last. ``given``: the labels of the first of them, a class or
    ``NONE_OF_THESE`` each. ``taught``: how many of these taught a model, and are not scored."""

    classes: tuple[str, ...]
    asked: list[str]
    seed: int = 0
    given: list[int] = field(default_factory=list)
    taught: int = 0

    @classmethod
    def begin(cls, answers: ClipAnswers, seed: int = 0) -> "Labels":
        drawn = draw(list(answers.answers.values()), seed)
        return cls(answers.classes, [answers.utterances[clip].path for clip in drawn.tolist()], seed)

    @property
    def next(self) -> str | None:
        """Path of the clip to label; None when there is no more."""
        return self.asked[len(self.given)] if len(self.given) < len(self.asked) else None

    def give(self, label: int) -> None:
        """Label the next clip."""
        if self.next is not None and (label == NONE_OF_THESE or 0 <= label < len(self.classes)):
            self.given.append(label)

    def take_back(self) -> None:
        """Forget the last label, unless a model learnt from it."""
        if len(self.given) > self.taught:
            self.given.pop()

    @property
    def can_teach(self) -> bool:
        """Whether half of the labels are enough for a score, and the others have two classes."""
        half = len(self.given) // 2
        return not self.taught and half >= MIN_LABELS and len(set(self.given[:half]) - {NONE_OF_THESE}) > 1

    def first_half(self) -> list[tuple[str, int]]:
        """(path, class) of the labels to teach with."""
        count = self.taught or len(self.given) // 2
        pairs = zip(self.asked[:count], self.given[:count], strict=True)
        return [(path, label) for path, label in pairs if label != NONE_OF_THESE]

    def teach(self) -> None:
        """From now on the first half is not scored."""
        self.taught = self.taught or len(self.given) // 2

    def scores(self, utterances: list[Utterance], answers: dict[str, np.ndarray]) -> dict[str, Estimate | None]:
        """The UAR of each model on the clips that taught none; None for too few labels. ``answers``: by model, class
        indices (n,) of ``utterances``."""
        left_out = set(self.asked[: self.taught])
        rows = [row for row, utterance in enumerate(utterances) if utterance.path not in left_out]
        place = {utterances[row].path: number for number, row in enumerate(rows)}
        scored = [
            (place[path], label)
            for path, label in zip(self.asked[self.taught :], self.given[self.taught :], strict=False)
            if path in place
        ]
        if not scored:
            return dict.fromkeys(answers)
        clips, labels = np.array(scored, dtype=np.int64).T
        return {name: estimate(one[rows], clips, labels, len(self.classes)) for name, one in answers.items()}


def teach(result: AdaptationResult, labels: Labels) -> tuple[Model, np.ndarray]:
    """The adapted model, taught by the first half of the labels, and its answers (n,) to ``clip_answers.clips``.
    SettingsError for a model that cannot be taught."""
    target = clip_answers.clips(result)
    embeddings = result.model.predict_all(target, TARGET)[1]
    place = {u.path: n for n, u in enumerate(clip_answers.utterances(result))}
    half = {path: label for path, label in labels.first_half() if path in place}
    chosen = torch.tensor([place[path] for path in half])
    model = retrain(result.model, result.task.validation, embeddings[chosen], torch.tensor(list(half.values())))
    return model, model.predict_all(target, TARGET)[0].argmax(1).numpy()
