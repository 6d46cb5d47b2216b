"""How far apart two domains lie in a model's embedding, as numbers.

Everything is measured in units of the source's own spread, so shrinking the embedding changes nothing. Beside each
number stands the same between two halves of the source's speakers: as near as people of one corpus are to each other.
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

FAR = 50.0  # source deviations; beyond this a coordinate counts as this far, so that a collapsed source stays finite
MOST = 400  # points per side; more make the gauges slower, not steadier
FOLDS = 5  # of the domain classifier, fewer when a side has fewer speakers
HALVINGS = 4  # divisions of the source's speakers that the reference is the mean of
PENALTY = 0.01  # sklearn's C of the domain classifier: strong, there are hardly more clips than dimensions


@dataclass(frozen=True)
class Distances:
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


class DomainDistance:
    """Measures shift in an embedding that changes. Make it once, before adaptation, and measure before, during, after.

    Fixed at construction: the kernel bandwidth (median heuristic on the standardised source), the halves of the
    speakers, the seed of every subsample. So two measurements differ by the embedding alone.
    """

    def __init__(self, source_embeddings: Points, source_speakers: list[str], seed: int = 0) -> None:
        """``source_embeddings`` (n, D) and the speaker of each; ``measure`` expects the same clips in this order."""
        self.seed = seed
        self.speakers = np.asarray(source_speakers)
        embeddings = double(source_embeddings)
        if not len(embeddings) == len(self.speakers) >= 4:
            raise ValueError(f"{len(embeddings)} embeddings and {len(self.speakers)} speakers; at least 4 needed")
        few = self._few(len(embeddings), MOST, 0)
        self.bandwidth = float(median_bandwidth(standardise(embeddings, embeddings)[few]))
        random = np.random.default_rng(seed)
        groups = self.speakers if len(set(source_speakers)) > 1 else np.arange(len(self.speakers)).astype(str)
        self.halves = [_parts(groups, 2, random) == 0 for _ in range(HALVINGS)]  # (n,) bool each

    @threadpool_limits.wrap(limits=1)  # waiting threads spin: 20 times slower where cores are busy
    def measure(self, source: Points, target: Points, target_speakers: list[str] | None) -> Distances:
        """``source`` (n, D) and ``target`` (m, D) as the model embeds them now; None when speakers are unknown."""
        near, far = standardise(source, source), standardise(target, source)
        others = np.arange(len(far)).astype(str) if target_speakers is None else np.array(target_speakers)
        n = self._size(len(far))
        mmd, a_distance = self._compare(near, self.speakers, far, others, n)
        within = [
            self._compare(near[half], self.speakers[half], near[~half], self.speakers[~half], n) for half in self.halves
        ]
        within_mmd, within_a_distance = np.mean(within, axis=0).tolist()
        return Distances(mmd, a_distance, within_mmd, within_a_distance, n)

    @threadpool_limits.wrap(limits=1)
    def domain_recalls(self, source: Points, target: Points, target_speakers: list[str]) -> tuple[float, float]:
        """Shares of the source's and of the target's clips that ``measure``'s classifier assigns to their own side."""
        near, far = standardise(source, source), standardise(target, source)
        n = self._size(len(far))
        a, b = self._few(len(near), n, 0), self._few(len(far), n, 1)
        wrong = domain_errors(near[a], self.speakers[a], far[b], np.array(target_speakers)[b], self.seed)
        return 1 - wrong[0], 1 - wrong[1]

    def _size(self, targets: int) -> int:
        """Clips on each side of every comparison."""
        return int(min(MOST, targets, *(min(half.sum(), (~half).sum()) for half in self.halves)))

    def _compare(
        self, x: Tensor, x_speakers: np.ndarray, y: Tensor, y_speakers: np.ndarray, n: int
    ) -> tuple[float, float]:
        a, b = self._few(len(x), n, 0), self._few(len(y), n, 1)
        mmd = _mmd(x[a], y[b], self.bandwidth)
        return mmd, proxy_a_distance(x[a], x_speakers[a], y[b], y_speakers[b], self.seed)

    def _few(self, total: int, n: int, side: int) -> np.ndarray:
        """At most n of total indices, sorted; the same ones for the same question."""
        return np.sort(np.random.default_rng([self.seed, side]).permutation(total)[:n])


def standardise(points: Points, source: Points) -> Tensor:
    """(n, D) in units of the source's deviation around the source's mean, float64, limited to +-``FAR``."""
    points, source = double(points), double(source)
    std, mean = torch.std_mean(source, dim=0)
    return ((points - mean) / std.clamp(min=torch.finfo(torch.float64).tiny)).clamp(-FAR, FAR)


def proxy_a_distance(x: Points, x_speakers: Speakers, y: Points, y_speakers: Speakers, seed: int = 0) -> float:
    """2 (1 - 2 error) of a regularised linear classifier of the domain, limited to 0..2. x (n, D), y (m, D).

    Ben-David et al. 2007, "Analysis of Representations for Domain Adaptation", section 4. The error is the mean of both
    sides' errors on speakers that the classifier was not trained on; otherwise it would measure how well voices are
    known by heart. A side with a single speaker is divided by clips, there being no other way. Being linear, it takes
    clouds with equal means for alike; the MMD does not.
    """
    error = sum(domain_errors(x, x_speakers, y, y_speakers, seed)) / 2
    return float(np.clip(2 * (1 - 2 * error), 0, 2))


def domain_errors(
    x: Points, x_speakers: Speakers, y: Points, y_speakers: Speakers, seed: int = 0
) -> tuple[float, float]:
    """Shares of x and of y that this classifier takes for the other; one half each where nothing can be learnt."""
    from sklearn.linear_model import LogisticRegression

    groups = [np.asarray(s) for s in (x_speakers, y_speakers)]
    groups = [s if len(np.unique(s)) > 1 else np.arange(len(s)).astype(str) for s in groups]
    parts = min(FOLDS, *(len(np.unique(s)) for s in groups))
    if parts < 2:
        return 0.5, 0.5  # a single clip: nothing can be held out
    random = np.random.default_rng(seed)
    fold = np.concatenate([_parts(s, parts, random) for s in groups])
    points = np.concatenate([double(x).numpy(), double(y).numpy()])
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


def double(points: Points) -> Tensor:
    """The same points as a float64 tensor without a gradient."""
    return torch.as_tensor(points).detach().double()
