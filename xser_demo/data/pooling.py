"""Several corpora as one: pooled sources, mixed targets, weights of sources."""

from collections import Counter
from dataclasses import replace

import torch
from torch import Tensor

from xser_demo.data.domains import Source
from xser_demo.data.packs import Pack


def pool_sources(parts: list[tuple[Source, Source]]) -> tuple[Source, Source]:
    """Training and validation parts of several corpora, each as ``source`` gives them, as one of each.

    Every corpus is standardised by its own training speakers and then given the mean and deviation of all training
    frames together: corpora differ among each other as source and target do, and that is taken away here, while the
    pool keeps a scale on which an unadapted target can be heard. Ours; the usual choice in cross-corpus studies.
    """
    packs = [train.pack for train, _ in parts]
    own = [train.moments() for train, _ in parts]
    frames = torch.tensor([float(train.lengths.sum()) for train, _ in parts])
    share = (frames / frames.sum())[:, None]
    means, deviations = torch.stack([m for m, _ in own]), torch.stack([s for _, s in own])
    mean = (share * means).sum(0)
    std = (share * (deviations.square() + (means - mean).square())).sum(0).sqrt()
    values = [(_floats(p) - m) / s.clamp(min=1e-6) * std + mean for p, (m, s) in zip(packs, own, strict=True)]
    pack = _together(packs, values)
    first = torch.tensor([0, *(len(p) for p in packs)]).cumsum(0)

    def side(chosen: list[Source]) -> Source:
        rows = torch.cat([part.rows + row for part, row in zip(chosen, first, strict=False)])
        return Source(pack, rows, torch.cat([part.labels for part in chosen]), chosen[0].classes)

    return side([train for train, _ in parts]), side([validation for _, validation in parts])


def weight_sources(pool: Source, weights: dict[str, float]) -> Source:
    """The same clips; each corpus is heard as often as its weight says, whatever its size."""
    whose = [pool.pack.utterances[row].corpus for row in pool.rows.tolist()]
    clips = Counter(whose)
    share = torch.tensor([weights[key] / clips[key] for key in whose])
    return Source(pool.pack, pool.rows, pool.labels, pool.classes, share)


def mix_targets(packs: list[Pack]) -> Pack:
    """Several corpora as one target, as they are: what sets them apart is for the method to cope with."""
    return _together(packs, [_floats(pack) for pack in packs])


def _floats(pack: Pack) -> Tensor:
    return pack.values.float() * pack.scale + pack.offset


def _together(packs: list[Pack], values: list[Tensor]) -> Pack:
    """One pack of several, with these values; speakers stay apart."""
    ends = torch.tensor([0, *(len(p.values) for p in packs)]).cumsum(0)
    one = torch.ones(packs[0].dim)
    return Pack(
        key="+".join(p.key for p in packs),
        utterances=[
            replace(u, speaker=f"{p.key}/{u.speaker}" if u.speaker else "") for p in packs for u in p.utterances
        ],
        values=torch.cat(values),
        scale=one,
        offset=torch.zeros_like(one),
        starts=torch.cat([p.starts[:-1] + end for p, end in zip(packs, ends, strict=False)] + [ends[-1:]]),
        lead=torch.cat([p.lead for p in packs]),
        card=packs[0].card,
        feature=packs[0].feature,
    )
