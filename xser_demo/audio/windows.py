"""Cuts long recordings at their quietest points."""

from itertools import pairwise

import numpy as np

from xser_demo.utils import settings


def windows(samples: np.ndarray, max_s: float) -> list[tuple[int, int]]:
    """Cut (n,) samples into contiguous windows of at most ``max_s`` seconds, at the quietest points.

    Returns (start, end) in samples. Each cut lies in the last third of its window, at the lowest 20 ms energy
    there; the last window is at least 1 s long (or a third of ``max_s``).
    """
    limit = int(max_s * settings.SAMPLE_RATE)
    if limit < 3:
        raise ValueError(f"max_s is too small: {max_s}")
    tail = min(settings.SAMPLE_RATE, limit // 3)
    cuts, end = [0], len(samples)
    while end - cuts[-1] > limit:
        start = cuts[-1]
        low, high = start + 2 * limit // 3, min(start + limit, end - tail)
        cuts.append(_quietest(samples, low, high))
    return list(pairwise([*cuts, end])) if end else []


def _quietest(samples: np.ndarray, low: int, high: int) -> int:
    """Index within low..high in the middle of the quietest 20 ms; the latest one when several are equal."""
    hop = settings.SAMPLE_RATE // 50
    count = (high - low) // hop
    if count < 1:
        return high
    frames = np.asarray(samples[high - count * hop : high], dtype=np.float64).reshape(count, hop)
    energy = (frames**2).sum(axis=1)
    back = int(np.argmin(energy[::-1]))  # from the end: longer windows, fewer of them
    return high if energy[-1 - back] == energy[-1] else high - back * hop - hop // 2
