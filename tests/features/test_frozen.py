"""The bigger frozen encoders, with small random networks of the same classes: lengths, windows, layers, devices."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from xser_demo.audio import silence
from xser_demo.features import FEATURES
from xser_demo.features.encoders import frozen, wav2vec, weights, whisper
from xser_demo.features.encoders.registry import ENCODERS, get
from xser_demo.features.encoders.whisper_hf import renamed
from xser_demo.features.torchaudio_cpu import models, torchaudio
from xser_demo.utils.errors import ModelError, SettingsError
from xser_demo.utils.settings import SAMPLE_RATE
from xser_demo.utils.state_dicts import read_state_dict

DIM, USED = 64, (2, 3)  # of conftest.py
SPEECH = ("wavlm-base", "hubert-base", "xls-r-300m")
ALL = (*SPEECH, "whisper-small")
BUNDLES = {
    "wavlm-base": "WAVLM_BASE",
    "wavlm-base-plus": "WAVLM_BASE_PLUS",
    "hubert-base": "HUBERT_BASE",
    "xls-r-300m": "WAV2VEC2_XLSR_300M",
}
CONVOLUTIONS = [(512, 10, 5), *[(512, 3, 2)] * 4, *[(512, 2, 2)] * 2]  # what torchaudio takes for None


def sound(seconds: float, seed: int = 0) -> np.ndarray:
    """A gliding tone in noise."""
    random, n = np.random.default_rng(seed), int(seconds * SAMPLE_RATE)
    t = np.arange(n) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * (150 + 20 * seed) * t * (1 + 0.1 * np.sin(3 * t)))
    return (0.2 * tone * (0.5 + 0.5 * np.sin(5 * t)) + 0.02 * random.normal(size=n)).astype(np.float32)


@pytest.mark.parametrize("name", ALL)
def test_ten_frames_per_second_each_clip_at_its_true_length(name, small):
    clips = [sound(seconds, seed) for seed, seconds in enumerate((0.25, 1.0, 2.3, 0.777, 3.0))]
    together = frozen.encode(name, clips)
    for clip, frames in zip(clips, together, strict=True):
        assert frames.dtype == np.float32 and frames.shape[1] == DIM == get(name).dim and np.isfinite(frames).all()
        assert abs(len(frames) - 10 * len(clip) / SAMPLE_RATE) <= 1
        np.testing.assert_allclose(frames, frozen.encode(name, [clip])[0], atol=2e-4, rtol=1e-3)
    short = [frozen.encode(name, [clips[1], sound(seconds, 9)])[0] for seconds in (1.5, 4.0)]
    np.testing.assert_allclose(*short, atol=2e-4, rtol=1e-3)  # whatever stands behind it in a batch
    everything = list(frozen.encode_all(name, iter(clips)))
    assert [len(one) for one in everything] == [len(one) for one in together]


@pytest.mark.parametrize("name", SPEECH)
def test_a_speech_network_gives_the_same_bits_in_a_batch_and_alone(name, small):
    clips = [sound(1.0), sound(2.3, 1)]
    for clip, frames in zip(clips, frozen.encode(name, clips), strict=True):
        np.testing.assert_array_equal(frames, frozen.encode(name, [clip])[0])


@pytest.mark.parametrize("seconds", [14.9, 15.1, 29.9, 30.1])
@pytest.mark.parametrize("name", ALL)
def test_long_clips_are_encoded_in_windows(name, seconds, small):
    clip = sound(seconds)
    frames = frozen.encode(name, [sound(1.0, 3), clip])[1]
    assert -2 <= len(frames) - 10 * seconds <= 6  # each window may end in a frame that is not full
    parts = [frozen.encode(name, [clip[a:b]])[0] for a, b in whisper.encoder_windows(clip)]
    assert len(parts) >= seconds / 15 and (len(parts) == 1) == (seconds < 15) and np.isfinite(frames).all()
    np.testing.assert_allclose(frames, np.concatenate(parts), atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize("name", SPEECH)
def test_the_chosen_blocks_of_torchaudios_network_are_averaged(name, small):
    row = get(name)
    full = getattr(models, row.network)().eval()
    full.load_state_dict(read_state_dict(weights.place(row)))
    clip = torch.from_numpy(sound(1.0))
    wave = (clip - clip.mean()) / (clip.var(unbiased=False) + 1e-5).sqrt() if row.normalise else clip
    with torch.inference_mode():
        states, _ = full.extract_features(wave[None])
        ours = frozen.load(name, "cpu").network.hidden([clip.numpy()])[0]
    assert len(states) == 4 and len(frozen.load(name, "cpu").network.model.encoder.transformer.layers) == USED[1]
    torch.testing.assert_close(ours, (states[1] + states[2])[0] / 2, atol=1e-5, rtol=1e-4)


def test_whisper_of_another_width_against_transformers():
    """scripts/make_reference_whisper.py: three random blocks, of which the first two are used."""
    stored = np.load(Path(__file__).parents[1] / "reference" / "whisper_hub.npz")
    state = {name: torch.from_numpy(stored[name]) for name in stored.files if name.startswith("model.")}
    positions = state["model.encoder.embed_positions.weight"]
    state["model.encoder.embed_positions.weight"] = torch.cat([positions, torch.zeros(1500 - len(positions), 16)])
    network = whisper.WhisperBlocks(16, 2, 2).eval()
    network.load_state_dict(renamed(state, 2))
    with torch.inference_mode():
        mean = network(torch.from_numpy(stored["mel"])[None], torch.tensor([len(positions)]))[0]
    torch.testing.assert_close(mean, torch.from_numpy(stored["mean"]), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", BUNDLES)
def test_the_table_agrees_with_torchaudios_pipelines(name, monkeypatch):
    """Names and shapes of the weights follow from these arguments, so the files of the pipelines fit."""
    row, bundle = ENCODERS[name], getattr(torchaudio.pipelines, BUNDLES[name])
    arguments = {}
    inside = sys.modules["torchaudio.models.wav2vec2.model"]
    for factory in ("wav2vec2_model", "wavlm_model"):
        monkeypatch.setattr(inside, factory, lambda **given: arguments.update(given))
    getattr(models, row.network)()
    arguments["extractor_conv_layer_config"] = arguments["extractor_conv_layer_config"] or CONVOLUTIONS
    training_only = {key for key in arguments if key.endswith(("dropout", "drop"))}
    assert {k: v for k, v in arguments.items() if k not in training_only} == {
        k: v for k, v in bundle._params.items() if k not in training_only
    }
    assert (row.file, row.normalise) == (bundle._path, bundle._normalize_waveform)
    assert bundle.sample_rate == SAMPLE_RATE
    assert (row.dim, row.total_blocks) == (arguments["encoder_embed_dim"], arguments["encoder_num_layers"])


def test_every_row_is_a_feature_and_uses_existing_blocks():
    for name, row in ENCODERS.items():
        feature = FEATURES[name]
        assert (feature.dim, feature.rate_hz, feature.encoder) == (row.dim, whisper.RATE, name)
        first, last = row.blocks
        assert 1 <= first <= last < row.total_blocks  # never the last one
        assert first == 1 or row.network != "whisper"  # WhisperBlocks averages from the first on
        assert row.licence and row.paper and (row.sha256 is None or len(row.sha256) == 64)
        assert weights.address(row).startswith("https://")
    assert FEATURES["whisper"].encoder == whisper.NAME


@pytest.mark.parametrize("name", ["wavlm-base", "whisper-small"])
def test_a_feature_is_trimmed(name, small):
    clip = np.concatenate([np.zeros(SAMPLE_RATE, np.float32), sound(1.0)])
    frames = FEATURES[name].extract(clip)
    cut = silence.cut(clip)
    assert cut.places[0] >= 9 and len(frames) == len(cut.places) < 12
    np.testing.assert_array_equal(frames, frozen.encode(name, [cut.samples])[0][cut.inside])


def test_silence_and_very_short_sounds_are_finite(small):
    for name in ALL:
        assert np.isfinite(frozen.encode(name, [np.zeros(SAMPLE_RATE, np.float32)])[0]).all()
    hidden = frozen.load("xls-r-300m", "cpu").network.hidden([np.zeros(10, np.float32)])[0]
    assert hidden.shape == (1, DIM) and hidden.isfinite().all()


def test_files_with_the_old_names_of_weight_norm_fit(small):
    row = get("hubert-base")
    state = read_state_dict(weights.place(row))
    before = frozen.encode("hubert-base", [sound(1.0)])[0]
    conv = "encoder.transformer.pos_conv_embed.conv"
    for old, new in (("weight_g", "original0"), ("weight_v", "original1")):
        state[f"{conv}.{old}"] = state.pop(f"{conv}.parametrizations.weight.{new}")
    network = wav2vec.load(row, state).eval()
    with torch.inference_mode():
        np.testing.assert_array_equal(whisper.encode([sound(1.0)], network)[0], before)


@pytest.mark.parametrize("name", ["wavlm-base", "whisper-small"])
def test_weights_that_do_not_fit_are_refused(name, small):
    row = get(name)
    state = read_state_dict(weights.place(row))
    lost = next(key for key in state if "layers.1." in key)
    load = frozen.whisper_hf.load if name == "whisper-small" else wav2vec.load
    for wrong in ({k: v for k, v in state.items() if k != lost}, state | {lost: torch.zeros(3, 5)}):
        with pytest.raises(ModelError, match="do not fit its network") as caught:
            load(row, wrong)
        assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="do not fit"):
        load(replace(row, dim=128), {})


def test_a_pickle_that_would_execute_something_is_refused(small, tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path.joinpath("was_here").touch, ())

    torch.save({"x": Evil()}, weights.place(get("wavlm-base")))
    with pytest.raises(ModelError, match="cannot be read"):
        frozen.encode("wavlm-base", [sound(1.0)])
    assert not (tmp_path / "was_here").exists()


def test_devices(monkeypatch, small):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert frozen.device() == frozen.device("auto") == frozen.device("cpu") == "cpu"
    monkeypatch.setenv("XSER_DEVICE", "cuda")
    with pytest.raises(SettingsError, match="no GPU here"):
        frozen.encode("wavlm-base", [sound(1.0)])
    with pytest.raises(SettingsError, match="no device 'tpu'"):
        frozen.device("tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert frozen.device() == frozen.device("auto") == "cuda" and frozen.device("cpu") == "cpu"


@pytest.mark.parametrize("name", ALL)
def test_half_precision_is_close(name, small):
    """The CPU's autocast in place of a GPU's, in the same precision: every operation finds its kinds of numbers."""
    clip = sound(2.0)
    exact = frozen.encode(name, [clip, sound(1.0)])[0]
    with torch.autocast("cpu", frozen.HALF):
        half = whisper.encode([clip, sound(1.0)], frozen.load(name, "cpu").network)[0]
    assert half.dtype == np.float32 and not np.array_equal(half, exact)
    assert np.abs(half - exact).max() < 0.03 * np.abs(exact).max()


def test_on_the_cpu_nothing_is_rounded(small, monkeypatch):
    """Autocast is on for a GPU only."""
    seen = []
    monkeypatch.setattr(whisper, "encode", lambda clips, network: seen.append(torch.is_autocast_enabled("cpu")) or [])
    frozen.encode("wavlm-base", [sound(1.0)])
    assert seen == [False]


WITHOUT_A_NETWORK = """
import socket, sys

def refuse(*_args, **_kwargs):
    raise AssertionError("something asks the network")

socket.socket.connect = socket.getaddrinfo = refuse
from xser_demo.cli.main import main
assert "torch" not in sys.modules
from xser_demo.cli import encoders
from xser_demo.features.encoders import frozen
from xser_demo.features import FEATURES
assert FEATURES["wavlm-base"].dim == 768
sys.exit(main(["encoders", "list", "--json"]))
"""


def test_import_and_list_make_no_network_request():
    done = subprocess.run([sys.executable, "-c", WITHOUT_A_NETWORK], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(f'"{name}"' in done.stdout for name in ENCODERS)
