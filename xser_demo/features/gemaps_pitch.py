"""Pitch, periodicity, jitter and shimmer for ``gemaps``.

Pitch comes from the spectra of 60 ms windows, 100 per second; jitter and shimmer from the periods of the waveform.
"""

from functools import cache

import numpy as np
import scipy  # its parts are loaded when they are first used

from xser_demo.utils.settings import SAMPLE_RATE

HOP = SAMPLE_RATE // 100  # 10 ms
LONG = 960  # samples: 60 ms
LONG_FFT = 2048
LOWEST, HIGHEST = 55.0, 1000.0  # Hz, of the pitch (the paper's range)
STEPS = 48  # per octave, in the search for the pitch
HARMONICS, DECAY = 10, 0.85  # of subharmonic summation (Hermes 1988)
CANDIDATES, JUMP = 6, 0.2  # pitches per frame; cost of a jump by one octave, in shares of the best candidate
TINY = 1e-10  # power below that of any recording


def pitch(power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pitch by subharmonic summation with a smooth path. ``power``: (frames, 1025) of the 60 ms windows.

    Returns Hz and periodicity (the autocorrelation at that period; the window keeps it below 1), both (frames,). On 50
    corpus clips 2.5 % of the frames were over a semitone from openSMILE, 10 % with librosa.yin; and it reuses spectra
    that are needed anyway.
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
    """Pitch candidate of each frame on the best path: high sums, few jumps (Viterbi)."""
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


def jitter_and_shimmer(samples: np.ndarray, hertz: np.ndarray, voiced: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Local jitter and shimmer of each frame, (frames,) each; NaN if its 60 ms hold no two consecutive periods.

    Goes through each voiced segment period by period: the next one starts where the waveform is most similar to this
    one.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], voiced, [0]])))
    jitter, shimmer, count = np.zeros(len(voiced)), np.zeros(len(voiced)), np.zeros(len(voiced))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        last = min((end - 1) * HOP + LONG, len(samples))
        mark = start * HOP
        previous = None  # (length, height) of the period before
        while True:
            frame = min(max((mark - LONG // 2) // HOP, start), end - 1)
            period = SAMPLE_RATE / hertz[frame]
            low, size = int(0.93 * period), int(period)
            high = int(1.07 * period) + 1
            if mark + high + size > last:
                break
            current, following = samples[mark : mark + size], samples[mark + low : mark + high + size]
            energy = np.cumsum(np.concatenate([[0], np.square(following)]))
            similarity = np.correlate(following, current, "valid")
            similarity = similarity / np.sqrt(energy[size:] - energy[:-size] + TINY)
            best = int(similarity.argmax())
            length = low + best
            if 0 < best < len(similarity) - 1:
                length += float(_vertex(*similarity[best - 1 : best + 2]))
            height = float(current.max() - current.min())
            if previous and height > 0 and previous[1] > 0:
                jitter[frame] += abs(length - previous[0]) / period
                shimmer[frame] += abs(20 * np.log10(height / previous[1]))
                count[frame] += 1
            previous = (length, height)
            mark += low + best
    around = LONG // HOP - 1  # frames whose window holds the middle of a period
    total = scipy.ndimage.uniform_filter1d(count, around, mode="constant")
    with np.errstate(divide="ignore", invalid="ignore"):
        measured = voiced & (total > TINY)
        means = [scipy.ndimage.uniform_filter1d(v, around, mode="constant") / total for v in (jitter, shimmer)]
        values = [np.where(measured, mean, np.nan) for mean in means]
    return values[0], values[1]


def _vertex(left, middle, right):
    """Offset of a maximum from the middle of three points, by the parabola through them; within half a step."""
    return np.clip(0.5 * (left - right) / np.minimum(left - 2 * middle + right, -TINY), -0.5, 0.5)


@cache
def _log_grid() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequencies with 48 steps an octave from 55 Hz to 5 kHz; the bin below each, and the share of the one above."""
    grid = LOWEST * 2 ** (np.arange(int(np.log2(5000 / LOWEST) * STEPS) + 1) / STEPS)
    places = grid * LONG_FFT / SAMPLE_RATE
    return grid, places.astype(int), (places % 1).astype(np.float32)
