"""A bigger encoder from the command line: packs, adapting, predicting, the card; with a small random network."""

import json
import shutil
import zipfile
from dataclasses import replace
from zlib import crc32

import numpy as np
import pytest
import torch

from xser_demo.audio.io import load
from xser_demo.cli.main import main
from xser_demo.data import encode, packs
from xser_demo.data.packs import load_cached
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import prepare
from xser_demo.features.encoders import frozen, weights
from xser_demo.features.encoders.registry import get
from xser_demo.inference.predict import encode_clip
from xser_demo.networks import checkpoints
from xser_demo.networks.temperature import temperature
from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError
from xser_demo.utils.files import sha256

NAME, CLIP = "wavlm-base", settings.EXAMPLES / "de-slow-low.flac"


def sounds(utterance) -> np.ndarray:
    """Half a second that depends on the clip."""
    random = np.random.default_rng(crc32(utterance.path.encode()))
    pitch = 100 + 60 * ("anger", "happiness", "neutral", "sadness").index(utterance.emotion)
    t = np.arange(8000) / settings.SAMPLE_RATE
    return (0.2 * np.sin(2 * np.pi * pitch * t) + 0.02 * random.normal(size=8000)).astype(np.float32)


@pytest.fixture
def few(small, tmp_path, monkeypatch):
    """A few clips of two corpora as packs of the shipped encoder's frames, and sounds in place of the recordings."""
    monkeypatch.setattr(settings, "PACKS", tmp_path / "packs")
    tables = {}
    for key in ("urdu", "emovo"):
        whole = packs.load(key, folder=settings.ASSETS / "packs" / key)
        known = [u for u in whole.utterances if u.emotion in ("anger", "happiness", "neutral", "sadness")]
        tables[key] = known[:: len(known) // 80]
        frames = [np.random.default_rng(i).normal(size=(5, 512)).astype(np.float32) for i in range(len(tables[key]))]
        packs.save(packs.make(key, tables[key], frames, {"rate_hz": 10}), settings.PACKS / key, "x")
    monkeypatch.setattr(encode, "reader", lambda key, folder: (tables[key], sounds))
    load_cached.cache_clear()
    yield tables
    load_cached.cache_clear()


def run(capsys, *arguments: str):
    status = main(list(arguments))
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def adapt(*more: str) -> tuple[str, ...]:
    return ("adapt", "--source", "urdu", "--target", "emovo", "--mode", "transductive", "--epochs", "1",
            "--encoder", NAME, "--json", *more)  # fmt: skip


def test_from_packs_to_a_model_that_hears_by_that_encoder(few, tmp_path, capsys):
    status, out, err = run(capsys, *adapt())
    assert status == 2 and "xser corpora pack urdu --corpora DIR --encoder wavlm-base" in err

    status, out, _ = run(capsys, "corpora", "pack", "urdu", "emovo", "--encoder", NAME, "--device", "cpu", "--json")
    assert status == 0 and [row["features"] for row in json.loads(out)] == [[NAME]] * 2
    pack = packs.load("emovo", NAME)
    assert pack.dim == get(NAME).dim and pack.values.dtype == torch.int8 and len(pack) == len(few["emovo"])
    assert pack.card["encoder"] == NAME and pack.card["rate_hz"] == 10 and pack.card["blocks"] == [2, 3]
    assert pack.card["weights_sha256"] == sha256(weights.place(get(NAME))) and "MIT" in pack.card["licence"]
    stored, true = pack.frames(0), torch.from_numpy(next(frozen.speech_frames(NAME, [sounds(few["emovo"][0])])).frames)
    limited = torch.maximum(torch.minimum(true, pack.offset + 127 * pack.scale), pack.offset - 127 * pack.scale)
    assert ((stored - limited).abs() <= 0.52 * pack.scale + 1e-4).all()
    assert packs.load("emovo").dim == 512  # what was there stays

    status, out, _ = run(capsys, *adapt("--method", "zscore", "--out", str(tmp_path / "model")))
    told = json.loads(out)
    assert status == 0 and told["encoder"] == NAME == told["record"]["plan"]["encoder"]
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert card["encoder"] == NAME == card["recipe"]["feature"]
    assert card["encoder_weights_sha256"] == pack.card["weights_sha256"] and "MIT" in card["encoder_licence"]

    status, out, _ = run(capsys, "predict", str(CLIP), "--model", str(tmp_path / "model"), "--json")
    heard = json.loads(out)["clips"][0]
    for head in heard["models"][0]["attention"]["heads"]:  # in the clip's own time, as the shipped encoder's
        assert len(head) == pytest.approx(10 * heard["duration_s"], abs=10) and sum(head) == pytest.approx(1, abs=0.01)
    model = checkpoints.load(tmp_path / "model").model
    clip = load(CLIP)
    frames, mask = encode_clip(clip).feature(NAME)
    found = next(frozen.speech_frames(NAME, [clip.samples]))
    np.testing.assert_array_equal(frames.numpy(), found.frames)
    assert mask[0].nonzero().flatten().tolist() == found.places.tolist()
    probabilities = list(heard["models"][0]["probabilities"].values())
    ours = (model.predict(frames, mask).logits / temperature(card)).softmax(1)[0]
    assert probabilities == pytest.approx(ours.tolist(), abs=1e-3)

    assert run(capsys, "rerun", str(tmp_path / "model"))[1].strip().endswith("the same to the bit")
    shutil.rmtree(settings.ENCODERS)
    frozen._load.cache_clear()
    status, _, err = run(capsys, "predict", str(CLIP), "--model", str(tmp_path / "model"))
    assert status == 2 and "xser encoders get wavlm-base" in err and len(err.strip().splitlines()) == 1


def test_recordings_of_ones_own_are_encoded_by_it(few, tmp_path, capsys):
    assert run(capsys, "corpora", "pack", "urdu", "--encoder", NAME)[0] == 0
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for number in range(4):
            for word in ("rabbia", "tristezza"):
                archive.write(settings.EXAMPLES / "it-medium.flac", f"mine/{word}/{number}.flac")
    status, out, err = run(
        capsys, "adapt", "--source", "urdu", "--target", f"zip:{tmp_path / 'mine.zip'}", "--method", "zscore",
        "--epochs", "1", "--encoder", NAME, "--json",
    )  # fmt: skip
    assert status == 0, err
    told = json.loads(out)
    assert told["encoder"] == NAME and told["own"]["clips"] == 8 and told["labels"] == ["anger", "sadness"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("adapt", "--source", "urdu", "--target", "emovo", "--encoder", "ears"), "no encoder 'ears'"),
        (("corpora", "pack", "urdu", "--encoder", "ears"), "no encoder 'ears'"),
        (adapt("--system", "cai2021-dann"), "features of its own"),
        (("corpora", "pack", "urdu", "--encoder", NAME, "--device", "tpu"), "no device 'tpu'"),
    ],
)
def test_what_cannot_run_is_refused_in_a_sentence(arguments, says, few, capsys):
    status, out, err = run(capsys, *arguments)
    *_, last = err.strip().splitlines()
    assert (status, out) == (2, "") and last.startswith("error: ") and says in last
    assert packs.available(NAME) == []


def test_packs_of_different_weights_are_not_mixed(few, capsys):
    assert run(capsys, "corpora", "pack", "urdu", "emovo", "--encoder", NAME)[0] == 0
    plan = Plan("urdu", "emovo", "zscore", encoder=NAME, mode="transductive")
    there = packs.load("emovo", NAME)
    other = replace(there, card=there.card | {"weights_sha256": "0" * 64})
    with pytest.raises(SettingsError, match="different weights of wavlm-base"):
        prepare(replace(plan, own={("emovo", NAME): other}))
    prepare(replace(plan, own={("emovo", NAME): there}))
