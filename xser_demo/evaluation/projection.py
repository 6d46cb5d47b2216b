"""Maps of an embedding: PCA, t-SNE and UMAP, where a new clip belongs on them, and how far they can be trusted."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from xser_demo.evaluation.domain_distance import Points, double

Kind = Literal["pca", "tsne", "umap"]

LARGEST = (1, 2)  # principal components, counted from 1
QUICK_TSNE, QUICK_UMAP = 100, 60  # iterations of a layout that starts near its end
# Iterations with and without the attraction times 12, and the coarseness of far forces. openTSNE's own are (250, 500)
# and 0.5; on embeddings of 300 to 2,000 clips these take half the time and keep as many neighbours (performance.md).
TSNE_PHASES, TSNE_THETA = (150, 350), 0.8
UMAP_PASSES = (25, 75, 400)  # epochs, together UMAP's usual 500; umap shows nothing before a pass has ended
SHOWN_EVERY = 25  # iterations of t-SNE
NEIGHBOURS = 12  # whose company the quality of a map is measured by

_umap_lock = threading.Lock()  # its compiled loops may not run in two threads at once


@dataclass(frozen=True)
class Projection:
    """A plane of principal components; unlike the other maps it has an exact place for new points."""

    mean: np.ndarray  # (D,)
    axes: np.ndarray  # (D, 2), scaled so that the points it was made of have the common size

    @classmethod
    def fit(cls, points: Points, components: tuple[int, int] = LARGEST) -> Projection:
        """``points`` (n, D). ``components`` count from 1, the largest; without a third one, the two largest."""
        from sklearn.decomposition import PCA

        values = double(points).numpy()
        if max(components) > min(values.shape):
            components = LARGEST
        pca = PCA(max(components), svd_solver="full").fit(values)
        axes = pca.components_[np.array(components) - 1].T
        size = np.sqrt(((values - pca.mean_) @ axes).var(axis=0).mean())
        return cls(pca.mean_, axes / max(size, 1e-12))

    def __call__(self, points: Points) -> np.ndarray:
        """(m, D) -> (m, 2) float32."""
        return ((double(points).numpy() - self.mean) @ self.axes).astype(np.float32)


def layout(points: Points, kind: Kind, seed: int = 0, **knobs: Any) -> np.ndarray:
    """Map of (n, D) points, n >= 4: (n, 2) float32 with mean 0 and root mean square deviation 1, the same for a seed.
    ``knobs`` are those of ``settle``."""
    *_, last = settle(points, kind, seed, **knobs)
    return last


def settle(
    points: Points,
    kind: Kind,
    seed: int = 0,
    perplexity: float = 30,
    neighbours: int = 15,
    start: np.ndarray | None = None,
    min_dist: float = 0.1,
    components: tuple[int, int] = LARGEST,
    quick: bool = False,
) -> Iterator[np.ndarray]:
    """The same map while it settles, the last one is the map. Whoever stops to iterate stops the work.

    ``start`` (n, 2) are the first positions of t-SNE and UMAP, the previous frame's in an animation; by default PCA's,
    which keep the large-scale order (Kobak and Linderman 2021). PCA itself needs neither ``start`` nor ``seed``.
    ``perplexity`` is t-SNE's, ``neighbours`` and ``min_dist`` are UMAP's, ``components`` PCA's (from 1); perplexity and
    neighbours are reduced where n is too small for them. ``quick``: few iterations, enough from a start that is near.
    """
    if kind not in ("pca", "tsne", "umap"):
        raise ValueError(f"kind must be 'pca', 'tsne' or 'umap', not {kind!r}")
    with _one_thread():
        flat = Projection.fit(points, components if kind == "pca" else LARGEST)(points)
    if kind == "pca" or not flat.any():  # all points are the same: nothing to lay out
        yield flat
        return
    values = double(points).numpy().astype(np.float32)
    first = _common_size(flat if start is None else np.asarray(start)).astype(np.float32)
    if kind == "tsne":
        yield from _tsne(values, first, seed, perplexity, start is not None, quick)
    else:
        yield from _umap(values, first, seed, neighbours, min_dist, quick)


def _tsne(
    values: np.ndarray, first: np.ndarray, seed: int, perplexity: float, near: bool, quick: bool
) -> Iterator[np.ndarray]:
    from openTSNE import TSNE

    # The usual first phase (tiny, attraction times 12) would forget a start that is near.
    early, late = TSNE_PHASES
    first, early = (first, 0) if near else (first * 1e-4, early)
    tsne = TSNE(
        2, perplexity=min(perplexity, (len(values) - 1) / 3), initialization=first.astype(np.float64),
        early_exaggeration_iter=early, n_iter=QUICK_TSNE if quick else late, neighbors="exact",
        negative_gradient_method="bh", theta=TSNE_THETA, n_jobs=1, random_state=seed,
    )  # fmt: skip
    # With two threads it was alone no more than a third faster, and slower while a browser drew the steps beside it.
    with _one_thread():
        embedding = tsne.prepare_initial(values)
    phases = (
        (tsne.early_exaggeration_iter, tsne.early_exaggeration, tsne.initial_momentum),
        (tsne.n_iter, tsne.exaggeration, tsne.final_momentum),
    )
    for iterations, exaggeration, momentum in phases:  # as TSNE.fit: the optimiser keeps its momentum
        for done in range(0, iterations, SHOWN_EVERY):
            few = min(SHOWN_EVERY, iterations - done)
            with _one_thread():
                embedding.optimize(few, inplace=True, exaggeration=exaggeration, momentum=momentum)
            yield _common_size(np.asarray(embedding))


def _umap(
    values: np.ndarray, first: np.ndarray, seed: int, neighbours: int, min_dist: float, quick: bool
) -> Iterator[np.ndarray]:
    from sklearn.metrics import pairwise_distances

    near = min(neighbours, len(values) - 1)
    # UMAP would find the same neighbours; compiling how it does so takes it 8 of 17 s the first time.
    with _one_thread():
        distances = pairwise_distances(values)
    indices = distances.argsort(1, kind="stable")[:, :near]
    known = (indices, np.take_along_axis(distances, indices, 1), None)
    for epochs in (QUICK_UMAP,) if quick else UMAP_PASSES:
        with _umap_lock, _one_thread():
            from umap import UMAP

            warnings.filterwarnings("ignore", message="precomputed_knn")  # no transform: ``place`` is ours
            umap = UMAP(
                near, min_dist=min_dist, n_epochs=epochs, init=first, random_state=seed, n_jobs=1,
                precomputed_knn=known, force_approximation_algorithm=True,
            )  # fmt: skip
            first = _common_size(umap.fit_transform(values)).astype(np.float32)
        yield first


def _one_thread() -> threadpool_limits:
    """Waiting threads spin: 20 times slower where cores are busy. Besides, umap's compiled loops would leave torch with
    more threads. Never held while something is yielded: the limit is the whole process's."""
    return threadpool_limits(limits=1)


def place(new: Points, points: Points, layout: np.ndarray, k: int = 10) -> np.ndarray:
    """Where (m, D) new points belong on a finished map ``layout`` (n, 2) of ``points`` (n, D): (m, 2) float32.

    Mean position of the k nearest points, weighted by 1 / distance: t-SNE has no transform, and UMAP's wants the fitted
    model, which a shipped map does not carry. The place never leaves the map, however unlike all others the point is.
    For PCA, ``Projection`` is exact.
    """
    distances = torch.cdist(double(new), double(points), compute_mode="donot_use_mm_for_euclid_dist")
    near, index = distances.topk(min(k, len(layout)), largest=False)
    weights = 1 / near.clamp(min=1e-9)
    weights = weights / weights.sum(1, keepdim=True)
    positions = torch.from_numpy(np.asarray(layout)).double()[index]  # (m, k, 2)
    return (weights[..., None] * positions).sum(1).numpy().astype(np.float32)


@dataclass(frozen=True)
class Trust:
    """How far a map can be trusted (Venna and Kaski 2001), each 0 to 1; a map at random has about one half.

    ``trustworthiness``: neighbours on the map are neighbours in the embedding. ``continuity``: neighbours in the
    embedding stay neighbours on the map.
    """

    trustworthiness: float
    continuity: float


@threadpool_limits.wrap(limits=1)  # as in _one_thread
def trust(points: Points, layout: np.ndarray, k: int = NEIGHBOURS) -> Trust:
    """Quality of a map ``layout`` (n, 2) of ``points`` (n, D); k is reduced where n is too small for it."""
    from sklearn.manifold import trustworthiness

    values, k = double(points).numpy(), max(1, min(k, (len(layout) - 1) // 2))
    return Trust(
        float(trustworthiness(values, layout, n_neighbors=k)), float(trustworthiness(layout, values, n_neighbors=k))
    )


def match(layout: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Turn, mirror, scale and move a map (n, 2) onto another map of the same points, so that frames do not flip.

    Orthogonal Procrustes (Schönemann 1966). The result has the reference's centre and size; the least-squares scale
    would shrink a map the more, the less it agrees with the reference.
    """
    moved, centre = layout - layout.mean(0), reference.mean(0)
    left, _, right = np.linalg.svd(moved.T.astype(np.float64) @ (reference - centre))
    scale = np.linalg.norm(reference - centre) / max(float(np.linalg.norm(moved)), 1e-12)
    return (moved @ (left @ right) * scale + centre).astype(np.float32)


def warm_up() -> None:
    """Import umap and compile its loops (8 to 30 s once per process): for a background thread of the app."""
    layout(np.random.default_rng(0).normal(size=(40, 8)), "umap")


def _common_size(layout: np.ndarray) -> np.ndarray:
    centred = layout - layout.mean(0)
    return (centred / max(float(np.sqrt(centred.astype(np.float64).var(axis=0).mean())), 1e-12)).astype(np.float32)
