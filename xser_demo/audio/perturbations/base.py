"""A perturbation: one change of a recording with one strength."""

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from xser_demo.utils.errors import SettingsError

Change = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Perturbation:
    """One synthetic perturbation of (n,) samples at 16 kHz.

    ``amount`` gives the physical quantity of a strength in ``unit``, ``words`` the same as text, ``change`` the
    perturbed samples in float64. Strengths run from ``low`` (-1 if both directions make sense, else 0) to 1; 0 changes
    nothing.
    """

    name: str
    title: str
    unit: str
    info: str  # one sentence for the page: what it simulates, and how accurately
    amount: Callable[[float], float]
    words: Callable[[float], str]
    change: Change
    low: float = 0.0

    def value(self, strength: float) -> str:
        """The strength in words, e.g. "speech 20 dB above the noise"."""
        self.check(strength)
        return self.words(strength) if strength else "unchanged"

    def check(self, strength: float) -> None:
        if not self.low <= strength <= 1:  # also for nan
            raise SettingsError(
                f"The strength of '{self.name}' must lie between {self.low:g} and 1; it is {strength:g}."
            )

    def apply(self, samples: np.ndarray, strength: float, seed: int = 0) -> np.ndarray:
        """The perturbed samples, float32; at strength 0 the same array, unchanged.

        Random parts depend on ``seed`` and the name only. If the result exceeds full scale, all of it is scaled so that
        its peak is 1. SettingsError for a strength out of range.
        """
        self.check(strength)
        if not strength or not len(samples):
            return samples
        random = np.random.default_rng([seed, crc32(self.name.encode())])
        changed = self.change(np.asarray(samples, np.float64), strength, random).astype(np.float32)
        peak = np.abs(changed).max()
        return changed / peak if peak > 1 else changed


def interpolate(first: float, last: float, strength: float) -> float:
    """Geometric interpolation: ``first`` at strength 0, ``last`` at 1."""
    return first * (last / first) ** strength


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def fit_length(samples: np.ndarray, length: int) -> np.ndarray:
    """Cut to ``length``, or padded with silence at the end."""
    return np.pad(samples[:length], (0, max(0, length - len(samples))))
