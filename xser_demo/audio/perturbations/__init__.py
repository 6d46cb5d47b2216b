"""Synthetic perturbations of a clip, each with one strength: voice, room, noise and transmission.

Pure functions on (n,) float32 samples at 16 kHz; the same strength and seed give the same samples. To add one, write a
file like noise.py and add its name to PERTURBATIONS at its physical place.
"""

import numpy as np

from xser_demo.audio.perturbations import band, clipping, codec, gain, noise, pitch, room, tempo
from xser_demo.audio.perturbations.base import Perturbation
from xser_demo.utils.errors import SettingsError

__all__ = ["PERTURBATIONS", "Perturbation", "apply", "get"]

# In the order of the signal path: speaker, room, microphone, line.
PERTURBATIONS: dict[str, Perturbation] = {
    one.PERTURBATION.name: one.PERTURBATION for one in (pitch, tempo, room, noise, gain, clipping, band, codec)
}


def get(name: str) -> Perturbation:
    if name not in PERTURBATIONS:
        raise SettingsError(f"There is no shift '{name}'; choose one of: {', '.join(PERTURBATIONS)}.")
    return PERTURBATIONS[name]


def apply(samples: np.ndarray, strengths: dict[str, float], seed: int = 0) -> np.ndarray:
    """Apply several perturbations, name -> strength, always in the order of ``PERTURBATIONS``.

    Only "tempo" (n / speed) and "room" (its tail is kept) change the length; peaks stay within full scale.
    SettingsError for an unknown name or a strength out of range.
    """
    for name, strength in strengths.items():
        get(name).check(strength)
    for name, perturbation in PERTURBATIONS.items():
        samples = perturbation.apply(samples, strengths.get(name, 0), seed)
    return samples
