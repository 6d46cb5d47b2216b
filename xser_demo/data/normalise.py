"""Normalisation of frames by group of clips, mostly by speaker, before anything else sees them.

Each group's frames are standardised by the group's own statistics, shrunk towards those of the corpus:

    x <- (x - m) / s,   m = w m_group + (1 - w) m_corpus,   s^2 = w s_group^2 + (1 - w) s_corpus^2,   w = n / (n + n0)

for a group of n clips. Clips count, not frames, since the frames of a clip share its sentence and its emotion.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from xser_demo.data.packs import MAX_FRAMES, Pack

PRIOR_CLIPS = 8.0  # n0: how many clips of a speaker weigh as much as the corpus
NEUTRAL_PRIOR_CLIPS = 2.0  # n0 of ``referenced``: neutral clips differ less; not searched
SMALLEST_STD = 1e-6
MAX_COPIED = 500_000  # frames of a pack, half a gigabyte: those of larger ones are standardised each time they are read


@dataclass(frozen=True)
class Moments:
    """Mean and variance (D,) of the frames of ``clips`` clips."""

    clips: int
    mean: Tensor
    var: Tensor

    def shrunk(self, corpus: "Moments", prior_clips: float = PRIOR_CLIPS) -> "Moments":
        """These moments, moved towards the corpus's the more, the fewer clips they are from."""
        weight = self.clips / (self.clips + prior_clips)
        return Moments(self.clips, torch.lerp(corpus.mean, self.mean, weight), torch.lerp(corpus.var, self.var, weight))

    @property
    def std(self) -> Tensor:
        """(D,), never 0."""
        return self.var.sqrt().clamp(min=SMALLEST_STD)

    def standardise(self, frames: Tensor) -> Tensor:
        """(N, D) frames standardised by these moments."""
        return (frames - self.mean) / self.std


def referenced(neutral: Moments, reference: Moments, corpus: Moments) -> Moments:
    """The moments of a voice of which only neutral clips are known: the corpus's, moved by the distance between the
    voice's ``neutral`` clips and the ``reference``, the corpus's clips that a model answers neutral."""
    return Moments(neutral.clips, corpus.mean + neutral.mean - reference.mean, corpus.var)


def moments(pack: Pack, rows: Tensor) -> Moments:
    """The moments of all frames of the clips at ``rows`` (n,) of a pack."""
    mean, std = pack.moments(rows)
    return Moments(len(rows), mean, std.square())


@dataclass(frozen=True, kw_only=True)
class Standardised(Pack):
    """A pack whose frames are standardised when they are read, for corpora too large for a copy.

    ``original``: the pack; ``group`` (n,): the place of each clip's ``mean`` and ``std`` (G, D).
    """

    original: Pack
    mean: Tensor
    std: Tensor
    group: Tensor

    def read(self, index: Tensor) -> Tensor:
        """(M, D) frames, rounded to half precision as copies are."""
        group = self.group[torch.searchsorted(self.starts, index, right=True) - 1]
        frames = self.original.read(index) * self.original.scale + self.original.offset
        return ((frames - self.mean[group]) / self.std[group]).half().float()


def by_group(
    pack: Pack,
    rows: Tensor,
    groups: Sequence[str],
    learnt_from: Sequence[str] | None = None,
    corpus: Moments | None = None,
) -> Pack:
    """The pack with the clips at ``rows`` (n,) standardised by group, in half precision; other clips give nothing.

    ``groups`` (n,): the group of each row. ``learnt_from`` (n,): the group whose statistics standardise the clip;
    None: its own; a group without clips has those of the corpus. ``corpus``: None for the moments of these clips.
    """
    corpus = corpus or moments(pack, rows)
    members: dict[str, list[int]] = {}
    for row, group in zip(rows.tolist(), groups, strict=True):
        members.setdefault(group, []).append(row)
    known = {group: moments(pack, torch.tensor(own)).shrunk(corpus) for group, own in members.items()}
    nothing = Moments(0, torch.zeros(pack.dim), torch.full((pack.dim,), torch.inf))  # standardises to 0
    all_moments = [nothing, corpus, *known.values()]
    place = {group: number for number, group in enumerate(known, start=2)}
    group_of = torch.zeros(len(pack), dtype=torch.int64)
    group_of[rows] = torch.tensor([place.get(group, 1) for group in learnt_from or groups])
    ones = torch.ones(pack.dim)
    standardised = Standardised(
        **{field.name: getattr(pack, field.name) for field in fields(Pack)} | {"scale": ones, "offset": 0 * ones},
        original=pack,
        mean=torch.stack([one.mean for one in all_moments]),
        std=torch.stack([one.std for one in all_moments]),
        group=group_of,
    )
    return standardised if pack.starts.diff()[rows].sum() > MAX_COPIED else _copy(standardised, rows)


def _copy(pack: Standardised, rows: Tensor) -> Pack:
    """The frames of the clips at ``rows``, so that reading them again costs nothing."""
    lengths = torch.zeros(len(pack), dtype=torch.int64)
    lengths[rows] = pack.starts.diff()[rows]
    index = torch.arange(len(pack.places))[(lengths > 0).repeat_interleave(pack.starts.diff())]
    values = torch.empty(len(index), pack.dim, dtype=torch.float16)
    for into, part in zip(values.split(MAX_FRAMES), index.split(MAX_FRAMES), strict=True):
        into.copy_(pack.read(part))
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
    plain = {field.name: getattr(pack, field.name) for field in fields(Pack)}
    return Pack(**plain | {"values": values, "starts": starts, "places": pack.places[index]})


def halves(speakers: Sequence[str]) -> tuple[list[str], list[str]]:
    """Two groups for each speaker, each of half of their clips at random, and for each clip the name of the other one:
    no clip is standardised by statistics that it is part of."""
    order = torch.randperm(len(speakers), generator=torch.Generator().manual_seed(0)).tolist()
    own, other, seen = [""] * len(speakers), [""] * len(speakers), dict.fromkeys(speakers, 0)
    for clip in order:
        half, speaker = seen[speakers[clip]] % 2, speakers[clip]
        own[clip], other[clip] = f"{speaker}/{half}", f"{speaker}/{1 - half}"
        seen[speaker] += 1
    return own, other
