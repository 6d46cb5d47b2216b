"""How far apart two domains lie in a model's embedding, as numbers (``Gauge``) and as maps (``layout``).

Everything is measured in units of the source's own spread, so shrinking the embedding changes nothing. Beside each
number stands the same between two halves of the source's speakers: as near as people of one corpus are to each other.
"""

from __future__ import annotations

import os
import threading
import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from xser_demo.discrepancy import median_bandwidth, mmd2

Points = Tensor | np.ndarray
Kind = Literal["pca", "tsne", "umap"]

FAR = 50.0  # source deviations; beyond this a coordinate counts as this far, so that a collapsed source stays finite
MOST = 400  # points per side; more make the gauges slower, not steadier
FOLDS = 5  # of the domain classifier, fewer when a side has fewer speakers
HALVINGS = 4  # divisions of the source's speakers that the reference is the mean of
PENALTY = 0.01  # sklearn's C of the domain classifier: strong, there are hardly more clips than dimensions
LARGEST = (1, 2)  # principal components, counted from 1
QUICK_TSNE, QUICK_UMAP = 100, 60  # iterations of a layout that starts near its end
THREADS = 2  # of t-SNE, at most: others use this computer, too
NEIGHBOURS = 12  # whose company the quality of a map is measured by

_umap_lock = threading.Lock()  # its compiled loops may not run in two threads at once


@dataclass(frozen=True)
class Shift:
    """Distances between source and target, and the same between halves of the source's speakers.

    ``mmd``: square root of the unbiased MMD^2 (Gretton et al. 2012, eq. 3), 0 where that is negative; 0 to sqrt(2), no
    unit. ``a_distance``: proxy A-distance 2 (1 - 2 error) of Ben-David et al. 2007, 0 (no classifier tells the domains
    apart) to 2 (always). ``n``: clips on each side of every comparison.
    """

    mmd: float
    a_distance: float
    within_mmd: float
    within_a_distance: float
    n: int


class Gauge:
    """Measures shift in an embedding that changes. Make it once, before adaptation, and measure before, during, after.

    Fixed at construction: the kernel bandwidth (median heuristic on the standardised source), the halves of the
    speakers, the seed of every subsample. So two measurements differ by the embedding alone.
    """

    def __init__(self, source_embeddings: Points, source_speakers: list[str], seed: int = 0):
        """``source_embeddings`` (n, D) and the speaker of each; ``measure`` expects the same clips in this order."""
        self.seed = seed
        self.speakers = np.asarray(source_speakers)
        embeddings = _double(source_embeddings)
        if not len(embeddings) == len(self.speakers) >= 4:
            raise ValueError(f"{len(embeddings)} embeddings and {len(self.speakers)} speakers; at least 4 needed")
        few = self._few(len(embeddings), MOST, 0)
        self.bandwidth = float(median_bandwidth(standardise(embeddings, embeddings)[few]))
        random = np.random.default_rng(seed)
        groups = self.speakers if len(set(source_speakers)) > 1 else np.arange(len(self.speakers)).astype(str)
        self.halves = [_parts(groups, 2, random) == 0 for _ in range(HALVINGS)]  # (n,) bool each

    @threadpool_limits.wrap(limits=1)  # waiting threads spin: 20 times slower where cores are busy
    def measure(self, source: Points, target: Points, target_speakers: list[str] | None) -> Shift:
        """``source`` (n, D) and ``target`` (m, D) as the model embeds them now; None when speakers are unknown."""
        near, far = standardise(source, source), standardise(target, source)
        others = np.arange(len(far)).astype(str) if target_speakers is None else np.array(target_speakers)
        n = self._size(len(far))
        mmd, a_distance = self._compare(near, self.speakers, far, others, n)
        within = [
            self._compare(near[half], self.speakers[half], near[~half], self.speakers[~half], n) for half in self.halves
        ]
        within_mmd, within_a_distance = np.mean(within, axis=0).tolist()
        return Shift(mmd, a_distance, within_mmd, within_a_distance, n)

    @threadpool_limits.wrap(limits=1)
    def told(self, source: Points, target: Points, target_speakers: list[str]) -> tuple[float, float]:
        """Shares of the source's and of the target's clips that ``measure``'s classifier assigns to their own side."""
        near, far = standardise(source, source), standardise(target, source)
        n = self._size(len(far))
        a, b = self._few(len(near), n, 0), self._few(len(far), n, 1)
        wrong = domain_errors(near[a], self.speakers[a], far[b], np.array(target_speakers)[b], self.seed)
        return 1 - wrong[0], 1 - wrong[1]

    def _size(self, targets: int) -> int:
        """Clips on each side of every comparison."""
        return int(min(MOST, targets, *(min(half.sum(), (~half).sum()) for half in self.halves)))

    def _compare(self, x: Tensor, x_speakers, y: Tensor, y_speakers, n: int) -> tuple[float, float]:
        a, b = self._few(len(x), n, 0), self._few(len(y), n, 1)
        mmd = _mmd(x[a], y[b], self.bandwidth)
        return mmd, proxy_a_distance(x[a], x_speakers[a], y[b], y_speakers[b], self.seed)

    def _few(self, total: int, n: int, side: int) -> np.ndarray:
        """At most n of total indices, sorted; the same ones for the same question."""
        return np.sort(np.random.default_rng([self.seed, side]).permutation(total)[:n])


def standardise(points: Points, source: Points) -> Tensor:
    """(n, D) in units of the source's deviation around the source's mean, float64, limited to +-``FAR``."""
    points, source = _double(points), _double(source)
    std, mean = torch.std_mean(source, dim=0)
    return ((points - mean) / std.clamp(min=torch.finfo(torch.float64).tiny)).clamp(-FAR, FAR)


def proxy_a_distance(x: Points, x_speakers, y: Points, y_speakers, seed: int = 0) -> float:
    """2 (1 - 2 error) of a regularised linear classifier of the domain, limited to 0..2. x (n, D), y (m, D).

    Ben-David et al. 2007, "Analysis of Representations for Domain Adaptation", section 4. The error is the mean of both
    sides' errors on speakers that the classifier was not trained on; otherwise it would measure how well voices are
    known by heart. A side with a single speaker is divided by clips, there being no other way. Being linear, it takes
    clouds with equal means for alike; the MMD does not.
    """
    error = sum(domain_errors(x, x_speakers, y, y_speakers, seed)) / 2
    return float(np.clip(2 * (1 - 2 * error), 0, 2))


def domain_errors(x: Points, x_speakers, y: Points, y_speakers, seed: int = 0) -> tuple[float, float]:
    """Shares of x and of y that this classifier takes for the other; one half each where nothing can be learnt."""
    from sklearn.linear_model import LogisticRegression

    groups = [np.asarray(s) for s in (x_speakers, y_speakers)]
    groups = [s if len(np.unique(s)) > 1 else np.arange(len(s)).astype(str) for s in groups]
    parts = min(FOLDS, *(len(np.unique(s)) for s in groups))
    if parts < 2:
        return 0.5, 0.5  # a single clip: nothing can be held out
    random = np.random.default_rng(seed)
    fold = np.concatenate([_parts(s, parts, random) for s in groups])
    points = np.concatenate([_double(x).numpy(), _double(y).numpy()])
    side = np.repeat([0, 1], [len(groups[0]), len(groups[1])])
    if not np.ptp(points, axis=0).any():
        return 0.5, 0.5  # everything has collapsed to one point
    wrong = np.zeros(len(side))
    for held_out in range(parts):
        test = fold == held_out
        classifier = LogisticRegression(C=PENALTY, class_weight="balanced", solver="newton-cholesky", tol=1e-3)
        wrong[test] = classifier.fit(points[~test], side[~test]).predict(points[test]) != side[test]
    return float(wrong[side == 0].mean()), float(wrong[side == 1].mean())


def _mmd(x: Tensor, y: Tensor, bandwidth: float) -> float:
    return float(mmd2(x, y, bandwidth, unbiased=True).clamp(min=0).sqrt()) if min(len(x), len(y)) > 1 else 0.0


def _parts(groups: np.ndarray, parts: int, random: np.random.Generator) -> np.ndarray:
    """(n,) number of a part for each clip: groups stay whole, drawn in random order into the smallest part so far."""
    names, of = np.unique(groups, return_inverse=True)
    sizes, counts = np.zeros(parts), np.bincount(of)
    part = np.zeros(len(names), dtype=int)
    for group in random.permutation(len(names)):
        part[group] = sizes.argmin()
        sizes[part[group]] += counts[group]
    return part[of]


def _double(points: Points) -> Tensor:
    return torch.as_tensor(points).detach().double()


@dataclass(frozen=True)
class Projection:
    """A plane of principal components; unlike the other maps it has an exact place for new points."""

    mean: np.ndarray  # (D,)
    axes: np.ndarray  # (D, 2), scaled so that the points it was made of have the common size

    @classmethod
    def fit(cls, points: Points, components: tuple[int, int] = LARGEST) -> Projection:
        """``points`` (n, D). ``components`` count from 1, the largest; without a third one, the two largest."""
        from sklearn.decomposition import PCA

        values = _double(points).numpy()
        if max(components) > min(values.shape):
            components = LARGEST
        pca = PCA(max(components), svd_solver="full").fit(values)
        axes = pca.components_[np.array(components) - 1].T
        size = np.sqrt(((values - pca.mean_) @ axes).var(axis=0).mean())
        return cls(pca.mean_, axes / max(size, 1e-12))

    def __call__(self, points: Points) -> np.ndarray:
        """(m, D) -> (m, 2) float32."""
        return ((_double(points).numpy() - self.mean) @ self.axes).astype(np.float32)


@threadpool_limits.wrap(limits=1)  # as above; besides, umap's compiled loops would leave torch with more threads
def layout(
    points: Points,
    kind: Kind,
    seed: int = 0,
    perplexity: float = 30,
    neighbours: int = 15,
    start: np.ndarray | None = None,
    min_dist: float = 0.1,
    components: tuple[int, int] = LARGEST,
    quick: bool = False,
) -> np.ndarray:
    """Map of (n, D) points, n >= 4: (n, 2) float32 with mean 0 and root mean square deviation 1, the same for a seed.

    ``start`` (n, 2) are the first positions of t-SNE and UMAP, the previous frame's in an animation; by default PCA's,
    which keep the large-scale order (Kobak and Linderman 2021). PCA itself needs neither ``start`` nor ``seed``.
    ``perplexity`` is t-SNE's, ``neighbours`` and ``min_dist`` are UMAP's, ``components`` PCA's (from 1); perplexity and
    neighbours are reduced where n is too small for them. ``quick``: few iterations, enough from a start that is near.
    """
    flat = Projection.fit(points, components if kind == "pca" else LARGEST)(points)
    if kind == "pca" or not flat.any():  # all points are the same: nothing to lay out
        return flat
    values = _double(points).numpy().astype(np.float32)
    first = _common_size(flat if start is None else np.asarray(start)).astype(np.float32)
    if kind == "tsne":
        from openTSNE import TSNE

        near = min(perplexity, (len(values) - 1) / 3)
        # The usual first phase (tiny, attraction times 12) would forget a previous frame.
        first, phase = (first * 1e-4, 250) if start is None else (first, 0)
        tsne = TSNE(
            2, perplexity=near, initialization=first.astype(np.float64), early_exaggeration_iter=phase,
            n_iter=QUICK_TSNE if quick else 500, neighbors="exact", negative_gradient_method="bh",
            n_jobs=min(THREADS, os.cpu_count() or 1), random_state=seed,
        )  # fmt: skip
        return _common_size(np.asarray(tsne.fit(values)))
    if kind == "umap":
        with _umap_lock:
            from sklearn.metrics import pairwise_distances
            from umap import UMAP

            near = min(neighbours, len(values) - 1)
            # UMAP would find the same neighbours; compiling how it does so takes it 8 of 17 s the first time.
            distances = pairwise_distances(values)
            indices = distances.argsort(1, kind="stable")[:, :near]
            known = (indices, np.take_along_axis(distances, indices, 1), None)
            warnings.filterwarnings("ignore", message="precomputed_knn")  # no transform: ``place`` is ours
            epochs = QUICK_UMAP if quick else None
            umap = UMAP(
                near, min_dist=min_dist, n_epochs=epochs, init=first, random_state=seed, n_jobs=1,
                precomputed_knn=known, force_approximation_algorithm=True,
            )  # fmt: skip
            return _common_size(umap.fit_transform(values))
    raise ValueError(f"kind must be 'pca', 'tsne' or 'umap', not {kind!r}")


def place(new: Points, points: Points, layout: np.ndarray, k: int = 10) -> np.ndarray:
    """Where (m, D) new points belong on a finished map ``layout`` (n, 2) of ``points`` (n, D): (m, 2) float32.

    Mean position of the k nearest points, weighted by 1 / distance: t-SNE has no transform, and UMAP's wants the fitted
    model, which a shipped map does not carry. The place never leaves the map, however unlike all others the point is.
    For PCA, ``Projection`` is exact.
    """
    distances = torch.cdist(_double(new), _double(points), compute_mode="donot_use_mm_for_euclid_dist")
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


@threadpool_limits.wrap(limits=1)
def trust(points: Points, layout: np.ndarray, k: int = NEIGHBOURS) -> Trust:
    """Quality of a map ``layout`` (n, 2) of ``points`` (n, D); k is reduced where n is too small for it."""
    from sklearn.manifold import trustworthiness

    values, k = _double(points).numpy(), max(1, min(k, (len(layout) - 1) // 2))
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
    scale = np.linalg.norm(reference - centre) / max(np.linalg.norm(moved), 1e-12)
    return (moved @ (left @ right) * scale + centre).astype(np.float32)


def warm_up() -> None:
    """Import umap and compile its loops (8 to 30 s once per process): for a background thread of the app."""
    layout(np.random.default_rng(0).normal(size=(40, 8)), "umap")


def _common_size(layout: np.ndarray) -> np.ndarray:
    centred = layout - layout.mean(0)
    return (centred / max(float(np.sqrt(centred.astype(np.float64).var(axis=0).mean())), 1e-12)).astype(np.float32)
