"""Live microphone: predictions on its last 3 s. Older audio is discarded."""

import io
import wave
from dataclasses import dataclass, field

import numpy as np

from xser_demo.audio import vad
from xser_demo.audio.decoders import MAX_CHANNELS, RATES
from xser_demo.audio.io import SILENCE, from_array
from xser_demo.inference.predict import encode_clips, predict
from xser_demo.inference.timeline import MIN_SPEECH_S, WINDOW_S, Moment
from xser_demo.networks.checkpoints import Loaded
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError

MIN_AUDIO_S = 1.0  # before the first prediction
MAX_DELAY_S = 1.0  # a slower computer skips predictions, never audio,
MAX_SKIPPED = 3  # but not more in a row, since a microphone that drops audio looks like a slow computer


@dataclass
class Stream:
    """One visitor's live microphone. ``ring`` (n,): the last 3 s at ``rate`` Hz. ``received_s``: seconds so far."""

    rate: int = 0
    ring: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    received_s: float = 0.0
    models: list[Loaded] = field(default_factory=list)  # that predict, fixed for the whole recording
    moments: list[list[Moment]] = field(default_factory=list)  # of each model; no audio
    answered_s: float = 0.0  # end of the last moment
    _started: float = float("inf")  # clock at the start of the recording, estimated from the fastest chunk
    _skipped: int = 0

    def late(self, clock: float) -> bool:
        """Whether to skip this prediction in order to catch up. ``clock``: seconds of any monotonic clock."""
        self._started = min(self._started, clock - self.received_s)
        behind = clock - self.received_s - self._started > MAX_DELAY_S
        self._skipped = self._skipped + 1 if behind and self._skipped < MAX_SKIPPED else 0
        return self._skipped > 0

    def forget(self) -> None:
        """Discard the audio; the predictions stay."""
        self.ring = self.ring[:0]

    def add(self, rate: int, samples: np.ndarray) -> None:
        """Append ``samples`` (n, channels) of full scale 1 at ``rate`` Hz."""
        if rate != self.rate or samples.shape[1] != self.ring.shape[-1]:
            self.rate, self.ring = rate, np.zeros((0, samples.shape[1]), np.float32)
        self.ring = np.concatenate([self.ring, samples])[-int(WINDOW_S * rate) :]
        self.received_s += len(samples) / rate

    @property
    def over(self) -> bool:
        """Whether the maximum length is reached."""
        return self.received_s >= settings.LIVE_S


def chunk(data: bytes) -> tuple[int, np.ndarray]:
    """Decode a chunk of a recording as the browser sends it: a 44-byte WAV header, whose length field is not valid, and
    16-bit samples. Returns (rate, samples (n, channels)) of full scale 1. AudioError if it is something else."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
    except (wave.Error, EOFError) as error:
        raise AudioError("The microphone sent no WAV; reload the page and try again.") from error
    if width != 2 or not 1 <= channels <= MAX_CHANNELS or not RATES[0] <= rate <= RATES[1]:
        raise AudioError("The microphone sent an unsupported audio format; record a clip instead.")
    body = data[44:]
    samples = np.frombuffer(body[: len(body) // (2 * channels) * 2 * channels], "<i2")
    return rate, samples.reshape(-1, channels).astype(np.float32) / 32768


def respond(stream: Stream) -> None:
    """Append each model's prediction on the last 3 s, as a moment from the end of the previous one until now. Models
    use encoder frames. With less than half a second of speech, the moment is silence."""
    stream.moments = stream.moments or [[] for _ in stream.models]
    predictions: list[dict[str, float] | None] = [None] * len(stream.models)
    if len(stream.ring) >= MIN_AUDIO_S * stream.rate and np.ptp(stream.ring) / 2 >= SILENCE:
        clip = from_array(stream.ring, stream.rate)
        if sum(b - a for a, b in vad.speech_segments(clip.samples)) >= MIN_SPEECH_S:
            encoded = encode_clips([clip])[0]
            predictions = [predict(model, encoded).probabilities for model in stream.models]
    for row, probabilities in zip(stream.moments, predictions, strict=True):
        row.append(Moment(stream.answered_s, stream.received_s, probabilities))
    stream.answered_s = stream.received_s
