"""How the answer changes along a longer clip: windows of 3 s, one each second.

Each window is heard as a clip of its own, as the live microphone is. Slicing the frames of the whole clip would save
the time, but the encoder tells frames by their place: in four EmoDB utterances in a row the source-only model labelled
28 percent of the windows after the third as the corpus does when they were sliced, and 64 percent when encoded anew
(115 windows of 14 such rows). Stored utterances have no sound to encode and models of a vector describe a whole clip:
neither has a timeline.
"""

from dataclasses import dataclass, replace

import numpy as np

from xser_demo.audio.io import Clip
from xser_demo.features import FEATURES
from xser_demo.inference.predict import SURE, EncodedClip, confidence, encode_clips, predict
from xser_demo.networks.checkpoints import Loaded
from xser_demo.utils.settings import SAMPLE_RATE

WINDOW_S, HOP_S = 3.0, 1.0
LONGER_S = 4.0  # clips from here on have a timeline: two windows at least
LEAST_S = 0.5  # speech that a window must hold, as much as a clip needs to be free of a warning


@dataclass(frozen=True)
class Moment:
    """What a window says, at the seconds around its middle that it stands for."""

    start_s: float
    end_s: float
    probabilities: dict[str, float] | None  # None: silence

    @property
    def emotion(self) -> str | None:
        return max(self.probabilities, key=self.probabilities.get) if self.probabilities else None

    @property
    def confidence(self) -> float:
        """0: chance, or silence; 1: certain."""
        return confidence(self.probabilities) if self.probabilities else 0.0

    @property
    def sure(self) -> bool:
        return self.confidence >= SURE


@dataclass(frozen=True)
class Window:
    start_s: float
    end_s: float
    clip: EncodedClip | None  # None: silence


def windows(duration: float) -> list[tuple[float, float]]:
    """(start, end) in seconds, one each ``HOP_S``; the last ends with the clip. None for a clip that is too short."""
    if duration < LONGER_S:
        return []
    starts = np.arange(0, duration - WINDOW_S, HOP_S).tolist()
    if duration - WINDOW_S - starts[-1] > HOP_S / 4:
        starts.append(duration - WINDOW_S)
    return [(start, start + WINDOW_S) for start in starts]


def encode_windows(heard: EncodedClip) -> list[Window]:
    """The windows of a clip, encoded; empty for a short one or where there is no sound. About 60 ms a window on a busy
    core: keep them for further models."""
    if heard.clip is None or heard.quality is None:
        return []
    parts = windows(heard.duration_s)
    spoken = [part for part in parts if _speech(heard, *part) >= LEAST_S]
    found = dict(zip(spoken, encode_clips([_piece(heard.clip, *part) for part in spoken]), strict=True))
    return [Window(*part, found.get(part)) for part in parts]


def timeline(loaded: Loaded, unfolded: list[Window]) -> list[Moment]:
    """One moment per window, end to end over the whole clip; empty for a model of a vector."""
    if not unfolded or FEATURES[loaded.model.recipe.feature].rate_hz is None:
        return []
    edges = [0.0, *((one.start_s + one.end_s + HOP_S) / 2 for one in unfolded[:-1]), unfolded[-1].end_s]
    said = [predict(loaded, one.clip).probabilities if one.clip else None for one in unfolded]
    return [Moment(*place) for place in zip(edges[:-1], edges[1:], said, strict=True)]


def _piece(clip: Clip, start: float, end: float) -> Clip:
    samples = clip.samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    return replace(clip, samples=samples)


def _speech(heard: EncodedClip, start: float, end: float) -> float:
    """Seconds of speech between two times."""
    return sum(max(0.0, min(b, end) - max(a, start)) for a, b in heard.quality.segments)
