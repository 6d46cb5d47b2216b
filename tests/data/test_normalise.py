"""Standardising each group of clips by its own statistics, shrunk towards those of the corpus."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xser_demo.corpora.base import Utterance
from xser_demo.data import normalise, packs
from xser_demo.data.domains import Domain
from xser_demo.data.normalise import PRIOR_CLIPS, Moments, by_group, halves, moments


@pytest.fixture(scope="module")
def pack() -> packs.Pack:
    """Three speakers whose frames differ in mean and spread; 20, 5 and 1 clips."""
    random, frames, utterances = np.random.default_rng(0), [], []
    for number, (speaker, clips) in enumerate((("a", 20), ("b", 5), ("c", 1))):
        for clip in range(clips):
            frames.append(random.normal(3 * number, 1 + number, (30, 512)).astype(np.float32))
            utterances.append(Utterance(f"{speaker}{clip}", "own", "de", speaker, "f", "anger", "", None))
    return packs.make("own", utterances, frames, {})


def of(pack: packs.Pack, speaker: str) -> torch.Tensor:
    return torch.tensor([row for row, u in enumerate(pack.utterances) if u.speaker == speaker])


def test_each_group_is_standardised_by_its_shrunk_statistics(pack):
    rows = torch.arange(len(pack))
    speakers = [u.speaker for u in pack.utterances]
    new, corpus = by_group(pack, rows, speakers), moments(pack, rows)
    for speaker, clips in (("a", 20), ("b", 5), ("c", 1)):
        frames = torch.cat([pack.frames(row) for row in of(pack, speaker).tolist()])
        weight = clips / (clips + PRIOR_CLIPS)
        mean = weight * frames.mean(0) + (1 - weight) * corpus.mean
        std = (weight * frames.var(0) + (1 - weight) * corpus.var).sqrt()
        expected = (frames - mean) / std
        found = torch.cat([new.frames(row) for row in of(pack, speaker).tolist()])
        torch.testing.assert_close(found, expected, atol=4e-3, rtol=2e-3)  # half precision


def test_without_a_prior_every_group_has_mean_0_and_deviation_1(pack, monkeypatch):
    monkeypatch.setattr(Moments.shrunk, "__defaults__", (0.0,))
    new = by_group(pack, torch.arange(len(pack)), [u.speaker for u in pack.utterances])
    for speaker in "abc":
        mean, std = new.moments(of(pack, speaker))
        assert mean.abs().max() < 0.01 and (std - 1).abs().max() < 0.01


def test_a_large_pack_is_standardised_when_it_is_read_with_the_same_bits(pack, monkeypatch):
    monkeypatch.setattr(packs, "MAX_FRAMES", 70)  # moments in parts, as of a large pack
    chosen = [row for row in range(len(pack)) if row % 3]
    rows, order = torch.tensor(chosen), torch.tensor(chosen[::-2])
    own, other = halves([pack.utterances[row].speaker for row in chosen])
    copied = by_group(pack, rows, own, other)
    monkeypatch.setattr(normalise, "MAX_COPIED", 0)
    read = by_group(pack, rows, own, other)
    assert isinstance(read, normalise.Standardised) and not isinstance(copied, normalise.Standardised)
    assert read.values is pack.values and len(copied.values) == 30 * len(rows), "copies only what is used"
    for one, another in zip(copied.batch(order), read.batch(order), strict=True):
        assert torch.equal(one, another)
    assert all(torch.equal(one, another) for one, another in zip(copied.moments(rows), read.moments(rows), strict=True))
    assert all(torch.equal(copied.frames(row), read.frames(row)) for row in chosen)
    assert all((copied.places_of(row) == read.places_of(row)).all() for row in chosen)
    assert not any(one.frames(row).any() for one in (copied, read) for row in range(0, len(pack), 3))


def test_other_clips_are_not_touched_and_give_nothing(pack):
    rows = of(pack, "a")
    new = by_group(pack, rows, ["a"] * len(rows))
    assert not new.frames(int(of(pack, "b")[0])).any() and new.utterances == pack.utterances
    values = pack.values.clone()
    values[pack.starts[20] :] = 100
    again = by_group(replace(pack, values=values), rows, ["a"] * len(rows))
    assert torch.equal(again.values, new.values)


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=60))
@settings(max_examples=50)
def test_halves_are_disjoint_and_even(speakers):
    own, other = halves(speakers)
    for speaker in set(speakers):
        mine = [name for name, who in zip(own, speakers, strict=True) if who == speaker]
        assert abs(mine.count(f"{speaker}/0") - mine.count(f"{speaker}/1")) <= 1
    assert all(a != b and a[:-1] == b[:-1] for a, b in zip(own, other, strict=True))


def test_no_clip_reaches_the_statistics_that_standardise_it(pack):
    """Changing one clip changes no other clip of its half, and its own result by nothing but itself."""
    rows, speakers = torch.arange(len(pack)), [u.speaker for u in pack.utterances]
    own, other = halves(speakers)
    corpus = moments(pack, rows)
    plain = by_group(pack, rows, own, other, corpus)
    for changed in (0, 7, 21, 25):
        values = pack.values.clone()
        values[pack.starts[changed] : pack.starts[changed + 1]] = 100
        new = by_group(replace(pack, values=values), rows, own, other, corpus)
        moved = {row for row in rows.tolist() if not torch.equal(new.frames(row), plain.frames(row))}
        assert moved == {changed} | {row for row in rows.tolist() if other[row] == own[changed]}


def test_a_part_of_a_domain_knows_the_speakers_of_the_whole(pack):
    whole = Domain(pack, torch.arange(len(pack)))
    corpus = moments(pack, whole.rows)
    part = whole.part(torch.tensor([0, 21, 25]))
    full, some = whole.by_speaker(corpus), part.by_speaker(corpus)
    for index, row in enumerate((0, 21, 25)):
        assert torch.equal(some.batch(torch.tensor([index])).frames, full.batch(torch.tensor([row])).frames)
    assert some.by_speaker(corpus) is some and whole.by_speaker(corpus).pack is full.pack
