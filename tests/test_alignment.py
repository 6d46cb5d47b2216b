"""Gauges of shift and maps of embeddings."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from xser_demo import alignment
from xser_demo.alignment import Gauge, Projection, layout, match, place, proxy_a_distance, standardise

N, M, DIM = 200, 120, 32
SPEAKERS = [f"s{i % 10}" for i in range(N)]
OTHERS = [f"t{i % 6}" for i in range(M)]


def cloud(n: int, seed: int, dim: int = DIM) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dim))


SOURCE = cloud(N, 0)


@pytest.fixture
def gauge() -> Gauge:
    return Gauge(SOURCE, SPEAKERS)


def test_equal_clouds_are_as_near_as_halves_of_one(gauge):
    shift = gauge.measure(SOURCE, cloud(M, 1), OTHERS)
    assert shift.mmd < 0.08 and shift.within_mmd < 0.08
    assert shift.a_distance < 0.4 and shift.within_a_distance < 0.4
    assert shift.n == 100  # a half of the source; the same on every side


def test_the_very_same_points_have_no_distance(gauge):
    shift = gauge.measure(SOURCE, SOURCE, SPEAKERS)
    assert shift.mmd < 0.08 and shift.a_distance < 0.4


def test_far_clouds(gauge):
    shift = gauge.measure(SOURCE, cloud(M, 1) + 5, OTHERS)
    assert shift.a_distance == 2 and 0.8 < shift.mmd <= 2**0.5
    assert shift.within_a_distance < 0.4 and shift.within_mmd < 0.08


def test_distance_grows_with_the_shift(gauge):
    shifts = [gauge.measure(SOURCE, cloud(M, 1) + d, OTHERS) for d in (0.0, 0.3, 0.6, 1.2)]
    for name in ("mmd", "a_distance"):
        values = [getattr(shift, name) for shift in shifts]
        assert values == sorted(values) and values[-1] > values[0] + 0.3


@pytest.mark.parametrize("scale", [0.01, 1.0, 1000.0])
def test_affine_maps_of_the_embedding_change_nothing(gauge, scale):
    target = cloud(M, 1) + 0.3
    slope, offset = scale * np.linspace(0.1, 3, DIM), 5 * cloud(1, 2)
    before = gauge.measure(SOURCE, target, OTHERS)
    after = gauge.measure(SOURCE * slope + offset, target * slope + offset, OTHERS)
    assert after.mmd == pytest.approx(before.mmd, abs=1e-9) and after.a_distance == before.a_distance
    assert after.within_mmd == pytest.approx(before.within_mmd, abs=1e-9)


def test_bandwidth_stays_and_measurements_repeat(gauge):
    bandwidth = gauge.bandwidth
    first = gauge.measure(SOURCE, cloud(M, 1), OTHERS)
    gauge.measure(SOURCE @ cloud(DIM, 3), 9 * cloud(M, 4) - 3, OTHERS)
    assert gauge.bandwidth == bandwidth and gauge.measure(SOURCE, cloud(M, 1), OTHERS) == first
    assert Gauge(SOURCE, SPEAKERS).measure(SOURCE, cloud(M, 1), OTHERS) == first
    assert bandwidth == pytest.approx(2 * DIM, rel=0.1)  # E|x - y|^2 of standardised points


def test_tensors_and_arrays_give_the_same(gauge):
    target = cloud(M, 1).astype(np.float32)
    source = SOURCE.astype(np.float32)
    tensors = gauge.measure(torch.from_numpy(source).requires_grad_(), torch.from_numpy(target), OTHERS)
    assert tensors == gauge.measure(source, target, OTHERS)


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


def test_unknown_speakers_and_one_speaker_are_divided_by_clips(gauge):
    far = cloud(M, 1) + 5
    assert gauge.measure(SOURCE, far, None).a_distance == 2
    assert gauge.measure(SOURCE, far, ["me"] * M).a_distance == 2
    lonely = Gauge(SOURCE, ["me"] * N).measure(SOURCE, cloud(M, 1), OTHERS)
    assert lonely.n == 100 and lonely.within_a_distance < 0.4


def test_no_speaker_is_in_training_and_test():
    speakers = np.array([f"s{i}" for i in np.random.default_rng(0).integers(9, size=100)])
    part = alignment._parts(speakers, 5, np.random.default_rng(1))
    assert set(part) == set(range(5))
    assert all(len(set(part[speakers == s])) == 1 for s in set(speakers))


@pytest.mark.parametrize("source", [np.zeros((N, DIM)), np.full((N, DIM), 0.3), SOURCE * [[1.0] + [0.0] * (DIM - 1)]])
@pytest.mark.parametrize("target", [np.zeros((M, DIM)), cloud(M, 1)])
def test_collapsed_embeddings_give_finite_numbers(gauge, source, target):
    shift = gauge.measure(source, target, OTHERS)
    values = (shift.mmd, shift.a_distance, shift.within_mmd, shift.within_a_distance)
    assert all(np.isfinite(value) for value in values)
    assert torch.isfinite(standardise(target, source)).all()


def test_few_clips_are_enough_for_an_answer(gauge):
    shift = gauge.measure(SOURCE, cloud(3, 1), None)
    assert shift.n == 3 and np.isfinite([shift.mmd, shift.a_distance]).all()
    assert np.isfinite(gauge.measure(SOURCE, cloud(1, 1), None).mmd)


def test_speakers_must_fit_the_embeddings():
    with pytest.raises(ValueError, match="200 embeddings and 3 speakers"):
        Gauge(SOURCE, ["a", "b", "c"])


def groups(n: int = 150, seed: int = 0) -> np.ndarray:
    return cloud(n, seed, 16) + 6 * np.eye(3, 16)[np.arange(n) % 3]


@pytest.mark.parametrize("kind", ["pca", "tsne", "umap"])
def test_layouts_repeat_have_one_size_and_keep_neighbours(kind):
    points = groups()
    first = layout(points, kind, seed=1)
    assert first.shape == (150, 2) and first.dtype == np.float32
    np.testing.assert_array_equal(first, layout(torch.from_numpy(points), kind, seed=1))
    assert np.abs(first.mean(0)).max() < 1e-4 and first.var(axis=0).mean() == pytest.approx(1, abs=1e-4)
    assert trustworthiness(points, first, n_neighbors=10) > (0.75 if kind == "pca" else 0.8)


@pytest.mark.parametrize("kind", ["tsne", "umap"])
def test_next_frame_stays_near_its_start(kind):
    """Without a start the map does not know that it should be mirrored: points then lie about 2 away."""
    away = []
    for seed in range(3):  # of one seed rounding decides: 0.3 to 1.2
        points = groups(seed=seed)
        mirrored = layout(points, kind, seed=seed) * [[-1.0, 1.0]]
        following = layout(points + 0.05 * cloud(150, 5, 16), kind, start=mirrored, seed=seed)
        away.append(np.linalg.norm(following - mirrored, axis=1).mean())
    assert np.mean(away) < 1


@pytest.mark.parametrize("kind", ["pca", "tsne", "umap"])
def test_small_and_degenerate_layouts_are_finite(kind):
    assert np.isfinite(layout(groups(6), kind)).all()
    assert np.isfinite(layout(np.zeros((12, 5)), kind)).all()


@pytest.mark.parametrize("kind", ["tsne", "umap"])
def test_layout_leaves_the_number_of_threads_alone(kind):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        layout(groups(20), kind)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_unknown_kind():
    with pytest.raises(ValueError, match="'pca', 'tsne' or 'umap'"):
        layout(groups(), "mds")


def test_pca_equals_sklearn():
    points = groups()
    expected = PCA(2, svd_solver="full").fit_transform(points)
    expected /= np.sqrt(expected.var(axis=0).mean())
    np.testing.assert_allclose(layout(points, "pca"), expected, atol=1e-5)
    np.testing.assert_allclose(Projection.fit(points)(points[:4]), expected[:4], atol=1e-5)


def test_known_points_are_placed_where_they_are_and_new_ones_in_their_group():
    points = groups()
    where = layout(points, "tsne")
    np.testing.assert_allclose(place(points[:9], points, where), where[:9], atol=1e-4)
    new = place(groups(30, seed=9), points, where)
    centres = np.stack([where[g::3].mean(0) for g in range(3)])
    nearest = ((new[:, None] - centres) ** 2).sum(-1).argmin(1)
    assert new.dtype == np.float32 and (nearest == np.arange(30) % 3).mean() > 0.95


def test_place_with_fewer_points_than_neighbours():
    assert place(cloud(2, 0, 3), cloud(4, 1, 3), cloud(4, 2, 2)).shape == (2, 2)


def test_match_undoes_turning_mirroring_scaling_and_moving():
    reference = cloud(50, 0, 2).astype(np.float32)
    for mirror in (1, -1):
        turn = np.array([[0.6, -0.8], [0.8, 0.6]]) @ np.diag([1, mirror])
        np.testing.assert_allclose(match(3 * reference @ turn + 7, reference), reference, atol=1e-5)
    assert np.isfinite(match(np.zeros((50, 2)), reference)).all()


def test_match_keeps_the_size_of_maps_that_disagree():
    reference, other = cloud(50, 0, 2), cloud(50, 1, 2)
    assert np.linalg.norm(match(other, reference) - reference.mean(0)) == pytest.approx(
        np.linalg.norm(reference - reference.mean(0)), rel=1e-4
    )


def test_components_are_chosen_and_fall_back_where_there_is_no_third():
    points = groups()
    expected = PCA(3, svd_solver="full").fit_transform(points)
    found = layout(points, "pca", components=(1, 3))
    for axis, component in enumerate((0, 2)):
        assert abs(np.corrcoef(found[:, axis], expected[:, component])[0, 1]) == pytest.approx(1, abs=1e-4)
    flat = points[:, :2]
    np.testing.assert_array_equal(layout(flat, "pca", components=(1, 3)), layout(flat, "pca"))


def test_least_distance_spreads_a_umap_map():
    points = groups()

    def nearest(found: np.ndarray) -> float:
        apart = np.linalg.norm(found[:, None] - found, axis=-1) + 9 * np.eye(len(found))
        return float(np.median(apart.min(1)))

    assert nearest(layout(points, "umap", min_dist=0.9)) > nearest(layout(points, "umap", min_dist=0.0))


@pytest.mark.parametrize("kind", ["tsne", "umap"])
def test_a_quick_layout_from_a_near_start_is_nearly_as_good(kind):
    points = groups()
    first = layout(points, kind)
    quick = layout(points + 0.05 * cloud(150, 5, 16), kind, start=first, quick=True)
    assert alignment.trust(points, quick).trustworthiness > alignment.trust(points, first).trustworthiness - 0.04


def test_trust_is_one_where_nothing_is_lost_and_a_half_at_random():
    plane = cloud(120, 0, 2)
    exact = alignment.trust(plane, plane.astype(np.float32))
    assert exact.trustworthiness == pytest.approx(1) and exact.continuity == pytest.approx(1)
    lost = alignment.trust(cloud(120, 1, 16), plane)
    assert 0.4 < lost.trustworthiness < 0.6 and 0.4 < lost.continuity < 0.6
    assert np.isfinite(alignment.trust(cloud(5, 0, 3), cloud(5, 1, 2)).trustworthiness)


def test_trust_and_continuity_tell_two_faults_apart():
    """A map that folds two far groups onto each other invents neighbours; one that tears a group loses some."""
    folded = np.concatenate([cloud(60, 0, 2), cloud(60, 1, 2)])
    space = folded + np.repeat([[0.0, 0.0], [30.0, 0.0]], 60, axis=0)
    invented, torn = alignment.trust(space, folded), alignment.trust(folded, space)
    assert invented.trustworthiness < invented.continuity and torn.continuity < torn.trustworthiness
