"""The folder of a Space: its files, its front matter and its requirements."""

import json
import re
from pathlib import Path

import pytest
import yaml
from huggingface_hub import RepoCard, SpaceCardData, SpaceHardware
from packaging.requirements import Requirement

from xser_demo.cli.main import main
from xser_demo.cli.space import card, folder, pins
from xser_demo.reporting import shipped_maps
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError

COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
INDEX = "https://packages.example/cpu"


@pytest.fixture(scope="module")
def space(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("space") / "one"
    folder.build(place, folder.Plan(torch_index=INDEX))
    return place


def names(place: Path) -> set[str]:
    return {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}


def test_the_folder_has_what_the_page_needs_and_nothing_else(space):
    files = names(space)
    tops = {name.partition("/")[0] for name in files}
    assert tops == {"app.py", "xser_demo", "checkpoints", "assets", "LICENSE", "LICENSE.md", "NOTICE", "README.md",
                    "requirements.txt"}  # fmt: skip
    shipped = {*settings.CHECKPOINTS.rglob("*.safetensors"), *settings.PACKS.rglob("*.safetensors")}
    assert {p.relative_to(settings.ROOT).as_posix() for p in shipped} <= files
    assert {"assets/results/scores.json", "assets/examples/examples.json", "assets/style/page.css"} <= files
    assert {"xser_demo/ui/js/map.js"} <= files
    results = ("attention_noise", "voice_curve", "scenes", "source_choice")
    assert {f"assets/results/{name}.json" for name in results} <= files
    assert {f"assets/maps/{file.name}" for file in shipped_maps.FOLDER.glob("*.npz")} <= files
    assert {f"assets/pretrained/{network}.safetensors" for network in ("vgg16", "resnet50")} <= files
    assert not [n for n in files if n.endswith((".pyc", ".png", ".svg", ".zip")) or "/." in n or n.startswith(".")]
    assert sum((space / n).stat().st_size for n in files) < 150e6 and max(map(len, files)) < 200


def test_the_front_matter_is_valid(space):
    for hardware in pins.PYTHON:
        front = card.front_matter(hardware)
        assert front["sdk"] == "gradio" and re.fullmatch(r"\d+\.\d+\.\d+", front["sdk_version"])
        assert re.fullmatch(r"3\.\d+(\.\d+)?", front["python_version"])
        assert {front["colorFrom"], front["colorTo"]} <= COLOURS
        assert len(front["emoji"]) == 1 and ord(front["emoji"]) > 0x1F300
        assert 0 < len(front["short_description"]) <= 60 and 0 < len(front["title"]) <= 60
        assert front["license"] == "other" and re.fullmatch(r"[a-z0-9.-]+", front["license_name"])
        assert front["suggested_hardware"] in {one.value for one in SpaceHardware}
        assert re.fullmatch(r"\d+(m|h)", front["startup_duration_timeout"]) and front["header"] in ("mini", "default")
        assert all(isinstance(front[key], bool) for key in ("fullWidth", "pinned", "disable_embedding"))
        assert all(re.fullmatch(r"[a-z0-9-]+", tag) for tag in front["tags"])
        assert all(re.fullmatch(r"[\w.-]+/[\w.-]+", model) for model in front["models"])
        assert (space / front["app_file"]).is_file() and (space / front["license_link"]).is_file()
    read = RepoCard.load(space / "README.md", repo_type="space", ignore_metadata_errors=False)
    assert SpaceCardData(**read.data.to_dict()).to_dict() == card.front_matter("cpu-basic")
    assert yaml.safe_load((space / "README.md").read_text().split("---")[1]) == card.front_matter("cpu-basic")


def test_the_terms_of_the_corpora_are_included(space):
    text = (space / "LICENSE.md").read_text()
    assert "CC BY-NC-SA 4.0" in text and "EMOVO" in text and "annotated-types" not in text
    assert all((space / "assets" / "packs" / one.name / "LICENSE").is_file() for one in settings.PACKS.iterdir())


@pytest.mark.parametrize("hardware", list(pins.PYTHON))
def test_every_package_has_one_allowed_version(hardware):
    lines = [one for one in pins.requirements(hardware).splitlines() if one and not one.startswith("#")]
    pinned = {Requirement(line).name: str(Requirement(line).specifier).removeprefix("==") for line in lines}
    assert len(pinned) == len(lines) > 50 and set(pinned) == set(pins.locked())
    for line in (settings.ROOT / "requirements.txt").read_text().splitlines():
        if requirement := line.partition("#")[0].strip():
            requirement = Requirement(requirement)
            assert requirement.specifier.contains(pinned[requirement.name.lower().replace("_", "-")]), requirement
    assert pinned["gradio"] == card.front_matter(hardware)["sdk_version"]
    same = {name for name in pinned if pinned[name] == pins.locked()[name]}
    assert set(pinned) - same <= {"pydantic", "pydantic-core", "torch", "torchaudio", "setuptools"}
    assert pinned["torch"] == {"cpu-basic": pins.locked()["torch"], "zerogpu": "2.11.0"}[hardware]


def test_an_index_is_written_only_if_given_and_without_secrets(space):
    assert f"--extra-index-url {INDEX}\n" in (space / "requirements.txt").read_text()
    assert "index" not in pins.requirements("cpu-basic")
    for bad in (
        "ftp://a/b",
        "packages.example",
        "https://me:secret@packages.example/",
        "https://a/b c",
        "https://a/?key=1",
    ):
        with pytest.raises(UserError):
            pins.requirements("cpu-basic", bad)


def test_a_corpus_is_left_out_with_the_models_trained_on_it(tmp_path):
    folder.build(tmp_path / "space", folder.Plan(without=("ravdess",)))
    files = names(tmp_path / "space")
    models = {p.split("/")[1] for p in files if p.startswith("checkpoints/")}
    assert not [n for n in files if "packs/ravdess" in n] and models == {
        "whisper-base-4",
        "emodb-source",
        "emodb-source-speaker",
    }
    cards = [json.loads((tmp_path / "space" / "checkpoints" / one / "card.json").read_text()) for one in models]
    assert "RAVDESS" not in json.dumps([one.get("corpora") for one in cards])
    assert not [n for n in files if "pretrained" in n]  # all five corpora taught these layers
    assert "RAVDESS" not in (tmp_path / "space" / "README.md").read_text().split("Corpora in this Space")[1]


def test_output_and_errors_of_the_command(tmp_path, capsys):
    target = str(tmp_path / "space")
    small = ["--without", "ravdess", "emovo", "urdu", "nemo"]
    assert main(["space", "build", target, "--json", *small]) == 0
    output = capsys.readouterr()
    result = json.loads(output.out)
    assert result["corpora"] == ["emodb"] and result["files"] == len(names(tmp_path / "space")) and "CUDA" in output.err
    for options, reason in (
        ([target], "exists already"),
        ([f"{target}2", "--hardware", "a100"], "choose one of: cpu-basic, zerogpu"),
        ([f"{target}2", "--without", "nobody"], "no corpus 'nobody'"),
        ([f"{target}2", "--torch-index", "nowhere"], "no address of a package index"),
        ([f"{target}2", "--hardware", "zerogpu", "--torch-index", INDEX], "leave --torch-index out"),
    ):
        assert main(["space", "build", *options]) == 2
        output = capsys.readouterr().err.splitlines()[-1]
        assert output.startswith("error: ") and reason in output
    assert not (tmp_path / "space2").exists() and [p.name for p in tmp_path.iterdir()] == ["space"]
