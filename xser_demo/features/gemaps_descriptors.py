"""Frame-level descriptors for ``gemaps``: 100 per second, computed with numpy, scipy and librosa.

Written from the paper (Eyben et al. 2016, "The Geneva Minimalistic Acoustic Parameter Set", IEEE TAC 7(2), section 3),
not from openSMILE's code or configuration. Frames are centred on the same instants: 60 ms Gaussian windows for
descriptors that need several periods of the voice (pitch, harmonics, formants), 20 ms Hamming windows for the spectrum.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy  # its parts are loaded when they are first used

from xser_demo.features.gemaps_pitch import HOP, LONG, LONG_FFT, LOWEST, TINY, jitter_and_shimmer, pitch
from xser_demo.utils.settings import SAMPLE_RATE

SHORT = 320  # samples: 20 ms
SHORT_FFT = 512
PERIODIC, PER_DB = (
    0.4,
    0.01,
)  # voicing threshold of the loudest frame; increase per dB below it
REFERENCE = 27.5  # Hz, zero semitones
FORMANT_RATE = 11_000  # Hz: formants below 5.5 kHz
FORMANT_ORDER = 11
NO_LEVEL = -201.0  # dB, "no formant level" in an unvoiced frame, as openSMILE writes it
LOUDNESS_SCALE = 15.0  # scales the sum of compressed bands to openSMILE's loudness (measured)


@dataclass(frozen=True)
class Frames:
    """Descriptors of one clip, each (frames,) unless noted; smoothed over three frames.

    Descriptors of the voice are meaningful for ``voiced`` frames; ``jitter`` and ``shimmer`` are NaN if no period was
    measured.
    """

    voiced: np.ndarray  # bool
    pitch: np.ndarray  # semitones above 27.5 Hz
    loudness: np.ndarray  # cube root of power, summed over 26 mel bands
    flux: np.ndarray
    mfcc: np.ndarray  # (frames, 4)
    alpha: np.ndarray  # dB, 1-5 kHz over 0-1 kHz
    hammarberg: np.ndarray  # dB, peak below over peak above 2 kHz
    slopes: np.ndarray  # (frames, 2), dB/Hz, 0-500 and 500-1500 Hz
    jitter: np.ndarray  # share of the period
    shimmer: np.ndarray  # dB
    hnr: np.ndarray  # dB, periodic over residual power
    h1_h2: np.ndarray  # dB, between the first two harmonics above the fundamental
    h1_a3: np.ndarray  # dB, between the first of these and the strongest harmonic at F3
    formants: np.ndarray  # (frames, 3), Hz
    bandwidths: np.ndarray  # (frames, 3), Hz
    levels: np.ndarray  # (frames, 3), dB: strongest harmonic at the formant over the fundamental


def describe(samples: np.ndarray) -> Frames:
    """``samples``: (n,) float32 at 16 kHz. A clip shorter than 60 ms is padded with zeros."""
    samples = np.pad(samples.astype(np.float32), (0, max(0, LONG - len(samples))))
    windows = _windows(samples, LONG, HOP)
    long = scipy.fft.rfft((windows - windows.mean(1, keepdims=True)) * _gauss(LONG), LONG_FFT, axis=1)
    power = np.square(long.real) + np.square(long.imag)
    margin = (LONG - SHORT) // 2
    short = _windows(samples[margin : len(samples) - margin], SHORT, HOP) * np.hamming(SHORT).astype(np.float32)
    spectrum = np.square(np.abs(scipy.fft.rfft(short, SHORT_FFT, axis=1)))

    hertz, periodicity = pitch(power)
    level = 10 * np.log10(power.sum(1) + TINY)
    voiced = scipy.ndimage.median_filter(periodicity, 5) > PERIODIC + PER_DB * (level.max() - level)
    loudness, flux, mfcc = _auditory(spectrum)
    alpha, hammarberg, slopes = _balance(spectrum)
    jitter, shimmer = jitter_and_shimmer(samples, hertz, voiced)
    formants, bandwidths = _formants(samples, voiced)
    h1_h2, h1_a3, levels = _harmonics(power, hertz, formants, voiced)
    inside = np.clip(periodicity, 0.01, 0.999)

    def smooth(values):  # over voiced frames only
        weight = voiced.reshape(-1, *[1] * (values.ndim - 1)).astype(np.float32)
        total = _mean3(weight)
        return np.where(weight > 0, _mean3(values * weight) / np.maximum(total, TINY), 0)

    return Frames(
        voiced=voiced,
        pitch=smooth(12 * np.log2(hertz / REFERENCE)),
        loudness=_mean3(loudness),
        flux=_mean3(flux),
        mfcc=_mean3(mfcc),
        alpha=_mean3(alpha),
        hammarberg=_mean3(hammarberg),
        slopes=_mean3(slopes),
        jitter=jitter,
        shimmer=shimmer,
        hnr=smooth(10 * np.log10(inside / (1 - inside))),
        h1_h2=smooth(h1_h2),
        h1_a3=smooth(h1_a3),
        formants=smooth(formants),
        bandwidths=smooth(bandwidths),
        levels=np.where(voiced[:, None], smooth(levels), NO_LEVEL),
    )


def _auditory(spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Loudness, flux and MFCC 1-4 of the (frames, 257) power spectra of 20 ms windows."""
    bank, equal, cosines = _mel()
    bands = spectrum @ bank.T
    compressed = np.cbrt(bands * equal)
    magnitude = np.sqrt(spectrum[:, : 5000 * SHORT_FFT // SAMPLE_RATE + 1])
    flux = np.sqrt(np.square(np.diff(magnitude, axis=0, prepend=magnitude[:1])).mean(1))
    return compressed.sum(1) / LOUDNESS_SCALE, flux, np.log(bands + TINY) @ cosines


def _balance(spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Alpha ratio, Hammarberg index and both slopes of (frames, 257) power spectra."""
    hertz = np.arange(spectrum.shape[1]) * SAMPLE_RATE / SHORT_FFT
    decibels = 10 * np.log10(spectrum + TINY)

    def band(low, high):
        return (hertz >= low) & (hertz <= high)

    def total(mask):
        return 10 * np.log10(spectrum[:, mask].sum(1) + TINY)

    alpha = total(band(1000, 5000)) - total(band(0, 1000))
    hammarberg = decibels[:, band(0, 2000)].max(1) - decibels[:, band(2000, 5000)].max(1)
    slopes = []
    for mask in (band(0, 500), band(500, 1500)):
        centred = hertz[mask] - hertz[mask].mean()
        slopes.append(decibels[:, mask] @ centred / np.square(centred).sum())
    return alpha, hammarberg, np.stack(slopes, 1)


def _harmonics(power, hertz, formants, voiced) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """H1-H2, H1-A3 and the three formant levels, in dB; a harmonic is the peak within a quarter of the pitch.

    H1 is the first harmonic above the fundamental, at twice the pitch, and H2 at three times the pitch, as in openSMILE
    (its values follow these two with coefficients 0.94 and -0.93). In other work H1 is often the fundamental.
    """
    frames, bins = power.shape
    decibels = 10 * np.log10(power + TINY)
    step = SAMPLE_RATE / LONG_FFT
    numbers = np.arange(1, int(5500 / LOWEST) + 1)
    reach = np.arange(-0.25, 0.2501, 0.05)
    rows = np.flatnonzero(voiced)
    h1_h2, h1_a3, levels = np.zeros(frames), np.zeros(frames), np.zeros((frames, 3))
    if not len(rows):
        return h1_h2, h1_a3, levels
    position = hertz[rows, None, None] * (numbers[:, None] + reach) / step
    index = np.minimum(np.rint(position).astype(int), bins - 1)
    heights = np.take_along_axis(decibels[rows], index.reshape(len(rows), -1), 1).reshape(index.shape).max(2)
    fundamental = heights[:, 0]
    h1_h2[rows] = heights[:, 1] - heights[:, 2]
    distance = np.abs(formants[rows][:, :, None] / hertz[rows][:, None, None] - numbers)
    closest = np.maximum(distance.min(2, keepdims=True) + 0.01, 1.01)  # the harmonics on either side
    strongest = np.where(distance <= closest, heights[:, None, :], -np.inf).max(2)
    levels[rows] = strongest - fundamental[:, None]
    h1_a3[rows] = heights[:, 1] - strongest[:, 2]
    return h1_h2, h1_a3, levels


def _formants(samples: np.ndarray, voiced: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and bandwidths of F1-F3, both (frames, 3) Hz, from the roots of linear prediction.

    Roots below 90 Hz or above 5.2 kHz, and those too wide for a resonance, are not formants.
    """
    frequency, width = np.zeros((len(voiced), 3)), np.zeros((len(voiced), 3))
    rows = np.flatnonzero(voiced)
    if not len(rows):
        return frequency, width
    import soxr

    low = soxr.resample(samples, SAMPLE_RATE, FORMANT_RATE)
    low = np.append(low[:1], low[1:] - 0.95 * low[:-1])
    size = int(0.04 * FORMANT_RATE)
    centres = (rows * HOP + LONG // 2) * FORMANT_RATE / SAMPLE_RATE
    starts = np.clip(np.rint(centres - size / 2).astype(int), 0, len(low) - size)
    windows = low[starts[:, None] + np.arange(size)] * _gauss(size)
    spectra = np.square(np.abs(scipy.fft.rfft(windows, 1024, axis=1)))
    correlation = scipy.fft.irfft(spectra, 1024, axis=1)[:, : FORMANT_ORDER + 1].astype(np.float64)
    correlation[:, 0] = correlation[:, 0] * (1 + 1e-6) + TINY
    companion = np.zeros((len(rows), FORMANT_ORDER, FORMANT_ORDER))
    companion[:, 0] = _predict(correlation)
    companion[:, np.arange(1, FORMANT_ORDER), np.arange(FORMANT_ORDER - 1)] = 1
    roots = np.linalg.eigvals(companion)
    hertz = np.angle(roots) * FORMANT_RATE / (2 * np.pi)
    wide = -np.log(np.maximum(np.abs(roots), TINY)) * FORMANT_RATE / np.pi
    hertz = np.where((hertz > 90) & (hertz < 5200) & (wide < 1500), hertz, np.inf)
    order = np.argsort(hertz, axis=1)[:, :3]
    frequency[rows], width[rows] = np.take_along_axis(hertz, order, 1), np.take_along_axis(wide, order, 1)
    missing = ~np.isfinite(frequency)
    neutral = np.array([500.0, 1500.0, 2500.0])  # of a neutral vocal tract, for frames with fewer than three
    return np.where(missing, neutral, frequency), np.where(missing, 500.0, width)


def _predict(correlation: np.ndarray) -> np.ndarray:
    """Prediction coefficients (frames, order) of (frames, order + 1) autocorrelations by Levinson-Durbin."""
    order = correlation.shape[1] - 1
    coefficients = np.zeros((len(correlation), order))
    error = correlation[:, 0].copy()
    for i in range(order):
        previous = coefficients[:, :i]
        reflection = (correlation[:, i + 1] - (previous * correlation[:, i:0:-1]).sum(1)) / error
        coefficients[:, :i] = previous - reflection[:, None] * previous[:, ::-1]
        coefficients[:, i] = reflection
        error *= 1 - np.square(reflection)
    return coefficients


def _windows(samples: np.ndarray, size: int, hop: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]


def _mean3(values: np.ndarray) -> np.ndarray:
    return scipy.ndimage.uniform_filter1d(values, 3, axis=0, mode="nearest")


@cache
def _gauss(size: int) -> np.ndarray:
    """Gaussian window with a standard deviation of 0.4 half windows."""
    half = (size - 1) / 2
    return np.exp(-0.5 * np.square((np.arange(size) - half) / (0.4 * half))).astype(np.float32)


@cache
def _mel() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """26 triangular mel bands (26, 257), their equal-loudness weights (Hermansky 1990), cosines of MFCC 1-4 (26, 4)."""
    import librosa

    count = 26
    bank = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=SHORT_FFT, n_mels=count, fmin=20, fmax=8000, htk=True, norm=None)
    centres = librosa.mel_frequencies(count + 2, fmin=20, fmax=8000, htk=True)[1:-1]
    omega = np.square(2 * np.pi * centres)
    equal = (omega + 56.8e6) * np.square(omega) / (np.square(omega + 6.3e6) * (omega + 0.38e9))
    order = np.arange(1, 5)
    lifter = 1 + 11 * np.sin(np.pi * order / 22)  # HTK's
    cosines = np.sqrt(2 / count) * np.cos(np.pi * order * (np.arange(count)[:, None] + 0.5) / count) * lifter
    return bank.astype(np.float32), equal.astype(np.float32), cosines.astype(np.float32)
