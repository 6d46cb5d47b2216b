"""The first sentences of RESULTS.md and of the Benchmark tab, from invented figures."""

import pytest

from xser_demo.benchmark.results import sentences
from xser_demo.ui.tabs.benchmark import findings

GAIN = {"mean": 0.04, "ci95": [0.02, 0.061], "p": 0.001, "p_holm": 0.002, "pairs": 12, "targets": 4}


@pytest.fixture
def results() -> dict:
    def rows(**fields) -> list[dict]:
        return [GAIN | {"set": name, "mode": "inductive"} | fields for name in ("all pairs", "without URDU")]

    shifted = {"mean": -0.02, "ci95": [-0.05, 0.01]}
    return {
        "about": {"recommended": "best", "methods": {"dann": "DANN", "mmd": "MMD", "best": "Best"}},
        "primary": rows(normalise="speaker", over="lda_refit", won=12, lost=0)
        + rows(normalise="corpus", over="continued", won=9, lost=3)[:1],
        "means": [
            *rows(method="source_only", mean=0.5, ci95=[0.47, 0.53]),
            *rows(method="zscore", mean=0.6, ci95=[0.57, 0.63]),
            *rows(method="best", mean=0.7, ci95=[0.67, 0.73]),
        ],
        "by_speaker": rows(method="zscore") + rows(method="best"),
        "leave_one_out": [GAIN | {"mode": "transductive", "method": "best", "mean": 0.83, "targets": ["a", "b"]}],
        "label_shift": [{"shift": "all", "method": "best", "over_zscore": shifted}],
        "goals": [{"name": "URDU as the target", "at_least": 0.0, "reached": 0.01, "ci95": [-0.01, 0.03], "met": True}],
        "gains": [
            GAIN | {"set": "all pairs", "mode": "transductive", "over": "continued", "method": name, "ci95": [low, 0.1]}
            for name, low in (("dann", -0.01), ("mmd", 0.01), ("best", 0.02), ("zscore", -0.03))
        ],
    }  # fmt: skip


def test_the_sentences_say_the_figures_and_over_what(results):
    levels, loss, speakers, several, hard = sentences.sentences(results)
    over = "(inductive: mean of 12 pairs with 4 targets, scored on other speakers than those adapted to)."
    assert levels.endswith(over) and loss.endswith(over)
    assert "50.0 without anything" in levels and "target z-score 60.0" in levels and "70.0 [67.0, 73.0]" in levels
    assert "+4.0 points [2.0, 6.1] over LDA refit where each speaker" in loss
    assert "over continued training (weight 0) with the corpus as a whole" in loss
    assert loss.startswith("The recommended method gains +4.0") and "the strongest controls without an adapt" in loss
    assert "z-score +4.0 points" in speakers and "83.0 [2.0, 6.1], mean over 2 languages" in several
    assert "−2.0 points [−5.0, 1.0] where emotions" in hard and "+1.0 [−1.0, 3.0] on URDU" in hard


def test_what_failed_is_named(results):
    said = sentences.failed(results)
    assert len(said) == 1 and "DANN is not above continued training" in said[0] and "1 of 2 methods" in said[0]
    results["goals"].append({"name": "shift", "at_least": 0.82, "reached": 0.8, "ci95": [0.7, 0.9], "met": False})
    results["gains"].append(results["gains"][0] | {"method": "best", "over": "source_only", "lost": 2})
    harm = {"mean": -0.02, "ci95": [-0.04, -0.01]}
    results["label_shift"].append({"shift": "no sadness", "method": "best", "pairs": 12, "over_zscore": harm})
    goal, _, worse, shifted = sentences.failed(results)
    assert shifted.startswith("Where the target has no sadness, the recommended method is below target z-score: −2.0")
    assert goal == "Not reached: shift, at least 82.0, is 80.0 [70.0, 90.0]."
    assert worse == "Transductive, the recommended method is below source only on 2 of 12 pairs."


def test_one_control_is_named_once(results):
    for row in results["primary"]:
        row["over"] = "continued"
    said = sentences.adaptation(results, "inductive")
    assert ", over continued training (weight 0), the strongest control" in said and said.count("weight 0") == 1


def test_the_tab_begins_with_the_sentence_of_the_document(results, invented):
    assert sentences.adaptation(invented, "inductive") == ""
    said = findings.finding(invented | {"primary": results["primary"]}, "inductive")
    assert said == sentences.sentences(results)[1]


def test_unfinished_results_say_less(results):
    empty = {key: [] for key in results} | {"about": results["about"]}
    assert sentences.sentences(empty) == sentences.failed(empty) == []
