"""Coverage of the interval from a few labels: the shipped figures, and that a simulation makes such figures."""

import json
from collections import defaultdict

import pytest

from xser_demo.benchmark import label_coverage
from xser_demo.data import packs


@pytest.fixture(scope="module")
def shipped() -> dict:
    return json.loads(label_coverage.FILE.read_text())


def test_every_shipped_corpus_was_labelled_a_thousand_times(shipped):
    assert shipped["times"] == 1000
    counts = defaultdict(set)
    for row in shipped["rows"]:
        counts[row["corpus"]].add(row["labels"])
    assert set(counts) == set(packs.available()) and all(found == {20, 30, 50} for found in counts.values())


def test_the_interval_never_claims_too_much_and_seldom_too_little(shipped):
    rows = shipped["rows"]
    assert min(row["coverage"] for row in rows) >= 0.92
    models = [row for row in rows if not row["model"].endswith("-source")]
    assert max(row["coverage"] for row in models) <= 0.98, "adapted models"
    assert all(abs(row["bias"]) < 0.05 for row in rows)


def test_a_short_simulation_agrees(shipped):
    predictions, labels = label_coverage.answers("emodb")
    assert next(iter(predictions)) == "ravdess-emodb-coral-infomax-em"
    for row in label_coverage.coverage(predictions, labels, 20, 25):
        known = next(
            one for one in shipped["rows"]
            if (one["corpus"], one["labels"], one["model"]) == ("emodb", 20, row["model"])
        )  # fmt: skip
        assert row["uar"] == known["uar"] and abs(row["coverage"] - known["coverage"]) < 0.2
