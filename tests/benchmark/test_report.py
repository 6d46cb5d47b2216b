"""The score table from made-up cells whose answer is known."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from xser_demo.adaptation import prepare
from xser_demo.benchmark import report, scores


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """One method is always right, the others always say the first class."""
    out = tmp_path_factory.mktemp("cells")
    for plan in scores.cells():
        if (plan.source, plan.target) in report.HEADLINE:
            task = prepare(plan)
            truth = list(task.sealed.open()[0])
            names = [*scores.COMMON_METHODS, scores.CLASSIFIER]
            answers = {name: truth if name == "mmd" else [0] * len(truth) for name in names}
            record = {"plan": asdict(plan), "rows": task.test.rows.tolist(), "predictions": answers}
            scores.cell_file(out, plan).write_text(json.dumps(record))
    return out


def test_folds_are_pooled_and_gains_are_means_over_targets(cells):
    results = report.report(cells)
    assert {tuple(pair) for pair in results["pairs"]} == set(report.HEADLINE)  # an unfinished pair is left out
    for row in results["scores"]:
        assert row["uar"] == (1.0 if row["method"] == "mmd" else 0.25)
        assert row["seeds"] == 5 and row["speakers"] in (10, 6, 29) and row["n"] in (339, 336, 400)
    gain = next(g for g in results["gains"] if (g["mode"], g["method"], g["over"]) == ("inductive", "mmd", "zscore"))
    assert gain["mean"] == pytest.approx(0.75) and gain["ci95"][0] <= gain["mean"] <= gain["ci95"][1] + 1e-9
    text = report.markdown(results)
    assert "| MMD | 100.0 [100, 100]" in text and "+75.0" in text


def test_a_missing_cell_is_an_error(cells):
    file = scores.cell_file(cells, next(p for p in scores.cells() if p.target == "urdu"))
    content = file.read_text()
    file.unlink()
    with pytest.raises(SystemExit, match="missing"):
        report.report(cells)
    file.write_text(content)


def test_predictions_of_every_seed_reach_their_place(cells):
    runs, sealed = report.pooled(cells, "ravdess", "emovo", "inductive")
    assert runs["mmd"].shape == (5, 336) and np.array_equal(runs["mmd"][3], np.array(sealed.open()[0]))
