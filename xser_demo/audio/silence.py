"""Silence is cut before anything listens: at both ends of a clip, and in long pauses.

A clip's parts with sound are found by level and by the speech detector together. Level alone takes room noise for
sound; the detector alone misses a laugh or a sob. Neither the gain nor a constant offset of a recording matters.
"""

from dataclasses import dataclass

import numpy as np

from xser_demo.audio.vad import speech_segments
from xser_demo.utils.settings import SAMPLE_RATE

TOP_DB = 30.0  # below the loudest 100 ms: quieter is silence; chosen on AESDD (docs/tuning.md)
MIN_PAUSE_S = 0.5  # shorter pauses belong to the speech
NEAR_SPEECH_S = 0.25  # sound this close to detected speech counts as part of it
DETECTOR_RMS = 0.1  # level at which the detector hears every clip, of the loudest 100 ms
FRAME = SAMPLE_RATE // 10  # samples in a 10 Hz frame
HOP = SAMPLE_RATE // 100  # samples: resolution of the level


@dataclass(frozen=True)
class Sound:
    """The parts of a clip with sound.

    ``samples`` (1600 m,): one part after another, each with 0.1 s of what is around it on both sides, zeros beyond the
    ends of the clip. ``inside`` (m,) bool: which 10 Hz frames of them belong to the parts; the others are context for
    an encoder. ``places`` (k,) int64: the frame in the original clip of each frame inside; rising.
    """

    samples: np.ndarray
    inside: np.ndarray
    places: np.ndarray


def cut(samples: np.ndarray) -> Sound:
    """Cut the silence of a clip. ``samples``: (n,) float32 at 16 kHz. A clip without any sound is kept whole."""
    pieces, inside, places = [], [], []
    padded = np.pad(samples, (FRAME, 2 * FRAME))
    following = 0  # the first place that is free: rounding must not give one to two frames
    for start, stop in parts(samples):
        count = -(-(stop - start) // FRAME)
        pieces.append(padded[start : start + (count + 2) * FRAME])
        inside.append(np.pad(np.ones(count, dtype=bool), 1))
        places.append(max(following, start // FRAME) + np.arange(count))
        following = places[-1][-1] + 1
    return Sound(np.concatenate(pieces), np.concatenate(inside), np.concatenate(places))


def trim(samples: np.ndarray) -> np.ndarray:
    """(m,): the parts of a clip with sound, one after another, for features that need no context."""
    return np.concatenate([samples[start:stop] for start, stop in parts(samples)])


def parts(samples: np.ndarray) -> list[tuple[int, int]]:
    """(start, stop) in samples of each part with sound, to 10 ms."""
    sounding = _loud(samples)
    if not sounding.any():
        return [(0, len(samples))]
    near = np.zeros_like(sounding)
    for start, stop in _speech(samples, sounding):
        near[max(0, round((start - NEAR_SPEECH_S) * 100)) : round((stop + NEAR_SPEECH_S) * 100) + 1] = True
    if (near & sounding).any():
        sounding &= near
    found = np.flatnonzero(sounding)
    breaks = np.flatnonzero(np.diff(found) > MIN_PAUSE_S * 100) + 1
    return [(int(part[0]) * HOP, min(int(part[-1] + 1) * HOP, len(samples))) for part in np.split(found, breaks)]


def _level(samples: np.ndarray) -> np.ndarray:
    """(ceil(n / 160),) power without a constant offset, each over 30 ms around its 10 ms."""
    padded = np.pad(samples.astype(np.float64), (0, -len(samples) % HOP), mode="edge")
    hops = padded.reshape(-1, HOP)
    first, second = hops.mean(1), np.square(hops).mean(1)
    window = np.ones(3) / 3
    first, second = (np.convolve(np.pad(x, 1, mode="edge"), window, mode="valid") for x in (first, second))
    return np.maximum(second - first**2, 0.0)


def _loudest(level: np.ndarray) -> float:
    """Power of the loudest 100 ms."""
    width = min(10, len(level))
    return float(np.convolve(level, np.ones(width) / width, mode="valid").max())


def _loud(samples: np.ndarray) -> np.ndarray:
    """(ceil(n / 160),) bool: within ``TOP_DB`` of the loudest 100 ms."""
    level = _level(samples)
    loudest = _loudest(level)
    return (level >= loudest * 10 ** (-TOP_DB / 10)) & (loudest > 0)


def _speech(samples: np.ndarray, sounding: np.ndarray) -> list[tuple[float, float]]:
    """Where the detector hears speech, in seconds. It hears the sounding stretch only, at one level, so that silence
    around it and gain do not change what it finds."""
    first, last = np.flatnonzero(sounding)[[0, -1]]
    start, stop = max(0, first * HOP - FRAME), min(len(samples), (last + 1) * HOP + FRAME)
    heard = samples[start:stop].astype(np.float64)
    heard = heard - heard.mean()
    loudest = _loudest(_level(heard))
    heard = np.clip(heard * (DETECTOR_RMS / np.sqrt(loudest)), -1, 1)
    shift = start / SAMPLE_RATE
    return [(a + shift, b + shift) for a, b in speech_segments(heard)]
