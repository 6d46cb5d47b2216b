"""Sound files that are small and want to be large: by duration, rate, channels, metadata, chains and lies."""

import io
import struct
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

from xser_demo.audio.io import MAX_BYTES, load
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError

RATE = 16_000
MOST_S, MOST_MB = 8.0, 400


def voice(seconds: float = 1.0) -> np.ndarray:
    return (0.3 * np.sin(np.arange(int(seconds * RATE)) * 0.2)).astype(np.float32)


def written(form: str, subtype: str, seconds: float = 1.0) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, voice(seconds), RATE, subtype, format=form)
    return buffer.getvalue()


def wav(rate: int, channels: int, told: int, data: bytes, more: bytes = b"") -> bytes:
    """A WAV that says whatever it is told to say."""
    align = (2 * channels) % 65_536
    form = struct.pack("<HHIIHH", 1, channels, rate, (rate * align) % 2**32, align, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + more + b"data" + struct.pack("<I", told) + data
    return b"RIFF" + struct.pack("<I", min(len(body), 2**32 - 1)) + body


SAMPLES = (voice() * 32_767).astype("<i2").tobytes()
JUNK = b"junk" + struct.pack("<I", 2) + b"ab"


def whole(more: bytes) -> bytes:
    """A good WAV with something before its sound."""
    return wav(RATE, 1, len(SAMPLES), SAMPLES, more)


def listed(told: int, there: int) -> bytes:
    return b"LIST" + struct.pack("<I", told) + bytes(there)


TAG = b"ID3\x04\0\0" + bytes([0x1D, 0x40, 0, 0]) + bytes(60 << 20)
BOMBS = {
    "says four gigabytes": lambda: wav(RATE, 1, 2**32 - 1, SAMPLES),
    "says nothing": lambda: wav(RATE, 1, 0, SAMPLES),
    "four billion a second": lambda: wav(2**32 - 1, 1, len(SAMPLES), SAMPLES),
    "one in a while": lambda: wav(1, 1, len(SAMPLES), SAMPLES),
    "65,535 channels": lambda: wav(RATE, 65_535, len(SAMPLES), SAMPLES),
    "no channels": lambda: wav(RATE, 0, len(SAMPLES), SAMPLES),
    "60 MB of metadata": lambda: whole(listed(60 << 20, 60 << 20)),
    "metadata that say they are long": lambda: whole(listed(2**32 - 2, 0)),
    "a million little chunks": lambda: whole(JUNK * 1_000_000),
    "a tag of 60 MB": lambda: TAG + written("MP3", "MPEG_LAYER_III"),
    "a chain of 2,000 songs": lambda: written("OGG", "VORBIS", 0.3) * 2_000,
    "an hour in a chain": lambda: written("OGG", "OPUS", 30) * 120,
    "a FLAC in a FLAC": lambda: written("FLAC", "PCM_16") * 200,
    "three hours of nothing": lambda: three_hours(),
}


def three_hours() -> bytes:
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", RATE, 1, format="FLAC", subtype="PCM_16") as file:
        for _ in range(180):
            file.write(np.zeros(60 * RATE, np.int16))
    return buffer.getvalue()


# In a process of its own, so that its memory can be told.
LISTEN = """
import resource, sys, time
from xser_demo.audio import io as audio
from xser_demo.utils.errors import AudioError
audio.load({example!r})
import av
data = open(sys.argv[1], "rb").read()
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
try:
    print("answer", audio.load(data).duration_s)
except AudioError as error:
    print("refused", error)
print(time.monotonic() - started, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little(name, tmp_path):
    file = tmp_path / "bomb"
    file.write_bytes(BOMBS[name]())
    if file.stat().st_size > MAX_BYTES:
        with pytest.raises(AudioError, match="over 64 MB"):
            load(file)
        return
    example = str(settings.EXAMPLES / "it-medium.flac")
    run = [sys.executable, "-c", LISTEN.format(example=example), str(file)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-500:]
    said, cost = done.stdout.strip().splitlines()[-2:]
    seconds, megabytes = map(float, cost.split())
    assert said.startswith(("answer", "refused")) and seconds < MOST_S and megabytes < MOST_MB, (said, cost)
    if said.startswith("answer"):
        assert float(said.split()[1]) <= 60.2


def test_the_words_for_a_long_clip_come_before_it_is_decoded():
    started = time.monotonic()
    with pytest.raises(AudioError, match="longer than 60 seconds"):
        load(three_hours())
    assert time.monotonic() - started < MOST_S
