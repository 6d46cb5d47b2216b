"""Distances between domains in an embedding."""

import numpy as np
import pytest
import torch

from xser_demo.evaluation import domain_distance as module
from xser_demo.evaluation.domain_distance import DomainDistance, proxy_a_distance, standardise

N, M, DIM = 200, 120, 32
SPEAKERS = [f"s{i % 10}" for i in range(N)]
OTHERS = [f"t{i % 6}" for i in range(M)]


def cloud(n: int, seed: int, dim: int = DIM) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dim))


SOURCE = cloud(N, 0)


@pytest.fixture
def distance() -> DomainDistance:
    return DomainDistance(SOURCE, SPEAKERS)


def test_equal_clouds_are_as_near_as_halves_of_one(distance):
    shift = distance.measure(SOURCE, cloud(M, 1), OTHERS)
    assert shift.mmd < 0.08 and shift.within_mmd < 0.08
    assert shift.a_distance < 0.4 and shift.within_a_distance < 0.4
    assert shift.n == 100  # a half of the source; the same on every side


def test_the_very_same_points_have_no_distance(distance):
    shift = distance.measure(SOURCE, SOURCE, SPEAKERS)
    assert shift.mmd < 0.08 and shift.a_distance < 0.4


def test_far_clouds(distance):
    shift = distance.measure(SOURCE, cloud(M, 1) + 5, OTHERS)
    assert shift.a_distance == 2 and 0.8 < shift.mmd <= 2**0.5
    assert shift.within_a_distance < 0.4 and shift.within_mmd < 0.08


def test_distance_grows_with_the_shift(distance):
    shifts = [distance.measure(SOURCE, cloud(M, 1) + d, OTHERS) for d in (0.0, 0.3, 0.6, 1.2)]
    for name in ("mmd", "a_distance"):
        values = [getattr(shift, name) for shift in shifts]
        assert values == sorted(values) and values[-1] > values[0] + 0.3


@pytest.mark.parametrize("scale", [0.01, 1.0, 1000.0])
def test_affine_maps_of_the_embedding_change_nothing(distance, scale):
    target = cloud(M, 1) + 0.3
    slope, offset = scale * np.linspace(0.1, 3, DIM), 5 * cloud(1, 2)
    before = distance.measure(SOURCE, target, OTHERS)
    after = distance.measure(SOURCE * slope + offset, target * slope + offset, OTHERS)
    assert after.mmd == pytest.approx(before.mmd, abs=1e-9) and after.a_distance == before.a_distance
    assert after.within_mmd == pytest.approx(before.within_mmd, abs=1e-9)


def test_bandwidth_stays_and_measurements_repeat(distance):
    bandwidth = distance.bandwidth
    first = distance.measure(SOURCE, cloud(M, 1), OTHERS)
    distance.measure(SOURCE @ cloud(DIM, 3), 9 * cloud(M, 4) - 3, OTHERS)
    assert distance.bandwidth == bandwidth and distance.measure(SOURCE, cloud(M, 1), OTHERS) == first
    assert DomainDistance(SOURCE, SPEAKERS).measure(SOURCE, cloud(M, 1), OTHERS) == first
    assert bandwidth == pytest.approx(2 * DIM, rel=0.1)  # E|x - y|^2 of standardised points


def test_tensors_and_arrays_give_the_same(distance):
    target = cloud(M, 1).astype(np.float32)
    source = SOURCE.astype(np.float32)
    tensors = distance.measure(torch.from_numpy(source).requires_grad_(), torch.from_numpy(target), OTHERS)
    assert tensors == distance.measure(source, target, OTHERS)


def test_a_voice_known_by_heart_is_no_shift():
    """Every speaker has a place of their own and the two sides' speakers are drawn alike: clips of known speakers tell
    the sides apart without error, clips of new speakers do not."""
    random = np.random.default_rng(0)
    voices = 3 * random.normal(size=(24, 128))
    who = np.repeat(np.arange(24), 20)
    clips = voices[who] + random.normal(size=(480, 128))
    one, two = who < 12, who >= 12
    by_speaker = proxy_a_distance(clips[one], who[one], clips[two], who[two])
    by_clip = proxy_a_distance(clips[one], np.arange(240), clips[two], np.arange(240))
    assert by_clip > 1.9 and by_speaker < 0.5


def test_unknown_speakers_and_one_speaker_are_divided_by_clips(distance):
    far = cloud(M, 1) + 5
    assert distance.measure(SOURCE, far, None).a_distance == 2
    assert distance.measure(SOURCE, far, ["me"] * M).a_distance == 2
    lonely = DomainDistance(SOURCE, ["me"] * N).measure(SOURCE, cloud(M, 1), OTHERS)
    assert lonely.n == 100 and lonely.within_a_distance < 0.4


def test_no_speaker_is_in_training_and_test():
    speakers = np.array([f"s{i}" for i in np.random.default_rng(0).integers(9, size=100)])
    part = module._split_groups(speakers, 5, np.random.default_rng(1))
    assert set(part) == set(range(5))
    assert all(len(set(part[speakers == s])) == 1 for s in set(speakers))


@pytest.mark.parametrize("source", [np.zeros((N, DIM)), np.full((N, DIM), 0.3), SOURCE * [[1.0] + [0.0] * (DIM - 1)]])
@pytest.mark.parametrize("target", [np.zeros((M, DIM)), cloud(M, 1)])
def test_collapsed_embeddings_give_finite_numbers(distance, source, target):
    shift = distance.measure(source, target, OTHERS)
    values = (shift.mmd, shift.a_distance, shift.within_mmd, shift.within_a_distance)
    assert all(np.isfinite(value) for value in values)
    assert torch.isfinite(standardise(target, source)).all()


def test_few_clips_are_enough_for_an_answer(distance):
    shift = distance.measure(SOURCE, cloud(3, 1), None)
    assert shift.n == 3 and np.isfinite([shift.mmd, shift.a_distance]).all()
    assert np.isfinite(distance.measure(SOURCE, cloud(1, 1), None).mmd)


def test_many_dimensions_give_the_same_errors_by_another_solver(monkeypatch):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(200, 300)), random.normal(size=(200, 300)) + 0.08
    speakers = np.arange(200) % 10
    errors = module.domain_errors(x, speakers, y, speakers)
    monkeypatch.setattr(module, "MANY_DIMENSIONS", 300)
    assert errors == pytest.approx(module.domain_errors(x, speakers, y, speakers), abs=0.011)
    assert 0.1 < errors[0] < 0.45


def test_speakers_must_fit_the_embeddings():
    with pytest.raises(ValueError, match="200 embeddings and 3 speakers"):
        DomainDistance(SOURCE, ["a", "b", "c"])
