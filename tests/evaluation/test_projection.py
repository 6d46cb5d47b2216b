"""Maps of embeddings."""

import numpy as np
import pytest
import torch
from openTSNE import TSNE
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from xser_demo.evaluation import projection
from xser_demo.evaluation.projection import Projection, layout, layout_frames, match, place


def cloud(n: int, seed: int, dim: int = 32) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dim))


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


@pytest.mark.parametrize("kind, least", [("pca", 1), ("tsne", 20), ("umap", 3)])
def test_a_map_settles_step_by_step_and_ends_as_the_layout(kind, least):
    points = groups()
    steps = list(layout_frames(points, kind, seed=1))
    assert len(steps) >= least
    np.testing.assert_array_equal(steps[-1], layout(points, kind, seed=1))
    away = [float(np.abs(step - steps[-1]).mean()) for step in steps]
    assert len(steps) < 4 or away[-2] < away[0]  # it comes to rest; UMAP's three frames are too few to show it
    for step in steps:
        assert np.abs(step.mean(0)).max() < 1e-4 and step.var(axis=0).mean() == pytest.approx(1, abs=1e-4)


def their_tsne(points: np.ndarray, start: np.ndarray, phase: int, iterations: int, theta: float) -> np.ndarray:
    made = TSNE(
        2, perplexity=30, initialization=start, early_exaggeration_iter=phase, n_iter=iterations, neighbors="exact",
        negative_gradient_method="bh", theta=theta, n_jobs=1, random_state=1,
    ).fit(points)  # fmt: skip
    made = np.asarray(made) - np.asarray(made).mean(0)
    return made / np.sqrt(made.var(axis=0).mean())


def test_tsne_shown_step_by_step_against_opentsne():
    """Stopping every few iterations to show where the points are changes nothing."""
    points = groups().astype(np.float32)
    start = layout(points, "pca").astype(np.float64)
    found = layout(points, "tsne", seed=1, start=start, quick=True)
    np.testing.assert_allclose(
        found, their_tsne(points, start, 0, projection.QUICK_TSNE, projection.TSNE_THETA), atol=1e-4
    )
    # A whole map, beside one with openTSNE's own number of iterations and accuracy.
    ours = projection.trust(points, layout(points, "tsne", seed=1))
    theirs = projection.trust(points, their_tsne(points, start * 1e-4, 250, 500, 0.5))
    assert ours.trustworthiness == pytest.approx(theirs.trustworthiness, abs=0.02)
    assert ours.continuity == pytest.approx(theirs.continuity, abs=0.02)


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
    assert projection.trust(points, quick).trustworthiness > projection.trust(points, first).trustworthiness - 0.04


def test_trust_is_one_where_nothing_is_lost_and_a_half_at_random():
    plane = cloud(120, 0, 2)
    exact = projection.trust(plane, plane.astype(np.float32))
    assert exact.trustworthiness == pytest.approx(1) and exact.continuity == pytest.approx(1)
    lost = projection.trust(cloud(120, 1, 16), plane)
    assert 0.4 < lost.trustworthiness < 0.6 and 0.4 < lost.continuity < 0.6
    assert np.isfinite(projection.trust(cloud(5, 0, 3), cloud(5, 1, 2)).trustworthiness)


def test_trust_and_continuity_tell_two_faults_apart():
    """A map that folds two far groups onto each other invents neighbours; one that tears a group loses some."""
    folded = np.concatenate([cloud(60, 0, 2), cloud(60, 1, 2)])
    space = folded + np.repeat([[0.0, 0.0], [30.0, 0.0]], 60, axis=0)
    invented, torn = projection.trust(space, folded), projection.trust(folded, space)
    assert invented.trustworthiness < invented.continuity and torn.continuity < torn.trustworthiness
