"""Trims the silence before and after the speech, by one rule for corpora and users' recordings."""

import numpy as np

from xser_demo.utils.settings import SAMPLE_RATE

TOP_DB = 30.0  # chosen on AESDD; RAVDESS begins and ends with a second of silence, which no other corpus has
FRAME = SAMPLE_RATE // 10  # samples in a 10 Hz frame


def span(samples: np.ndarray, frames: int) -> tuple[int, int]:
    """First and one past the last of ``frames`` 10 Hz frames that are within 30 dB of the clip's loudest frame.

    ``samples``: (n,) at 16 kHz. Pauses inside the span stay; a noisy clip is not trimmed.
    """
    padded = np.zeros(frames * FRAME, dtype=np.float32)
    samples = samples[: len(padded)]
    padded[: len(samples)] = samples
    power = np.square(padded.reshape(frames, FRAME)).mean(1)
    loud = np.flatnonzero(power >= power.max() * 10 ** (-TOP_DB / 10))
    return int(loud[0]), int(loud[-1]) + 1


def cut(samples: np.ndarray) -> np.ndarray:
    """The samples of ``span``: a clip without the silence before and after its speech."""
    first, last = span(samples, -(-len(samples) // FRAME))
    return samples[first * FRAME : last * FRAME]
