"""Conditions of recording under which answers should stay the same.

Changes are after ser-tests where it has them, with its limits, and made of generated sound: the noise is generated, and
the voices of the babble are those of other clips of the audit. ser-tests draws the strength of its small changes for
each clip from three; here the strength is fixed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy  # scipy.signal is loaded when it is first used

from xser_demo.audio import perturbations
from xser_demo.audio.perturbations.base import rms
from xser_demo.audio.silence import trim
from xser_demo.audit.properties import OURS, SER_TESTS, Limit
from xser_demo.utils.settings import SAMPLE_RATE

Change = Callable[[np.ndarray, int, list[np.ndarray]], np.ndarray]  # samples, seed, other clips -> samples

SMALL = Limit(0.95, True, SER_TESTS)  # answers unchanged by a subtle change
NOISY = Limit(0.9, True, SER_TESTS)  # by background noise
MOVED = Limit(0.8, True, SER_TESTS)  # by another room or microphone
PHONE = Limit(0.5, True, SER_TESTS)  # by a phone of low quality
LINE = Limit(0.8, True, OURS)  # by one part of such a phone
LOST, LOST_BY_TILT = Limit(-0.05, True, SER_TESTS), Limit(-0.02, True, SER_TESTS)  # of the UAR
VOICES = 5  # of the babble; ser-tests mixes 4 to 7
TILT_DB = 6.0  # per octave above and below 1 kHz, at most 12 dB


@dataclass(frozen=True)
class Condition:
    """``words``: with or after what the answers should stay the same. ``unchanged``: limit of the share of unchanged
    answers; ``lost``: of the change of the UAR, None where that is not asked."""

    id: str
    words: str
    change: Change
    unchanged: Limit
    lost: Limit | None = None


def gain(samples: np.ndarray, seed: int, others: list[np.ndarray], db: float) -> np.ndarray:
    """Quieter, in the 16 bits of a recording."""
    return np.round(samples * 10 ** (db / 20) * 2**15) / 2**15


def silence(samples: np.ndarray, seed: int, others: list[np.ndarray]) -> np.ndarray:
    return np.pad(samples, SAMPLE_RATE)


def crop(samples: np.ndarray, seed: int, others: list[np.ndarray]) -> np.ndarray:
    cut = min(500, len(samples) // 10)
    return samples[cut:-cut]


def clip_peaks(samples: np.ndarray, seed: int, others: list[np.ndarray]) -> np.ndarray:
    level = np.quantile(np.abs(samples), 1 - 0.003)
    return np.clip(samples, -level, level)


def filtered(samples: np.ndarray, seed: int, others: list[np.ndarray], kind: str, hertz: float) -> np.ndarray:
    """By a Butterworth filter of order 1."""
    return scipy.signal.sosfilt(scipy.signal.butter(1, hertz, kind, fs=SAMPLE_RATE, output="sos"), samples)


def tone(samples: np.ndarray, seed: int, others: list[np.ndarray]) -> np.ndarray:
    """45 dB below the peak."""
    wave = np.sin(2 * np.pi * 6000 * np.arange(len(samples)) / SAMPLE_RATE)
    return samples + np.abs(samples).max() * 10 ** (-45 / 20) * wave


def white_noise(samples: np.ndarray, seed: int, others: list[np.ndarray], snr: float) -> np.ndarray:
    return samples + _at(samples, np.random.default_rng(seed).standard_normal(len(samples)), snr)


def babble(samples: np.ndarray, seed: int, others: list[np.ndarray], snr: float) -> np.ndarray:
    """``VOICES`` other clips at once, each as loud as the others and from a random moment on; they repeat."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(others), size=min(VOICES, len(others)), replace=False)
    voices = [np.roll(trim(others[n]), random.integers(SAMPLE_RATE)) for n in chosen.tolist()]
    mixed = sum(np.resize(voice, len(samples)) / max(rms(voice), 1e-9) for voice in voices)
    return samples + _at(samples, mixed, snr)


def tilted(samples: np.ndarray, seed: int, others: list[np.ndarray], db: float) -> np.ndarray:
    """A microphone with more (``db`` > 0) or fewer high tones, at the same level."""
    spectrum = np.fft.rfft(samples)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE), 62.5) / 1000)
    wave = np.fft.irfft(spectrum * 10 ** (np.clip(db * octaves, -12, 12) / 20), len(samples))
    return wave * rms(samples) / max(rms(wave), 1e-9)


def synthetic(samples: np.ndarray, seed: int, others: list[np.ndarray], **strengths: float) -> np.ndarray:
    """Perturbations of the Shift lab."""
    return perturbations.apply(samples.astype(np.float32), strengths, seed)


def _at(samples: np.ndarray, noise: np.ndarray, snr: float) -> np.ndarray:
    """The noise, ``snr`` dB below the clip without its silence."""
    return noise / max(rms(noise), 1e-9) * rms(trim(samples)) * 10 ** (-snr / 20)


CONDITIONS = (
    Condition("white-noise-40", "white noise 40 dB below the speech", partial(white_noise, snr=40), SMALL),
    Condition("tone", "a tone of 6 kHz 45 dB below the peak", tone, SMALL),
    Condition("gain", "a level 2 dB lower", partial(gain, db=-2), SMALL),
    Condition("quiet", "a level 20 dB lower", partial(gain, db=-20), SMALL),
    Condition("silence", "a second of silence before and after", silence, SMALL),
    Condition("crop", "0.03 s cut from both ends", crop, SMALL),
    Condition("clipped-peaks", "0.3% of the samples clipped", clip_peaks, SMALL),
    Condition("highpass", "fewer tones below 100 Hz", partial(filtered, kind="highpass", hertz=100), SMALL),
    Condition("lowpass", "fewer tones above 7 kHz", partial(filtered, kind="lowpass", hertz=7000), SMALL),
    Condition("white-noise", "white noise 20 dB below the speech", partial(white_noise, snr=20), NOISY, LOST),
    Condition("steady-noise", "the noise of a fan 20 dB below the speech", partial(synthetic, noise=0.5), NOISY, LOST),
    Condition("babble", "five other voices 20 dB below the speech", partial(babble, snr=20), NOISY, LOST),
    Condition("room", "an echo of 0.65 s", partial(synthetic, room=0.5), MOVED),
    Condition("dark-microphone", "a microphone with fewer high tones", partial(tilted, db=-TILT_DB), MOVED,
              LOST_BY_TILT),
    Condition("bright-microphone", "a microphone with more high tones", partial(tilted, db=TILT_DB), MOVED,
              LOST_BY_TILT),
    Condition("telephone-band", "the band of a telephone, 300 to 3400 Hz", partial(synthetic, band=1.0), LINE),
    Condition("codec", "Opus at 12 kbit/s", partial(synthetic, codec=0.5), LINE),
    Condition("automatic-gain", "automatic gain control", partial(synthetic, gain=1.0), LINE),
    Condition("overload", "peaks 15 dB above full scale, cut off", partial(synthetic, clipping=0.5), LINE),
    Condition("bad-phone", "automatic gain, a telephone band and Opus at 6 kbit/s together",
              partial(synthetic, gain=1.0, band=1.0, codec=1.0), PHONE, LOST),
)  # fmt: skip


def apply(condition: Condition, samples: np.ndarray, seed: int, others: list[np.ndarray]) -> np.ndarray:
    """The changed samples, float32, within full scale."""
    changed = np.asarray(condition.change(np.asarray(samples, np.float64), seed, others), np.float32)
    peak = np.abs(changed).max(initial=0)
    return changed / peak if peak > 1 else changed
