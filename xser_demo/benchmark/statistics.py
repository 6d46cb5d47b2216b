"""Intervals, p values and rank correlations of resampled scores."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata


@dataclass(frozen=True)
class Sample:
    """A score and its bootstrap draws. Differences and means of samples on the same resamples (``scores.Resamples``)
    are paired."""

    point: float
    draws: np.ndarray  # (draws,)

    def __sub__(self, other: "Sample") -> "Sample":
        return Sample(self.point - other.point, self.draws - other.draws)

    @property
    def ci95(self) -> tuple[float, float]:
        low, high = np.percentile(self.draws, [2.5, 97.5])
        return float(low), float(high)

    @property
    def p(self) -> float:
        """Two-sided p value of a difference from zero."""
        return p_value(self.draws)


def mean(samples: list[Sample]) -> Sample:
    """Mean of samples on the same resamples."""
    return Sample(float(np.mean([s.point for s in samples])), np.mean([s.draws for s in samples], axis=0))


def p_value(draws: np.ndarray) -> float:
    """Two-sided p value of a difference (draws,) from zero: the level at which the percentile interval includes zero.

    2 min(P(d <= 0), P(d >= 0)), with one draw added on each side (Davison and Hinkley 1997, eq. 4.11), so at
    least 0.001 with 2000 draws.
    """
    below, above = (draws <= 0).sum() + 1, (draws >= 0).sum() + 1
    return float(min(1.0, 2 * min(below, above) / (len(draws) + 1)))


def holm(values: list[float]) -> list[float]:
    """P values corrected for multiple tests (Holm 1979): the k-th smallest of m times m - k + 1, non-decreasing."""
    order = np.argsort(values, kind="stable")
    scaled = np.array(values)[order] * np.arange(len(values), 0, -1)
    corrected = np.empty(len(values))
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1) if len(values) else []
    return corrected.tolist()


def spearman(values: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Rank correlation (K,) of each column of ``values`` (m, K) with ``reference`` (m,); nan if one is constant."""
    x, y = (rankdata(a, axis=0) for a in (values, reference))
    x, y = x - x.mean(0), y - y.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (y @ x) / np.sqrt((x * x).sum(0) * (y @ y))
    return np.where(np.isfinite(r), r.clip(-1, 1), np.nan)


def over_groups(values: np.ndarray, draws: int, seed: int = 0) -> Sample:
    """Mean of a score of each pair of corpora (pairs,), with draws of pairs with replacement; nan is left out."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Sample(np.nan, np.full(draws, np.nan))
    share = np.random.default_rng(seed).multinomial(len(known), np.full(len(known), 1 / len(known)), size=draws)
    return Sample(float(known.mean()), share @ known / len(known))
