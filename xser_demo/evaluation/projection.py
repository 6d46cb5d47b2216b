"""Two-dimensional maps of an embedding: PCA, t-SNE, UMAP; positions of new clips; quality of a map."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from xser_demo.evaluation.domain_distance import Points, as_float64

Kind = Literal["pca", "tsne", "umap"]

LARGEST = (1, 2)  # principal components, counted from 1
QUICK_TSNE, QUICK_UMAP = 100, 60  # iterations of a layout with a good start
# Iterations with and without early exaggeration (12), and theta of Barnes-Hut. openTSNE's defaults are (250, 500) and
# 0.5; on embeddings of 300 to 2,000 clips these take half the time and preserve as many neighbours (performance.md).
TSNE_PHASES, TSNE_THETA = (150, 350), 0.8
UMAP_PASSES = (25, 75, 400)  # epochs, in total UMAP's default of 500; umap returns nothing before a pass ends
FRAME_INTERVAL = 25  # iterations of t-SNE between two frames
NEIGHBOURS = 12  # k of trustworthiness and continuity

_umap_lock = threading.Lock()  # its compiled loops must not run in two threads at once


@dataclass(frozen=True)
class Projection:
    """A plane of two principal components; unlike the other maps, it projects new points exactly."""

    mean: np.ndarray  # (D,)
    axes: np.ndarray  # (D, 2), scaled so that the fitted points have root mean square deviation 1

    @classmethod
    def fit(cls, points: Points, components: tuple[int, int] = LARGEST) -> Projection:
        """Fit to ``points`` (n, D). ``components`` count from 1; if there are too few, the two largest."""
        from sklearn.decomposition import PCA

        values = as_float64(points).numpy()
        if max(components) > min(values.shape):
            components = LARGEST
        pca = PCA(max(components), svd_solver="full").fit(values)
        axes = pca.components_[np.array(components) - 1].T
        size = np.sqrt(((values - pca.mean_) @ axes).var(axis=0).mean())
        return cls(pca.mean_, axes / max(size, 1e-12))

    def __call__(self, points: Points) -> np.ndarray:
        """Project (m, D) -> (m, 2) float32."""
        return ((as_float64(points).numpy() - self.mean) @ self.axes).astype(np.float32)


def layout(points: Points, kind: Kind, seed: int = 0, **options: Any) -> np.ndarray:
    """Map of points (n, D), n >= 4: (n, 2) float32 with mean 0 and root mean square deviation 1, deterministic for a
    seed. ``options``: those of ``layout_frames``."""
    *_, last = layout_frames(points, kind, seed, **options)
    return last


def layout_frames(
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
    """Intermediate maps during the optimisation; the last one is the map. Stops when the caller stops iterating.

    ``start`` (n, 2): initial positions of t-SNE and UMAP, such as the map before adaptation or the previous frame of an
    animation; by default PCA's, which preserve the global structure (Kobak and Linderman 2021). PCA uses neither
    ``start`` nor ``seed``. ``perplexity`` is of t-SNE, ``neighbours`` and ``min_dist`` are of UMAP, ``components``
    (from 1) of PCA; perplexity and neighbours are reduced if n is too small. ``quick``: few iterations, enough from a
    good start. ValueError for another ``kind``.
    """
    if kind not in ("pca", "tsne", "umap"):
        raise ValueError(f"kind must be 'pca', 'tsne' or 'umap', not {kind!r}")
    with _one_thread():
        plane = Projection.fit(points, components if kind == "pca" else LARGEST)(points)
    if kind == "pca" or not plane.any():  # all points are equal
        yield plane
        return
    values = as_float64(points).numpy().astype(np.float32)
    initial = _unit_size(plane if start is None else np.asarray(start)).astype(np.float32)
    if kind == "tsne":
        yield from _tsne(values, initial, seed, perplexity, start is not None, quick)
    else:
        yield from _umap(values, initial, seed, neighbours, min_dist, quick)


def _tsne(
    values: np.ndarray, initial: np.ndarray, seed: int, perplexity: float, warm_start: bool, quick: bool
) -> Iterator[np.ndarray]:
    from openTSNE import TSNE

    logging.getLogger("openTSNE").setLevel(logging.ERROR)  # it warns of every warm start
    # The usual first phase (tiny start, early exaggeration) would discard a warm start.
    early, late = TSNE_PHASES
    initial, early = (initial, 0) if warm_start else (initial * 1e-4, early)
    tsne = TSNE(
        2, perplexity=min(perplexity, (len(values) - 1) / 3), initialization=initial.astype(np.float64),
        early_exaggeration_iter=early, n_iter=QUICK_TSNE if quick else late, neighbors="exact",
        negative_gradient_method="bh", theta=TSNE_THETA, n_jobs=1, random_state=seed,
    )  # fmt: skip
    # Two threads were at most a third faster on an idle machine, and slower while a browser drew the frames.
    with _one_thread():
        embedding = tsne.prepare_initial(values)
    phases = (
        (tsne.early_exaggeration_iter, tsne.early_exaggeration, tsne.initial_momentum),
        (tsne.n_iter, tsne.exaggeration, tsne.final_momentum),
    )
    for iterations, exaggeration, momentum in phases:  # as TSNE.fit: the optimiser keeps its momentum
        for done in range(0, iterations, FRAME_INTERVAL):
            steps = min(FRAME_INTERVAL, iterations - done)
            with _one_thread():
                embedding.optimize(steps, inplace=True, exaggeration=exaggeration, momentum=momentum)
            yield _unit_size(np.asarray(embedding))


def _umap(
    values: np.ndarray, initial: np.ndarray, seed: int, neighbours: int, min_dist: float, quick: bool
) -> Iterator[np.ndarray]:
    from sklearn.metrics import pairwise_distances

    count = min(neighbours, len(values) - 1)
    # UMAP finds the same neighbours, but compiling its search takes 8 of 17 s the first time.
    with _one_thread():
        distances = pairwise_distances(values)
    indices = distances.argsort(1, kind="stable")[:, :count]
    knn = (indices, np.take_along_axis(distances, indices, 1), None)
    for epochs in (QUICK_UMAP,) if quick else UMAP_PASSES:
        with _umap_lock, _one_thread():
            from umap import UMAP

            warnings.filterwarnings("ignore", message="precomputed_knn")  # no transform; ``place`` replaces it
            umap = UMAP(
                count, min_dist=min_dist, n_epochs=epochs, init=initial, random_state=seed, n_jobs=1,
                precomputed_knn=knn, force_approximation_algorithm=True,
            )  # fmt: skip
            initial = _unit_size(umap.fit_transform(values)).astype(np.float32)
        yield initial


def _one_thread() -> threadpool_limits:
    """Limit to one thread: waiting threads spin, which is 20 times slower on busy cores, and umap's compiled loops
    would leave torch with more threads. Never held during a yield, since the limit applies to the whole process."""
    return threadpool_limits(limits=1)


def place(new: Points, points: Points, layout: np.ndarray, k: int = 10) -> np.ndarray:
    """Positions (m, 2) float32 of ``new`` points (m, D) on a finished map ``layout`` (n, 2) of ``points`` (n, D).

    Mean position of the k nearest points, weighted by 1 / distance: t-SNE has no transform, and UMAP's needs the fitted
    model, which a shipped map does not contain. Even an outlier is placed within the map. For PCA, ``Projection`` is
    exact.
    """
    distances = torch.cdist(as_float64(new), as_float64(points), compute_mode="donot_use_mm_for_euclid_dist")
    nearest, index = distances.topk(min(k, len(layout)), largest=False)
    weights = 1 / nearest.clamp(min=1e-9)
    weights = weights / weights.sum(1, keepdim=True)
    positions = torch.from_numpy(np.asarray(layout)).double()[index]  # (m, k, 2)
    return (weights[..., None] * positions).sum(1).numpy().astype(np.float32)


@dataclass(frozen=True)
class Trust:
    """Quality of a map (Venna and Kaski 2001), each 0 to 1; a random map has about 0.5.

    ``trustworthiness``: neighbours on the map are neighbours in the embedding. ``continuity``: neighbours in the
    embedding stay neighbours on the map.
    """

    trustworthiness: float
    continuity: float


@threadpool_limits.wrap(limits=1)  # as in _one_thread
def trust(points: Points, layout: np.ndarray, k: int = NEIGHBOURS) -> Trust:
    """Quality of a map ``layout`` (n, 2) of ``points`` (n, D); k is reduced if n is too small."""
    from sklearn.manifold import trustworthiness

    values, k = as_float64(points).numpy(), max(1, min(k, (len(layout) - 1) // 2))
    return Trust(
        float(trustworthiness(values, layout, n_neighbors=k)), float(trustworthiness(layout, values, n_neighbors=k))
    )


def match(layout: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Rotate, mirror, scale and move a map (n, 2) onto another map of the same points, so that frames do not flip.

    Orthogonal Procrustes analysis (Schönemann 1966). The result has the reference's centre and size; the least-squares
    scale would shrink a map that disagrees with the reference.
    """
    centred, centre = layout - layout.mean(0), reference.mean(0)
    left, _, right = np.linalg.svd(centred.T.astype(np.float64) @ (reference - centre))
    scale = np.linalg.norm(reference - centre) / max(float(np.linalg.norm(centred)), 1e-12)
    return (centred @ (left @ right) * scale + centre).astype(np.float32)


def warm_up() -> None:
    """Import umap and compile its loops, for a background thread: 8 to 30 s, once per process."""
    layout(np.random.default_rng(0).normal(size=(40, 8)), "umap")


def _unit_size(layout: np.ndarray) -> np.ndarray:
    """Shift and scale a map to mean 0 and root mean square deviation 1."""
    centred = layout - layout.mean(0)
    return (centred / max(float(np.sqrt(centred.astype(np.float64).var(axis=0).mean())), 1e-12)).astype(np.float32)
