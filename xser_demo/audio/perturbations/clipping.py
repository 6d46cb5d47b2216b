"""Clipping: the input level is set too high and the tops of the wave are cut off.

The clip is amplified until its peak lies 0 to 30 dB above full scale, then clipped at full scale. Even the weakest
strength raises a quiet clip to full scale. Samples are clipped at 16 kHz, so part of the distortion aliases below 8
kHz, as in a converter without an anti-aliasing filter. The length stays.
Measured on the example clips: 5 to 23 percent of the samples are clipped at 15 dB, 29 to 59 at 30 dB.
"""

import numpy as np

from xser_demo.audio.perturbations.base import Perturbation

MAX_EXCESS_DB = 30.0


def excess(strength: float) -> float:
    return MAX_EXCESS_DB * strength


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
