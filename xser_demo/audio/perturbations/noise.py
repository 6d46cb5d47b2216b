"""Background noise: steady, as of ventilation, distant traffic or a fan.

Pink noise (equal power in every octave above 100 Hz, equal power per hertz below) at a given signal-to-noise ratio: RMS
of the clip without its silence (audio/silence.py) over RMS of the noise. No voices, no events. A silent clip stays
silent. The length stays.
Measured over the speech part of the example clips: the ratio is right within 0.1 dB.
"""

import numpy as np

from xser_demo.audio.perturbations.base import Perturbation, rms
from xser_demo.audio.silence import trim
from xser_demo.utils.settings import SAMPLE_RATE

MAX_SNR, MIN_SNR = 40.0, 0.0  # dB, a quiet room and a loud street
KNEE_HZ = 100.0  # pink noise down to 0 Hz would be mostly inaudible rumble


def ratio(strength: float) -> float:
    return MAX_SNR + (MIN_SNR - MAX_SNR) * strength


def pink(count: int, random: np.random.Generator) -> np.ndarray:
    """(count,) noise of RMS 1; silence if ``count`` is too small for more than a constant."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    frequencies = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    spectrum /= np.sqrt(np.maximum(frequencies, KNEE_HZ))
    spectrum[0] = 0.0
    noise = np.fft.irfft(spectrum, count)
    return noise / max(rms(noise), 1e-12)


def change(samples: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    return samples + pink(len(samples), random) * rms(trim(samples)) * 10 ** (-ratio(strength) / 20)


PERTURBATION = Perturbation(
    name="noise",
    title="Background noise",
    unit="dB",
    info="A steady hum and hiss, as of a fan or distant traffic, without voices.",
    amount=ratio,
    words=lambda strength: (
        f"speech {ratio(strength):.0f} dB above the noise" if ratio(strength) else "noise as loud as the speech"
    ),
    change=change,
)
