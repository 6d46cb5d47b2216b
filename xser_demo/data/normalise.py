"""Normalisation of frames by group of clips, mostly by speaker, before anything else sees them.

Each group's frames are standardised by the group's own statistics, shrunk towards those of the corpus:

    x <- (x - m) / s,   m = w m_group + (1 - w) m_corpus,   s^2 = w s_group^2 + (1 - w) s_corpus^2,   w = n / (n + n0)

for a group of n clips. Clips count, not frames, since the frames of a clip share its sentence and its emotion.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from xser_demo.data.packs import Pack

PRIOR_CLIPS = 8.0  # n0: how many clips of a speaker weigh as much as the corpus
NEUTRAL_PRIOR_CLIPS = 2.0  # n0 of ``referenced``: neutral clips differ less; not searched
SMALLEST_STD = 1e-6


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

    def standardise(self, frames: Tensor) -> Tensor:
        """(N, D) frames standardised by these moments."""
        return (frames - self.mean) / self.var.sqrt().clamp(min=SMALLEST_STD)


def referenced(neutral: Moments, reference: Moments, corpus: Moments) -> Moments:
    """The moments of a voice of which only neutral clips are known: the corpus's, moved by the distance between the
    voice's ``neutral`` clips and the ``reference``, the corpus's clips that a model answers neutral."""
    return Moments(neutral.clips, corpus.mean + neutral.mean - reference.mean, corpus.var)


def moments(pack: Pack, rows: Tensor) -> Moments:
    """The moments of all frames of the clips at ``rows`` (n,) of a pack."""
    mean, std = pack.moments(rows)
    return Moments(len(rows), mean, std.square())


def by_group(
    pack: Pack,
    rows: Tensor,
    groups: Sequence[str],
    learnt_from: Sequence[str] | None = None,
    corpus: Moments | None = None,
) -> Pack:
    """The pack with the clips at ``rows`` (n,) standardised by group; the frames of all other clips are 0.

    ``groups`` (n,): the group of each row. ``learnt_from`` (n,): the group whose statistics standardise the clip;
    None: its own; a group without clips has those of the corpus. ``corpus``: None for the moments of these clips.
    Frames are kept in half precision.
    """
    corpus = corpus or moments(pack, rows)
    members: dict[str, list[int]] = {}
    for row, group in zip(rows.tolist(), groups, strict=True):
        members.setdefault(group, []).append(row)
    known = {group: moments(pack, torch.tensor(own)).shrunk(corpus) for group, own in members.items()}
    values = torch.zeros(pack.values.shape, dtype=torch.float16)
    for row, group in zip(rows.tolist(), learnt_from or groups, strict=True):
        place = slice(int(pack.starts[row]), int(pack.starts[row + 1]))
        values[place] = known.get(group, corpus).standardise(pack.frames(row)).half()
    ones = torch.ones(pack.dim)
    return replace(pack, values=values, scale=ones, offset=torch.zeros_like(ones))


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
