"""Pitch: a higher or lower voice at the same speaking rate.

The clip is stretched (tempo.py) and then played faster or slower, so the fundamental frequency and the formants move by
the same ratio, as for a smaller or larger speaker. A speaker who raises the voice moves the fundamental only. For a
lower pitch, the band above 8 kHz / ratio is empty. The length stays.
Measured on a synthetic vowel: the fundamental is right within 0.02 semitones.
"""

import numpy as np
import soxr

from xser_demo.audio.perturbations.base import Perturbation, fit_length
from xser_demo.audio.perturbations.tempo import stretched
from xser_demo.utils.settings import SAMPLE_RATE

SEMITONES = 6.0  # half an octave; a man's and a woman's voice are about 11 apart


def semitones(strength: float) -> float:
    return SEMITONES * strength


def change(samples: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    ratio = 2 ** (semitones(strength) / 12)
    longer = stretched(samples, 1 / ratio, round(len(samples) * ratio) + 1)
    return fit_length(soxr.resample(longer, ratio * SAMPLE_RATE, SAMPLE_RATE), len(samples))


PERTURBATION = Perturbation(
    name="pitch",
    title="Pitch",
    unit="semitones",
    info="A smaller or larger speaker: voice and resonances move together, the speaking rate stays.",
    amount=semitones,
    words=lambda strength: f"{abs(semitones(strength)):.1f} semitones {'higher' if strength > 0 else 'lower'}",
    change=change,
    low=-1.0,
)
