"""Distances between two domains in a model's embedding: MMD and proxy A-distance.

The unit is the source's standard deviation, so scaling the embedding changes nothing. The reference for each distance
is the same distance between two halves of the source's speakers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from xser_demo.methods.discrepancy import median_bandwidth, mmd2

Points = Tensor | np.ndarray
Speakers = np.ndarray | list[str]  # of each point

MAX_DEVIATION = 50.0  # in source deviations; coordinates are clipped to it, so that a collapsed source stays finite
MAX_CLIPS = 400  # per side; more make measurements slower, not more stable
FOLDS = 5  # of the domain classifier; fewer if a side has fewer speakers
HALVINGS = 4  # of the source's speakers, over which the reference is averaged
MANY_DIMENSIONS = 256  # above, a Newton step costs more than it saves
REGULARISATION = 0.01  # scikit-learn's C of the domain classifier: strong, with hardly more clips than dimensions


@dataclass(frozen=True)
class Distances:
    """Distances between source and target, and between halves of the source's speakers (``within``).

    ``mmd``: square root of the unbiased MMD^2 (Gretton et al. 2012, eq. 3), 0 if that is negative; 0 to sqrt(2), no
    unit. ``a_distance``: proxy A-distance 2 (1 - 2 error) of Ben-David et al. 2007, from 0 (a classifier cannot
    separate the domains) to 2 (it always can). ``n``: clips on each side of every comparison.
    """

    mmd: float
    a_distance: float
    within_mmd: float
    within_a_distance: float
    n: int


class DomainDistance:
    """Measures the distance of two domains while the embedding changes: before, during and after adaptation.

    The constructor fixes the kernel bandwidth (median heuristic on the standardised source), the halves of the speakers
    and the seed of every subsample, so that two measurements differ by the embedding alone.
    """

    def __init__(self, source_embeddings: Points, source_speakers: list[str], seed: int = 0) -> None:
        """``source_embeddings`` (n, D) and the speaker of each; ``measure`` expects the same clips in this order.
        ValueError for fewer than 4 clips."""
        self.seed = seed
        self.speakers = np.asarray(source_speakers)
        embeddings = as_float64(source_embeddings)
        if not len(embeddings) == len(self.speakers) >= 4:
            raise ValueError(f"{len(embeddings)} embeddings and {len(self.speakers)} speakers; at least 4 needed")
        sample = self._subsample(len(embeddings), MAX_CLIPS, 0)
        self.bandwidth = float(median_bandwidth(standardise(embeddings, embeddings)[sample]))
        random = np.random.default_rng(seed)
        groups = self.speakers if len(set(source_speakers)) > 1 else np.arange(len(self.speakers)).astype(str)
        self.halves = [_split_groups(groups, 2, random) == 0 for _ in range(HALVINGS)]  # (n,) bool each

    @threadpool_limits.wrap(limits=1)  # waiting threads spin: 20 times slower on busy cores
    def measure(self, source: Points, target: Points, target_speakers: list[str] | None) -> Distances:
        """Distances of the current embeddings ``source`` (n, D) and ``target`` (m, D). ``target_speakers``: None if
        unknown."""
        x, y = standardise(source, source), standardise(target, source)
        y_speakers = np.arange(len(y)).astype(str) if target_speakers is None else np.array(target_speakers)
        n = self._sample_size(len(y))
        mmd, a_distance = self._compare(x, self.speakers, y, y_speakers, n)
        within = [
            self._compare(x[half], self.speakers[half], x[~half], self.speakers[~half], n) for half in self.halves
        ]
        within_mmd, within_a_distance = np.mean(within, axis=0).tolist()
        return Distances(mmd, a_distance, within_mmd, within_a_distance, n)

    @threadpool_limits.wrap(limits=1)
    def domain_recalls(self, source: Points, target: Points, target_speakers: list[str]) -> tuple[float, float]:
        """Recalls of the domain classifier of ``measure``: shares of source clips and of target clips that it assigns
        to their own domain."""
        x, y = standardise(source, source), standardise(target, source)
        n = self._sample_size(len(y))
        a, b = self._subsample(len(x), n, 0), self._subsample(len(y), n, 1)
        errors = domain_errors(x[a], self.speakers[a], y[b], np.array(target_speakers)[b], self.seed)
        return 1 - errors[0], 1 - errors[1]

    def _sample_size(self, targets: int) -> int:
        """Clips on each side of every comparison."""
        return int(min(MAX_CLIPS, targets, *(min(half.sum(), (~half).sum()) for half in self.halves)))

    def _compare(
        self, x: Tensor, x_speakers: np.ndarray, y: Tensor, y_speakers: np.ndarray, n: int
    ) -> tuple[float, float]:
        a, b = self._subsample(len(x), n, 0), self._subsample(len(y), n, 1)
        mmd = _mmd(x[a], y[b], self.bandwidth)
        return mmd, proxy_a_distance(x[a], x_speakers[a], y[b], y_speakers[b], self.seed)

    def _subsample(self, total: int, n: int, side: int) -> np.ndarray:
        """At most n of total indices, sorted; always the same ones for the same arguments."""
        return np.sort(np.random.default_rng([self.seed, side]).permutation(total)[:n])


def standardise(points: Points, source: Points) -> Tensor:
    """Points (n, D) standardised by the source's mean and deviation, float64, clipped to +-``MAX_DEVIATION``."""
    points, source = as_float64(points), as_float64(source)
    std, mean = torch.std_mean(source, dim=0)
    return ((points - mean) / std.clamp(min=torch.finfo(torch.float64).tiny)).clamp(-MAX_DEVIATION, MAX_DEVIATION)


def proxy_a_distance(x: Points, x_speakers: Speakers, y: Points, y_speakers: Speakers, seed: int = 0) -> float:
    """Proxy A-distance 2 (1 - 2 error) of x (n, D) and y (m, D), clipped to 0..2.

    Ben-David et al. 2007, "Analysis of Representations for Domain Adaptation", section 4. The error is the mean of both
    domains' errors of a regularised linear domain classifier on held-out speakers; on the training speakers it would
    measure how well the classifier knows their voices. A domain with a single speaker is split by clips. A linear
    classifier cannot separate distributions with equal means; the MMD can.
    """
    error = sum(domain_errors(x, x_speakers, y, y_speakers, seed)) / 2
    return float(np.clip(2 * (1 - 2 * error), 0, 2))


def domain_errors(
    x: Points, x_speakers: Speakers, y: Points, y_speakers: Speakers, seed: int = 0
) -> tuple[float, float]:
    """Cross-validated errors of the domain classifier on x (n, D) and y (m, D); 0.5 each if nothing can be learnt."""
    from sklearn.linear_model import LogisticRegression

    groups = [np.asarray(s) for s in (x_speakers, y_speakers)]
    groups = [s if len(np.unique(s)) > 1 else np.arange(len(s)).astype(str) for s in groups]
    folds = min(FOLDS, *(len(np.unique(s)) for s in groups))
    if folds < 2:
        return 0.5, 0.5  # a single clip: nothing can be held out
    random = np.random.default_rng(seed)
    fold = np.concatenate([_split_groups(s, folds, random) for s in groups])
    points = np.concatenate([as_float64(x).numpy(), as_float64(y).numpy()])
    domain = np.repeat([0, 1], [len(groups[0]), len(groups[1])])
    if not np.ptp(points, axis=0).any():
        return 0.5, 0.5  # all points are equal
    wrong = np.zeros(len(domain))
    solver, tol = ("newton-cholesky", 1e-3) if points.shape[1] <= MANY_DIMENSIONS else ("lbfgs", 1e-4)
    for held_out in range(folds):
        test = fold == held_out
        classifier = LogisticRegression(C=REGULARISATION, class_weight="balanced", solver=solver, tol=tol)
        wrong[test] = classifier.fit(points[~test], domain[~test]).predict(points[test]) != domain[test]
    return float(wrong[domain == 0].mean()), float(wrong[domain == 1].mean())


def mmd(source: Points, target: Points, seed: int = 0) -> float:
    """MMD of ``Distances`` between source (n, D) and target (m, D), at most ``MAX_CLIPS`` of each."""
    x, y = standardise(source, source), standardise(target, source)
    n = min(MAX_CLIPS, len(x), len(y))
    a, b = (np.random.default_rng([seed, side]).permutation(len(z))[:n] for side, z in enumerate((x, y)))
    return _mmd(x[a], y[b], float(median_bandwidth(x[a])))


def _mmd(x: Tensor, y: Tensor, bandwidth: float) -> float:
    return float(mmd2(x, y, bandwidth, unbiased=True).clamp(min=0).sqrt()) if min(len(x), len(y)) > 1 else 0.0


def _split_groups(groups: np.ndarray, parts: int, random: np.random.Generator) -> np.ndarray:
    """Number of a part (n,) for each clip. Groups stay whole; in random order, each goes to the smallest part."""
    names, group_of = np.unique(groups, return_inverse=True)
    sizes, counts = np.zeros(parts), np.bincount(group_of)
    part = np.zeros(len(names), dtype=int)
    for group in random.permutation(len(names)):
        part[group] = sizes.argmin()
        sizes[part[group]] += counts[group]
    return part[group_of]


def as_float64(points: Points) -> Tensor:
    """The same points as a float64 tensor without a gradient."""
    return torch.as_tensor(points).detach().double()
