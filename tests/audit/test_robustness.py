"""Changes of the recording: a brittle model fails, a steady one passes; and the changes are what they say."""

from dataclasses import replace

import numpy as np
import pytest
from planted import Planted, clips, sound_of, subject

from xser_demo.audio.io import load
from xser_demo.audio.perturbations.base import rms
from xser_demo.audit import conditions, robustness, stability
from xser_demo.audit.properties import FAILS, NOT_MEASURED, PASSES, TOO_FEW
from xser_demo.utils import settings

FEW = ("white-noise-40", "gain", "silence", "white-noise", "bright-microphone")


@pytest.fixture
def few_conditions(monkeypatch):
    chosen = tuple(one for one in conditions.CONDITIONS if one.id in FEW)
    monkeypatch.setattr(robustness, "CONDITIONS", chosen)


def measured(model: Planted) -> dict:
    one = subject(model)
    return {p.id: p for p in robustness.properties(one.model, one.answered_sample(), one.sound)}


def test_a_model_that_changes_its_answers_under_noise_fails(few_conditions):
    found = measured(Planted(brittle=True))
    assert found["white-noise"].verdict == found["white-noise-uar"].verdict == FAILS
    assert found["white-noise"].value == pytest.approx(0.25) and "No" not in found["white-noise"].words
    assert found["white-noise-uar"].value == pytest.approx(-0.75, abs=0.01)
    assert found["gain"].verdict == found["silence"].verdict == found["white-noise-40"].verdict == PASSES


def test_a_steady_one_passes(few_conditions):
    found = measured(Planted())
    assert {one.verdict for one in found.values()} == {PASSES} and len(found) == len(FEW) + 2
    assert found["white-noise"].value == 1 and found["white-noise"].limit.source == "ser-tests"


def test_few_clips_and_no_recordings_are_said(few_conditions):
    one = subject(Planted(), speakers=2, each=2)
    found = robustness.properties(one.model, one.answered_sample(), one.sound)
    assert {p.verdict for p in found} == {TOO_FEW} and "30 are needed, and there are 16" in found[0].words
    none = robustness.properties(one.model, None, None)
    assert {p.verdict for p in none} == {NOT_MEASURED} and [p.id for p in none] == [p.id for p in found]


def test_every_condition_changes_the_clip_and_keeps_it_a_clip():
    spoken = [load(file).samples for file in sorted(settings.EXAMPLES.glob("*.flac"))[:4]]
    ids = [one.id for one in conditions.CONDITIONS]
    assert len(set(ids)) == len(ids) >= 18
    for condition in conditions.CONDITIONS:
        changed = conditions.apply(condition, spoken[0], 7, spoken[1:])
        again = conditions.apply(condition, spoken[0], 7, spoken[1:])
        assert changed.dtype == np.float32 and np.isfinite(changed).all() and np.abs(changed).max() <= 1
        assert np.array_equal(changed, again) and not np.array_equal(changed, spoken[0]), condition.id


@pytest.mark.parametrize("name", ["white-noise", "babble"])
def test_noise_is_twenty_decibels_below_the_speech(name):
    speech = load(sorted(settings.EXAMPLES.glob("*.flac"))[0]).samples * 0.5
    others = [load(file).samples for file in sorted(settings.EXAMPLES.glob("*.flac"))[1:4]]
    condition = next(one for one in conditions.CONDITIONS if one.id == name)
    noise = conditions.apply(condition, speech, 3, others) - speech
    assert 20 * np.log10(rms(conditions.trim(speech)) / rms(noise)) == pytest.approx(20, abs=0.1)


def test_a_microphone_is_brighter_or_darker_and_as_loud():
    white = np.random.default_rng(0).standard_normal(16_000) * 0.1
    for db in (6.0, -6.0):
        heard = conditions.tilted(white, 0, [], db)
        power = np.abs(np.fft.rfft(heard)) ** 2
        high, low = power[2000:2100].mean(), power[500:525].mean()  # two octaves apart
        assert 10 * np.log10(high / low) == pytest.approx(2 * db, abs=1.0)
        assert rms(heard) == pytest.approx(rms(white), rel=1e-6)


def test_babble_is_of_other_speakers():
    sound, heard = sound_of(clips(2, 1)), []
    spy = conditions.Condition("spy", "", lambda s, seed, others: heard.append(others) or s, conditions.SMALL)
    sound.changed(spy)
    for utterance, others in zip(sound.utterances, heard, strict=True):
        whose = [sound.utterances[n].speaker for n, one in enumerate(sound.samples) if any(one is o for o in others)]
        assert set(whose) == {"s0", "s1"} - {utterance.speaker}


def test_stability_of_a_steady_and_of_a_moody_model():
    for model, verdict in ((Planted(), PASSES), (Planted(moody=True), FAILS)):
        one = subject(model)
        found = stability.of_features(model, one.answered(), one.pack, one.rows, Planted(brittle=True))
        by_id = {p.id: p for p in found}
        assert by_id["alone"].verdict == verdict
        assert by_id["together"].value == 0 and by_id["company"].value == by_id["shipped"].value == 1
    from_sound = stability.of_recordings(model, one.answered_sample(), one.sound, one.pack)
    assert {p.id: p.verdict for p in from_sound} == dict.fromkeys(("repeated", "threads", "pack", "seeds"), PASSES)
    spoiled = replace(one.pack, values=one.pack.values.roll(1, dims=1))
    assert stability.of_recordings(model, one.answered_sample(), one.sound, spoiled)[2].verdict == FAILS
