"""What lies around the speech, the level and a constant offset of a recording change no answer of real models.

Room noise beside a clip that was cut in the middle of speech is an exception (docs/own-data.md).
"""

from dataclasses import replace

import numpy as np
import pytest

from xser_demo.audio.io import Clip, load
from xser_demo.corpora import CORPORA
from xser_demo.corpora.locate import audio_path, read
from xser_demo.inference.predict import encode_clip, encode_clips, predict
from xser_demo.networks import checkpoints
from xser_demo.utils import settings

RATE = settings.SAMPLE_RATE
MODELS = ("ravdess-source", "ravdess-emodb-coral-infomax-em")
EACH = 6  # clips of each corpus
VISIBLE = 0.05
LOUD = 10 ** (-35 / 10)  # power of the loudest tenth of a second, 35 dB above the noise of these tests


@pytest.fixture(scope="module", params=["emodb", "emovo", "nemo", "ravdess", "urdu"])
def clips(request, corpora_dir) -> list[Clip]:
    table = read(request.param, corpora_dir)
    rows = np.random.default_rng(0).choice(len(table), EACH, replace=False)
    return [load(audio_path(corpora_dir, table[row]), channel=CORPORA[request.param].channel) for row in rows]


def answers(clips: list[Clip]) -> np.ndarray:
    """(clips, models, classes) probabilities."""
    models = [checkpoints.load(name) for name in MODELS]
    encoded = encode_clips(clips)
    return np.array([[list(predict(model, one).probabilities.values()) for model in models] for one in encoded])


@pytest.fixture(scope="module")
def unchanged(clips) -> dict[int, np.ndarray]:
    """The answers to the clips as they are, by the identity of the clip."""
    return {id(clip): answer for clip, answer in zip(clips, answers(clips), strict=True)}


def changed(clips: list[Clip], change) -> list[Clip]:
    return [replace(clip, samples=change(clip.samples).astype(np.float32)) for clip in clips]


def noise(seconds: float, dbfs: float) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(round(seconds * RATE)) * 10 ** (dbfs / 20)


def loud(clips: list[Clip]) -> list[Clip]:
    """Without the quietest recordings, for which noise at -70 dBFS is not silence (two of RAVDESS's actors)."""
    tenths = [clip.samples[: len(clip.samples) // 1600 * 1600].reshape(-1, 1600) for clip in clips]
    return [clip for clip, frames in zip(clips, tenths, strict=True) if frames.var(axis=1).max() >= LOUD]


def difference(unchanged: dict[int, np.ndarray], clips: list[Clip], change) -> float:
    before = np.array([unchanged[id(clip)] for clip in clips])
    return float(np.abs(answers(changed(clips, change)) - before).max())


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("around", [np.zeros(5 * RATE), noise(5, -70)], ids=["digital silence", "noise at -70 dBFS"])
def test_five_seconds_without_speech_change_no_probability(clips, unchanged, around, where):
    pair = (lambda x: [around, x]) if where == "before" else (lambda x: [x, around])
    assert difference(unchanged, loud(clips) if around.any() else clips, lambda x: np.concatenate(pair(x))) <= VISIBLE


@pytest.mark.parametrize(
    "decibels", [-20, pytest.param(-10, marks=pytest.mark.more), pytest.param(-3, marks=pytest.mark.more), 6]
)
def test_gain_changes_no_answer(clips, unchanged, decibels):
    gain = 10 ** (decibels / 20)
    fitting = [clip for clip in clips if np.abs(clip.samples).max() * gain <= 1]
    assert fitting or decibels > 0  # EmoDB's clips are at full scale
    assert not fitting or difference(unchanged, fitting, lambda x: gain * x) <= 0.01


@pytest.mark.parametrize("offset", [-0.05, 0.1])
def test_a_constant_offset_changes_nothing(clips, unchanged, offset):
    assert difference(unchanged, clips, lambda x: x + offset) <= 0.01


def test_a_moment_of_room_tone_more_or_less_changes_nothing_visible(clips, unchanged):
    assert difference(unchanged, loud(clips), lambda x: np.concatenate([noise(0.2, -70), x])) <= VISIBLE
    assert difference(unchanged, loud(clips), lambda x: np.concatenate([x, noise(0.2, -70)])) <= VISIBLE


@pytest.mark.more
@pytest.mark.parametrize("where", ["before", "after"])
def test_room_noise_beside_clips_cut_in_speech_changes_no_more_than_is_documented(corpora_dir, where):
    """URDU, cut from television: noise on one side or the other changes a probability of 34 of 399 clips visibly."""
    table = read("urdu", corpora_dir)
    heard = loud([load(audio_path(corpora_dir, row), channel=CORPORA["urdu"].channel) for row in table])
    pair = (lambda x: [noise(5, -70), x]) if where == "before" else (lambda x: [x, noise(5, -70)])
    before, after = answers(heard), answers(changed(heard, lambda x: np.concatenate(pair(x))))
    visible = np.abs(after - before).max(axis=(1, 2)) > VISIBLE
    other = (after.argmax(axis=2) != before.argmax(axis=2)).any(axis=1)
    assert len(heard) == 399 and visible.sum() <= 34 and other.sum() <= 18


def test_what_was_cut_is_known_and_times_stay_those_of_the_clip():
    voice = load(settings.EXAMPLES / "de-slow-low.flac")
    plain = encode_clip(voice)
    later = encode_clip(replace(voice, samples=np.concatenate([np.zeros(3 * RATE, np.float32), voice.samples])))
    assert later.silence_s == pytest.approx(plain.silence_s + 3, abs=0.11)
    assert np.flatnonzero(later.speech)[0] == np.flatnonzero(plain.speech)[0] + 30
    assert np.subtract(later.quality.segments, plain.quality.segments) == pytest.approx(3, abs=1e-3)
    model = checkpoints.load(MODELS[0])
    before, after = predict(model, plain), predict(model, later)
    assert after.attention[:, :30].max() == 0 and after.attention[:, 30:].argmax() == before.attention.argmax()
