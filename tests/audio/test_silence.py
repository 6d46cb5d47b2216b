"""Silence is cut the same way whatever lies around the speech, at whatever gain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xser_demo.audio import silence
from xser_demo.audio.io import load
from xser_demo.audio.silence import FRAME, HOP
from xser_demo.utils import settings

RATE = settings.SAMPLE_RATE
VOICES = sorted(settings.EXAMPLES.glob("*.flac"))
NEAR = RATE // 50  # 20 ms


@pytest.fixture(scope="module", params=VOICES, ids=lambda file: file.stem)
def voice(request) -> np.ndarray:
    return load(request.param).samples


def noise(seconds: float, dbfs: float, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * 10 ** (dbfs / 20)).astype(np.float32)


def same(found: list[tuple[int, int]], expected: list[tuple[int, int]], shift: int = 0) -> bool:
    moved = [(start - shift, stop - shift) for start, stop in found]
    return len(moved) == len(expected) and np.abs(np.subtract(moved, expected)).max() <= NEAR


@pytest.mark.parametrize("level", [None, -70.0])
def test_silence_before_and_after_changes_nothing(voice, level):
    around = np.zeros(5 * RATE + 777, np.float32) if level is None else noise(5.05, level)
    expected = silence.parts(voice)
    assert same(silence.parts(np.concatenate([around, voice])), expected, len(around))
    assert same(silence.parts(np.concatenate([voice, around])), expected)


@pytest.mark.parametrize("decibels", [-40, -20, -6, 6])
def test_gain_changes_nothing(voice, decibels):
    assert same(silence.parts(voice * np.float32(10 ** (decibels / 20))), silence.parts(voice))


@pytest.mark.parametrize("offset", [-0.2, 0.05])
def test_a_constant_offset_changes_nothing(voice, offset):
    assert same(silence.parts(voice + np.float32(offset)), silence.parts(voice))


def test_room_noise_around_a_word_is_cut(voice):
    """25 dB below the speech, which the level alone would take for sound."""
    (start, *_), (*_, stop) = silence.parts(voice)[0], silence.parts(voice)[-1]
    power = np.square(voice[start:stop]).mean()
    room = noise(2.0, 10 * np.log10(power) - 25)
    found = silence.parts(np.concatenate([room, voice, room]))
    assert found[0][0] > len(room) - 0.6 * RATE and found[-1][1] < len(room) + len(voice) + 0.6 * RATE


def test_a_long_pause_is_cut_and_a_short_one_stays(voice):
    for seconds, count in ((0.3, 1), (2.0, 2)):
        pause = np.zeros(round(seconds * RATE), np.float32)
        (first, last), *_ = silence.parts(voice)
        word = voice[first:last]
        assert len(silence.parts(np.concatenate([word, pause, word]))) == count * len(silence.parts(word))


def test_frames_keep_their_place_in_the_clip(voice):
    pause = np.zeros(3 * RATE + 123, np.float32)
    clip = np.concatenate([pause, voice, pause, voice])
    sound = silence.cut(clip)
    assert len(sound.samples) == len(sound.inside) * FRAME and sound.inside.sum() == len(sound.places)
    assert (np.diff(sound.places) > 0).all() and sound.places[-1] <= len(clip) // FRAME + 1
    frames = sound.samples.reshape(-1, FRAME)[sound.inside]
    checked = 0
    for index in range(3, len(frames), 7):
        if np.diff(sound.places[index - 1 : index + 2]).tolist() != [1, 1]:
            continue  # at the edge of a part, beyond which there is silence
        near = clip[max(0, (sound.places[index] - 1) * FRAME) : (sound.places[index] + 2) * FRAME]
        around = np.lib.stride_tricks.sliding_window_view(near, FRAME)
        assert np.ptp(around - frames[index], axis=1).min() < 1e-6, index  # the same but for a constant offset
        checked += 1
    assert checked > 3


def test_what_is_cut_is_not_heard_at_all(voice):
    """Room tone beside the parts, far below them, reaches neither the frames nor their context."""
    tone = noise(3 + len(voice) / RATE, -75)[: len(voice) + 3 * RATE]
    silent = np.pad(voice, (RATE, 2 * RATE))
    plain, with_tone = silence.cut(silent), silence.cut(silent + tone[: len(silent)])
    assert abs(len(plain.samples) - len(with_tone.samples)) <= FRAME  # a part may end a few ms earlier or later
    assert not with_tone.samples[: FRAME - HOP].any() and not with_tone.samples[HOP - FRAME :].any()  # but for slopes


@pytest.mark.parametrize("samples", [np.zeros(100), np.zeros(RATE), np.full(RATE, 0.5), np.ones(1)])
def test_a_clip_without_sound_is_kept_whole(samples):
    samples = samples.astype(np.float32)
    assert silence.parts(samples) == [(0, len(samples))]
    assert len(silence.cut(samples).places) == -(-len(samples) // FRAME)


def test_speech_is_where_the_detector_hears_it_whatever_the_gain(voice):
    quiet = silence.cut(np.concatenate([np.zeros(RATE, np.float32), voice * np.float32(0.01)])).speech
    assert np.abs(np.subtract(quiet, silence.cut(voice).speech) - 1).max() < 0.1


@given(st.integers(1, 40_000), st.integers(0, 2**31))
def test_any_noise_is_cut_into_rising_parts_within_the_clip(length, seed):
    dice = np.random.default_rng(seed)
    samples = (
        dice.standard_normal(length) * np.repeat(dice.choice([0, 1e-5, 0.1, 1], -(-length // 4_000)), 4_000)[:length]
    ).astype(np.float32)
    found = silence.parts(samples)
    edges = [edge for part in found for edge in part]
    assert edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= length and all(a < b for a, b in found)
