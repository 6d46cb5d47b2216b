"""Sounds that tests make: a voice-like tone, files of it, and files that must be refused."""

import io

import av
import numpy as np
import pytest
import soundfile

from xser_demo.audio.io import load
from xser_demo.utils.errors import AudioError

RATE = 16_000


def voice_like(seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    """(n,) a harmonic tone whose loudness rises and falls, so that a shift in time shows in a correlation."""
    t = np.arange(int(seconds * rate)) / rate
    tone = sum(np.sin(2 * np.pi * f * t) / k for k, f in enumerate((180, 390, 1210, 2900), 1))
    return 0.3 * tone * (0.55 + 0.45 * np.sin(2 * np.pi * 2.3 * t + 5 * t**2))


def as_file(samples: np.ndarray, rate: int = RATE, form: str = "WAV", subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=form, subtype=subtype)
    return buffer.getvalue()


def encode(samples: np.ndarray, rate: int, form: str, codec: str, layout: str = "mono") -> bytes:
    """Samples (n,), the same in every channel, as a lossy file, written by FFmpeg."""
    buffer, channels = io.BytesIO(), av.AudioLayout(layout).nb_channels
    with av.open(buffer, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        interleaved = samples.astype(np.float32).repeat(channels)[None]
        frame = av.AudioFrame.from_ndarray(interleaved, format="flt", layout=layout)
        frame.sample_rate = rate
        for item in (frame, None):
            for packet in stream.encode(item):
                container.mux(packet)
    return buffer.getvalue()


def fails(source, words: str, **options) -> None:
    """``load`` refuses it in one sentence that has the words (a regular expression)."""
    with pytest.raises(AudioError, match=words) as caught:
        load(source, **options)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and "Error" not in text
