"""GeMAPS-like features: the 88 dimensions of eGeMAPS, computed by this project without openSMILE (docs/gemaps.md).

eGeMAPSv02 (Eyben et al. 2016, "The Geneva Minimalistic Acoustic Parameter Set", IEEE TAC 7(2)) is computed by
openSMILE, which may be used for research and education only. This vector follows the paper with numpy, scipy, librosa
and soxr, and its dimensions have openSMILE's names so that the two can be compared. They are not equal: on real clips
most dimensions rank clips alike, formants and some voice quality do not. ``egemaps`` has the original.
"""

import numpy as np

from xser_demo.features.gemaps_descriptors import Frames, describe

_MOMENTS = ("amean", "stddevNorm")
_PERCENTILES = ("percentile20.0", "percentile50.0", "percentile80.0", "pctlrange0-2")
_SLOPES = ("meanRisingSlope", "stddevRisingSlope", "meanFallingSlope", "stddevFallingSlope")
_VOICE = ("jitterLocal", "shimmerLocaldB", "HNRdBACF", "logRelF0-H1-H2", "logRelF0-H1-A3")
_FORMANTS = tuple(f"F{i}{part}" for i in (1, 2, 3) for part in ("frequency", "bandwidth", "amplitudeLogRelF0"))
_MFCC = tuple(f"mfcc{i}" for i in (1, 2, 3, 4))
_BALANCE = ("alphaRatio", "hammarbergIndex", "slope{}0-500", "slope{}500-1500", "spectralFlux")
_TIMING = (
    "loudnessPeaksPerSec",
    "VoicedSegmentsPerSec",
    "MeanVoicedSegmentLengthSec",
    "StddevVoicedSegmentLengthSec",
    "MeanUnvoicedSegmentLength",
    "StddevUnvoicedSegmentLength",
)
_LEVEL = "equivalentSoundLevel_dBp"


def _names() -> tuple[str, ...]:
    def named(descriptors, functionals):
        return [f"{one}_{functional}" for one in descriptors for functional in functionals]

    def balance(kind):  # "V" or "UV": voiced or unvoiced frames only
        return [(one.format(kind) if "{}" in one else one + kind) + "_sma3nz" for one in _BALANCE]

    all_frames = ["spectralFlux_sma3", *(f"{one}_sma3" for one in _MFCC)]
    voiced = [f"{one}_sma3nz" for one in (*_VOICE, *_FORMANTS)] + balance("V") + [f"{one}V_sma3nz" for one in _MFCC]
    return (
        *named(["F0semitoneFrom27.5Hz_sma3nz", "loudness_sma3"], _MOMENTS + _PERCENTILES + _SLOPES),
        *named(all_frames + voiced, _MOMENTS),
        *named(balance("UV"), ["amean"]),
        *_TIMING,
        _LEVEL,
    )


NAMES = _names()


def group_of(name: str) -> str:
    """Plain-language group of a dimension by openSMILE's name for it."""
    prefixes = {
        "loudness_": "Loudness",
        "equivalent": "Loudness",
        "F0": "Pitch",
        **dict.fromkeys(_VOICE, "Voice quality"),
        **dict.fromkeys(("F1", "F2", "F3"), "Formants"),
        **dict.fromkeys(("alpha", "hammarberg", "slope", "spectralFlux"), "Spectral balance"),
        "mfcc": "MFCC 1-4",
    }
    return next((group for prefix, group in prefixes.items() if name.startswith(prefix)), "Timing")


def groups(names: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Group -> its dimensions; each dimension is in exactly one group."""
    order = ("Loudness", "Pitch", "Voice quality", "Spectral balance", "MFCC 1-4", "Formants", "Timing")
    return {group: tuple(i for i, name in enumerate(names) if group_of(name) == group) for group in order}


GROUPS = groups(NAMES)


def extract(samples: np.ndarray) -> np.ndarray:
    """``samples``: (n,) float32 at 16 kHz, not trimmed here (silence around speech lowers many means).

    Returns (88,) float32, always finite. Without voiced frames, their statistics are 0, the three formant levels are
    -201 dB and the unvoiced segment is the whole clip; digital silence has a level of -100 dB.
    """
    frames = describe(samples)
    voiced, unvoiced = frames.voiced, ~frames.voiced
    pitch = frames.pitch[voiced]
    balance = (frames.alpha, frames.hammarberg, frames.slopes[:, 0], frames.slopes[:, 1], frames.flux)
    values = [
        *_moments(pitch),
        *_percentiles(pitch),
        *_slopes(pitch),
        *_moments(frames.loudness),
        *_percentiles(frames.loudness),
        *_slopes(frames.loudness),
    ]
    for descriptor in (frames.flux, *frames.mfcc.T):
        values += _moments(descriptor)
    for descriptor in (frames.jitter, frames.shimmer):
        values += _moments(descriptor[np.isfinite(descriptor)])
    for descriptor in (frames.hnr, frames.h1_h2, frames.h1_a3):
        values += _moments(descriptor[voiced])
    for i in range(3):
        values += _moments(frames.formants[voiced, i]) + _moments(frames.bandwidths[voiced, i])
        values += _moments(frames.levels[:, i])  # over all frames, as in openSMILE
    for descriptor in (*balance, *frames.mfcc.T):
        values += _moments(descriptor[voiced])
    values += [_moments(descriptor[unvoiced])[0] for descriptor in balance]
    values += _timing(frames)
    values.append(
        10 * np.log10(max(float(np.square(samples, dtype=np.float64).mean()), 1e-10)) if len(samples) else -100
    )
    return np.nan_to_num(np.array(values, dtype=np.float32))


def _moments(values: np.ndarray) -> list[float]:
    """Mean, and standard deviation over the mean (signed, as in openSMILE; 0 if the mean is 0)."""
    if not len(values):
        return [0.0, 0.0]
    mean = float(values.mean())
    return [mean, float(values.std()) / mean if abs(mean) > 1e-9 else 0.0]


def _percentiles(values: np.ndarray) -> list[float]:
    if not len(values):
        return [0.0] * 4
    low, middle, high = np.percentile(values, (20, 50, 80)).tolist()
    return [low, middle, high, high - low]


def _turns(values: np.ndarray) -> tuple[list[int], list[int]]:
    """Indices of peaks and valleys that differ from their neighbours by over a tenth of the range, without the ends."""
    min_change = 0.1 * float(np.ptp(values)) if len(values) else 0.0
    peaks, valleys, high, low, rising = [], [], 0, 0, None
    for i, value in enumerate(values.tolist()):
        high = i if value > values[high] else high
        low = i if value < values[low] else low
        if rising is not False and values[high] - value > min_change:
            peaks += [high] if high else []
            rising, low = False, i
        elif rising is not True and value - values[low] > min_change:
            valleys += [low] if low else []
            rising, high = True, i
    return peaks, valleys


def _slopes(values: np.ndarray) -> list[float]:
    """Mean and standard deviation of the slopes (per second) of rising parts, then of falling ones (positive too)."""
    if len(values) < 2:
        return [0.0] * 4
    peaks, valleys = _turns(values)
    indices = np.unique([0, *peaks, *valleys, len(values) - 1])
    slopes = 100 * np.diff(values[indices]) / np.diff(indices)
    result = []
    for part in (slopes[slopes > 0], -slopes[slopes < 0]):
        result += [float(part.mean()), float(part.std())] if len(part) else [0.0, 0.0]
    return result


def _timing(frames: Frames) -> list[float]:
    """Loudness peaks and voiced segments per second; mean and deviation of voiced and unvoiced segment lengths (s)."""
    seconds = len(frames.voiced) / 100
    values = [len(_turns(frames.loudness)[0]) / seconds]
    for kind in (frames.voiced, ~frames.voiced):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], kind, [0]])))
        lengths = (edges[1::2] - edges[::2]) / 100
        values += [len(lengths) / seconds] if kind is frames.voiced else []
        values += [float(lengths.mean()), float(lengths.std())] if len(lengths) else [0.0, 0.0]
    return values
