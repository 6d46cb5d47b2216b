"""A visitor's voice as the target: what calibration does with varied and with one-sided moods, cutting, few labels."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from xser_demo import adaptation, audio, calibration, checkpoints, settings, voice
from xser_demo.corpora import prompts
from xser_demo.corpora.labels import FOUR
from xser_demo.encoders.norm import SOURCE, TARGET
from xser_demo.errors import AudioError, SettingsError
from xser_demo.ui import consent

RATE = settings.SAMPLE_RATE


@pytest.fixture(scope="module")
def model():
    return checkpoints.load("ravdess-source").model


@pytest.fixture(scope="module")
def voices() -> dict[str, dict[str, list[torch.Tensor]]]:
    """EmoDB's clips of four moods by speaker and mood."""
    pack = adaptation.pack("emodb")
    found: dict = {}
    for row, clip in enumerate(pack.utterances):
        if clip.emotion in FOUR:
            found.setdefault(clip.speaker, {}).setdefault(clip.emotion, []).append(pack.frames(row))
    return found


@pytest.fixture(scope="module")
def source():
    card = checkpoints.load("ravdess-source").card
    return calibration.validation(card, [adaptation.pack("ravdess")])


def flat(clips: dict[str, list[torch.Tensor]]) -> list[torch.Tensor]:
    return [clip for mood in FOUR for clip in clips.get(mood, [])]


def split(clips: dict[str, list[torch.Tensor]], moods: tuple[str, ...], count: int, seed: int):
    """``count`` clips of a voice, the moods in turn, and the rest by mood."""
    dice = random.Random(seed)
    rest = {mood: dice.sample(of, len(of)) for mood, of in clips.items()}
    return [rest[moods[number % len(moods)]].pop() for number in range(count)], rest


def recalls(model, rest: dict[str, list[torch.Tensor]]) -> dict[str, list[bool]]:
    return {mood: [said == mood for said in voice.answers(model, of)] for mood, of in rest.items() if of}


def test_statistics_move_from_the_card_to_the_voice(model, voices):
    clips = flat(voices["03"])
    frames = [torch.cat(clips[:n]) for n in (8, 24)]
    card, before = model.inputs[TARGET], {name: t.clone() for name, t in model.state_dict().items()}
    few, many = (voice.calibrate(model, clips[:n]) for n in (8, 24))
    for n, made, heard in ((8, few, frames[0]), (24, many, frames[1])):
        weight = n / (n + voice.CARD_CLIPS)
        expected = (1 - weight) * card.mean + weight * heard.mean(0)
        assert torch.allclose(made.inputs[TARGET].mean, expected, atol=1e-5)
        var = (1 - weight) * card.std.square() + weight * heard.var(0)
        assert torch.allclose(made.inputs[TARGET].std, var.sqrt(), atol=1e-5)
    after = model.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items()), "a visitor's own copy"
    changed = {name for name, tensor in few.state_dict().items() if not torch.equal(tensor, after[name])}
    assert changed == {f"inputs.{TARGET}.mean", f"inputs.{TARGET}.std"}
    assert torch.equal(few.inputs[SOURCE].mean, model.inputs[SOURCE].mean)


def test_order_does_not_matter_and_a_re_colouring_is_kept(voices):
    loaded = checkpoints.load("ravdess-emodb-coral-infomax-em").model
    clips = flat(voices["03"])[:10]
    one, other = voice.calibrate(loaded, clips), voice.calibrate(loaded, clips[::-1])
    assert torch.allclose(one.inputs[TARGET].mean, other.inputs[TARGET].mean, atol=1e-5)
    assert torch.equal(one.inputs[TARGET].matrix, loaded.inputs[TARGET].matrix) and one.inputs[TARGET].matrix.numel()


def test_too_few_clips_are_counted_and_silent_ones_are_none(model, voices):
    clips = flat(voices["03"])
    with pytest.raises(SettingsError, match="there are 5; record 3 more"):
        voice.calibrate(model, clips[:5])
    with pytest.raises(SettingsError, match="there are 7; record 1 more"):
        voice.calibrate(model, [*clips[:7], clips[7][:1], clips[8][:0]])
    with pytest.raises(SettingsError, match="there are 0"):
        voice.calibrate(model, [])


def test_models_with_other_features_say_so():
    for name in ("ravdess-emodb-cai2021-dann", "ravdess-source-latif2019-gan"):
        with pytest.raises(SettingsError, match="Only models that hear the encoder's frames"):
            voice.calibrate(checkpoints.load(name).model, [torch.zeros(20, 512)] * 8)
