"""A model as ONNX answers as the product does, without torch and without this package."""

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from silero_vad.utils_vad import get_speech_timestamps_from_probs

from xser_demo.audio.io import load
from xser_demo.audio.perturbations import PERTURBATIONS
from xser_demo.cli.main import main
from xser_demo.inference.predict import clip_moments, encode_file, predict
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import COMMON
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.networks.memory_bank import MemoryBank
from xser_demo.reporting.onnx import folder, speech
from xser_demo.reporting.onnx.graph import ClipGraph
from xser_demo.utils import settings

MODEL = "ravdess-emodb-coral-infomax-em"
VOICES = sorted(settings.EXAMPLES.glob("*.flac"))
CLOSE = 1e-4
ASK = """
import json, sys
from onnxruntime import InferenceSession
from use_onnx import predict
session = InferenceSession(sys.argv[1])
for file in sys.argv[2:]:
    answer, embedding, attention = predict(file, session)
    print(json.dumps([answer, embedding.tolist(), attention.tolist()]))
assert not {"torch", "xser_demo", "silero_vad"} & set(sys.modules), "the folder is enough"
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("exported") / "model"
    assert main(["export", MODEL, "--onnx", str(place), "--int8"]) == 0
    return place


def ask(place: Path, files: list[Path], model: str = "model.onnx") -> list[tuple[dict, np.ndarray, np.ndarray]]:
    """What the script beside the model answers to the files: probabilities, embedding, attention."""
    told = subprocess.run(
        [sys.executable, "-c", ASK, model, *map(str, files)], cwd=place, capture_output=True, text=True, timeout=300
    )
    assert told.returncode == 0, told.stderr
    answers = [json.loads(line) for line in told.stdout.splitlines()]
    return [(answer, np.array(embedding), np.array(attention)) for answer, embedding, attention in answers]


def differences(place: Path, files: list[Path]) -> np.ndarray:
    """The largest difference from the product, (n, 3): of probabilities, embedding and attention."""
    loaded, found = checkpoints.load(MODEL), []
    for file, (answer, embedding, attention) in zip(files, ask(place, files), strict=True):
        true = predict(loaded, encode_file(file))
        assert list(answer) == list(true.probabilities) and attention.shape == true.attention.shape
        pairs = ([*answer.values()], [*true.probabilities.values()]), (embedding, true.embedding)
        found.append([np.abs(np.subtract(*pair)).max() for pair in (*pairs, (attention, true.attention))])
    assert len(found) == len(files)
    return np.array(found)


def with_silence(file: Path, into: Path) -> Path:
    """A clip with an offset, and noise and silence around it and within."""
    samples, random = load(file).samples, np.random.default_rng(0)
    half, quiet = len(samples) // 2, 1e-4 * random.standard_normal(20_000).astype(np.float32)
    parts = [np.zeros(7000, np.float32), quiet, samples[:half], quiet, samples[half:], quiet]
    soundfile.write(into, np.concatenate(parts) + np.float32(0.004), settings.SAMPLE_RATE, subtype="FLOAT")
    return into


def test_the_script_answers_as_the_product_does(exported, tmp_path):
    files = [*VOICES[:4], with_silence(VOICES[4], tmp_path / "silent.wav"), tmp_path / "long.wav"]
    long = np.concatenate([load(file).samples for file in VOICES])[: round(14.5 * settings.SAMPLE_RATE)]
    soundfile.write(files[-1], long, settings.SAMPLE_RATE, subtype="FLOAT")
    assert differences(exported, files).max() < CLOSE


@pytest.mark.more
def test_so_it_does_on_a_hundred_clips(exported, corpora_dir, tmp_path):
    """The examples, clips of four corpora, half of them with noise, a room, a telephone band or another level."""
    files, changes = list(VOICES), [PERTURBATIONS[name] for name in ("noise", "room", "band", "gain")]
    for corpus in ("emodb", "emovo", "ravdess", "urdu"):
        recordings = sorted(file for file in (corpora_dir / corpus).rglob("*.*") if file.suffix in (".flac", ".wav"))
        for n, file in enumerate(recordings[:: len(recordings) // 23][:23]):
            samples = load(file).samples
            samples = changes[n // 2 % 4].apply(samples, 0.7) if n % 2 else samples
            files.append(tmp_path / f"{corpus}{n}.wav")
            soundfile.write(files[-1], samples, settings.SAMPLE_RATE, subtype="FLOAT")
    found = differences(exported, files)
    assert len(found) == 100 and found.max() < CLOSE


def test_eight_bits_change_little(exported):
    whole, small = (ask(exported, VOICES[::2], name) for name in ("model.onnx", "model-int8.onnx"))
    changes = [max(abs(a[0][name] - b[0][name]) for name in a[0]) for a, b in zip(whole, small, strict=True)]
    assert 0 < np.mean(changes) < 0.03 and max(changes) < 0.1
    assert (exported / "model-int8.onnx").stat().st_size < 0.45 * (exported / "model.onnx").stat().st_size


def test_what_it_cannot_take_is_said(exported, tmp_path):
    for name, rate, seconds, says in (("rate", 8_000, 1, "resample it"), ("long", 16_000, 16, "more than 15 s")):
        noise = np.random.default_rng(0).uniform(-0.3, 0.3, rate * seconds)
        soundfile.write(tmp_path / f"{name}.wav", noise, rate)
        script = [sys.executable, exported / "use_onnx.py", tmp_path / f"{name}.wav"]
        told = subprocess.run(script, capture_output=True, text=True, timeout=60)
        assert told.returncode == 1 and says in told.stderr and "Traceback" not in told.stderr


def test_the_folder_explains_itself(exported):
    card = json.loads((exported / folder.CARD).read_text(encoding="utf-8"))
    readme = (exported / "README.txt").read_text(encoding="utf-8")
    assert card["id"] == MODEL and card["corpora"] and card["title"] in readme
    assert {file.name for file in exported.iterdir() if file.is_file()} == {
        "README.txt", "LICENSES.txt", "model-card.json", "model.onnx", "model-int8.onnx", "silero_vad.onnx",
        "silence.py", "speech.py", "use_onnx.py",
    }  # fmt: skip
    licences = (exported / "LICENSES.txt").read_text(encoding="utf-8")
    assert licences.count("Permission is hereby granted") == 3 and "OpenAI" in licences and "Silero" in licences
    for script in exported.glob("*.py"):
        assert "import xser_demo" not in script.read_text() and "from xser_demo" not in script.read_text()


def test_speech_begins_and_ends_as_silero_vad_says():
    random = np.random.default_rng(0)
    for _ in range(300):
        probabilities = np.clip(np.repeat(random.uniform(0, 1, 40), random.integers(1, 9, 40)), 0, 1)
        length = 512 * len(probabilities) - int(random.integers(0, 512))
        theirs = get_speech_timestamps_from_probs(probabilities.tolist(), audio_length_samples=length)
        assert speech.segments(probabilities, length) == [(one["start"], one["end"]) for one in theirs]


def graph_and_product(loaded: Loaded, frames: torch.Tensor, inside: torch.Tensor):
    """The graph from the frames on, and the product on those inside."""
    graph, entrance = ClipGraph(loaded), loaded.model.inputs[TARGET]
    ours = graph.head(graph.standardise(frames, inside), inside)
    heard = frames[inside]
    if corpus := entrance.corpus_moments:
        heard = clip_moments(heard).shrunk(corpus).standardise(heard)
    return ours, loaded.model.predict(heard, inside[None])


@pytest.mark.parametrize("memory", [False, True], ids=["", "memory"])
def test_models_of_every_kind_are_the_same(memory):
    """By speaker or by corpus, adapted to a voice, with a memory; the context outside is not heard, however loud."""
    random = torch.Generator().manual_seed(0)
    by_speaker, by_corpus = checkpoints.load(MODEL), checkpoints.load("ravdess-emodb-dann")
    to_voice = deepcopy(by_speaker)
    to_voice.model.inputs[TARGET].fix_speaker(clip_moments(torch.randn(9, 512, generator=random)))
    inside = torch.tensor([False, True, True, False, False, True, False])
    for loaded in (by_speaker, by_corpus, to_voice):
        model = loaded.model
        frames = model.inputs[SOURCE].mean + torch.randn(7, 512, generator=random)
        frames[~inside] *= 50
        if memory:
            rows = torch.randn(60, 128, generator=random)
            loaded = deepcopy(loaded)
            loaded.model.memory = MemoryBank(rows, torch.arange(60) % len(model.classes), len(model.classes))
        (logits, embedding, attention), true = graph_and_product(loaded, frames, inside)
        assert torch.allclose(logits, true.logits, atol=CLOSE) and torch.allclose(embedding, true.embedding, atol=CLOSE)
        assert torch.allclose(attention, true.attention[0], atol=1e-6) and not attention[:, ~inside].any()


def test_models_on_other_features_are_refused(capsys, tmp_path):
    assert main(["export", "ravdess-emodb-latif2019-gan", "--onnx", str(tmp_path / "out")]) == 2
    assert "only those can be exported" in capsys.readouterr().err and not (tmp_path / "out").exists()
    (tmp_path / "there").mkdir()
    assert main(["export", MODEL, "--onnx", str(tmp_path / "there")]) == 2
    assert "exists already" in capsys.readouterr().err


def test_without_the_package_it_says_what_to_install(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(folder, "find_spec", lambda name: None)
    assert not folder.possible(COMMON)
    assert main(["export", MODEL, "--onnx", str(tmp_path / "out")]) == 2
    assert "pip install onnx onnxruntime" in capsys.readouterr().err
