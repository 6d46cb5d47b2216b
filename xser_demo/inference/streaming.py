"""The live microphone: the last 3 s of it, and what models say of them. Nothing older is kept."""

import io
import wave
from dataclasses import dataclass, field

import numpy as np

from xser_demo.audio import vad
from xser_demo.audio.io import MAX_CHANNELS, RATES, SILENCE, from_array
from xser_demo.inference.predict import encode_clips, predict
from xser_demo.inference.timeline import LEAST_S, WINDOW_S, Moment
from xser_demo.networks.checkpoints import Loaded
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError

FIRST_S = 1.0  # nothing is answered before
BEHIND_S = 1.0  # a computer that is later than this leaves out answers, never sound,
MOST_LEFT_OUT = 3  # but not more in a row: a microphone that drops sound looks like a slow computer


@dataclass
class Stream:
    """One visitor's live microphone. ``ring`` (n,) holds the last 3 s as they came; ``heard_s``: seconds so far."""

    rate: int = 0
    ring: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    heard_s: float = 0.0
    models: list[Loaded] = field(default_factory=list)  # who is asked, from the first piece to the last
    moments: list[list[Moment]] = field(default_factory=list)  # of each model; words and figures, no sound
    answered_s: float = 0.0
    _begun: float = float("inf")  # the clock when the first sound was heard, by the piece that came soonest
    _left_out: int = 0

    def late(self, clock: float) -> bool:
        """Whether to leave this answer out, to catch up. ``clock``: seconds of any steady clock."""
        self._begun = min(self._begun, clock - self.heard_s)
        behind = clock - self.heard_s - self._begun > BEHIND_S
        self._left_out = self._left_out + 1 if behind and self._left_out < MOST_LEFT_OUT else 0
        return self._left_out > 0

    def forget(self) -> None:
        """Drop the sound; what was answered stays."""
        self.ring = self.ring[:0]

    def add(self, rate: int, samples: np.ndarray) -> None:
        """``samples`` (n, channels) of full scale 1."""
        if rate != self.rate:
            self.rate, self.ring = rate, np.zeros(0, np.float32)
        mono = samples.mean(axis=1, dtype=np.float32)
        self.ring = np.concatenate([self.ring, mono])[-int(WINDOW_S * rate) :]
        self.heard_s += len(mono) / rate

    @property
    def over(self) -> bool:
        return self.heard_s >= settings.LIVE_S


def chunk(data: bytes) -> tuple[int, np.ndarray]:
    """A piece of a recording as the browser sends it: the 44 bytes in which a WAV file says what it holds, which do
    not know how long it is, and 16-bit samples. (rate, samples (n, channels)) of full scale 1."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
    except (wave.Error, EOFError) as error:
        raise AudioError("The microphone sent no WAV; reload the page and try again.") from error
    if width != 2 or not 1 <= channels <= MAX_CHANNELS or not RATES[0] <= rate <= RATES[1]:
        raise AudioError("The microphone sent an unknown kind of sound; record a clip instead.")
    body = data[44:]
    samples = np.frombuffer(body[: len(body) // (2 * channels) * 2 * channels], "<i2")
    return rate, samples.reshape(-1, channels).astype(np.float32) / 32768


def respond(stream: Stream) -> None:
    """Ask the models, which hear encoder frames, about the last 3 s, and note what they say as the answer for the time
    since the last one. Without half a second of speech that is silence."""
    stream.moments = stream.moments or [[] for _ in stream.models]
    said: list[dict | None] = [None] * len(stream.models)
    if len(stream.ring) >= FIRST_S * stream.rate and np.ptp(stream.ring) / 2 >= SILENCE:
        clip = from_array(stream.ring, stream.rate)
        if sum(b - a for a, b in vad.speech_segments(clip.samples)) >= LEAST_S:
            heard = encode_clips([clip])[0]
            said = [predict(model, heard).probabilities for model in stream.models]
    for row, probabilities in zip(stream.moments, said, strict=True):
        row.append(Moment(stream.answered_s, stream.heard_s, probabilities))
    stream.answered_s = stream.heard_s
