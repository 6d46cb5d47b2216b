"""Distances between two sets of points: MMD and its kernel, for losses (with gradients) and for measurements."""

import torch
from torch import Tensor

MULTIPLES = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the bandwidth: a mixture of kernels is less sensitive to its choice


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """Squared Euclidean distances, (N, D), (M, D) -> (N, M)."""
    return (x.square().sum(1)[:, None] + y.square().sum(1) - 2 * x @ y.T).clamp(min=0)


def median_bandwidth(x: Tensor) -> Tensor:
    """Median squared distance between different points of (N, D), the usual bandwidth of a Gaussian kernel."""
    distances = squared_distances(x, x)
    rows, columns = torch.triu_indices(len(x), len(x), 1, device=x.device)
    return distances[rows, columns].median().clamp(min=1e-12)


def gaussian_kernel(x: Tensor, y: Tensor, bandwidth: Tensor | float) -> Tensor:
    """Mean of exp(-|x - y|^2 / (m * bandwidth)) over ``MULTIPLES`` m. (N, D), (M, D) -> (N, M)."""
    scaled = squared_distances(x, y) / bandwidth
    return torch.stack([torch.exp(-scaled / m) for m in MULTIPLES]).mean(0)


def mmd2(x: Tensor, y: Tensor, bandwidth: Tensor | float, unbiased: bool = False) -> Tensor:
    """Squared maximum mean discrepancy (Gretton et al. 2012, eq. 3 unbiased, eq. 5 biased) of (N, D) and (M, D).

    The biased estimate is never negative; Long et al. 2015 and Baklouti et al. 2024 (eq. 2) train on it.
    """
    n, m = len(x), len(y)
    xx, yy = gaussian_kernel(x, x, bandwidth), gaussian_kernel(y, y, bandwidth)
    cross = gaussian_kernel(x, y, bandwidth).mean()
    if unbiased:
        return (xx.sum() - n) / (n * (n - 1)) + (yy.sum() - m) / (m * (m - 1)) - 2 * cross
    return xx.mean() + yy.mean() - 2 * cross


def matrix_power(symmetric: Tensor, exponent: float) -> Tensor:
    """Power of a symmetric positive definite (D, D) matrix, by its eigenvalues."""
    values, vectors = torch.linalg.eigh(symmetric)
    return (vectors * values.clamp(min=1e-12) ** exponent) @ vectors.T
