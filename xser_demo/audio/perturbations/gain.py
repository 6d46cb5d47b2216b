"""Automatic gain control: differences in level are reduced, as browsers and telephones do by default.

A follower tracks the level of 10 ms frames in decibels with a fast attack and a slow release; the gain moves the
tracked level part of the way to the target, all of it at strength 1 (compression 1 / (1 - strength)). So loudness as a
cue to emotion disappears, and the background gets louder in pauses. A limiter with 10 ms look-ahead keeps peaks under
-1 dBFS. The gain starts at the level of the voice, as after some seconds of speech. It is not the code of a particular
browser; those also detect speech. The length stays; there is no delay.
Measured on the example clips at strength 1: they end at -23 to -24 dBFS (limiter and attack take the rest), and a copy
that is 30 dB quieter within 0.6 dB of its original.
"""

import numpy as np

from xser_demo.audio.perturbations.base import Perturbation, rms
from xser_demo.audio.silence import trim
from xser_demo.utils.settings import SAMPLE_RATE

TARGET_DB = -20.0  # RMS in dBFS; peaks of speech are some 15 dB higher
CEILING = 10 ** (-1 / 20)
FRAME = SAMPLE_RATE // 100
ATTACK_S, RELEASE_S = 0.02, 0.5  # time constants for a rising and a falling level
FLOOR_DB = -70.0  # lowest level that is tracked
MAX_GAIN_DB = 40.0  # up or down


def decibels(level: np.ndarray | float) -> np.ndarray:
    return 20 * np.log10(np.maximum(level, 10 ** (FLOOR_DB / 20)))


def followed(levels: np.ndarray, start: float) -> np.ndarray:
    """(k,) levels in dB of a one-pole follower that begins at ``start``."""
    attack, release = (1 - np.exp(-FRAME / SAMPLE_RATE / s) for s in (ATTACK_S, RELEASE_S))
    tracked, state = np.empty(len(levels)), start
    for k, level in enumerate(levels.tolist()):
        state += (attack if level > state else release) * (level - state)
        tracked[k] = state
    return tracked


def change(samples: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    count = -(-len(samples) // FRAME)
    frames = np.pad(samples, (0, count * FRAME - len(samples))).reshape(count, FRAME)
    levels = followed(decibels(np.sqrt(np.mean(frames**2, axis=1))), float(decibels(rms(trim(samples)))))
    gain = 10 ** (strength * np.clip(TARGET_DB - levels, -MAX_GAIN_DB, MAX_GAIN_DB) / 20)
    gain = np.minimum(gain, CEILING / np.maximum(np.abs(frames).max(axis=1), 1e-12))
    # The gain is linear between frame borders, and at a border it is the lower gain of the two frames, so no sample
    # gets more than its own frame allows.
    borders = np.minimum(np.append(gain, gain[-1]), np.append(gain[0], gain))
    return samples * np.interp(np.arange(len(samples)), np.arange(count + 1) * FRAME, borders)


PERTURBATION = Perturbation(
    name="gain",
    title="Automatic gain control",
    unit="%",
    info="Loud and quiet are evened out, as browsers do by default; the background swells in pauses.",
    amount=lambda strength: 100 * strength,
    words=lambda strength: f"{100 * strength:.0f} % of the differences in loudness removed",
    change=change,
)
