"""Combines corpora: pooled sources, weighted sources, mixed targets."""

from collections import Counter
from dataclasses import replace

import torch
from torch import Tensor

from xser_demo.data.domains import Source
from xser_demo.data.packs import Pack


def pool_sources(parts: list[tuple[Source, Source]]) -> tuple[Source, Source]:
    """One training and one validation source from those of several corpora, each as ``domains.source`` returns them.

    Every corpus is standardised by its own training speakers and then rescaled to the mean and deviation of all
    training frames: this removes differences between the corpora, and the pool keeps a scale on which an unadapted
    target can be predicted. Our choice, and the usual one in cross-corpus studies.
    """
    packs = [train.pack for train, _ in parts]
    moments = [train.moments() for train, _ in parts]
    frames = torch.tensor([float(train.lengths.sum()) for train, _ in parts])
    share = (frames / frames.sum())[:, None]
    means, deviations = torch.stack([m for m, _ in moments]), torch.stack([s for _, s in moments])
    mean = (share * means).sum(0)
    std = (share * (deviations.square() + (means - mean).square())).sum(0).sqrt()
    values = [(_floats(p) - m) / s.clamp(min=1e-6) * std + mean for p, (m, s) in zip(packs, moments, strict=True)]
    pack = _concatenated(packs, values)
    first = torch.tensor([0, *(len(p) for p in packs)]).cumsum(0)

    def pooled(sources: list[Source]) -> Source:
        rows = torch.cat([part.rows + row for part, row in zip(sources, first, strict=False)])
        return Source(pack, rows, torch.cat([part.labels for part in sources]), sources[0].classes)

    return pooled([train for train, _ in parts]), pooled([validation for _, validation in parts])


def weight_sources(pool: Source, weights: dict[str, float]) -> Source:
    """The same clips, sampled so that the share of each corpus is its weight (by key), not its size."""
    corpus_of = [pool.pack.utterances[row].corpus for row in pool.rows.tolist()]
    clips = Counter(corpus_of)
    share = torch.tensor([weights[key] / clips[key] for key in corpus_of])
    return Source(pool.pack, pool.rows, pool.labels, pool.classes, share)


def mix_targets(packs: list[Pack]) -> Pack:
    """Several corpora as one target, without standardising them: their differences are left to the method."""
    return _concatenated(packs, [_floats(pack) for pack in packs])


def _floats(pack: Pack) -> Tensor:
    return pack.values.float() * pack.scale + pack.offset


def _concatenated(packs: list[Pack], values: list[Tensor]) -> Pack:
    """One pack of several, with the given float values; speaker ids get the corpus key as a prefix."""
    ends = torch.tensor([0, *(len(p.values) for p in packs)]).cumsum(0)
    scale = torch.ones(packs[0].dim)
    return Pack(
        key="+".join(p.key for p in packs),
        utterances=[
            replace(u, speaker=f"{p.key}/{u.speaker}" if u.speaker else "") for p in packs for u in p.utterances
        ],
        values=torch.cat(values),
        scale=scale,
        offset=torch.zeros_like(scale),
        starts=torch.cat([p.starts[:-1] + end for p, end in zip(packs, ends, strict=False)] + [ends[-1:]]),
        places=torch.cat([p.places for p in packs]),
        card=packs[0].card,
        feature=packs[0].feature,
    )
