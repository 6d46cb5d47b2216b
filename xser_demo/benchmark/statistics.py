"""Intervals, p values and rank correlations from resampled scores."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata


@dataclass(frozen=True)
class Sample:
    """A figure and its resamples. Figures on the same resamples (``evaluation.Resamples``) may be subtracted and
    averaged, and the result is paired."""

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
        return p_value(self.draws)


def mean(samples: list[Sample]) -> Sample:
    return Sample(float(np.mean([s.point for s in samples])), np.mean([s.draws for s in samples], axis=0))


def p_value(draws: np.ndarray) -> float:
    """Two-sided, that a difference is not zero: the level at which the percentile interval begins to hold zero.

    2 min(P(d <= 0), P(d >= 0)), one draw added on each side (Davison and Hinkley 1997, eq. 4.11), so never 0: with
    2000 draws at least 0.001.
    """
    below, above = (draws <= 0).sum() + 1, (draws >= 0).sum() + 1
    return float(min(1.0, 2 * min(below, above) / (len(draws) + 1)))


def holm(values: list[float]) -> list[float]:
    """P values corrected for their number (Holm 1979): the k-th smallest of m times m - k + 1, never falling."""
    order = np.argsort(values, kind="stable")
    scaled = np.array(values)[order] * np.arange(len(values), 0, -1)
    corrected = np.empty(len(values))
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1) if len(values) else []
    return corrected.tolist()


def spearman(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Rank correlation of each column of ``values`` (m, K) with ``truth`` (m,): (K,); nan where a side is constant."""
    x, y = (rankdata(a, axis=0) for a in (values, truth))
    x, y = x - x.mean(0), y - y.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (y @ x) / np.sqrt((x * x).sum(0) * (y @ y))
    return np.where(np.isfinite(r), r.clip(-1, 1), np.nan)


def over_groups(values: np.ndarray, draws: int, seed: int = 0) -> Sample:
    """Mean of one figure of each pair of corpora (pairs,), and of pairs drawn with replacement; nan is left out."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Sample(np.nan, np.full(draws, np.nan))
    share = np.random.default_rng(seed).multinomial(len(known), np.full(len(known), 1 / len(known)), size=draws)
    return Sample(float(known.mean()), share @ known / len(known))
