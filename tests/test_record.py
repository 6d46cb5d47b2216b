"""An experiment leaves a record, and the record gives the experiment again."""

import json
from dataclasses import replace

import pytest
import torch

from xser_demo import adaptation, checkpoints, cli, record, summaries
from xser_demo.adaptation import Plan
from xser_demo.errors import SettingsError, UserError

QUICK = Plan("urdu", "emovo", "infomax", source_epochs=1, epochs=2, seed=3)


@pytest.fixture(scope="module")
def result():
    *_, last = adaptation.adapt(QUICK)
    return last


def test_a_run_from_its_card_is_the_same_to_the_bit(result, tmp_path, capsys):
    checkpoints.save(result.model, summaries.card(result, "mine", "Mine"), tmp_path / "mine")
    assert cli.main(["rerun", str(tmp_path / "mine"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["differences"] == []
    assert found["after"]["record"]["weights"] == found["before"]["weights"] == record.weights(result.model)
    assert found["after"]["record"]["uar"] == pytest.approx(result.scores["adapted"].uar, abs=1e-6)
    assert cli.main(["rerun", str(tmp_path / "mine" / "card.json")]) == 0
    assert "the same to the bit" in capsys.readouterr().out


def test_what_a_page_started_from_is_found_again(tmp_path, capsys):
    """The page does not train the source again: it starts from a shipped model."""
    plan = Plan("ravdess", "urdu", "zscore")
    *_, made = adaptation.adapt(plan, checkpoints.load("ravdess-source").model)
    saved = record.of(made)
    assert record.start(saved) is checkpoints.load("ravdess-source").model
    assert record.start(saved | {"started_from": "0"}) is None
    file = tmp_path / "printed.json"
    file.write_text(json.dumps(summaries.summary(made)))
    assert cli.main(["rerun", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []


def test_what_differs_is_named(result):
    saved = record.of(result)
    assert record.differences(saved, saved) == []
    versions, data = saved["versions"] | {"torch": "0.4"}, saved["data"] | {"emovo": "x"}
    other = saved | {"uar": 0.1, "versions": versions, "data": data}
    assert record.differences(saved, other) == ["data of emovo", "versions of torch", "UAR"]
    assert record.data(QUICK, "urdu") != record.data(QUICK, "emovo")


def test_numbers_of_a_model_decide_not_its_file(result):
    assert record.weights(result.model) == record.weights(result.model)
    assert record.weights(result.model) != record.weights(result.source_model)


def test_records_that_cannot_be_run_say_why(result, tmp_path):
    good = record.of(result)
    file = tmp_path / "card.json"
    for text, words in (
        ("{", "no card that can be read"),
        ("[]", "no card that can be read"),
        ('{"id": "old"}', "no record of an experiment"),
        ('{"record": {"plan": 3}}', "no record of an experiment"),
    ):
        file.write_text(text)
        with pytest.raises(UserError, match=words):
            record.read(file)
    with pytest.raises(UserError, match="can be read"):
        record.read(tmp_path / "nowhere")
    with pytest.raises(SettingsError, match="not known here: colour"):
        record.plan(good | {"plan": good["plan"] | {"colour": 1}})
    with pytest.raises(SettingsError, match="lacks settings"):
        record.plan({"plan": {"source": "urdu"}})
    with pytest.raises(SettingsError, match="--target zip:FILE"):
        record.plan(good | {"plan": good["plan"] | {"target": "own"}})
    for wrong in ({"source": 3}, {"epochs": "many"}, {"labels": ["four"]}, {"system": {}}):
        with pytest.raises(SettingsError):
            record.plan(good | {"plan": good["plan"] | wrong})
    with pytest.raises(SettingsError, match="another way"):
        record.feature(good | {"plan": good["plan"] | {"system": ["x"]}})
    assert record.feature(good) == "whisper"
    with pytest.raises(SettingsError, match="no method"):
        record.plan(good | {"plan": good["plan"] | {"method": "magic"}})


def test_weights_of_sources_come_back_as_they_were():
    plan = replace(QUICK, source="ravdess+urdu", weights=(2.0, 1.0))
    saved = json.loads(json.dumps({"plan": {name: getattr(plan, name) for name in record.PLAN}}))
    assert record.plan(saved) == plan


def test_the_number_of_threads_is_that_of_the_record(result, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    checkpoints.save(result.model, summaries.card(result, "mine", "Mine"), tmp_path / "mine")
    cli.main(["rerun", str(tmp_path / "mine"), "--json"])
    assert asked == [torch.get_num_threads()]
