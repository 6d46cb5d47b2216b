"""Clipping: the input level is set too high and the tops of the wave are cut off.

The clip is amplified until its peak lies 0 to 30 dB above full scale, then cut at full scale. Even the weakest strength
brings a quiet clip up to full scale. Samples are cut at 16 kHz, so part of the distortion folds back below 8 kHz, as in
a converter without a filter behind it. The length stays.
Measured on the example clips: 5 to 23 percent of the samples stick at full scale at 15 dB, 29 to 59 at 30 dB.
"""

import numpy as np

from xser_demo.audio.perturbations.base import Perturbation

MOST_DB = 30.0


def excess(strength: float) -> float:
    return MOST_DB * strength


def change(samples: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    peak = np.abs(samples).max()
    return np.clip(samples / peak * 10 ** (excess(strength) / 20), -1, 1) if peak else samples


PERTURBATION = Perturbation(
    name="clipping",
    title="Overload",
    unit="dB",
    info="The microphone's level is set too high and the tops of the wave are cut off.",
    amount=excess,
    words=lambda strength: f"peaks {excess(strength):.0f} dB above full scale",
    change=change,
)
