"""Cuts a long recording at its pauses into utterances."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from xser_demo.audio import quality, vad
from xser_demo.audio.io import MAX_LONG_S, SLACK_S, Clip
from xser_demo.audio.windows import windows
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError, TooLongError
from xser_demo.utils.settings import SAMPLE_RATE

MIN_CLIP_S, MAX_CLIP_S = 1.0, 12.0  # of an utterance
EDGE_S = 0.1  # of the pause to keep before and after an utterance
VAD_S = 30.0  # of audio for each call of the voice activity detector, which serves one visitor at a time


def is_long(clip: Clip) -> bool:
    """Whether a clip is longer than a model takes at once."""
    return clip.duration_s > settings.MAX_CLIP_S + SLACK_S


def split(clip: Clip) -> list[tuple[float, Clip]]:
    """The utterances of a long clip, each with its start in seconds; a clip that is not long is returned as it is.

    AudioError if a long clip holds no utterance.
    """
    if not is_long(clip):
        return [(0.0, clip)]
    return [
        (start / SAMPLE_RATE, replace(clip, samples=clip.samples[start:end], clipped=None))
        for start, end in cut(clip.samples)
    ]


def cut(samples: np.ndarray) -> list[tuple[int, int]]:
    """Utterances of one long recording: (start, end) in samples, in order, of 1 to 12 s.

    ``samples``: (n,) at 16 kHz, at most 30 minutes. Borders lie in pauses of at least 0.4 s; longer parts than 12 s are
    cut at their longest shorter pause, or where they are quietest. Speech under 1 s between two pauses is dropped.
    Ten minutes take about 10 s. AudioError if the recording is too long or holds no utterance.
    """
    if len(samples) > (MAX_LONG_S + SLACK_S) * SAMPLE_RATE:
        raise TooLongError(f"The recording is longer than {MAX_LONG_S / 60:g} minutes; cut it to at most that.")
    segments = [
        (first + round(start * SAMPLE_RATE), first + round(end * SAMPLE_RATE))
        for first, last in windows(samples, VAD_S)
        for start, end in vad.speech_segments(samples[first:last])
    ]
    groups: list[list[tuple[int, int]]] = []
    for segment in segments:
        if groups and segment[0] - groups[-1][-1][1] < quality.PAUSE_S * SAMPLE_RATE:
            groups[-1].append(segment)
        else:
            groups.append([segment])
    utterances = [part for group in groups for part in _split_long(samples, group)]
    utterances = [(start, end) for start, end in utterances if end - start >= MIN_CLIP_S * SAMPLE_RATE]
    if not utterances:
        raise AudioError("No utterance of a second or more was found; speak whole sentences with pauses between them.")
    return _with_edges(utterances, len(samples))


def _split_long(samples: np.ndarray, segments: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring segments of speech as one part, or as several if it would be too long."""
    start, end = segments[0][0], segments[-1][1]
    if end - start <= (MAX_CLIP_S - 2 * EDGE_S) * SAMPLE_RATE:
        return [(start, end)]
    shortest = MIN_CLIP_S * SAMPLE_RATE
    pauses = {
        border: after[0] - before[1]
        for border, (before, after) in enumerate(pairwise(segments), start=1)
        if before[1] - start >= shortest and end - after[0] >= shortest
    }
    if not pauses:
        parts = windows(samples[start:end], MAX_CLIP_S - 2 * EDGE_S)
        return [(start + first, start + last) for first, last in parts]
    border = max(pauses, key=pauses.__getitem__)
    return _split_long(samples, segments[:border]) + _split_long(samples, segments[border:])


def _with_edges(parts: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Extend each part into the pauses around it, by ``EDGE_S`` or half the pause."""
    edge = round(EDGE_S * SAMPLE_RATE)
    borders = [0, *((before[1] + after[0]) // 2 for before, after in pairwise(parts)), length]
    return [
        (max(low, start - edge), min(high, end + edge))
        for (start, end), (low, high) in zip(parts, pairwise(borders), strict=True)
    ]
