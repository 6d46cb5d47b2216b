"""Timeline of predictions along a longer clip: windows of 3 s, one each second.

Each window is encoded as a clip of its own, like the live microphone. Slicing the frames of the whole clip would be
faster, but encoder frames depend on their position: on four concatenated EmoDB utterances, the source-only model agreed
with the corpus's labels on 28 percent of the windows after the third if they were sliced, and on 64 percent if they
were encoded anew (115 windows of 14 such rows). Stored utterances have no audio to encode, and models on a vector
describe a whole clip: neither has a timeline.
"""

from dataclasses import dataclass, replace

import numpy as np

from xser_demo.audio.io import Clip
from xser_demo.audio.quality import Quality
from xser_demo.features import FEATURES
from xser_demo.inference.predict import MIN_CONFIDENCE, EncodedClip, confidence, encode_clips, predict
from xser_demo.networks.checkpoints import Loaded
from xser_demo.utils.settings import SAMPLE_RATE

WINDOW_S, HOP_S = 3.0, 1.0
MIN_CLIP_S = 4.0  # of a clip with a timeline: at least two windows
MIN_SPEECH_S = 0.5  # in a window; a clip with less gets a warning


@dataclass(frozen=True)
class Moment:
    """The prediction of a window, for the seconds around its middle."""

    start_s: float
    end_s: float
    probabilities: dict[str, float] | None  # None: silence

    @property
    def emotion(self) -> str | None:
        return max(self.probabilities, key=self.probabilities.__getitem__) if self.probabilities else None

    @property
    def confidence(self) -> float:
        """0 (chance, or silence) to 1 (certain)."""
        return confidence(self.probabilities) if self.probabilities else 0.0

    @property
    def sure(self) -> bool:
        return self.confidence >= MIN_CONFIDENCE


@dataclass(frozen=True)
class Window:
    """An encoded part of a clip."""

    start_s: float
    end_s: float
    clip: EncodedClip | None  # None: silence


def windows(duration: float) -> list[tuple[float, float]]:
    """(start, end) in seconds, one each ``HOP_S``; the last ends with the clip. Empty for a clip that is too short."""
    if duration < MIN_CLIP_S:
        return []
    starts = np.arange(0, duration - WINDOW_S, HOP_S).tolist()
    if duration - WINDOW_S - starts[-1] > HOP_S / 4:
        starts.append(duration - WINDOW_S)
    return [(start, start + WINDOW_S) for start in starts]


def encode_windows(encoded: EncodedClip) -> list[Window]:
    """The windows of a clip, encoded; empty for a short clip or one without audio. Takes about 60 ms a window on a busy
    core; keep them for further models."""
    if encoded.clip is None or encoded.quality is None:
        return []
    spans = windows(encoded.duration_s)
    spoken = [span for span in spans if _speech_seconds(encoded.quality, *span) >= MIN_SPEECH_S]
    clips = dict(zip(spoken, encode_clips([_cut(encoded.clip, *span) for span in spoken]), strict=True))
    return [Window(*span, clips.get(span)) for span in spans]


def timeline(loaded: Loaded, encoded: list[Window]) -> list[Moment]:
    """One moment per window, end to end over the whole clip; empty for a model on a vector."""
    if not encoded or FEATURES[loaded.model.recipe.feature].rate_hz is None:
        return []
    edges = [0.0, *((window.start_s + window.end_s + HOP_S) / 2 for window in encoded[:-1]), encoded[-1].end_s]
    probabilities = [predict(loaded, window.clip).probabilities if window.clip else None for window in encoded]
    return [Moment(*moment) for moment in zip(edges[:-1], edges[1:], probabilities, strict=True)]


def _cut(clip: Clip, start: float, end: float) -> Clip:
    samples = clip.samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    return replace(clip, samples=samples)


def _speech_seconds(quality: Quality, start: float, end: float) -> float:
    """Seconds of speech between two times."""
    return sum(max(0.0, min(b, end) - max(a, start)) for a, b in quality.segments)
