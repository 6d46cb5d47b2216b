"""Random models of the same accuracy, which know nothing of groups: the limits of fairness.

A random model draws its answer to a clip by the clip's label only, with the frequencies with which the audited model
answers clips of that label: P(answer | label) is the row of its confusion matrix. It has the audited model's accuracy
and confusions, and treats all groups alike by construction. How far apart its groups seem on the very same clips is
what chance does with groups of that size.

After ser-tests, whose random model answers uniformly and whose limit is the largest of 1,000 values. Ours is the level
that all properties together keep in ``SHARE`` of the random models: the rank of each statistic among the random models
is found, and the limit of all is the rank that the largest rank of a model exceeds in 1 - ``SHARE`` of them (the
max-rank method of Westfall and Young 1993). So a fair model fails any property of fairness in 5 of 100 audits.
"""

import numpy as np

COUNT = 1000
SHARE = 0.95  # of fair models that pass all properties together


def draw(labels: np.ndarray, matrix: np.ndarray, count: int = COUNT, seed: int = 0) -> np.ndarray:
    """(count, n) answers of random models to clips with these labels (n,); ``matrix`` (C, C): the audited model's
    confusions."""
    cumulative = (matrix / np.maximum(matrix.sum(1, keepdims=True), 1)).cumsum(1)
    dice = np.random.default_rng(seed).random((count, len(labels), 1))
    return np.minimum((dice > cumulative[labels]).sum(2), len(matrix) - 1)


def confusions(groups: np.ndarray, labels: np.ndarray, answers: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(R, G, C, C) confusion matrices of the groups from answers (R, n); ``groups`` (n,): indices, -1 for none.
    ``shape``: (G, C)."""
    count, classes = shape
    inside = groups >= 0
    cells = (groups[inside] * classes + labels[inside]) * classes + answers[:, inside]
    size = count * classes**2
    return np.stack([np.bincount(row, minlength=size) for row in cells]).reshape(-1, count, classes, classes)


def joint_limits(statistics: np.ndarray, share: float = SHARE) -> np.ndarray:
    """(K,) limits that all K statistics of ``share`` of the random models keep together, from (R, K)."""
    count = len(statistics)
    ordered = np.sort(statistics, axis=0)
    ranks = np.stack([np.searchsorted(column, values) for column, values in zip(ordered.T, statistics.T, strict=True)])
    level = np.quantile(ranks.max(0), share, method="higher")
    return ordered[min(int(level), count - 1)]
