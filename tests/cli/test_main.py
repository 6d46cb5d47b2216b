"""The command line prints one JSON document, or one line with the error."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import soundfile

from xser_demo.audio.io import load
from xser_demo.cli.main import main, parser
from xser_demo.utils import places, settings

CLIP = str(settings.EXAMPLES / "de-slow-low.flac")
PREDICTED = {"id", "method", "source", "target", "emotion", "probabilities", "attention", "seconds"}


def run(capsys, *arguments: str):
    """Exit status, standard output and standard error of one call."""
    status = main(list(arguments))
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_predict_prints_the_documented_json(capsys):
    file = settings.EXAMPLES / "de-slow-low.flac"
    status, out, _ = run(
        capsys, "predict", str(file), "--model", "ravdess-source", "--model", "ravdess-emodb-coral-infomax-em", "--json"
    )
    clip = json.loads(out)["clips"][0]
    assert status == 0
    assert clip["file"] == str(file) and 2 < clip["duration_s"] < 5
    assert {"level_dbfs", "clipped", "speech_s", "warnings"} <= set(clip["quality"])
    assert [m["id"] for m in clip["models"]] == ["ravdess-source", "ravdess-emodb-coral-infomax-em"]
    for model in clip["models"]:
        assert set(model) >= PREDICTED
        assert sum(model["probabilities"].values()) == pytest.approx(1, abs=1e-3)
        assert model["emotion"] == max(model["probabilities"], key=model["probabilities"].get)
        assert model["attention"]["hz"] == 10
        for head in model["attention"]["heads"]:
            assert sum(head) == pytest.approx(1, abs=0.01)
            assert len(head) == pytest.approx(10 * clip["duration_s"], abs=1)


def test_predict_says_how_much_silence_was_cut(capsys, tmp_path):
    voice = load(settings.EXAMPLES / "de-slow-low.flac").samples
    soundfile.write(tmp_path / "late.wav", np.concatenate([np.zeros(48_000), voice]), settings.SAMPLE_RATE)
    status, out, _ = run(capsys, "predict", str(tmp_path / "late.wav"), "--model", "ravdess-source")
    assert status == 0 and re.search(r"note: [34]\.\d s of it are silence, which is cut", out)


def test_predict_hears_a_real_german_clip(capsys, corpora_dir):
    status, out, _ = run(
        capsys,
        "predict",
        str(corpora_dir / "emodb" / "03a01Wa.flac"),
        "--model",
        "ravdess-emodb-coral-infomax-em",
        "--json",
    )
    assert status == 0
    assert json.loads(out)["clips"][0]["models"][0]["emotion"] == "anger"  # what its file name says, too


@pytest.mark.usefixtures("short_source")
def test_adapt_prints_the_documented_json(capsys, tmp_path):
    arguments = ["--source", "ravdess", "--target", "emodb", "--method", "infomax", "--epochs", "2", "--json"]
    status, out, err = run(capsys, "adapt", *arguments, "--out", str(tmp_path / "model"))
    result = json.loads(out)
    assert status == 0 and "epoch" in err
    assert result["labels"] == ["anger", "happiness", "neutral", "sadness"]
    assert result["dropped_labels"] == ["boredom", "calm", "disgust", "fear", "surprise"]
    assert (result["mode"], result["fold"], result["seed"], result["epochs"]) == ("transductive", None, 0, 2)
    assert {"source_only", "zscore", "adapted", "ci95", "n", "speakers"} <= set(result["uar"])
    unheard = result["unheard"]
    assert result["uar"]["speakers"] == unheard["uar"]["speakers"] == 10 and result["uar"]["n"] == unheard["uar"]["n"]
    assert unheard["folds"] == 5 and unheard["plan"]["mode"] == "inductive" and "had not heard" in unheard["over"]
    assert result["uar"]["source_only"] == unheard["uar"]["source_only"], "the same clips and the same model"
    card = json.loads((tmp_path / "model" / "card.json").read_text(encoding="utf-8"))
    assert card["unheard"] == unheard and card["mode"] == card["record"]["plan"]["mode"] == "transductive"
    assert {"mmd_before", "mmd_after", "a_distance_before", "a_distance_after"} == set(result["shift"])
    status, out, _ = run(
        capsys, "predict", str(settings.EXAMPLES / "en-fast-high.flac"), "--model", result["checkpoint"], "--json"
    )
    assert status == 0 and json.loads(out)["clips"][0]["models"][0]["method"] == "infomax"


@pytest.mark.usefixtures("short_source")
def test_one_fold_is_scored_and_written_as_it_is(capsys, tmp_path):
    arguments = ["--source", "ravdess", "--target", "emodb", "--method", "zscore", "--fold", "1"]
    status, out, _ = run(capsys, "adapt", *arguments, "--out", str(tmp_path / "model"), "--json")
    result = json.loads(out)
    assert status == 0 and "unheard" not in result and (result["mode"], result["fold"]) == ("inductive", 1)
    assert result["uar"]["speakers"] == 2
    card = json.loads((tmp_path / "model" / "card.json").read_text(encoding="utf-8"))
    assert "unheard" not in card and (card["mode"], card["fold"]) == ("inductive", 1)
    status, out, _ = run(capsys, "adapt", *arguments)
    assert status == 0 and "one fold of speakers that it did not adapt to" in out


@pytest.mark.usefixtures("short_source")
def test_every_score_says_what_it_is_over(capsys):
    arguments = ("adapt", "--source", "ravdess", "--target", "emodb", "--method", "zscore")
    status, out, _ = run(capsys, *arguments)
    assert status == 0 and out.index("had not heard: 5 runs") < out.index("the clips it adapted to, labels sealed")
    assert out.count("339 clips of 10 speakers") == 2
    status, out, _ = run(capsys, *arguments, "--mode", "transductive")
    assert status == 0 and "had not heard" not in out and "labels sealed" in out


@pytest.mark.usefixtures("short_source")
def test_a_published_system_is_adapted_with_its_own_defaults(capsys):
    arguments = ("adapt", "--source", "ravdess", "--target", "emodb", "--system", "latif2019-gan", "--epochs", "2")
    status, out, _ = run(capsys, *arguments, "--mode", "transductive", "--json")
    result = json.loads(out)
    assert status == 0 and result["system"] == "latif2019-gan" and result["variant"] == "latent"
    assert result["method"] == "gan" and result["labels"] == ["negative", "positive"] and result["epochs"] == 2
    assert result["uar"]["n"] == 535


def test_the_five_systems_are_listed_with_results_on_both_tracks(capsys):
    status, out, _ = run(capsys, "systems", "--json")
    systems = {system["id"]: system for system in json.loads(out)}
    assert status == 0
    assert list(systems) == ["latif2019-gan", "cai2021-dann", "li2021-nnpm", "poster2023-dann", "baklouti2024-mmd"]
    for system in systems.values():
        assert system["unknown_in_paper"] and system["faithful"]
        assert {row["track"] for row in system["results"]} == {"faithful", "common"}
        for row in system["results"]:
            assert {"pair", "labels", "mode", "selection", "fidelity", "seeds", "uar", "ci95"} <= row.keys()
            if row["role"] != "supervised":
                assert row["source_only"] is not None


def test_packing_one_feature_never_takes_the_others_away(capsys, tmp_path, corpora_dir):
    folder = tmp_path / "urdu"
    folder.mkdir()
    (folder / "mel.safetensors").write_bytes(b"there")
    arguments = ("corpora", "pack", "urdu", "--corpora", str(corpora_dir), "--out", str(tmp_path))
    status, _, err = run(capsys, *arguments, "--feature", "whisper")
    assert status == 2 and "would lose its other packs" in err
    assert (folder / "mel.safetensors").read_bytes() == b"there"


def test_models_and_corpora_are_listed(capsys):
    listed = json.loads(run(capsys, "models", "--json")[1])
    assert {"ravdess-source", "emodb-source", "ravdess-emodb-coral-infomax-em", "ravdess-emodb-dann"} <= {
        m["id"] for m in listed
    }
    rows = json.loads(run(capsys, "corpora", "list", "--json")[1])
    assert {"ravdess", "emodb", "emovo", "urdu", "aesdd", "esd_zh", "iemocap"} <= {row["key"] for row in rows}
    assert all(row["licence"] and row["citation"] and row["url"] for row in rows)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["predict", "nowhere.wav"], "nowhere.wav"),
        (["predict", str(settings.EXAMPLES / "de-slow-low.flac"), "--model", "nobody"], "nobody"),
        (["adapt", "--source", "emodb", "--target", "emodb", "--method", "dann"], "different"),
        (["adapt", "--source", "emodb", "--target", "ravdess", "--method", "magic"], "magic"),
        (["adapt", "--source", "emodb", "--target", "ravdess", "--method", "dann", "--fold", "9"], "fold 9"),
        (["adapt", "--source", "emodb", "--target", "ravdess", "--method", "dann", "--strength", "-1"], "strength"),
        (["adapt", "--source", "emodb", "--target", "klingon", "--method", "dann"], "klingon"),
        (["corpora", "check", "emodb", "--corpora", "no-such-folder"], "no-such-folder"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, arguments, says):
    status, out, err = run(capsys, *arguments)
    assert status == 2 and out == ""
    assert err.startswith("error: ") and says in err and len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "option"), [("space build there", "without"), ("benchmark systems --out there", "part")]
)
def test_an_option_given_twice_counts_twice(command, option):
    """Otherwise the first corpus of a Space would be shipped although it was left out."""
    for given in (f"--{option} one two", f"--{option} one --{option} two"):
        assert getattr(parser().parse_args([*command.split(), *given.split()]), option) == ["one", "two"]
    assert getattr(parser().parse_args(command.split()), option) == []


def test_without_models_it_says_how_to_get_some(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "CHECKPOINTS", tmp_path)
    for arguments in (["models"], ["predict", CLIP], ["predict", CLIP, "--model", "ravdess-source"]):
        assert run(capsys, *arguments) == (2, "", "error: There is no model here; get some with: make models\n")


def test_results_are_not_written_into_an_installed_program(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(places, "SHIPPED", tmp_path)
    status, out, err = run(capsys, "benchmark", "report", str(tmp_path), "--write")
    assert (status, out) == (2, "") and "in a clone" in err and list(tmp_path.iterdir()) == []


def test_standard_output_of_a_real_process_is_one_document():
    done = subprocess.run([sys.executable, "-m", "xser_demo", "models", "--json"], capture_output=True, check=True)
    assert isinstance(json.loads(done.stdout), list)


def test_import_of_the_command_line_is_light():
    """Nothing heavy is imported before it is needed: umap alone takes seconds."""
    code = (
        "import sys, xser_demo.cli.main; print([m for m in ('umap', 'librosa', 'torch', 'gradio') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.usefixtures("short_source")
def test_a_zip_of_ones_own_is_adapted_to_and_described(tmp_path, capsys):
    """One folder per emotion, in another language than any that the model learnt."""
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for number in range(4):
            for word in ("rabbia", "tristezza", "stranezza"):
                archive.write(settings.EXAMPLES / "it-medium.flac", f"mine/{word}/{number}.flac")
    mine = f"zip:{tmp_path / 'mine.zip'}"
    status, out, _ = run(capsys, "adapt", "--source", "ravdess", "--method", "zscore", "--target", mine, "--json")
    assert status == 0
    result = json.loads(out)
    assert result["mode"] == "transductive" and result["labels"] == ["anger", "sadness"]
    assert result["own"]["unknown_words"] == {"stranezza": 4} and "stranezza" in result["dropped_labels"]
    assert result["uar"]["n"] == 8 and result["uar"]["speakers"] is None


@pytest.mark.usefixtures("short_source")
@pytest.mark.parametrize("word", [b"W\xfctend", "生气".encode("gbk"), b"\xff\xfe"])
def test_a_folder_name_that_is_not_utf8_breaks_neither_card_nor_report(tmp_path, capsys, word):
    for number in range(4):
        for name in (b"traurig", b"neutral", word):
            folder = os.fsencode(tmp_path / "mine") + b"/" + name
            os.makedirs(folder, exist_ok=True)
            shutil.copy(settings.EXAMPLES / "de-slow-low.flac", folder + b"/%d.flac" % number)
    model, report = tmp_path / "model", tmp_path / "report.html"
    arguments = ["--source", "ravdess", "--method", "zscore", "--target", f"folder:{tmp_path / 'mine'}", "--json"]
    status, out, _ = run(capsys, "adapt", *arguments, "--out", str(model), "--report", str(report))
    assert status == 0 and json.loads(out)["own"]["clips"] == 12
    assert json.loads((model / "card.json").read_text(encoding="utf-8"))["target"] == "own"
    assert report.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mine", "model", "report.html"]


def test_readings_are_for_recordings_of_ones_own_only(capsys):
    status, _, said = run(capsys, "adapt", "--source", "ravdess", "--target", "emodb", "--speaker-from", "name:1")
    assert status == 2 and "--speaker-from and --labels-from are for your own recordings only" in said


@pytest.mark.parametrize("target", ["zip:nothing.zip", "folder:nowhere", "folder:", "zip:README.md"])
def test_what_is_no_corpus_is_refused_in_a_sentence(target, capsys):
    status, _, said = run(capsys, "adapt", "--source", "ravdess", "--target", target)
    assert status == 2
    *_, last = said.splitlines()  # after what was being done
    assert last.startswith("error: ") and "Traceback" not in said
