"""Source and target as the methods see them: the target has no labels.

``Target`` holds frames only. Its labels leave in a ``SealedLabels`` that only
``evaluation/scores.py`` opens, so that no method, training loop or selection rule can use them. One thing about the
target's labels is assumed, as in all closed-set studies: the clips belong to the classes of the task.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from xser_demo.corpora.labels import LabelSet
from xser_demo.corpora.splits import source_split
from xser_demo.data.packs import Pack
from xser_demo.utils.errors import SettingsError

FEWEST_FRAMES = 3  # of a clip, a mean and a deviation over fewer say little
MIN_TARGET_CLIPS = 8  # fewer cannot give a mean and a deviation worth the name


class Batch(NamedTuple):
    frames: Tensor  # (N, D) raw frames of all clips, one clip after another; no padding, which would cost time
    mask: Tensor  # (B, T) True where they stand when each clip has a row of its own
    labels: Tensor | None = None  # (B,) int64, of the source only
    indices: Tensor | None = None  # (B,) int64, in the domain

    @property
    def known_labels(self) -> Tensor:
        """The labels; ValueError where there are none, as of a target."""
        if self.labels is None:
            raise ValueError("a batch of a target has no labels")
        return self.labels


def drop_frames(batch: Batch, dropped: float, generator: torch.Generator) -> Batch:
    """Each frame is left out with probability ``dropped``; at least ``FEWEST_FRAMES`` of every clip stay, if it has
    them. Clips then never sound the same twice, and a step takes less time."""
    if dropped == 0:
        return batch
    chance = torch.rand(batch.mask.shape, generator=generator).masked_fill_(~batch.mask, -1.0)
    luckiest = chance.argsort(1, descending=True).argsort(1) < FEWEST_FRAMES
    kept = batch.mask & ((chance >= dropped) | luckiest)
    lengths = kept.sum(1)
    mask = torch.arange(int(lengths.max())) < lengths[:, None]
    return batch._replace(frames=batch.frames[kept[batch.mask]], mask=mask)


class Domain:
    """Some utterances of a pack, without labels."""

    def __init__(self, pack: Pack, rows: Tensor) -> None:
        self.pack, self.rows = pack, rows

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, indices: Tensor) -> Batch:
        """``indices`` (B,) into this domain, not into the pack."""
        return Batch(*self.pack.batch(self.rows[indices]), indices=indices)

    @property
    def lengths(self) -> Tensor:
        """(n,) frames of each utterance."""
        return self.pack.starts[self.rows + 1] - self.pack.starts[self.rows]

    @property
    def speakers(self) -> list[str]:
        """Speaker ids, one for each utterance; the gauges keep a speaker on one side of a split."""
        return _speaker_ids(self.pack, self.rows)

    def batches(self, size: int = 128) -> Iterator[Batch]:
        """All utterances in order, in batches."""
        for first in range(0, len(self), size):
            yield self.batch(torch.arange(first, min(first + size, len(self))))

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation over frames, each (D,)."""
        return self.pack.moments(self.rows)


class Target(Domain):
    """Unlabelled speech to adapt to, or to be scored on."""


class Source(Domain):
    """Labelled speech. ``weights`` (n,): how often a clip is heard among those of its class; None: equally often."""

    def __init__(
        self, pack: Pack, rows: Tensor, labels: Tensor, classes: tuple[str, ...], weights: Tensor | None = None
    ) -> None:
        super().__init__(pack, rows)
        self.labels, self.classes, self.weights = labels, classes, weights

    def batch(self, indices: Tensor) -> Batch:
        return super().batch(indices)._replace(labels=self.labels[indices])


@dataclass(frozen=True)
class SealedLabels:
    """Labels and speakers of target clips, in the order of a ``Target``. Only
    ``evaluation/scores.py`` may call ``open``."""

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


def source(pack: Pack, labels: LabelSet, seed: int, speakers: list[str] | None = None) -> tuple[Source, Source]:
    """Labelled source for training and for validation, with different speakers (80 and 20 percent, by seed), of the
    given speakers (all when None)."""
    rows, _ = select(pack, labels, None if speakers is None else set(speakers))
    train, validation = source_split([pack.utterances[r] for r in rows.tolist()], seed)
    return (
        Source(pack, *select(pack, labels, set(train)), labels.classes),
        Source(pack, *select(pack, labels, set(validation)), labels.classes),
    )


def shift_labels(classes: Tensor, labels: LabelSet, shift: str) -> Tensor:
    """Places (m,) of clips that together have other class frequencies; ``classes`` (n,) are theirs.

    "70 anger": 70 percent anger, the rest shared evenly by the other classes; "no anger": all clips but those. Drawn
    once and the same for every seed, so that runs can be compared clip by clip. SettingsError for another word.
    """
    how, _, emotion = shift.partition(" ")
    if how not in ("70", "no") or emotion not in labels.classes:
        raise SettingsError(f"There is no label shift '{shift}'; write '70 EMOTION' or 'no EMOTION'.")
    chosen = labels.classes.index(emotion)
    if how == "no":
        return (classes != chosen).nonzero().flatten()
    generator = torch.Generator().manual_seed(0)
    of = [(classes == c).nonzero().flatten() for c in range(len(labels.classes))]
    rest = round(len(of[chosen]) * 0.3 / 0.7 / (len(of) - 1))
    kept = [p if c == chosen else p[torch.randperm(len(p), generator=generator)[:rest]] for c, p in enumerate(of)]
    return torch.cat(kept).sort().values


def target(
    pack: Pack, labels: LabelSet, speakers: list[str] | None = None, shift: str = ""
) -> tuple[Target, SealedLabels]:
    """Unlabelled target clips of the given speakers (all when None), and their labels under seal. ``shift`` simulates
    other class frequencies, see ``shifted``."""
    rows, classes = select(pack, labels, None if speakers is None else set(speakers))
    if shift:
        kept = shift_labels(classes, labels, shift)
        rows, classes = rows[kept], classes[kept]
    _enough(rows)
    return _strip_labels(pack, rows), _sealed(pack, labels, rows, classes)


def partly_labelled(pack: Pack) -> bool:
    """Whether somebody left clips without a label; all of them, perhaps."""
    return not all(u.emotion for u in pack.utterances)


def possible(pack: Pack, labels: LabelSet) -> Tensor:
    """Rows of the clips that may belong to the classes: those labelled so, and those without a label."""
    return torch.tensor(
        [row for row, u in enumerate(pack.utterances) if not u.emotion or u.emotion in labels.of], dtype=torch.int64
    )


def partly(
    pack: Pack, labels: LabelSet, speakers: list[str] | None = None
) -> tuple[Target, Target, SealedLabels | None]:
    """Of a target with clips that nobody labelled: the clips to adapt to (those of the task and the unlabelled ones),
    the clips to answer, and their labels under seal. The clips to answer are the labelled ones, if they are enough for
    a score; else all, and there is no seal."""
    rows, classes = select(pack, labels, None if speakers is None else set(speakers))
    mine = [speakers is None or pack.utterances[row].speaker in speakers for row in possible(pack, labels).tolist()]
    everything = possible(pack, labels)[torch.tensor(mine)]
    _enough(everything)
    adapt = _strip_labels(pack, everything)
    if len(rows) < MIN_TARGET_CLIPS or len(classes.unique()) < 2:
        return adapt, adapt, None
    return adapt, _strip_labels(pack, rows), _sealed(pack, labels, rows, classes)


def _enough(rows: Tensor) -> None:
    if len(rows) < MIN_TARGET_CLIPS:
        raise SettingsError(
            f"The target has only {len(rows)} clips of these emotions; at least {MIN_TARGET_CLIPS} are needed to adapt."
        )


def _strip_labels(pack: Pack, rows: Tensor) -> Target:
    """Paths and text ids name the emotion in some corpora, so they go as well; speakers stay, for the gauges."""
    return Target(
        replace(pack, utterances=[replace(u, path="", emotion="", text_id="") for u in pack.utterances]), rows
    )


def _sealed(pack: Pack, labels: LabelSet, rows: Tensor, classes: Tensor) -> SealedLabels:
    return SealedLabels(labels.classes, tuple(classes.tolist()), tuple(_speaker_ids(pack, rows)))


def _speaker_ids(pack: Pack, rows: Tensor) -> list[str]:
    """The speaker of each clip. One whose speaker is not known is taken for a speaker of its own."""
    return [pack.utterances[row].speaker or f"?{row}" for row in rows.tolist()]
