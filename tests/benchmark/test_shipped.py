"""The shipped tables are what the shipped cells say."""

import json

import pytest

from xser_demo.benchmark import grid, report
from xser_demo.benchmark.results import page
from xser_demo.benchmark.store import Store
from xser_demo.cli import benchmark
from xser_demo.utils import settings

RESULTS = settings.ASSETS / "results"
CELLS = RESULTS / "preregistered"


@pytest.mark.more  # 20,000 draws: a minute
def test_shipped_results_are_the_report_of_the_shipped_cells(tmp_path):
    benchmark.write(report.report(CELLS), tmp_path)
    assert (tmp_path / "RESULTS.md").read_text() == (settings.ROOT / "RESULTS.md").read_text()
    for file in ("scores.json", "scores.csv", "gains.csv", "criteria.csv", "label_shift.csv"):
        made = next(tmp_path.rglob(file))
        assert made.read_bytes() == (RESULTS / file).read_bytes(), file


def test_shipped_sentences_and_tables_are_those_of_the_shipped_values():
    values = json.loads((RESULTS / "scores.json").read_text(encoding="utf-8"))
    assert page.page(values) == (settings.ROOT / "RESULTS.md").read_text(encoding="utf-8")


def test_every_cell_is_there_and_was_computed_under_the_preregistration():
    store, cells = Store(CELLS), grid.suite("preregistered")
    assert len(cells) == len(set(cells)) == 7975 and all(map(store.finished, cells))
    about = json.loads((RESULTS / "scores.json").read_text(encoding="utf-8"))["about"]
    assert (about["suite"], about["cells"], about["of"]) == ("preregistered", 7975, 7975)
    some = {grid.group(cell): cell for cell in cells}.values()  # the report looks at each record
    assert {store.read(cell)["about"]["preregistration"] for cell in some} == {grid.preregistration()}


def test_urdu_as_the_source_is_in_no_mean():
    shown = json.loads((RESULTS / "scores.json").read_text(encoding="utf-8"))
    kinds = {row["mode"] for row in shown["scores"] if row["source"] == "urdu"}
    assert kinds == {"supervised"}
    assert {row["target"] for row in shown["appendix"]["scores"]} == set(grid.REGISTERED_SOURCES)


def test_cells_that_were_computed_with_other_packs_are_said_to_be():
    changed = Store(CELLS).changed_settings(grid.settings())
    said = "**Computed before" in (settings.ROOT / "RESULTS.md").read_text(encoding="utf-8")
    assert bool(changed) == said, changed
