"""Records of experiments, and running an experiment again from its record."""

import json
from dataclasses import replace
from itertools import product

import pytest
import torch

from xser_demo.cli import main
from xser_demo.corpora.custom.recordings import Choices
from xser_demo.experiments import provenance
from xser_demo.experiments.model_card import model_card, summary
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt
from xser_demo.networks import checkpoints
from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError, UserError

QUICK = Plan("urdu", "emovo", "infomax", source_epochs=1, epochs=2, seed=3)


@pytest.fixture(scope="module")
def result():
    *_, last = adapt(QUICK)
    return last


def test_a_run_from_its_card_is_the_same_to_the_bit(result, tmp_path, capsys):
    checkpoints.save(result.model, model_card(result, "mine", "Mine"), tmp_path / "mine")
    assert main.main(["rerun", str(tmp_path / "mine"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["differences"] == []
    assert found["after"]["record"]["weights"] == found["before"]["weights"] == provenance.weights(result.model)
    assert found["after"]["record"]["uar"] == pytest.approx(result.scores["adapted"].uar, abs=1e-6)
    assert main.main(["rerun", str(tmp_path / "mine" / "card.json")]) == 0
    assert "the same to the bit" in capsys.readouterr().out


def test_what_a_page_started_from_is_found_again(tmp_path, capsys):
    """The page does not train the source again: it starts from a shipped model."""
    plan = Plan("ravdess", "emodb", "infomax", epochs=1)
    shipped = [checkpoints.load(name).model for name in ("ravdess-source", "ravdess-source-speaker")]
    *_, made = adapt(plan, shipped[0], speaker_model=shipped[1])
    saved = provenance.provenance(made)
    assert made.normalisation.name == "speaker"
    assert all(one is other for one, other in zip(provenance.start(saved), shipped, strict=True))
    assert provenance.start(saved | {"started_from": "0", "speakers_started_from": None}) == (None, None)
    file = tmp_path / "printed.json"
    file.write_text(json.dumps(summary(made)))
    assert main.main(["rerun", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []


def test_how_recordings_were_understood_is_recorded_and_repeated(tmp_path, capsys):
    sound = (settings.EXAMPLES / "de-fast-high.flac").read_bytes()
    for who, word, number in product(("Anna", "Ben"), ("Wut", "Freude"), (1, 2)):
        (tmp_path / "mine").mkdir(exist_ok=True)
        (tmp_path / "mine" / f"{who}_{word}_{number}.flac").write_bytes(sound)
    target = f"folder:{tmp_path / 'mine'}"
    adapted = [
        "adapt",
        "--source",
        "urdu",
        "--method",
        "zscore",
        "--mode",
        "transductive",
        "--target",
        target,
        "--json",
    ]
    assert main.main([*adapted, "--labels-from", "names", "--speaker-from", "name:3"]) == 0
    file = tmp_path / "printed.json"
    file.write_text(printed := capsys.readouterr().out)
    saved = json.loads(printed)
    assert saved["record"]["own"] == {"speaker_from": "name:3", "labels_from": "names"}
    assert saved["own"]["labelled"] == {"anger": 4, "happiness": 4} and saved["own"]["speakers"] == 2
    assert saved["own"]["speaker_readings"] == {"name:1": "Anna, Ben", "name:3": "1, 2"}
    assert main.main(["rerun", str(file), "--target", target, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []


@pytest.mark.parametrize("own", [3, {"speaker_from": 3}, {"speaker": "name:1"}, ["name:1"]])
def test_a_record_that_does_not_say_how_recordings_were_understood(own):
    with pytest.raises(SettingsError, match="how the recordings were understood"):
        provenance.choices({"own": own})
    assert provenance.choices({}) == provenance.choices({"own": None}) == Choices()


def test_what_differs_is_named(result):
    saved = provenance.provenance(result)
    assert provenance.differences(saved, saved) == []
    versions, data = saved["versions"] | {"torch": "0.4"}, saved["data"] | {"emovo": "x"}
    other = saved | {"uar": 0.1, "versions": versions, "data": data}
    assert provenance.differences(saved, other) == ["data of emovo", "versions of torch", "UAR"]
    assert provenance.data(QUICK, "urdu") != provenance.data(QUICK, "emovo")


def test_numbers_of_a_model_decide_not_its_file(result):
    assert provenance.weights(result.model) == provenance.weights(result.model)
    assert provenance.weights(result.model) != provenance.weights(result.source_model)


def test_records_that_cannot_be_run_say_why(result, tmp_path):
    good = provenance.provenance(result)
    file = tmp_path / "card.json"
    for text, words in (
        ("{", "no card that can be read"),
        ("[]", "no card that can be read"),
        ('{"id": "old"}', "no record of an experiment"),
        ('{"record": {"plan": 3}}', "no record of an experiment"),
    ):
        file.write_text(text)
        with pytest.raises(UserError, match=words):
            provenance.read(file)
    with pytest.raises(UserError, match="can be read"):
        provenance.read(tmp_path / "nowhere")
    with pytest.raises(SettingsError, match="not known here: colour"):
        provenance.plan(good | {"plan": good["plan"] | {"colour": 1}})
    with pytest.raises(SettingsError, match="lacks settings"):
        provenance.plan({"plan": {"source": "urdu"}})
    with pytest.raises(SettingsError, match="lacks settings"):
        provenance.plan(good | {"plan": good["plan"] | {"source": ""}})
    with pytest.raises(SettingsError, match="--target zip:FILE"):
        provenance.plan(good | {"plan": good["plan"] | {"target": "own"}})
    for wrong in ({"source": 3}, {"epochs": "many"}, {"labels": ["four"]}, {"system": {}}):
        with pytest.raises(SettingsError):
            provenance.plan(good | {"plan": good["plan"] | wrong})
    with pytest.raises(SettingsError, match="another way"):
        provenance.feature(good | {"plan": good["plan"] | {"system": ["x"]}})
    assert provenance.feature(good) == "whisper"
    with pytest.raises(SettingsError, match="no method"):
        provenance.plan(good | {"plan": good["plan"] | {"method": "magic"}})


def test_weights_of_sources_come_back_as_they_were():
    plan = replace(QUICK, source="ravdess+urdu", weights=(2.0, 1.0))
    saved = json.loads(json.dumps({"plan": {name: getattr(plan, name) for name in provenance.PLAN}}))
    assert provenance.plan(saved) == plan


def test_the_number_of_threads_is_that_of_the_record(result, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    checkpoints.save(result.model, model_card(result, "mine", "Mine"), tmp_path / "mine")
    main.main(["rerun", str(tmp_path / "mine"), "--json"])
    assert asked == [torch.get_num_threads()]
