"""Source and target as the methods see them: the target has no labels.

``Target`` holds frames only. Its labels leave in a ``SealedLabels`` that ``evaluation.py`` alone opens, so that a
method, a training loop or a selection rule cannot use them, by accident or otherwise. One thing about the target's
labels is assumed, as in all closed-set studies: the clips belong to the classes of the task.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from xser_demo.corpora.labels import LabelSet
from xser_demo.corpora.splits import source_split
from xser_demo.errors import SettingsError
from xser_demo.features.packs import Pack

MIN_TARGET_CLIPS = 8  # fewer cannot give a mean and a deviation worth the name


class Batch(NamedTuple):
    frames: Tensor  # (B, T, D) raw encoder frames, zero-padded
    mask: Tensor  # (B, T) True where there is speech
    labels: Tensor | None = None  # (B,) int64, of the source only
    index: Tensor | None = None  # (B,) int64, places in the domain


class Speech:
    """Some utterances of a pack, without labels."""

    def __init__(self, pack: Pack, rows: Tensor):
        self.pack, self.rows = pack, rows

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, indices: Tensor) -> Batch:
        """``indices`` (B,) into this domain, not into the pack."""
        return Batch(*self.pack.batch(self.rows[indices]), index=indices)

    @property
    def lengths(self) -> Tensor:
        """(n,) frames of each utterance."""
        return self.pack.starts[self.rows + 1] - self.pack.starts[self.rows]

    @property
    def speakers(self) -> list[str]:
        """Speaker ids, one for each utterance; the gauges keep a speaker on one side of a split."""
        return [self.pack.utterances[row].speaker for row in self.rows.tolist()]

    def batches(self, size: int = 128):
        """All utterances in order, in batches."""
        for first in range(0, len(self), size):
            yield self.batch(torch.arange(first, min(first + size, len(self))))

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation over frames, each (D,)."""
        return self.pack.moments(self.rows)


class Target(Speech):
    """Unlabelled speech to adapt to, or to be scored on."""


class Source(Speech):
    """Labelled speech."""

    def __init__(self, pack: Pack, rows: Tensor, labels: Tensor, classes: tuple[str, ...]):
        super().__init__(pack, rows)
        self.labels, self.classes = labels, classes

    def batch(self, indices: Tensor) -> Batch:
        return super().batch(indices)._replace(labels=self.labels[indices])


@dataclass(frozen=True)
class SealedLabels:
    """Labels and speakers of target clips, in the order of a ``Target``. Only ``evaluation.py`` may call ``open``."""

    classes: tuple[str, ...]
    _labels: tuple[int, ...]
    _speakers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self._labels)

    def open(self) -> tuple[tuple[int, ...], tuple[str, ...]]:
        return self._labels, self._speakers


def select(pack: Pack, labels: LabelSet, speakers: set[str] | None = None) -> tuple[Tensor, Tensor]:
    """Rows of a pack that belong to the label set (and to the speakers, if given), and their class indices."""
    chosen = [
        (row, labels.index(u.emotion))
        for row, u in enumerate(pack.utterances)
        if labels.index(u.emotion) is not None and (speakers is None or u.speaker in speakers)
    ]
    rows = torch.tensor([row for row, _ in chosen], dtype=torch.int64)
    return rows, torch.tensor([label for _, label in chosen], dtype=torch.int64)


def source(pack: Pack, labels: LabelSet, seed: int) -> tuple[Source, Source]:
    """Labelled source for training and for validation, with different speakers (80 and 20 percent, by seed)."""
    train, validation = source_split([pack.utterances[r] for r in select(pack, labels)[0].tolist()], seed)
    return tuple(Source(pack, *select(pack, labels, set(s)), labels.classes) for s in (train, validation))


def target(pack: Pack, labels: LabelSet, speakers: list[str] | None = None) -> tuple[Target, SealedLabels]:
    """Unlabelled target clips of the given speakers (all when None), and their labels under seal."""
    rows, classes = select(pack, labels, None if speakers is None else set(speakers))
    if len(rows) < MIN_TARGET_CLIPS:
        raise SettingsError(
            f"The target has only {len(rows)} clips of these emotions; at least {MIN_TARGET_CLIPS} are needed to adapt."
        )
    who = tuple(pack.utterances[r].speaker for r in rows.tolist())
    # Paths and text ids name the emotion in some corpora, so they go as well; speakers stay, for the gauges.
    blind = [replace(u, path="", emotion="", text_id="") for u in pack.utterances]
    return Target(replace(pack, utterances=blind), rows), SealedLabels(labels.classes, tuple(classes.tolist()), who)
