"""Decodes a file, bytes or an array to 16 kHz mono float32; ``AudioError`` when that is not possible.

Uploads are untrusted input. Headers are not believed (one hour of silence is a 181 kB FLAC): samples are
counted as they are decoded and decoding stops at the limit (decoders.py).
"""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import soxr

from xser_demo.audio.blocks import WHOLE, Part, until
from xser_demo.audio.decoders import (
    ADVICE,
    BLOCK,
    MAX_CHANNELS,
    SOUNDFILE_MAGIC,
    check_source,
    check_values,
    ffmpeg_blocks,
    soundfile_blocks,
    unit_scale,
)
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError, TooLongError

log = logging.getLogger(__name__)

Channel = Literal["mean", "first"] | int

MAX_BYTES = 64 * 2**20  # a minute of 96 kHz stereo in 32 bits is 46 MB
MAX_LONG_BYTES = 256 * 2**20  # where more than one clip's length is accepted
MAX_LONG_S = 1800.0  # seconds of a recording that is cut at its pauses (utterances.py)
SLACK_S = 0.1  # codecs pad the ends: a 60 s recording comes back from AAC as 60.02 s
SILENCE = 10 ** (-70 / 20)  # -70 dBFS, ten steps of a 16-bit recording
MAX_MIX_LOSS = 10 ** (5.5 / 10)  # in power, against the loudest channel; a voice in one of two channels loses 6 dB
MAX_OFFSET = 0.1  # a larger constant offset is a fault of the recorder and is removed; corpora have up to 0.06
FULL_SCALE = 0.98  # samples above this may be clipped


@dataclass(frozen=True)
class Clip:
    """One recording that passed every check.

    ``samples``: (n,) float32, 16 kHz mono, full scale is 1. ``source_rate`` (Hz) and ``source_channels`` are
    those of the original recording. ``clipped``: share of its samples that are clipped at full scale, counted
    before resampling, which rounds the flat tops off; None when it was not counted. ``only_channel``: the one that was
    used, counted from 1, because the mean of all would have lost the voice; None when all were used.
    """

    samples: np.ndarray
    name: str
    source_rate: int
    source_channels: int
    clipped: float | None = None
    only_channel: int | None = None

    @property
    def duration_s(self) -> float:
        return len(self.samples) / settings.SAMPLE_RATE


def load(
    source: str | Path | bytes,
    *,
    name: str | None = None,
    max_seconds: float = settings.MAX_CLIP_S,
    channel: Channel = "mean",
    part: Part = WHOLE,
) -> Clip:
    """Decode a file, given as a path or as its bytes, or a part of it.

    ``channel``: "mean" averages several channels; where that loses more than 5.5 dB against the loudest one (channels
    that cancel each other, speech in one of several) it takes the loudest. "first" takes the first one. AudioError when
    the file is not audio or damaged, or when the ``part`` is empty, silent or too short; TooLongError when it is longer
    than ``max_seconds``.
    """
    max_bytes = MAX_BYTES if max_seconds <= settings.MAX_CLIP_S else MAX_LONG_BYTES
    data = source if isinstance(source, bytes) else _read(source, max_bytes)
    if name is None:
        name = "clip" if isinstance(source, bytes) else Path(source).name
    if not data:
        raise AudioError("The file is empty; record or export the sound again.")
    if len(data) > max_bytes:
        raise AudioError(f"The file is over {max_bytes // 2**20} MB; send a shorter or compressed clip.")
    lossless = data.startswith(SOUNDFILE_MAGIC)
    readers = [soundfile_blocks, ffmpeg_blocks] if lossless else [ffmpeg_blocks]
    best = _Mono(max_seconds, channel)
    for reader in readers:
        mono = _Mono(max_seconds, channel)
        try:
            for rate, block in until(reader(data, part.start_s), part.length_s):
                mono.add(rate, block)
        except AudioError:
            raise
        except Exception:  # native decoders raise many types; the audio before the error is kept if it is enough
            log.debug("%s gave up", reader.__name__, exc_info=True)
        best = max(best, mono, key=lambda one: one.seconds)
        if best.seconds >= settings.MIN_CLIP_S:
            break
    if not best.seconds and part.start_s:
        raise AudioError(f"There is no sound {part.start_s:g} seconds after the start of the file; check the start.")
    if not best.seconds:
        raise AudioError(_no_audio(data))
    if (loudest := best.lost_voice()) is not None:
        only = load(data, name=name, max_seconds=max_seconds, channel=loudest, part=part)
        return replace(only, only_channel=loudest + 1)
    return best.clip(name)


def from_array(samples: np.ndarray, rate: int, name: str = "recording", *, channel: Channel = "mean") -> Clip:
    """Check and convert an array of shape (n,) or (n, channels): any integer type, or floats within -1 to 1.

    ``rate``: in Hz. AudioError as in ``load``.
    """
    samples = np.asarray(samples)
    samples = samples[:, None] if samples.ndim == 1 else samples
    if samples.ndim != 2 or samples.dtype.kind not in "iuf":
        raise AudioError("The recording has an unexpected shape; record it again or upload a file.")
    check_source(rate, samples.shape[1])
    mono = _Mono(settings.MAX_CLIP_S, channel)
    for start in range(0, len(samples), BLOCK):
        mono.add(int(rate), unit_scale(samples[start : start + BLOCK]))
    if not mono.seconds:
        raise AudioError("The recording is empty; record again.")
    if (loudest := mono.lost_voice()) is not None:
        return replace(from_array(samples, rate, name, channel=loudest), only_channel=loudest + 1)
    return mono.clip(name)


def _read(path: str | Path, max_bytes: int) -> bytes:
    try:
        if Path(path).is_file():  # no folders, and no devices or pipes, which may never end
            with open(path, "rb") as file:
                return file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        log.debug("cannot open: %s", error)
    raise AudioError("The file is not there or cannot be opened; choose it again.")


def clipped_samples(block: np.ndarray) -> int:
    """Number of clipped samples in a (n, channels) block: three or more equal ones in a row at full scale."""
    if not len(block) or max(block.max(), -block.min()) < FULL_SCALE:
        return 0  # as in most blocks
    same = (np.abs(block[1:]) >= FULL_SCALE) & (block[1:] == block[:-1])
    flat = (same[1:] & same[:-1]).any(axis=1)
    marked = np.convolve(flat, np.ones(3)) if len(flat) else flat  # each start marks itself and two more
    return int(np.count_nonzero(marked))


def _no_audio(data: bytes) -> str:
    if data.startswith(SOUNDFILE_MAGIC):
        return f"The file holds no sound, or is cut off or damaged at the start; export it again or {ADVICE}."
    if all(byte >= 32 or byte in b"\t\n\r\f" for byte in data[:4096]):
        return f"This is a text file, not a sound; {ADVICE}."
    return f"This is not a sound file that can be read, or it is damaged; {ADVICE}."


class _Mono:
    """Mixes and resamples blocks of any rate and channel count to 16 kHz mono, and counts them."""

    def __init__(self, max_seconds: float, channel: Channel):
        if channel not in ("mean", "first") and not isinstance(channel, int):
            raise ValueError(f"channel must be 'mean', 'first' or a number, not {channel!r}")
        self.max_seconds, self.channel = max_seconds, channel
        self.rate = self.channels = self.count = self.clipped = 0
        self.seconds, self.low, self.high = 0.0, np.inf, -np.inf
        self.sums = np.zeros((2, MAX_CHANNELS + 1))  # of samples and of their squares; the last column is the mix
        self.parts: list[np.ndarray] = []
        self.stream: soxr.ResampleStream | None = None

    def add(self, rate: int, block: np.ndarray) -> None:
        """Take a (n, channels) block."""
        check_source(rate, block.shape[1])
        check_values(block)
        if not len(block):
            return
        self.seconds += len(block) / rate
        if self.seconds > self.max_seconds + SLACK_S:
            limit = f"{self.max_seconds:g} seconds" if self.max_seconds < 120 else f"{self.max_seconds / 60:g} minutes"
            raise TooLongError(f"The clip is longer than {limit}; cut it to at most {limit}.")
        if rate != self.rate:  # first block, or a stream that changes its rate
            self._flush()
            self.rate = rate
            if rate != settings.SAMPLE_RATE:
                self.stream = soxr.ResampleStream(rate, settings.SAMPLE_RATE, 1, "float32", "HQ")
        self.channels = max(self.channels, block.shape[1])
        self.count += len(block)
        self.clipped += clipped_samples(block)
        mono = self._mix(block)
        self.low, self.high = min(self.low, mono.min()), max(self.high, mono.max())
        self._resample(mono, last=False)

    def _mix(self, block: np.ndarray) -> np.ndarray:
        """(n, channels) -> (n,)"""
        if block.shape[1] == 1:
            return block[:, 0]
        if self.channel != "mean":
            index = 0 if self.channel == "first" else self.channel
            return block[:, min(index, block.shape[1] - 1)]
        mix = block.mean(axis=1)
        columns = [*range(block.shape[1]), MAX_CHANNELS]
        everything = np.column_stack([block, mix]).astype(np.float64)
        self.sums[:, columns] += everything.sum(0), np.square(everything).sum(0)
        return mix

    def lost_voice(self) -> int | None:
        """Index of the loudest channel, if the mean of all channels loses too much against it; else None."""
        if not self.sums[1].any():
            return None
        power = self.sums[1] / self.count - (self.sums[0] / self.count) ** 2
        loudest = int(power[:-1].argmax())
        return loudest if power[-1] * MAX_MIX_LOSS < power[loudest] else None

    def clip(self, name: str) -> Clip:
        """The finished clip, after the checks that need the whole recording."""
        self._flush()
        if self.seconds < settings.MIN_CLIP_S:
            raise AudioError(f"The clip lasts only {self.seconds:.2f} s; speak for at least one or two.")
        if (self.high - self.low) / 2 < SILENCE:  # half the range, so a constant offset is silence too
            raise AudioError("The clip is silent; check the microphone or choose another recording.")
        samples = np.concatenate(self.parts)
        offset = samples.mean()
        if abs(offset) > MAX_OFFSET:
            samples = samples - offset
        return Clip(samples, name[:80], self.rate, self.channels, self.clipped / self.count)

    def _resample(self, mono: np.ndarray, last: bool) -> None:
        mono = np.array(mono, dtype=np.float32)  # a contiguous copy, free of the decoder's buffer
        self.parts.append(self.stream.resample_chunk(mono, last=last) if self.stream else mono)

    def _flush(self) -> None:
        if self.stream:
            self._resample(np.zeros(0, np.float32), last=True)
            self.stream = None
