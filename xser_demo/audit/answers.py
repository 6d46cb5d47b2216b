"""The clips of an audit with their labels, and what a model answers to them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch

from xser_demo.corpora.base import Utterance
from xser_demo.data.domains import Target
from xser_demo.data.packs import Pack
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation import scores
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.temperature import calibrated

UNKNOWN = "?"  # begins the name of a speaker who is not known


class Answering(Protocol):
    """What is audited."""

    def probabilities(self, pack: Pack, rows: torch.Tensor, alone: bool = False) -> np.ndarray:
        """(n, C) for the clips at ``rows`` (n,) of a pack. ``alone``: as if each were the only clip of its speaker."""
        ...


@dataclass(frozen=True)
class Part:
    """A model, and the speakers whose clips it answers (None: all). ``domain``: whose statistics it standardises by."""

    model: Model
    temperature: float
    speakers: frozenset[str] | None = None
    domain: int = TARGET


@dataclass(frozen=True)
class Models:
    """One model for all speakers, or a model for the speakers of each fold."""

    parts: tuple[Part, ...]

    @property
    def speakers(self) -> set[str] | None:
        """Those whose clips are answered; None: all."""
        named = [part.speakers for part in self.parts]
        return None if None in named else {who for speakers in named for who in speakers or ()}

    def probabilities(self, pack: Pack, rows: torch.Tensor, alone: bool = False) -> np.ndarray:
        """As ``Answering``. Clips of unheard speakers, so the two halves of a speaker swap their statistics."""
        speakers = [pack.utterances[row].speaker for row in rows.tolist()]
        found = np.zeros((len(rows), len(self.parts[0].model.classes)), np.float32)
        read = _each_alone(pack) if alone else pack
        for part in self.parts:
            own = [n for n, who in enumerate(speakers) if part.speakers is None or who in part.speakers]
            if own:
                clips = Target(read, rows[torch.tensor(own)])
                clips.scored = not alone
                logits = part.model.predict_all(clips, part.domain)[0]
                found[own] = calibrated(logits, part.temperature).numpy()
        return found


def _each_alone(pack: Pack) -> Pack:
    return replace(pack, utterances=[replace(u, speaker="") for u in pack.utterances])


@dataclass(frozen=True)
class Answered:
    """``labels`` (n,) and ``probabilities`` (n, C) of the n ``utterances``."""

    classes: tuple[str, ...]
    utterances: list[Utterance]
    labels: np.ndarray
    probabilities: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def answers(self) -> np.ndarray:
        """(n,) class indices."""
        return self.probabilities.argmax(1)

    @property
    def speakers(self) -> list[str]:
        return named_speakers(self.utterances)

    @property
    def sealed(self) -> SealedLabels:
        """The labels as ``evaluation.scores`` takes them."""
        return SealedLabels(self.classes, tuple(self.labels.tolist()), tuple(self.speakers))

    @property
    def confusion(self) -> np.ndarray:
        """(C, C): rows are labels, columns are answers."""
        return scores.confusion(self.labels, self.answers, len(self.classes))


def named_speakers(utterances: Sequence[Utterance]) -> list[str]:
    """Who speaks; a clip of an unknown speaker counts as a speaker of its own."""
    return [u.speaker or f"{UNKNOWN}{n}" for n, u in enumerate(utterances)]
