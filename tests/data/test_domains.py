"""Dropped frames and pooled sources; the sealed labels are in methods/test_leak.py."""

from dataclasses import replace

import pytest
import torch

from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data import domains
from xser_demo.data.domains import MIN_FRAMES, Batch, drop_frames
from xser_demo.data.packs import load_cached
from xser_demo.data.pooling import pool_sources
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import prepare
from xser_demo.utils.errors import SettingsError

FOUR = LABEL_SETS["four"]


def rows(batch: Batch) -> list[torch.Tensor]:
    return list(batch.frames.split(batch.mask.sum(1).tolist()))


@pytest.mark.parametrize("dropped", [0.3, 0.7, 0.99])
def test_drop_frames_keeps_order_and_share(dropped):
    batch = Batch(*load_cached("ravdess").batch(torch.arange(200)), labels=torch.arange(200))
    thin = drop_frames(batch, dropped, torch.Generator().manual_seed(0))
    assert torch.equal(thin.labels, batch.labels) and len(thin.mask) == 200
    assert thin.mask.sum() == len(thin.frames) and thin.mask[:, -1].any()
    for before, after in zip(rows(batch), rows(thin), strict=True):
        places = [int((before == frame).all(1).nonzero()[0]) for frame in after]
        assert places == sorted(set(places)) and len(after) >= min(MIN_FRAMES, len(before))
    if dropped < 0.9:
        assert len(thin.frames) / len(batch.frames) == pytest.approx(1 - dropped, abs=0.02)


def test_drop_frames_keeps_vectors_and_does_nothing_at_zero():
    batch = Batch(torch.randn(5, 3), torch.ones(5, 1, dtype=torch.bool))
    generator = torch.Generator().manual_seed(0)
    assert torch.equal(drop_frames(batch, 0.9, generator).frames, batch.frames)
    state = generator.get_state()
    assert drop_frames(batch, 0.0, generator) is batch and torch.equal(generator.get_state(), state)


@pytest.fixture(scope="module")
def parts():
    return [domains.source(load_cached(key), FOUR, 0) for key in ("emodb", "emovo")]


def test_a_pool_holds_every_clip_of_its_parts_with_its_label(parts):
    train, validation = pool_sources(parts)
    for side, place in ((train, 0), (validation, 1)):
        assert len(side) == sum(len(part[place]) for part in parts)
        assert torch.equal(side.labels, torch.cat([part[place].labels for part in parts]))
        for row, label in zip(side.rows.tolist(), side.labels.tolist(), strict=True):
            assert FOUR.index(side.pack.utterances[row].emotion) == label
        assert side.lengths.tolist() == [n for part in parts for n in part[place].lengths.tolist()]
    assert not set(train.speakers) & set(validation.speakers)
    assert {s.split("/")[0] for s in train.speakers} == {"emodb", "emovo"}  # ids are unique within a corpus only


def test_in_a_pool_all_corpora_have_one_mean_and_deviation(parts):
    train, _ = pool_sources(parts)
    mean, std = train.moments()
    for key in ("emodb", "emovo"):
        rows_of_corpus = torch.tensor([row for row in train.rows.tolist() if train.pack.utterances[row].corpus == key])
        of_one = train.pack.moments(rows_of_corpus)
        assert torch.allclose(of_one[0], mean, atol=2e-3 * float(std.max()))
        assert torch.allclose(of_one[1], std, rtol=2e-3)
    raw = torch.cat([frames for part, _ in parts for frames in (b.frames for b in part.batches())])
    assert torch.allclose(mean, raw.mean(0), atol=1e-3 * float(std.max()))  # the scale of the corpora together
    assert torch.allclose(std, raw.std(0), rtol=5e-3)


def test_pooling_is_one_affine_map_per_corpus(parts):
    """Pooling is one affine map for each corpus."""
    train, _ = pool_sources(parts)
    one = parts[1][0]
    pooled = train.pack.frames(int(train.rows[len(parts[0][0])]))
    alone = one.pack.frames(int(one.rows[0]))
    (m, s), (mean, std) = one.moments(), train.moments()
    assert torch.allclose((pooled - mean) / std, (alone - m) / s, atol=0.02)


def test_several_sources_are_a_plan():
    task = prepare(Plan("emodb+emovo", "urdu", "zscore", mode="transductive"))
    assert task.train.pack.key == "emodb+emovo" and task.labels.classes == FOUR.classes
    with pytest.raises(SettingsError, match="twice"):
        prepare(Plan("emodb+emodb", "urdu", "zscore"))
    with pytest.raises(SettingsError, match="same corpus"):
        prepare(Plan("emodb+urdu", "urdu", "zscore"))


def test_the_supervised_mode_is_only_a_reference():
    plan = Plan("emodb", "emodb", "source_only", mode="supervised", fold=1)
    task = prepare(plan)
    held_out = set(task.test.speakers)
    assert held_out and not held_out & (set(task.train.speakers) | set(task.validation.speakers))
    for wrong in (replace(plan, method="mmd"), replace(plan, target="emovo"), replace(plan, shift="no anger")):
        with pytest.raises(SettingsError):
            prepare(wrong)
