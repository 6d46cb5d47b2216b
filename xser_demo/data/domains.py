"""Source and target data for the methods: the target has no labels.

``Target`` holds frames only. Its labels are in a ``SealedLabels`` that only ``evaluation/scores.py`` opens, so no
method, training loop or selection rule can use them. As in all closed-set studies, the clips of the target are assumed
to belong to the classes of the task.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from xser_demo.corpora.labels import LabelSet
from xser_demo.corpora.splits import source_split
from xser_demo.data import normalise
from xser_demo.data.normalise import Moments
from xser_demo.data.packs import Pack
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.utils.errors import SettingsError

MIN_FRAMES = 3  # per clip, for a mean and a deviation
MIN_TARGET_CLIPS = 8  # for a mean and a deviation of the target
AnyDomain = TypeVar("AnyDomain", bound="Domain")


class Batch(NamedTuple):
    frames: Tensor  # (N, D) raw frames of all clips, one clip after another, without padding
    mask: Tensor  # (B, T) True at the positions of the frames if each clip is one padded row
    labels: Tensor | None = None  # (B,) int64; None for a target
    indices: Tensor | None = None  # (B,) int64, within the domain

    def to(self, device: torch.device) -> Batch:
        """The batch on a device."""
        labels, indices = (part if part is None else part.to(device) for part in (self.labels, self.indices))
        return Batch(self.frames.to(device), self.mask.to(device), labels, indices)

    @property
    def known_labels(self) -> Tensor:
        """The labels; ValueError for a batch without labels."""
        if self.labels is None:
            raise ValueError("a batch of a target has no labels")
        return self.labels


def drop_frames(batch: Batch, dropped: float, generator: torch.Generator) -> Batch:
    """Drop each frame with probability ``dropped``; at least ``MIN_FRAMES`` of every clip stay, if it has them.

    An augmentation, which also makes a training step faster.
    """
    if dropped == 0:
        return batch
    chance = torch.rand(batch.mask.shape, generator=generator).masked_fill_(~batch.mask, -1.0)
    required = chance.argsort(1, descending=True).argsort(1) < MIN_FRAMES
    keep = batch.mask & ((chance >= dropped) | required)
    lengths = keep.sum(1)
    mask = torch.arange(int(lengths.max())) < lengths[:, None]
    return batch._replace(frames=batch.frames[keep[batch.mask]], mask=mask)


class Domain:
    """Utterances of a pack, without labels. ``rows``: (n,) int64, their indices in the pack.

    ``scored``: the clips are scored and not adapted to, so none may be part of the statistics that standardise it.
    """

    scored: bool = False
    standardised: bool = False  # whether the frames of each speaker are, see ``by_speaker``
    whole: Domain | None = None  # that this is a part of: its clips are what is known of the speakers
    statistics: tuple[Tensor, Tensor] | None = None  # to be standardised by, instead of its own
    _by_speaker: tuple[Moments, Pack] | None = None  # the last pack of ``by_speaker``, and for which corpus

    def __init__(self, pack: Pack, rows: Tensor) -> None:
        self.pack, self.rows = pack, rows

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, indices: Tensor) -> Batch:
        """The utterances at ``indices`` (B,) of this domain, not of the pack."""
        return Batch(*self.pack.batch(self.rows[indices]), indices=indices)

    @property
    def lengths(self) -> Tensor:
        """(n,) frames of each utterance."""
        return self.pack.starts[self.rows + 1] - self.pack.starts[self.rows]

    @property
    def speakers(self) -> list[str]:
        """Speaker ids, one for each utterance; domain distances use them for speaker-disjoint splits."""
        return _speaker_ids(self.pack, self.rows)

    def batches(self, size: int = 128) -> Iterator[Batch]:
        """All utterances in order, in batches."""
        for first in range(0, len(self), size):
            yield self.batch(torch.arange(first, min(first + size, len(self))))

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation over frames, each (D,)."""
        return self.statistics or self.pack.moments(self.rows)

    def part(self, indices: Tensor) -> Domain:
        """The utterances at ``indices`` (m,) of this domain."""
        part = Domain(self.pack, self.rows[indices])
        part.standardised, part.whole = self.standardised, self
        return part

    def by_speaker(self: AnyDomain, corpus: Moments) -> AnyDomain:
        """The same clips, those of each speaker standardised by the speaker's statistics, which are shrunk towards
        ``corpus`` (data/normalise.py). Of scored clips, the two halves of a speaker swap their statistics."""
        if self.standardised:
            return self
        if self._by_speaker is None or not torch.equal(self._by_speaker[0].mean, corpus.mean):
            self._by_speaker = (corpus, self._standardise(corpus))
        domain = copy(self)
        domain.pack, domain.standardised = self._by_speaker[1], True
        return domain

    def _standardise(self, corpus: Moments) -> Pack:
        if self.whole is not None:
            return self.whole.by_speaker(corpus).pack
        own, other = normalise.halves(self.speakers) if self.scored else (self.speakers, None)
        return normalise.by_group(self.pack, self.rows, own, other, corpus)


class Target(Domain):
    """Unlabelled speech to adapt to or to predict."""


class Source(Domain):
    """Labelled speech. ``labels``: (n,) int64. ``weights`` (n,): relative sampling frequency of a clip within its
    class; None: equal."""

    def __init__(
        self, pack: Pack, rows: Tensor, labels: Tensor, classes: tuple[str, ...], weights: Tensor | None = None
    ) -> None:
        super().__init__(pack, rows)
        self.labels, self.classes, self.weights = labels, classes, weights

    def batch(self, indices: Tensor) -> Batch:
        return super().batch(indices)._replace(labels=self.labels[indices])


def select(pack: Pack, labels: LabelSet, speakers: set[str] | None = None) -> tuple[Tensor, Tensor]:
    """Rows of a pack in the label set (and of the speakers, if given), (n,) int64, and their class indices (n,)."""
    chosen = [
        (row, labels.index(u.emotion))
        for row, u in enumerate(pack.utterances)
        if labels.index(u.emotion) is not None and (speakers is None or u.speaker in speakers)
    ]
    rows = torch.tensor([row for row, _ in chosen], dtype=torch.int64)
    return rows, torch.tensor([label for _, label in chosen], dtype=torch.int64)


def source(pack: Pack, labels: LabelSet, seed: int, speakers: list[str] | None = None) -> tuple[Source, Source]:
    """Labelled source for training and for validation, with different speakers (80 and 20 percent, by seed).

    ``speakers``: those to use, None for all. SettingsError when they cannot be split.
    """
    rows, _ = select(pack, labels, None if speakers is None else set(speakers))
    train, validation = source_split([pack.utterances[r] for r in rows.tolist()], seed)
    return (
        Source(pack, *select(pack, labels, set(train)), labels.classes),
        Source(pack, *select(pack, labels, set(validation)), labels.classes),
    )


def shift_labels(classes: Tensor, labels: LabelSet, shift: str) -> Tensor:
    """Indices (m,) of a subset of clips with other class frequencies; ``classes`` (n,): classes of all clips.

    "70 anger": 70 percent anger, the other classes share the rest evenly; "no anger": all clips except anger. The
    subset is the same for every seed, so that runs can be compared clip by clip. SettingsError for any other ``shift``.
    """
    kind, _, emotion = shift.partition(" ")
    if kind not in ("70", "no") or emotion not in labels.classes:
        raise SettingsError(f"There is no label shift '{shift}'; write '70 EMOTION' or 'no EMOTION'.")
    chosen = labels.classes.index(emotion)
    if kind == "no":
        return (classes != chosen).nonzero().flatten()
    generator = torch.Generator().manual_seed(0)
    by_class = [(classes == c).nonzero().flatten() for c in range(len(labels.classes))]
    rest = round(len(by_class[chosen]) * 0.3 / 0.7 / (len(by_class) - 1))
    subset = [
        clips if c == chosen else clips[torch.randperm(len(clips), generator=generator)[:rest]]
        for c, clips in enumerate(by_class)
    ]
    return torch.cat(subset).sort().values


def target(
    pack: Pack, labels: LabelSet, speakers: list[str] | None = None, shift: str = ""
) -> tuple[Target, SealedLabels]:
    """Unlabelled target clips and their sealed labels.

    ``speakers``: those to use, None for all. ``shift`` simulates other class frequencies, see ``shift_labels``.
    SettingsError for fewer than MIN_TARGET_CLIPS clips.
    """
    rows, classes = select(pack, labels, None if speakers is None else set(speakers))
    if shift:
        subset = shift_labels(classes, labels, shift)
        rows, classes = rows[subset], classes[subset]
    _enough(rows)
    return _strip_labels(pack, rows), _sealed(pack, labels, rows, classes)


def partly_labelled(pack: Pack) -> bool:
    """Whether some or all clips have no label."""
    return not all(u.emotion for u in pack.utterances)


def possible(pack: Pack, labels: LabelSet) -> Tensor:
    """Rows (n,) of the clips that may belong to the classes: clips of these classes and unlabelled clips."""
    return torch.tensor(
        [row for row, u in enumerate(pack.utterances) if not u.emotion or u.emotion in labels.of], dtype=torch.int64
    )


def partly(
    pack: Pack, labels: LabelSet, speakers: list[str] | None = None
) -> tuple[Target, Target, SealedLabels | None]:
    """For a target with unlabelled clips: the clips to adapt to, the clips to predict, and their sealed labels.

    Clips to adapt to are those of the task and the unlabelled ones. Clips to predict are the labelled ones if there are
    enough for a score; otherwise all, and there are no sealed labels.
    """
    rows, classes = select(pack, labels, None if speakers is None else set(speakers))
    candidates = possible(pack, labels)
    selected = [speakers is None or pack.utterances[row].speaker in speakers for row in candidates.tolist()]
    candidates = candidates[torch.tensor(selected, dtype=torch.bool)]
    _enough(candidates)
    adapt = _strip_labels(pack, candidates)
    if len(rows) < MIN_TARGET_CLIPS or len(classes.unique()) < 2:
        return adapt, adapt, None
    return adapt, _strip_labels(pack, rows), _sealed(pack, labels, rows, classes)


def _enough(rows: Tensor) -> None:
    if len(rows) < MIN_TARGET_CLIPS:
        raise SettingsError(
            f"The target has only {len(rows)} clips of these emotions; at least {MIN_TARGET_CLIPS} are needed to adapt."
        )


def _strip_labels(pack: Pack, rows: Tensor) -> Target:
    """Also removes paths and text ids, which name the emotion in some corpora; speakers stay, for domain distances."""
    return Target(
        replace(pack, utterances=[replace(u, path="", emotion="", text_id="") for u in pack.utterances]), rows
    )


def _sealed(pack: Pack, labels: LabelSet, rows: Tensor, classes: Tensor) -> SealedLabels:
    return SealedLabels(labels.classes, tuple(classes.tolist()), tuple(_speaker_ids(pack, rows)))


def _speaker_ids(pack: Pack, rows: Tensor) -> list[str]:
    """Speaker of each clip; a clip of an unknown speaker counts as a speaker of its own."""
    return [pack.utterances[row].speaker or f"?{row}" for row in rows.tolist()]
