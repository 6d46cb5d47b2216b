"""A model goes home in one zip and comes back as it was; anything else is refused in a sentence."""

import hashlib
import json
import subprocess
import sys
import zipfile
from itertools import cycle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt
from xser_demo.experiments.source_models import start
from xser_demo.experiments.task import prepare
from xser_demo.inference.predict import encode_file, predict
from xser_demo.inference.speaker.calibrate import VoiceClip
from xser_demo.networks import checkpoints
from xser_demo.reporting.model_zip import FOLDER, export_model, export_visitor_model, import_model
from xser_demo.ui.shared import model_pairs
from xser_demo.ui.shared.model_menu import MAX_OWN_MODELS, welcome
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.recordings import voice
from xser_demo.ui.tabs.recordings.prompts import MOODS
from xser_demo.utils import settings
from xser_demo.utils.errors import ModelError, UserError

VOICE = settings.EXAMPLES / "de-fast-high.flac"
VOICES = sorted(settings.EXAMPLES.glob("*.flac"))


@pytest.fixture(scope="module")
def result():
    plan = Plan("ravdess", "emodb", "zscore")
    *_, last = adapt(plan, start(plan, prepare(plan)))
    return last


@pytest.fixture(scope="module")
def taken(result, tmp_path_factory):
    file = tmp_path_factory.mktemp("home") / "model.zip"
    export_model(result, "Your model: English to German", file)
    return file


def changed(taken, tmp_path, name="model/card.json", make=None, drop=False):
    """A copy of the zip with one file made anew."""
    file = tmp_path / "changed.zip"
    with zipfile.ZipFile(taken) as old, zipfile.ZipFile(file, "w") as new:
        for one in old.namelist():
            content = old.read(one)
            if one.endswith(name):
                if drop:
                    continue
                content = make(content)
            new.writestr(one, content)
    return file


def signed(broken, tmp_path):
    """The same zip with a card that vouches for the weights in it."""
    with zipfile.ZipFile(broken) as archive:
        digest = hashlib.sha256(archive.read(f"{FOLDER}/model/weights.safetensors")).hexdigest()
    (tmp_path / "again").mkdir()
    return changed(broken, tmp_path / "again", make=edit(weights_sha256=digest))


def edit(**values):
    def make(content: bytes) -> bytes:
        return json.dumps(json.loads(content) | values).encode()

    return make


def test_it_comes_back_as_it_was(result, taken):
    back = import_model(taken)
    heard = encode_file(VOICE)
    mine = predict(checkpoints.Loaded("mine", result.model, back.card), heard)
    assert predict(back, heard).probabilities == mine.probabilities
    with zipfile.ZipFile(taken) as archive:
        names = {name.removeprefix(FOLDER + "/") for name in archive.namelist()}
        metrics = json.loads(archive.read(f"{FOLDER}/metrics.json"))
        labels = json.loads(archive.read(f"{FOLDER}/labels.json"))
        assert b"plotly" in archive.read(f"{FOLDER}/report.html")
    assert names == {
        "model/card.json", "model/weights.safetensors", "labels.json", "metrics.json", "report.html", "use_it.py",
        "README.txt",
    }  # fmt: skip
    assert metrics["uar"]["adapted"] == back.card["uar"]["adapted"] and labels["classes"] == back.card["labels"]
    assert back.card["selection"] and back.card["statistics"]


def test_a_model_that_got_used_to_a_voice_goes_home_too(tmp_path):
    visitor = Visitor()
    encoded = [encode_file(file) for file in VOICES]
    clips = [VoiceClip(one, mood) for one, mood in zip(encoded * 8, cycle(MOODS), strict=False)]
    base, heard = visitor.model("ravdess-source"), encode_file(VOICE)
    calibrated, (taught, _) = voice.calibrated(visitor, base, clips[:8]), voice.taught(visitor, base, clips)
    for mine, known in ((calibrated, "statistics"), (taught, "held_out")):
        export_visitor_model(mine, tmp_path / f"{mine.id}.zip")
        back = import_model(tmp_path / f"{mine.id}.zip")
        assert predict(back, heard).probabilities == predict(mine, heard).probabilities
        assert back.card[known] == json.loads(json.dumps(mine.card[known])) and back.card["title"] == mine.card["title"]
    with zipfile.ZipFile(tmp_path / f"{calibrated.id}.zip") as archive:
        names = {name.removeprefix(FOLDER + "/") for name in archive.namelist()}
        readme = archive.read(f"{FOLDER}/README.txt").decode()
    assert names == {"model/card.json", "model/weights.safetensors", "labels.json", "use_it.py", "README.txt"}
    assert "use_it.py" in readme and "report.html" not in readme, "it lists what is there"


def test_it_can_hold_the_model_as_onnx_too(tmp_path):
    file = tmp_path / "model.zip"
    export_visitor_model(checkpoints.load("ravdess-emodb-dann"), file, with_onnx=True)
    with zipfile.ZipFile(file) as archive:
        names = {name.removeprefix(FOLDER + "/") for name in archive.namelist()}
        readme = archive.read(f"{FOLDER}/README.txt").decode()
    assert {"onnx/model.onnx", "onnx/silero_vad.onnx", "onnx/use_onnx.py", "onnx/README.txt"} <= names
    assert "onnx/" in readme and import_model(file).id == "ravdess-emodb-dann"


def test_a_zip_of_an_earlier_front_end_is_refused_and_says_how_to_make_it_anew(tmp_path):
    """``model-0.1.zip`` was written by version 0.1: its model learnt from features of the first front end."""
    file = Path(__file__).parents[1] / "reference" / "model-0.1.zip"
    with pytest.raises(ModelError, match="run xser rerun model, or adapt again from ravdess to emodb"):
        import_model(file)
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path)
    with pytest.raises(ModelError, match="xser rerun"):
        checkpoints.load(tmp_path / FOLDER / "model")


def test_its_few_lines_of_python_and_the_command_line_use_it(taken, tmp_path):
    with zipfile.ZipFile(taken) as archive:
        archive.extractall(tmp_path)
    home = tmp_path / FOLDER
    said = subprocess.check_output([sys.executable, home / "use_it.py", VOICE], text=True)
    assert {line.split()[0] for line in said.splitlines()} == {"anger", "happiness", "neutral", "sadness"}
    assert (home / "use_it.py").read_text().count("\n") <= 12
    command = [sys.executable, "-m", "xser_demo", "predict", VOICE, "--model", home / "model", "--json"]
    told = json.loads(subprocess.check_output(command, text=True))
    assert said.split()[0] == told["clips"][0]["models"][0]["emotion"]


def test_a_model_that_is_back_answers_but_has_no_map(taken):
    visitor = Visitor()
    for _ in range(MAX_OWN_MODELS + 2):
        mine = welcome(visitor, import_model(taken))
    assert len(visitor.models) == MAX_OWN_MODELS and visitor.model(mine.id) is mine
    assert mine.card["title"] == "Your uploaded model: English to German"
    assert mine.id not in {one for _, one in model_pairs.choices(visitor)}
    assert predict(mine, encode_file(VOICE)).model_id == mine.id


def scaled(content: bytes) -> bytes:
    state = load(content)
    name = next(one for one, tensor in state.items() if tensor.is_floating_point() and tensor.numel())
    return save(state | {name: torch.full_like(state[name], torch.nan)})


@pytest.mark.parametrize(
    "change",
    [
        edit(labels=["anger", "anger"]), edit(labels=["anger"]), edit(labels=["anger", "<script>"]), edit(labels=7),
        edit(label_set="mine"), edit(method="mine"), edit(system="mine"), edit(source="mine"), edit(target="../x"),
        edit(recipe={"head": "image"}), edit(recipe={"feature": "whisper", "wide": 9}), edit(recipe=3),
        edit(temperature=0), edit(temperature="1"), edit(temperature=float("nan")), edit(uar={}), edit(uar=[2]),
        edit(fold="0"), edit(seed=-1),
        edit(unheard=3), edit(unheard={"folds": "5"}), edit(unheard={"folds": 5, "uar": {}}),
        edit(title="x" * 300), edit(title=""), edit(id=None), edit(weights_sha256="0" * 64),
        lambda content: b"{", lambda content: b"[]", lambda content: b"[" * 100_000, lambda content: b"\xff",
    ],
)  # fmt: skip
def test_a_card_that_is_not_from_here_is_refused(taken, tmp_path, change):
    with pytest.raises(UserError) as refused:
        import_model(changed(taken, tmp_path, make=change))
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_weights_that_are_not_the_cards_are_refused(taken, tmp_path):
    for make in (scaled, lambda content: content[:-1], lambda content: b"", lambda content: b"\x80\x04pickle"):
        with pytest.raises(ModelError):
            import_model(changed(taken, tmp_path, "weights.safetensors", make))


def test_weights_with_what_is_no_number_are_refused(taken, tmp_path):
    with pytest.raises(ModelError, match="not all numbers"):
        import_model(signed(changed(taken, tmp_path, "weights.safetensors", scaled), tmp_path))


@pytest.mark.parametrize(
    "name, tensor",
    [
        ("inputs.1.matrix", torch.ones(4, 128)),
        ("inputs.0.matrix", torch.ones(512)),
        ("memory.rows", torch.ones(3)),
        ("memory.rows", torch.ones(3, 7)),
        ("head.project.weight", 1e38),
    ],
)
def test_tensors_that_do_not_fit_or_drown_every_answer_are_refused(name, tensor, taken, tmp_path):
    """They came in, and broke the first answer (found by fuzzing)."""

    def other(content: bytes) -> bytes:
        state = load(content)
        state[name] = tensor if isinstance(tensor, torch.Tensor) else torch.full_like(state[name], tensor)
        if name == "memory.rows":
            state["memory.labels"] = torch.zeros(len(tensor), dtype=torch.int64)
        return save(state)

    with pytest.raises(ModelError, match=r"fit together|give no answers|cannot be loaded"):
        import_model(signed(changed(taken, tmp_path, "weights.safetensors", other), tmp_path))


@pytest.mark.parametrize("kind", [torch.bool, torch.int8, torch.float64])
def test_tensors_of_another_type_become_numbers_of_the_network(kind, taken, tmp_path):
    """A matrix of truth values came in as it was, and broke the first sum (found by fuzzing)."""

    def other(content: bytes) -> bytes:
        state = load(content)
        return save(state | {"inputs.1.matrix": torch.eye(len(state["inputs.1.mean"]), dtype=kind)})

    mine = import_model(signed(changed(taken, tmp_path, "weights.safetensors", other), tmp_path))
    assert mine.model.inputs[1].matrix.dtype == torch.float32
    assert predict(mine, encode_file(VOICE)).probabilities


def test_other_files_are_refused(taken, tmp_path):
    text = tmp_path / "text.zip"
    text.write_text("no zip")
    empty = tmp_path / "empty.zip"
    zipfile.ZipFile(empty, "w").close()
    slip = tmp_path / "slip.zip"
    with zipfile.ZipFile(slip, "w") as archive:
        archive.writestr("../card.json", "{}")
    for file in (text, empty, slip, changed(taken, tmp_path, drop=True)):
        with pytest.raises(ModelError):
            import_model(file)
    assert not (tmp_path.parent / "card.json").exists()
