"""The preregistered suite: its cells, the hash that they hold, and its goals."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from xser_demo import methods
from xser_demo.benchmark import gather, goals, grid, report, tables
from xser_demo.benchmark.statistics import Sample
from xser_demo.benchmark.tables import Scored, Table
from xser_demo.experiments.plan import Plan
from xser_demo.utils.errors import SettingsError
from xser_demo.utils.files import sha256
from xser_demo.utils.settings import ROOT

CELLS = grid.suite("preregistered")
TABLE = {"ravdess": 6, "emodb": 5, "emovo": 6, "nemo": 9, "urdu": 5}


def test_the_suite_is_what_the_document_says():
    assert len(set(CELLS)) == len(CELLS) <= 8_000
    inductive = Counter((c.source, c.target, c.method, c.normalise) for c in CELLS if c.mode == "inductive")
    for source in grid.REGISTERED_SOURCES:
        for target, folds in TABLE.items():
            if source == target:
                continue
            seeds = 10 if target in ("emovo", "nemo") else 5
            assert inductive[source, target, "source_only", None] == folds * seeds
            for recipe in grid.RECIPES:
                assert inductive[source, target, recipe, None] == folds * seeds
                assert inductive[source, target, recipe, "corpus"] == (0 if target == "urdu" else folds * seeds)
    assert not any("urdu" in cell.sources for cell in CELLS if cell.mode == "inductive")
    assert not any("aesdd" in (*cell.sources, cell.target) or "turev" in cell.target for cell in CELLS)
    left_out = {cell.target for cell in CELLS if "+" in cell.source}
    assert left_out == set(TABLE) and all(cell.target not in cell.sources for cell in CELLS if "+" in cell.source)


def test_the_hash_is_that_of_the_document_and_other_cells_are_refused():
    known = grid.preregistration()
    assert known == sha256(ROOT / "docs" / "preregistration.md")
    made = gather.Gathered("preregistered", [], [], [], frozenset({known}))
    report.check_preregistration(made)
    with pytest.raises(SettingsError, match=r"another docs/preregistration\.md"):
        report.check_preregistration(replace(made, preregistrations=frozenset({known, "0" * 64})))
    with pytest.raises(SettingsError, match="another"):
        report.check_preregistration(replace(made, preregistrations=frozenset({None})))


def table(uars: dict[str, float], spread: float = 0.001) -> Table:
    """A finished table in which every pair has the same scores."""
    filled, random = Table(), np.random.default_rng(0)
    for source in grid.REGISTERED_SOURCES:
        for target in TABLE:
            if source != target:
                filled.runs[source, target, "inductive", ""] = {
                    name: Scored(None, None, Sample(uar, uar + spread * random.standard_normal(200)))
                    for name, uar in uars.items()
                }
    return filled


SCORES = {"source_only": 0.5, "zscore": 0.6, "continued": 0.62, "lda_refit": 0.61, methods.RECOMMENDED: 0.66}


def test_the_strongest_control_is_the_one_with_the_highest_mean():
    rows = tables.primary({"speaker": table(SCORES), "corpus": table(SCORES | {"lda_refit": 0.65})})
    strongest = {(row["normalise"], row["set"]): (row["over"], row["mean"]) for row in rows}
    assert strongest["speaker", tables.ALL][0] == "continued"
    assert strongest["speaker", tables.ALL][1] == pytest.approx(0.04)
    assert strongest["corpus", tables.WITHOUT_URDU][0] == "lda_refit"
    assert {row["targets"] for row in rows if row["set"] == tables.WITHOUT_URDU} == {4}
    assert all(row["p_holm"] >= row["p"] for row in rows)


def test_goals_are_met_only_where_figure_and_interval_say_so():
    met = {row["name"]: row["met"] for row in goals.registered(table(SCORES), table(SCORES))}
    assert met["inductive, by speaker: over z-score"] is True  # 6 points
    assert met["inductive, by speaker: over the strongest free control (continued)"] is True  # 4
    wide = {row["name"]: row["met"] for row in goals.registered(table(SCORES, spread=2.0), table(SCORES))}
    assert wide["inductive, by speaker: over z-score"] is False  # the interval includes 0
    low = {row["name"]: row for row in goals.registered(table(SCORES | {methods.RECOMMENDED: 0.59}), table(SCORES))}
    urdu = low["URDU as the target, 4 sources, inductive: over z-score"]
    assert urdu["met"] is False and urdu["reached"] == pytest.approx(-0.01)


def test_a_cell_that_says_nothing_of_speakers_is_by_speaker_and_another_cell_than_corpus():
    plain = Plan("ravdess", "emodb", "zscore")
    assert grid.name(plain) != grid.name(replace(plain, normalise="corpus"))
    assert grid.group(plain) == grid.group(replace(plain, normalise="corpus"))
