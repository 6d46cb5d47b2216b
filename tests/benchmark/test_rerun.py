"""Cells computed once more, from nothing but their records."""

import json
import shutil

import pytest

from xser_demo.benchmark import grid, rerun, runner
from xser_demo.benchmark.store import Store
from xser_demo.cli.main import main
from xser_demo.experiments.plan import Plan
from xser_demo.utils.errors import SettingsError, UserError

CELLS = [
    Plan("urdu", "emovo", method, mode="transductive", source_epochs=1, epochs=1, shift=shift)
    for method, shift in (("zscore", ""), ("dann", ""), ("infomax", "70 anger"))
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("run")
    runner.run(CELLS, place, "threads", 1, log=lambda line: None)
    return place


def test_they_are_the_same_to_the_bit(folder, capsys):
    assert main(["benchmark", "rerun", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {(one["group"], one["name"]) for one in found} == {(grid.group(cell), grid.name(cell)) for cell in CELLS}
    assert all(one["differences"] == [] and one["answers_changed"] == 0 and one["answers"] > 50 for one in found)


def test_few_are_spread_over_all(folder):
    names = sorted(grid.name(cell) for cell in CELLS)
    assert [one["name"] for one in rerun.rerun(folder, 2)] == [names[0], names[-1]]


def test_what_was_changed_is_named(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    store, cell = Store(copy), CELLS[1]
    record = store.read(cell)
    chosen = record["about"]["chosen"]
    record["answers"][chosen, :3] = (record["answers"][chosen, :3] + 1) % 4
    record["about"]["versions"]["torch"] = "0.1"
    store.write(cell, record)
    found = {one["name"]: one for one in rerun.rerun(copy, 3)}
    assert found[grid.name(cell)]["differences"] == ["answers", "versions"]
    assert found[grid.name(cell)]["answers_changed"] == 3
    assert sum(bool(one["differences"]) for one in found.values()) == 1


def test_other_packs_are_refused_by_name(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    known = json.loads((copy / "settings.json").read_text())
    known["the pack of emovo"] = "0" * 64
    (copy / "settings.json").write_text(json.dumps(known))
    with pytest.raises(SettingsError, match="other settings of the pack of emovo"):
        rerun.rerun(copy, 1)
    with pytest.raises(SettingsError, match="the pack of emovo"):
        runner.run(CELLS, copy, "threads", 1, log=lambda line: None)


def test_where_there_is_nothing(tmp_path, folder):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="no finished cells"):
            rerun.rerun(place, 1)
    with pytest.raises(SettingsError, match="At least one"):
        rerun.rerun(folder, 0)
