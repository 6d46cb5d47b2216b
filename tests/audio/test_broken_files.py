"""Sound files that do not work become a one-sentence error, and damaged ones a clip or an error."""

import io
import time
import tracemalloc

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import RATE, as_file, encode, fails, voice_like

from xser_demo.audio.io import MAX_BYTES, from_array, load
from xser_demo.utils.errors import AudioError


def silent_video() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        for item in (frame, None):
            for packet in stream.encode(item):
                container.mux(packet)
    return buffer.getvalue()


def test_empty_missing_and_folder(tmp_path):
    fails(b"", "empty")
    (tmp_path / "empty.wav").touch()
    fails(tmp_path / "empty.wav", "empty")
    for path in (tmp_path / "none.wav", tmp_path, "a\0b.wav", "https://example.org/a.wav", "/dev/zero"):
        fails(path, "not there")


@pytest.mark.parametrize("count", [1, 100, 3_900])
def test_too_short(count):
    fails(as_file(voice_like()[100 : 100 + count]), "lasts only")


def test_no_samples():
    fails(as_file(np.zeros(0)), "no sound")


def test_silence():
    fails(as_file(np.zeros(RATE)), "silent")
    fails(as_file(voice_like() * 1e-4), "silent")
    assert load(as_file(voice_like() * 1e-2)).duration_s == 2.0  # quiet is not silent


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_a_number(bad):
    wave = voice_like()
    wave[20_000] = bad
    fails(as_file(wave, subtype="FLOAT"), "not numbers")
    with pytest.raises(AudioError, match="not numbers"):
        from_array(wave, RATE)


def test_wrong_scale():
    fails(as_file(voice_like() * 32768, subtype="FLOAT"), "far outside")
    fails(as_file(voice_like() * 1e300, subtype="DOUBLE"), "not numbers|far outside")


def test_not_audio(tmp_path):
    path = tmp_path / "letter.wav"
    path.write_text("Dear reader,\nthis is not a sound. Schöne Grüße!\n" * 30, encoding="utf-8")
    fails(path, "text file")
    fails(np.random.default_rng(0).bytes(20_000), "not a sound file")
    fails(b"\x89PNG\r\n\x1a\n" + bytes(500), "not a sound file")
    fails(silent_video(), "no sound track")


def test_playlists_open_no_other_file(tmp_path, monkeypatch):
    """FFmpeg alone opens the last of these: a file in the working directory. The format list keeps all out."""
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret.wav"
    secret.write_bytes(as_file(voice_like()))
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{secret}\n#EXT-X-ENDLIST\n"
    concat = f"ffconcat version 1.0\nfile '{secret}'\n"
    for text in (hls, concat, "ffconcat version 1.0\nfile secret.wav\n"):
        fails(text.encode(), "text file")


def test_truncated():
    for form in ("WAV", "FLAC"):
        complete = as_file(voice_like(4.0), form=form)
        for size in (4, 12, 30):
            fails(complete[:size], "damaged|text")
        half = load(complete[: len(complete) * 6 // 10])
        assert 1.0 < half.duration_s < 3.2, form
        assert np.corrcoef(half.samples[:RATE], voice_like(4.0)[:RATE])[0, 1] > 0.95
    for form in ("webm", "ogg"):
        complete = encode(voice_like(4.0, 48_000), 48_000, form, "libopus")
        fails(complete[:60], "damaged")
        assert 1.0 < load(complete[: len(complete) * 6 // 10]).duration_s < 3.2, form


def test_caps():
    fails(as_file(np.zeros((RATE, 33))), "33 channels")
    fails(as_file(np.zeros(8_000), 2_000), "sampling rate")
    fails(as_file(np.zeros(8_000), 500_000), "sampling rate")
    fails(bytes(MAX_BYTES + 1), "over 64 MB")


def test_too_long_clips_are_refused_not_cut():
    fails(as_file(voice_like(3.0)), "at most 2 seconds", max_seconds=2)
    assert load(as_file(voice_like(2.05)), max_seconds=2).duration_s == pytest.approx(2.05)  # codec padding
    fails(encode(voice_like(3.0, 48_000), 48_000, "webm", "libopus"), "at most 2 seconds", max_seconds=2)


def test_channels_that_change_within_a_file():
    """More of them than the first frame had, up to eight, end in a clip or a sentence (found by fuzzing)."""
    parts = [encode(voice_like(1.0, 48_000), 48_000, "adts", "aac", one) for one in ("mono", "7.1", "stereo", "5.1")]
    for first, then in zip(parts, parts[1:] + parts[:1], strict=True):
        clip_or_error(first + then)
        clip_or_error(then + first)


def test_bomb_is_stopped_early():
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", RATE, 1, format="FLAC", subtype="PCM_16") as file:
        for _ in range(60):
            file.write(np.zeros(60 * RATE, np.int16))
    bomb = buffer.getvalue()
    assert len(bomb) < 200_000
    tracemalloc.start()
    started = time.perf_counter()
    fails(bomb, "longer than 60 seconds")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.perf_counter() - started < 2 and peak < 12e6  # an hour would be 230 MB


@settings(max_examples=60)
@given(st.binary(max_size=3000))
def test_random_bytes(data):
    clip_or_error(data)


VALID = [
    as_file(voice_like(0.6), form="WAV"),
    as_file(voice_like(0.6), form="FLAC"),
    as_file(voice_like(0.6), form="OGG"),
]
VALID += [encode(voice_like(0.6, 48_000), 48_000, form, codec) for form, codec in (("webm", "libopus"), ("mp4", "aac"))]


@settings(max_examples=120)
@given(
    st.sampled_from(VALID),
    st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=8)), max_size=4),
)
def test_damaged_headers(whole, patches):
    data = bytearray(whole)
    for position, patch in patches:
        data[position : position + len(patch)] = patch
    clip_or_error(bytes(data))


def clip_or_error(data: bytes) -> None:
    try:
        clip = load(data)
    except AudioError as error:
        assert str(error)
    else:
        assert clip.samples.dtype == np.float32 and clip.samples.ndim == 1 and np.isfinite(clip.samples).all()
        assert 0.24 < clip.duration_s < 60.2
