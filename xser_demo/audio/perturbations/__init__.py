"""Synthetic shifts of one clip: what lies between a speaker and a model, each with one strength.

Pure functions on (n,) float32 samples at 16 kHz; the same strength and seed give the same samples. To add a shift,
write one file like noise.py and put its line into SHIFTS at its physical place.
"""

import numpy as np

from xser_demo.audio.perturbations import band, clipping, codec, gain, noise, pitch, room, tempo
from xser_demo.audio.perturbations.base import Perturbation
from xser_demo.utils.errors import SettingsError

__all__ = ["PERTURBATIONS", "Perturbation", "apply", "get"]

# In the order in which sound travels: speaker, room, microphone, line.
PERTURBATIONS: dict[str, Perturbation] = {
    one.PERTURBATION.name: one.PERTURBATION for one in (pitch, tempo, room, noise, gain, clipping, band, codec)
}


def get(name: str) -> Perturbation:
    if name not in PERTURBATIONS:
        raise SettingsError(f"There is no shift '{name}'; choose one of: {', '.join(PERTURBATIONS)}.")
    return PERTURBATIONS[name]


def apply(samples: np.ndarray, strengths: dict[str, float], seed: int = 0) -> np.ndarray:
    """Several shifts, in the order of ``PERTURBATIONS`` whatever the order of ``strengths``.

    The length stays but for "tempo" (n / speed) and "room" (its tail is kept); peaks stay within full scale.
    """
    for name, strength in strengths.items():
        get(name).check(strength)
    for name, shift in PERTURBATIONS.items():
        samples = shift.apply(samples, strengths.get(name, 0), seed)
    return samples
