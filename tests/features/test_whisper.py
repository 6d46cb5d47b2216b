"""Mel spectrogram against librosa, and the frozen encoder: batches, long clips, weights."""

import hashlib
import json
import threading
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch

from xser_demo.audio.io import load
from xser_demo.features.encoders import whisper
from xser_demo.features.mel import HOP, N_FFT, N_MELS, decibels, log_mel
from xser_demo.utils import settings
from xser_demo.utils.settings import CHECKPOINTS, SAMPLE_RATE

# Float sums in another order: hidden states are about 1 in size, their largest about 30.
TOLERANCE = {"atol": 2e-3, "rtol": 1e-3}


def speech(seconds: float, seed: int = 0) -> np.ndarray:
    """Something like speech: a gliding harmonic tone in syllables of 0.25 s, pauses, a little noise."""
    random = np.random.default_rng(seed)
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(2 * np.pi * 0.4 * t + seed)) / SAMPLE_RATE
    tone = sum(np.sin(k * phase) / k for k in range(1, 20))
    syllables = random.uniform(0, 1, int(seconds * 4) + 2)
    loud = np.interp(t * 4, np.arange(len(syllables)), np.where(syllables < 0.25, 0, syllables))
    return (0.1 * loud * tone + 0.001 * random.normal(size=len(t))).astype(np.float32)


def librosa_mel(samples: np.ndarray) -> np.ndarray:
    return librosa.feature.melspectrogram(
        y=samples, sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP, n_mels=N_MELS, power=2.0, pad_mode="reflect"
    )


@pytest.mark.parametrize("seconds", [0.25, 1.0, 3.21])
def test_log_mel_against_librosa(seconds):
    """Within 2e-3 of Whisper's scaled units: 0.08 dB."""
    samples = speech(seconds)
    power = librosa_mel(samples)[:, :-1]
    logs = np.log10(np.maximum(power[:, : power.shape[1] // 2 * 2], 1e-10))
    expected = (np.maximum(logs - logs.max(), -8.0) + 4.0) / 4.0
    ours = log_mel(samples)
    assert ours.shape == expected.shape and ours.shape[1] % 2 == 0 and ours.dtype == torch.float32
    np.testing.assert_allclose(ours.numpy(), expected, atol=2e-3)


def test_decibels_against_librosa():
    samples = speech(1.0)
    expected = librosa.power_to_db(librosa_mel(samples)[:, :-1], ref=np.max, top_db=80)
    np.testing.assert_allclose(decibels(samples), expected, atol=0.05)


@pytest.mark.parametrize("gain", [1e-4, 0.1, 10])
def test_level_of_a_clip_does_not_change_the_mel(gain):
    samples = speech(1.0)
    torch.testing.assert_close(log_mel(np.float32(gain) * samples), log_mel(samples), atol=1e-4, rtol=0)


def test_silence_is_finite():
    frames = whisper.encode([np.zeros(SAMPLE_RATE, np.float32)])[0]
    assert np.isfinite(frames).all()


@pytest.mark.parametrize("frames", [1, 4, 5, 6, 23])
def test_pool_against_a_loop(frames):
    hidden = torch.randn(frames, whisper.DIM, generator=torch.Generator().manual_seed(0))
    expected = [hidden[i : i + 5].numpy().mean(0) for i in range(0, frames, 5)]
    np.testing.assert_allclose(whisper.pool(hidden).numpy(), np.stack(expected), atol=1e-6)


def test_batch_equals_single():
    clips = [speech(seconds, seed) for seed, seconds in enumerate((0.25, 1.0, 2.3, 0.777, 3.0))]
    together = whisper.encode(clips)
    for clip, frames in zip(clips, together, strict=True):
        alone = whisper.encode([clip])[0]
        assert frames.shape == alone.shape == (len(frames), whisper.DIM) and frames.dtype == np.float32
        assert abs(len(frames) - 10 * len(clip) / SAMPLE_RATE) <= 1
        np.testing.assert_allclose(frames, alone, **TOLERANCE)


def test_padding_in_a_batch_does_not_change_a_clip():
    short = speech(1.0)
    a, b = (whisper.encode([short, speech(2.0, seed)])[0] for seed in (1, 2))
    np.testing.assert_array_equal(a, b)


def test_encode_all_keeps_the_order():
    clips = [speech(seconds, seed) for seed, seconds in enumerate((1.0, 0.4, 2.0, 0.3, 0.6))]
    everything = list(whisper.encode_all(iter(clips), batch_s=2.5))
    assert len(everything) == 5
    for clip, frames in zip(clips, everything, strict=True):
        np.testing.assert_allclose(frames, whisper.encode([clip])[0], **TOLERANCE)
    assert list(whisper.encode_all([])) == []


def test_several_workers_give_the_same_frames_and_stop_when_nobody_asks():
    clips = [speech(seconds, seed) for seed, seconds in enumerate((1.0, 0.4, 2.0, 0.3, 0.6, 1.1))]
    one, two = (list(whisper.encode_all(iter(clips), batch_s=1.5, workers=count)) for count in (1, 2))
    for alone, beside in zip(one, two, strict=True):
        np.testing.assert_allclose(beside, alone, rtol=0, atol=1e-5)
    asked = []
    frames = whisper.encode_all((asked.append(clip) or clip for clip in clips * 5), batch_s=0.1, workers=2)
    next(frames)
    frames.close()
    assert len(asked) < len(clips) and not [t for t in threading.enumerate() if t.name.startswith("encoder")]
    with pytest.raises(ZeroDivisionError):
        list(whisper.encode_all(clips, encode=lambda batch: 1 / 0, workers=2))


@pytest.fixture(scope="module")
def long_ones() -> dict[float, tuple[np.ndarray, np.ndarray]]:
    """Duration -> clip and its frames, all encoded in one batch with a short one."""
    clips = {seconds: speech(seconds) for seconds in (29.9, 30.1, 60.0)}
    frames = whisper.encode([*clips.values(), speech(2.0)])
    return {seconds: (clip, f) for (seconds, clip), f in zip(clips.items(), frames[:-1], strict=True)}


@pytest.mark.parametrize("seconds", [29.9, 30.1, 60.0])
def test_long_clips(seconds, long_ones):
    clip, frames = long_ones[seconds]
    assert 0 <= len(frames) - 10 * seconds <= 6  # every window may end in a frame that is not full
    alone = whisper.encode([clip])[0]
    assert alone.shape == frames.shape and np.isfinite(frames).all()
    np.testing.assert_allclose(frames, alone, **TOLERANCE)


def test_shipped_weights_are_those_of_the_card():
    folder = CHECKPOINTS / whisper.NAME
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest() == card["weights_sha256"]
    assert sum(tensor.numel() for tensor in whisper.blocks().state_dict().values()) == card["parameters"]
    assert not any(parameter.requires_grad for parameter in whisper.blocks().parameters())


def test_against_hidden_states_of_another_implementation():
    """``reference/whisper_base_hidden.npz``: every tenth 50 Hz frame of the mean of hidden states 1-4 of the original
    six-block weights, read and run by an implementation of its own (one clip at a time, librosa's mel filters), which
    agrees with ctranslate2's ``encode`` within 5e-4."""
    expected = np.load(Path(__file__).parents[1] / "reference" / "whisper_base_hidden.npz")
    samples = load(settings.EXAMPLES / "de-slow-low.flac").samples
    highest = np.log10(librosa_mel(samples).max())  # Whisper keeps the level of a clip, our ``log_mel`` does not
    mel = log_mel(samples) + highest / 4
    with torch.inference_mode():
        hidden = whisper.blocks()(mel[None], torch.tensor([mel.shape[1] // 2]))[0]
    assert len(hidden) == expected["frames"]
    assert np.abs(hidden[::10].numpy() - expected["every_tenth"]).max() < 1e-3
