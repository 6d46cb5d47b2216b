"""Where someone speaks in a clip, for silence.py: the network of silero-vad (MIT licence) with onnxruntime."""

from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime

SAMPLE_RATE = 16_000  # Hz
WINDOW, CONTEXT = 512, 64  # samples; the context is the end of the window before
BEGIN, END = 0.5, 0.35  # speech begins at this probability, and ends below that one
PAUSE, SHORTEST, MARGIN = 1600, 4000, 480  # samples: shorter pauses and speech do not count; added at both ends


def speech_segments(samples: np.ndarray) -> list[tuple[float, float]]:
    """(start, end) in seconds of the speech in samples (n,) at 16 kHz."""
    count = -(-len(samples) // WINDOW)
    padded = np.pad(np.asarray(samples, np.float32), (CONTEXT, count * WINDOW - len(samples)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + WINDOW)[::WINDOW]
    state = np.zeros((1, 1, 128), np.float32)
    (probabilities,) = _network().run(["speech_probs"], {"input": windows, "h": state, "c": state})
    return [(start / SAMPLE_RATE, stop / SAMPLE_RATE) for start, stop in segments(probabilities, len(samples))]


def segments(probabilities: np.ndarray, length: int) -> list[tuple[int, int]]:
    """(start, stop) in samples, from the probability of speech in each window: what silero-vad finds by default."""
    found, start, pause = [], None, None
    for place, probability in zip(range(0, length, WINDOW), probabilities, strict=True):
        if probability >= BEGIN:
            start, pause = place if start is None else start, None
        elif probability < END and start is not None:
            pause = place if pause is None else pause
            if place - pause >= PAUSE:
                found.append((start, pause))
                start = pause = None
    if start is not None:
        found.append((start, length))
    spoken = [(start, stop) for start, stop in found if stop - start > SHORTEST]
    return [(max(0, start - MARGIN), min(length, stop + MARGIN)) for start, stop in spoken]


@cache
def _network() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(Path(__file__).with_name("silero_vad.onnx"))
