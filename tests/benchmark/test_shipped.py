"""The shipped tables are what the shipped cells say."""

from xser_demo.benchmark import grid, report
from xser_demo.benchmark.store import Store
from xser_demo.cli import benchmark
from xser_demo.utils import settings

RESULTS = settings.ASSETS / "results"


def test_shipped_results_are_the_report_of_the_shipped_cells(tmp_path):
    benchmark.write(report.report(RESULTS / "headline"), tmp_path)
    assert (tmp_path / "RESULTS.md").read_text() == (settings.ROOT / "RESULTS.md").read_text()
    for file in ("scores.json", "scores.csv", "gains.csv", "criteria.csv", "label_shift.csv"):
        made = next(tmp_path.rglob(file))
        assert made.read_bytes() == (RESULTS / file).read_bytes(), file


def test_cells_that_were_computed_with_other_packs_are_said_to_be():
    """The headline cells are of the first front end."""
    changed = Store(RESULTS / "headline").changed_settings(grid.settings())
    said = "**Computed before" in (settings.ROOT / "RESULTS.md").read_text(encoding="utf-8")
    assert bool(changed) == said, changed
