"""Sound of every format and array becomes a clip."""

from itertools import pairwise

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import RATE, as_file, encode, fails, voice_like

from xser_demo.audio.blocks import Part
from xser_demo.audio.io import clipped_samples, from_array, load
from xser_demo.audio.quality import report
from xser_demo.audio.windows import windows
from xser_demo.utils.errors import AudioError


def best_match(got: np.ndarray, expected: np.ndarray) -> tuple[float, int]:
    """(correlation, delay in samples) where the two agree best."""
    size = len(got) + len(expected)
    cross = np.fft.irfft(np.fft.rfft(got, size) * np.conj(np.fft.rfft(expected, size)), size)
    delay = int(np.argmax(cross))
    delay -= size if delay > size // 2 else 0
    a, b = (got[delay:], expected) if delay >= 0 else (got, expected[-delay:])
    n = min(len(a), len(b))
    return float(np.corrcoef(a[:n], b[:n])[0, 1]), delay


@pytest.mark.parametrize(
    ("form", "subtype", "floor"),
    [
        ("WAV", "PCM_U8", 0.999),
        ("WAV", "PCM_16", 0.99999),
        ("WAV", "PCM_24", 0.99999),
        ("WAV", "PCM_32", 0.99999),
        ("WAV", "FLOAT", 0.99999),
        ("WAV", "DOUBLE", 0.99999),
        ("WAV", "ULAW", 0.99),
        ("FLAC", "PCM_16", 0.99999),
        ("FLAC", "PCM_24", 0.99999),
        ("AIFF", "PCM_16", 0.99999),
        ("CAF", "PCM_16", 0.99999),
        ("RF64", "PCM_16", 0.99999),
    ],
)
def test_exact_formats(form, subtype, floor):
    expected = voice_like()
    clip = load(as_file(expected, RATE, form, subtype))
    assert clip.samples.dtype == np.float32 and clip.samples.shape == expected.shape
    assert np.corrcoef(clip.samples, expected)[0, 1] > floor
    assert np.abs(clip.samples - expected).max() < 0.05  # the scale is right, too
    assert (clip.source_rate, clip.source_channels) == (RATE, 1)


@pytest.mark.parametrize(
    ("form", "codec"),
    [("webm", "libopus"), ("mp4", "aac"), ("mp3", "libmp3lame"), ("ogg", "libopus"), ("adts", "aac")],
)
def test_lossy_formats(form, codec):
    clip = load(encode(voice_like(3.0, 48_000), 48_000, form, codec))
    correlation, delay = best_match(clip.samples, voice_like(3.0))
    assert correlation > 0.98
    assert 0 <= delay < 0.06 * RATE  # encoders prepend up to 2048 samples of their own
    assert clip.duration_s == pytest.approx(3.0, abs=0.07)
    assert clip.source_rate == 48_000


@pytest.mark.parametrize(("form", "codec"), [("adts", "aac"), ("ipod", "aac"), ("webm", "libopus")])
@pytest.mark.parametrize(("layout", "channels"), [("stereo", 2), ("5.1", 6), ("7.1", 8)])
def test_surround_sound_is_averaged(form, codec, layout, channels):
    """With eight channels the process died (found by fuzzing)."""
    wave = voice_like(2.0, 48_000) / 2
    clip = load(encode(wave, 48_000, form, codec, layout))
    assert clip.source_channels == channels
    correlation, _ = best_match(clip.samples, voice_like(2.0))
    assert correlation > 0.95


@pytest.mark.parametrize("channels", [7, 8, 9, 32])
def test_many_channels_without_names(channels):
    many = np.tile(voice_like(2.0)[:, None] / 2, channels)
    clip = load(as_file(many, form="OGG", subtype="VORBIS"))
    assert clip.source_channels == channels
    assert best_match(clip.samples, voice_like(2.0))[0] > 0.95


def test_ogg_and_mp3_written_by_libsndfile():
    for form, subtype in (("OGG", "OPUS"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")):
        clip = load(as_file(voice_like(3.0, 48_000), 48_000, form, subtype))
        assert best_match(clip.samples, voice_like(3.0))[0] > 0.98, subtype
        assert clip.duration_s == pytest.approx(3.0, abs=0.08)


@pytest.mark.parametrize("rate", [4_000, 8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000, 384_000])
def test_rates_against_a_sine(rate):
    """A 440 Hz sine stays that sine, whichever rate it comes in."""
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    clip = load(as_file(wave, rate, "WAV", "PCM_24"))
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    middle = slice(800, -800)  # the filter rings at the ends
    assert abs(len(clip.samples) - RATE) <= 1
    assert np.abs(clip.samples[:RATE][middle] - expected[: len(clip.samples)][middle]).max() < 1e-3


def test_streamed_resampling_against_one_call():
    wave = voice_like(3.0, 44_100).astype(np.float32)
    clip = from_array(wave, 44_100)
    np.testing.assert_allclose(clip.samples, soxr.resample(wave, 44_100, RATE), atol=1e-6)


def test_channels():
    left, right = voice_like(), np.roll(voice_like(), 4000) * 0.5
    both = as_file(np.stack([left, right], axis=1))
    np.testing.assert_allclose(load(both).samples, (left + right) / 2, atol=1e-4)
    np.testing.assert_allclose(load(both, channel="first").samples, left, atol=1e-4)
    assert load(both).source_channels == 2
    six = load(as_file(np.stack([left] * 6, axis=1)))
    assert six.source_channels == 6 and np.corrcoef(six.samples, left)[0, 1] > 0.9999
    with pytest.raises(ValueError, match="channel"):
        load(both, channel="second")


@pytest.mark.parametrize("rate", [RATE, 48_000])
@pytest.mark.parametrize(
    ("gains", "channel"),
    [
        ((1, -0.9), 1),  # channels that cancel each other
        ((1, 0), 1),  # in the left one only
        ((0.001, 1), 2),  # speech in one channel
        ((0, 0, 1, 0, 0, 0), 3),  # in the centre of 5.1
        ((0, 0, -1, 0, 0, 1), 3),
    ],
)
def test_a_voice_that_the_mean_would_lose_is_heard_at_its_level(rate, gains, channel):
    voice = voice_like(2.0, rate)
    both = np.stack([gain * voice for gain in gains], axis=1)
    expected = load(as_file(voice, rate)).samples
    for clip in (load(as_file(both, rate)), from_array(both, rate)):
        assert clip.only_channel == channel and clip.source_channels == len(gains)
        np.testing.assert_allclose(np.abs(clip.samples), np.abs(expected), atol=1e-3)
        assert any(f"Only channel {channel} of {len(gains)}" in warning for warning in report(clip).warnings)


def test_channels_of_opposite_sign_do_not_silence_each_other():
    voice = voice_like()
    clip = load(as_file(np.stack([voice, -voice], axis=1)))
    assert clip.only_channel in (1, 2)
    np.testing.assert_allclose(np.abs(clip.samples), np.abs(voice), atol=1e-3)


@pytest.mark.parametrize("gains", [(1, 1), (1, 0.5), (0.3, 1), (1,) * 6])
def test_channels_with_one_voice_are_averaged(gains):
    voice = voice_like()
    clip = load(as_file(np.stack([gain * voice for gain in gains], axis=1)))
    assert clip.only_channel is None
    np.testing.assert_allclose(clip.samples, np.mean(gains) * voice, atol=1e-3)


@pytest.mark.parametrize("name", ["nist.wav", "nist.sph", "nist"])
def test_nist_sphere_whatever_its_name(tmp_path, name):
    (tmp_path / name).write_bytes(as_file(voice_like(), form="NIST"))
    np.testing.assert_allclose(load(tmp_path / name).samples, voice_like(), atol=1e-4)


def test_path_wrong_suffix_and_name(tmp_path):
    path = tmp_path / "recording.wav"
    path.write_bytes(as_file(voice_like(), form="FLAC"))
    assert load(path).name == "recording.wav"
    assert load(str(path), name="mine").name == "mine"
    raw = tmp_path / "odd.raw"  # a suffix that makes soundfile ask for a rate when it sees the name
    raw.write_bytes(as_file(voice_like()))
    assert load(raw).duration_s == 2.0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["odd.raw", "recording.wav"]  # nothing was written


@pytest.mark.parametrize(("form", "subtype"), [("WAV", "PCM_16"), ("FLAC", "PCM_24"), ("MP3", "MPEG_LAYER_III")])
@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_a_part_of_a_file_that_is_too_long(form, subtype, rate):
    voice = voice_like(3.0, rate)
    data = as_file(np.concatenate([np.zeros(70 * rate), voice, np.zeros(rate)]), rate, form, subtype)
    clip = load(data, part=Part(70.5, 1.5))
    assert clip.duration_s == pytest.approx(1.5, abs=0.001)
    correlation, delay = best_match(clip.samples, voice_like(3.0)[RATE // 2 : 2 * RATE])
    assert correlation > 0.95 and abs(delay) < 0.06 * RATE
    assert load(data, part=Part(71.0)).duration_s == pytest.approx(3.0, abs=0.08)
    fails(data, "silent", part=Part(1.0, 1.0))
    fails(data, "no sound 90 seconds after the start", part=Part(90.0, 1.0))
    fails(data, "longer than 60 seconds", part=Part(5.0))


def test_a_large_constant_offset_is_removed_and_a_constant_is_silence():
    assert load(as_file(voice_like() * 0.5 + 0.05)).samples.mean() == pytest.approx(0.05, abs=0.02), (
        "as in some corpora"
    )
    for offset in (0.3, 0.6, -0.5):
        clip = load(as_file(voice_like() * 0.3 + offset, subtype="FLOAT"))
        assert clip.samples.mean() == pytest.approx(0, abs=1e-6)
        np.testing.assert_allclose(clip.samples, voice_like() * 0.3, atol=0.02)
    for rate in (RATE, 44_100):
        fails(as_file(np.full(rate, 0.5), rate), "silent")


@pytest.mark.parametrize("kind", ["int16", "int32", "int8", "uint8", "uint16", "float32", "float64", "float16"])
def test_array_types(kind):
    wave, dtype = voice_like(), np.dtype(kind)
    if dtype.kind == "f":
        given_array = wave.astype(dtype)
    else:
        half = 2 ** (8 * dtype.itemsize - 1)
        given_array = np.round(wave * (half - 1) + (half if dtype.kind == "u" else 0)).astype(dtype)
    clip = from_array(given_array, RATE)
    assert np.abs(clip.samples - wave).max() < (0.02 if dtype.itemsize == 1 else 1e-3)
    assert clip.name == "recording"


def test_array_shapes_and_checks():
    wave = voice_like(1.0)
    stereo = np.stack([wave, wave], axis=1)
    np.testing.assert_allclose(from_array(stereo, RATE).samples, wave, atol=1e-6)
    for bad in (np.zeros((2, 3, 4)), np.array(["a"]), np.array(0.5), wave.astype(complex)):
        with pytest.raises(AudioError, match="shape"):
            from_array(bad, RATE)
    with pytest.raises(AudioError, match="empty"):
        from_array(np.zeros(0), RATE)
    with pytest.raises(AudioError, match="channels"):
        from_array(stereo.T, RATE)
    for rate in (0, -1, float("nan"), 10**9):
        with pytest.raises(AudioError, match="sampling rate"):
            from_array(wave, rate)
    with pytest.raises(AudioError, match="longer"):
        from_array(np.ones(61 * RATE, np.int16), RATE)


def test_array_is_not_shared():
    wave = voice_like(1.0).astype(np.float32)
    clip = from_array(wave, RATE)
    wave[:] = 0
    assert np.abs(clip.samples).max() > 0.1


# --- clipping and windows ---


def test_clipped_samples():
    sine = np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE)
    assert clipped_samples((sine / np.abs(sine).max())[:, None]) == 0  # peak-normalised, not clipped
    assert clipped_samples(np.array([[0.0], [1.0], [1.0], [0.0]])) == 0
    assert clipped_samples(np.array([[0.0], [1.0], [1.0], [1.0], [1.0], [0.5]])) == 4
    assert clipped_samples(np.array([[0.5]] * 9)) == 0
    assert clipped_samples(np.zeros((0, 1))) == clipped_samples(np.ones((1, 2))) == 0
    loud = load(as_file(np.clip(np.sin(2 * np.pi * 200 * np.arange(44_100) / 44_100) * 3, -1, 1), 44_100))
    assert 0.5 < loud.clipped < 0.9  # found although resampling rounds the tops


@settings(max_examples=60)
@given(st.integers(1, 20 * RATE), st.floats(0.01, 6.0), st.integers(0, 5))
def test_windows_cover_everything(count, max_s, seed):
    samples = np.random.default_rng(seed).standard_normal(count).astype(np.float32)
    parts = windows(samples, max_s)
    assert parts[0][0] == 0 and parts[-1][1] == count
    assert all(a[1] == b[0] for a, b in pairwise(parts))
    limit = int(max_s * RATE)
    assert all(0 < end - start <= limit for start, end in parts)
    if len(parts) > 1:
        assert parts[-1][1] - parts[-1][0] >= min(RATE, limit // 3)
    assert parts == windows(samples, max_s)


def test_windows_cut_in_the_pause():
    samples = voice_like(25.0)
    samples[int(12.2 * RATE) : int(12.6 * RATE)] *= 1e-3
    (_, cut), _ = windows(samples, 15.0)
    assert 12.2 < cut / RATE < 12.6
    assert windows(samples[: 15 * RATE], 15.0) == [(0, 15 * RATE)]
    assert windows(samples[:0], 15.0) == []
    flat = windows(np.zeros(15 * RATE + 1), 15.0)
    assert flat == [(0, 14 * RATE + 1), (14 * RATE + 1, 15 * RATE + 1)]  # no scrap of one sample
    with pytest.raises(ValueError, match="max_s"):
        windows(samples, 0)
