"""Frame-level descriptors behind ``gemaps``: 100 a second, made with numpy, scipy and librosa.

Written from the paper (Eyben et al. 2016, "The Geneva Minimalistic Acoustic Parameter Set", IEEE TAC 7(2), section 3),
not from openSMILE's code or configuration. Frames are centred on the same instants: 60 ms Gaussian windows for what
needs several periods of the voice (pitch, harmonics, formants), 20 ms Hamming windows for the shape of the spectrum.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy  # its parts are loaded when they are first used

from xser_demo.utils.settings import SAMPLE_RATE

HOP = SAMPLE_RATE // 100  # 10 ms
LONG, SHORT = 960, 320  # samples: 60 and 20 ms
LONG_FFT, SHORT_FFT = 2048, 512
LOWEST, HIGHEST = 55.0, 1000.0  # Hz, of the pitch (the paper's range)
STEPS = 48  # of an octave, in the search for the pitch
HARMONICS, DECAY = 10, 0.85  # of subharmonic summation (Hermes 1988)
CANDIDATES, JUMP = 6, 0.2  # pitches a frame; what a jump of one octave costs, in shares of the best candidate
PERIODIC, PER_DB = 0.4, 0.01  # autocorrelation that makes the loudest frame voiced; what each dB below it adds
REFERENCE = 27.5  # Hz, zero semitones
FORMANT_RATE = 11_000  # Hz: formants below 5.5 kHz
FORMANT_ORDER = 11
NO_LEVEL = -201.0  # dB, "no formant level" in an unvoiced frame, as openSMILE writes it
LOUD = 15.0  # brings the sum of compressed bands to the size of openSMILE's loudness (measured)
TINY = 1e-10  # power below any recording's


@dataclass(frozen=True)
class Frames:
    """Descriptors of one clip, each (frames,) unless said otherwise; already smoothed over three frames.

    Those of the voice are meaningful where ``voiced``; ``jitter`` and ``shimmer`` are NaN where no period was measured.
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
    hnr: np.ndarray  # dB, periodic over the remaining power
    h1_h2: np.ndarray  # dB, between the first two harmonics above the fundamental
    h1_a3: np.ndarray  # dB, between the first of these and the strongest harmonic at F3
    formants: np.ndarray  # (frames, 3), Hz
    bandwidths: np.ndarray  # (frames, 3), Hz
    levels: np.ndarray  # (frames, 3), dB: strongest harmonic at the formant over the fundamental


def describe(samples: np.ndarray) -> Frames:
    """``samples``: (n,) float32 at 16 kHz. A clip shorter than 60 ms is filled up with zeros."""
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
    jitter, shimmer = _periods(samples, hertz, voiced)
    formants, bandwidths = _formants(samples, voiced)
    h1_h2, h1_a3, levels = _harmonics(power, hertz, formants, voiced)
    inside = np.clip(periodicity, 0.01, 0.999)

    def smooth(values):  # unvoiced frames have no part in the voice's descriptors
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


def pitch(power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Subharmonic summation with a smooth path. ``power``: (frames, 1025) of the 60 ms windows.

    Returns Hz and periodicity (the autocorrelation at that period; the window keeps it below 1), both (frames,). On 50
    corpus clips 2.5 % of the frames were over a semitone from openSMILE, 10 % with librosa.yin; and it reuses the
    spectra that are needed anyway.
    """
    grid, bins, share = _log_grid()
    magnitude = np.sqrt(power)
    at_grid = magnitude[:, bins] * (1 - share) + magnitude[:, bins + 1] * share
    size = int(np.log2(HIGHEST / LOWEST) * STEPS) + 1
    sums = np.zeros((len(power), size), np.float32)
    for harmonic in range(1, HARMONICS + 1):
        shift = round(np.log2(harmonic) * STEPS)
        part = at_grid[:, shift : shift + size]
        sums[:, : part.shape[1]] += DECAY ** (harmonic - 1) * part
    sums /= sums.max(1, keepdims=True) + TINY
    chosen = _path(sums)
    rows = np.arange(len(sums))
    hertz = grid[0] * 2 ** ((chosen + _vertex(*(sums[rows, chosen + step] for step in (-1, 0, 1)))) / STEPS)

    lags = int(SAMPLE_RATE / LOWEST) + 3
    correlation = scipy.fft.irfft(power, LONG_FFT, axis=1)[:, :lags]
    correlation = correlation / (correlation[:, :1] + TINY)
    lag = np.clip(np.rint(SAMPLE_RATE / hertz).astype(int), 2, lags - 2)
    near = np.stack([correlation[rows, lag + step] for step in (-1, 0, 1)])
    return hertz, near.max(0)


def _path(sums: np.ndarray) -> np.ndarray:
    """The candidate of each frame on the path that is high and has few jumps (Viterbi)."""
    inner = sums[:, 1:-1]
    peaks = np.zeros_like(sums)
    peaks[:, 1:-1] = np.where((inner >= sums[:, :-2]) & (inner > sums[:, 2:]), inner, 0)
    places = np.argpartition(-peaks, CANDIDATES, axis=1)[:, :CANDIDATES]
    places = np.where(np.take_along_axis(peaks, places, 1) > 0, places, sums.argmax(1)[:, None])
    places = np.clip(places, 1, sums.shape[1] - 2)
    costs = 1 - np.take_along_axis(sums, places, 1)
    back = np.zeros(places.shape, int)
    total = costs[0]
    for i in range(1, len(places)):
        moves = total[:, None] + JUMP / STEPS * np.abs(places[i - 1][:, None] - places[i])
        back[i] = moves.argmin(0)
        total = moves.min(0) + costs[i]
    best = np.zeros(len(places), int)
    best[-1] = total.argmin()
    for i in range(len(places) - 1, 0, -1):
        best[i - 1] = back[i, best[i]]
    return np.take_along_axis(places, best[:, None], 1)[:, 0]


def _auditory(spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Loudness, flux and MFCC 1-4 of the (frames, 257) power spectra of 20 ms windows."""
    bank, equal, cosines = _mel()
    bands = spectrum @ bank.T
    heard = np.cbrt(bands * equal)
    magnitude = np.sqrt(spectrum[:, : 5000 * SHORT_FFT // SAMPLE_RATE + 1])
    flux = np.sqrt(np.square(np.diff(magnitude, axis=0, prepend=magnitude[:1])).mean(1))
    return heard.sum(1) / LOUD, flux, np.log(bands + TINY) @ cosines


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

    H1 is the first harmonic above the fundamental, at twice the pitch, and H2 at three times: so openSMILE's values
    behave (they follow these two with coefficients 0.94 and -0.93). Elsewhere H1 often is the fundamental.
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
    at = hertz[rows, None, None] * (numbers[:, None] + reach) / step
    near = np.minimum(np.rint(at).astype(int), bins - 1)
    heights = np.take_along_axis(decibels[rows], near.reshape(len(rows), -1), 1).reshape(near.shape).max(2)
    fundamental = heights[:, 0]
    h1_h2[rows] = heights[:, 1] - heights[:, 2]
    away = np.abs(formants[rows][:, :, None] / hertz[rows][:, None, None] - numbers)
    closest = np.maximum(away.min(2, keepdims=True) + 0.01, 1.01)  # the harmonics on either side
    strongest = np.where(away <= closest, heights[:, None, :], -np.inf).max(2)
    levels[rows] = strongest - fundamental[:, None]
    h1_a3[rows] = heights[:, 1] - strongest[:, 2]
    return h1_h2, h1_a3, levels


def _formants(samples: np.ndarray, voiced: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and bandwidths of F1-F3, both (frames, 3) Hz, from the roots of linear prediction.

    Roots below 90 Hz or above 5.2 kHz, and those too wide to be a resonance, are not formants.
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
    neutral = np.array([500.0, 1500.0, 2500.0])  # of a neutral vocal tract, where a frame has fewer than three
    return np.where(missing, neutral, frequency), np.where(missing, 500.0, width)


def _predict(correlation: np.ndarray) -> np.ndarray:
    """Prediction coefficients (frames, order) of (frames, order + 1) autocorrelations by Levinson-Durbin."""
    order = correlation.shape[1] - 1
    coefficients = np.zeros((len(correlation), order))
    error = correlation[:, 0].copy()
    for i in range(order):
        known = coefficients[:, :i]
        reflection = (correlation[:, i + 1] - (known * correlation[:, i:0:-1]).sum(1)) / error
        coefficients[:, :i] = known - reflection[:, None] * known[:, ::-1]
        coefficients[:, i] = reflection
        error *= 1 - np.square(reflection)
    return coefficients


def _periods(samples: np.ndarray, hertz: np.ndarray, voiced: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Local jitter and shimmer of each frame, NaN where its 60 ms hold no two consecutive periods.

    Walks through each voiced stretch period by period: the next one is where the waveform resembles this one best.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], voiced, [0]])))
    jitter, shimmer, count = np.zeros(len(voiced)), np.zeros(len(voiced)), np.zeros(len(voiced))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        last = min((end - 1) * HOP + LONG, len(samples))
        mark = start * HOP
        before = None
        while True:
            frame = min(max((mark - LONG // 2) // HOP, start), end - 1)
            period = SAMPLE_RATE / hertz[frame]
            low, size = int(0.93 * period), int(period)
            high = int(1.07 * period) + 1
            if mark + high + size > last:
                break
            this, following = samples[mark : mark + size], samples[mark + low : mark + high + size]
            energy = np.cumsum(np.concatenate([[0], np.square(following)]))
            likeness = np.correlate(following, this, "valid")
            likeness = likeness / np.sqrt(energy[size:] - energy[:-size] + TINY)
            best = int(likeness.argmax())
            length = low + best
            if 0 < best < len(likeness) - 1:
                length += float(_vertex(*likeness[best - 1 : best + 2]))
            height = float(this.max() - this.min())
            if before and height > 0 and before[1] > 0:
                jitter[frame] += abs(length - before[0]) / period
                shimmer[frame] += abs(20 * np.log10(height / before[1]))
                count[frame] += 1
            before = (length, height)
            mark += low + best
    around = LONG // HOP - 1  # frames whose window holds the middle of a period
    total = scipy.ndimage.uniform_filter1d(count, around, mode="constant")
    with np.errstate(divide="ignore", invalid="ignore"):
        known = voiced & (total > TINY)
        means = [scipy.ndimage.uniform_filter1d(v, around, mode="constant") / total for v in (jitter, shimmer)]
        values = [np.where(known, mean, np.nan) for mean in means]
    return values[0], values[1]


def _windows(samples: np.ndarray, size: int, hop: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]


def _mean3(values: np.ndarray) -> np.ndarray:
    return scipy.ndimage.uniform_filter1d(values, 3, axis=0, mode="nearest")


def _vertex(left, middle, right):
    """Offset of a maximum from the middle of three points, by the parabola through them, within half a step."""
    return np.clip(0.5 * (left - right) / np.minimum(left - 2 * middle + right, -TINY), -0.5, 0.5)


@cache
def _gauss(size: int) -> np.ndarray:
    """Gaussian window with a standard deviation of 0.4 half windows."""
    half = (size - 1) / 2
    return np.exp(-0.5 * np.square((np.arange(size) - half) / (0.4 * half))).astype(np.float32)


@cache
def _log_grid() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequencies with 48 steps an octave from 55 Hz to 5 kHz; the bin below each, and the share of the one above."""
    grid = LOWEST * 2 ** (np.arange(int(np.log2(5000 / LOWEST) * STEPS) + 1) / STEPS)
    places = grid * LONG_FFT / SAMPLE_RATE
    return grid, places.astype(int), (places % 1).astype(np.float32)


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
