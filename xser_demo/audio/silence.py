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
DETECTOR_RMS = 0.1  # of the loudest 100 ms; every clip is scaled to it before the detector
FRAME = SAMPLE_RATE // 10  # samples in a 10 Hz frame
HOP = SAMPLE_RATE // 100  # samples: parts are found to 10 ms, by the level over 10 ms
SMALLEST = 1e-12  # power of rounding errors: below this is digital silence


@dataclass(frozen=True)
class Sound:
    """The parts of a clip with sound.

    ``samples`` (1600 m,): the 10 Hz frames of the parts and one frame around each, without a constant offset; what is
    not part of them is 0. ``inside`` (m,) bool: which of these frames belong to the parts; the others are context for
    an encoder. ``places`` (k,) int64: where in the clip each frame inside is, in tenths of a second;
    rising. ``speech``: where the detector hears speech, (start, end) in seconds of the clip.
    """

    samples: np.ndarray
    inside: np.ndarray
    places: np.ndarray
    speech: list[tuple[float, float]]


@dataclass(frozen=True)
class _Found:
    """``parts`` with sound and the loudest moment, in samples; ``speech`` in seconds; ``wave`` (n,): the clip without a
    constant offset, 0 outside the parts."""

    parts: list[tuple[int, int]]
    loudest: int
    speech: list[tuple[float, float]]
    wave: np.ndarray


def cut(samples: np.ndarray) -> Sound:
    """Cut the silence of a clip. ``samples``: (n,) float32 at 16 kHz. A clip without any sound is kept whole.

    Frames are counted from the loudest moment, so that they hold the same sound whatever lies before it.
    """
    found = _find(samples)
    before = FRAME + (FRAME // 2 - found.loudest) % FRAME  # zeros: the loudest moment is the middle of a frame
    frames = np.pad(found.wave, (before, 2 * FRAME - (before + len(samples)) % FRAME)).reshape(-1, FRAME)
    inside = np.zeros(len(frames), dtype=bool)
    for start, stop in found.parts:
        inside[(before + start) // FRAME : -(-(before + stop) // FRAME)] = True
    heard = inside.copy()
    heard[1:] |= inside[:-1]
    heard[:-1] |= inside[1:]
    places = np.floor(np.flatnonzero(inside) - before / FRAME + 0.5).astype(np.int64)
    return Sound(frames[heard].ravel(), inside[heard], places - min(0, places[0]), found.speech)


def trim(samples: np.ndarray) -> np.ndarray:
    """(m,): the parts of a clip with sound, one after another, for features that need no context."""
    found = _find(samples)
    return np.concatenate([found.wave[start:stop] for start, stop in found.parts])


def parts(samples: np.ndarray) -> list[tuple[int, int]]:
    """(start, stop) in samples of each part with sound, to 10 ms."""
    return _find(samples).parts


def _find(samples: np.ndarray) -> _Found:
    """Digital silence at the ends is left out first, and all is counted from the first loud sample on: what lies around
    the sound does not change what is found."""
    changes = np.flatnonzero(np.diff(samples))
    nothing = _Found([(0, len(samples))], FRAME // 2, [], samples)
    if not len(changes):
        return nothing
    begin = int(changes[0]) + 1 if changes[0] else 0
    end = int(changes[-1]) + 1 if changes[-1] < len(samples) - 2 else len(samples)
    wave = samples[begin:end].astype(np.float64)
    wave -= _loud_mean(wave)
    level, tenths = _power(wave, HOP), _power(wave, FRAME)
    loudest = float(tenths.max())
    if loudest < SMALLEST:
        return nothing
    loud = level >= loudest * 10 ** (-TOP_DB / 10)
    first, last = np.flatnonzero(loud)[[0, -1]].tolist()
    speech = _speech(wave[first : last + 1] * (DETECTOR_RMS / np.sqrt(loudest)))
    found = np.flatnonzero(_near(speech, loud[first : last + 1 : HOP]))
    runs = np.split(found, np.flatnonzero(np.diff(found) > MIN_PAUSE_S * 100) + 1)
    first += begin
    parts = [(first + int(run[0]) * HOP, min(first + int(run[-1] + 1) * HOP, end)) for run in runs]
    return _Found(
        parts=parts,
        loudest=begin + int(tenths.argmax()),
        speech=[(first / SAMPLE_RATE + start, first / SAMPLE_RATE + stop) for start, stop in speech],
        wave=(np.pad(wave, (begin, len(samples) - end)) * _gate(parts, len(samples))).astype(np.float32),
    )


def _near(speech: list[tuple[float, float]], loud: np.ndarray) -> np.ndarray:
    """(m,) bool: which loud 10 ms are near detected speech; all of them where none is."""
    near = np.zeros_like(loud)
    for start, stop in speech:
        near[max(0, round((start - NEAR_SPEECH_S) * 100)) : round((stop + NEAR_SPEECH_S) * 100) + 1] = True
    return near & loud if (near & loud).any() else loud


def _gate(parts: list[tuple[int, int]], length: int) -> np.ndarray:
    """(n,): 1 in the parts, 0 elsewhere, with slopes of 10 ms before and after each part."""
    gate, slope = np.zeros(length + 2 * HOP), np.linspace(0, 1, HOP, endpoint=False)
    for start, stop in parts:
        gate[start : start + HOP] = np.maximum(gate[start : start + HOP], slope)
        gate[start + HOP : stop + HOP] = 1
        gate[stop + HOP : stop + 2 * HOP] = slope[::-1]
    return gate[HOP:-HOP]


def _loud_mean(wave: np.ndarray) -> float:
    """The constant offset of a recording: the mean of its loud 10 ms, since silence may have been added without it."""
    hops = wave[: len(wave) // HOP * HOP].reshape(-1, HOP)
    if not len(hops):
        return float(wave.mean())
    power = hops.var(axis=1)
    return float(hops[power >= power.max() * 10 ** (-TOP_DB / 10)].mean())


def _power(wave: np.ndarray, window: int) -> np.ndarray:
    """(n,): power around each sample, over ``window`` samples and without their mean; around the clip is silence."""
    inside, total, squares = (_running_sum(x, window) for x in (np.ones_like(wave), wave, wave**2))
    return np.maximum(squares - total**2 / inside, 0.0) / window


def _running_sum(x: np.ndarray, window: int) -> np.ndarray:
    """(n,): sum of ``window`` values around each, 0 beyond the ends."""
    total = np.cumsum(np.pad(x, (window // 2 + 1, window - window // 2 - 1)))
    return total[window:] - total[:-window]


def _speech(heard: np.ndarray) -> list[tuple[float, float]]:
    """Where the detector hears speech, in seconds. It hears the sounding stretch only, at one level and with silence
    around it, so that neither what lies around it nor gain changes what it finds."""
    segments = np.array(speech_segments(np.pad(heard.clip(-1, 1), FRAME))).reshape(-1, 2) - FRAME / SAMPLE_RATE
    return [(float(a), float(b)) for a, b in segments.clip(0, len(heard) / SAMPLE_RATE) if b > a]
