"""What the Systems tab draws and says of each system."""

import pytest

from xser_demo.benchmark.systems import rows as systems_rows
from xser_demo.experiments import systems
from xser_demo.networks import checkpoints
from xser_demo.ui.app import build
from xser_demo.ui.navigation import links
from xser_demo.ui.tabs.systems import architecture, claims, scores
from xser_demo.ui.tabs.systems.architecture import ADAPTS, FIXED, HELPS


def row(pair: str, uar: float, ci95: list[float], source_only: float, zscore: float) -> dict:
    return {"pair": pair, "uar": uar, "ci95": ci95, "source_only": source_only, "zscore": zscore}


ROWS = [
    row("ravdess -> emodb", 0.60, [0.55, 0.65], 0.50, 0.54),
    row("ravdess -> emovo", 0.40, [0.35, 0.45], 0.50, 0.46),
]


@pytest.mark.parametrize("key", [None, *systems.SYSTEMS])
def test_drawing_marks_what_adapts_between_fixed_features_and_helper(key):
    drawing = architecture.drawing(systems.SYSTEMS.get(key))
    network = FIXED if key == "baklouti2024-mmd" else ADAPTS  # its convolutions are frozen
    assert [part.state for part in drawing.chain] == [FIXED, network, ADAPTS, ADAPTS]
    assert drawing.helper.state == HELPS
    html = architecture.html(drawing, "how <it> is built")
    assert html.count("<li") == 5 and "<it>" not in html
    for part in (*drawing.chain, drawing.helper):
        assert part.title in html


@pytest.mark.parametrize("system", systems.SYSTEMS.values(), ids=lambda one: one.id)
def test_every_way_to_build_a_system_can_be_drawn(system):
    for variant in system.variants.values():
        if variant.recipe.feature in ("gemaps", "averages", "mel"):
            assert architecture.drawing(system, variant).helper == architecture.HELPERS[variant.method]


def test_drawing_says_the_sizes_of_the_preset():
    drawing = architecture.drawing(systems.get("latif2019-gan"))
    assert drawing.chain[1].note == "256 and 128 units"
    assert "128 x 128" in architecture.drawing(systems.get("baklouti2024-mmd")).chain[0].note


@pytest.mark.parametrize("system", systems.SYSTEMS.values(), ids=lambda one: one.id)
def test_rows_are_the_systems_own_without_target_labels(system):
    known = systems_rows.rows()[system.id]
    found = scores.rows(system)
    assert found["faithful"] or not scores.claim(system)["computed"], "no result is shipped"
    for track, rows in found.items():
        pairs = [one["pair"] for one in rows]
        assert len(set(pairs)) == len(pairs)
        for one in rows:
            assert one in known and one["mode"] == "transductive" and one["track"] == track
            assert one["role"] == "system" and "oracle" not in one["selection"].lower()
    if found["faithful"]:
        assert found["faithful"][0]["pair"] == " -> ".join(system.pairs[0])


def test_verdict_counts_only_intervals_that_lie_wholly_on_one_side():
    said = scores.verdict(ROWS)
    assert "2 pairs" in said and "0.0 points on average against no adaptation" in said
    assert "above target z-score in 1 of 2, below in 1 of 2" in said
    assert "in none, below in none" in scores.verdict([row("ravdess -> emodb", 0.6, [0.5, 0.7], 0.5, 0.6)])
    assert "make systems" in scores.verdict([])


def test_figure_has_a_mark_for_the_system_and_each_floor():
    figure = scores.figure(ROWS, "title", 0.25)
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["the system"].x) == [60, 40]
    assert [*by_name["the system"].error_x.array] == pytest.approx([5, 5])
    assert list(by_name["target z-score alone"].x) == [54, 46]
    assert list(by_name["without adaptation"].y) == ["English to German", "English to Italian"]
    assert scores.figure([], "title", 0.25) is None


def test_paper_lists_what_it_does_not_say():
    for system in systems.SYSTEMS.values():
        html = scores.paper(system)
        assert html.count("<li>") == len(
            system.published + system.inferred + system.unknown_in_paper + system.variant().deviations
        )
        assert scores.published(system).startswith("| published")


def test_each_system_can_be_heard_beside_its_own_source_model():
    cards = {card["id"]: card for card in checkpoints.cards()}
    for key in [*systems.SYSTEMS, "common"]:
        plain, adapted = (cards[one] for one in scores.hear(key)["models"].split(","))
        assert plain["target"] is None and adapted["target"] and plain["source"] == adapted["source"]
        assert plain.get("system") == adapted.get("system") == (key if key != "common" else None)
        assert links.read(scores.hear(key)).note == ""


def test_figures_of_an_earlier_version_are_said_to_be(monkeypatch):
    monkeypatch.setattr(scores.systems_rows, "changed", lambda: ["the front end"])
    assert "Computed before the front end changed; the models here are newer" in scores.note()
    monkeypatch.setattr(scores.systems_rows, "changed", list)
    assert scores.note() == scores.NOTE


def summary(computed: bool = True) -> dict:
    def result(name: str, difference: float, low: float, high: float, said: str, main: bool) -> dict:
        return {"name": name, "difference": difference, "ci95": [low, high], "verdict": said, "main": main}

    return {
        "system": "cai2021-dann", "claim": "Reversal <helps>.", "test": "with it against without it",
        "computed": computed,
        "results": [result("reversal", 1.2, 0.3, 2.0, "shown", True)],
        "beside": [result("joint minus none", -2.0, -3.0, 1.0, "not shown: the interval includes 0", False)],
        "pseudo_labels": [],
    }  # fmt: skip


def test_claim_test_and_verdict_are_said_with_the_interval():
    html = claims.html(summary())
    assert "Reversal &lt;helps&gt;." in html and "With it against without it." in html
    assert "Reversal: +1.2 points [0.3, 2.0], shown." in html and "+3.91" in html
    plot = claims.figure(summary(), [])
    mains = {trace.name: list(trace.y) for trace in plot.data}
    assert mains == {"judges the claim": ["reversal"], "beside it": ["joint minus none"]}


def test_what_the_gate_accepted_is_said_with_how_much_of_it_was_right():
    row = {"pair": "ravdess -> emodb", "share": 0.41, "accuracy": 0.68}
    html = claims.html(summary() | {"pseudo_labels": [row, row | {"accuracy": None}]})
    assert "RAVDESS to EmoDB: 41% of the clips, 68% of them right; RAVDESS to EmoDB: 41% of the clips." in html
    assert "Pseudo labels" not in claims.html(summary())


def test_before_it_is_computed_no_figure_is_drawn_and_no_number_is_said():
    html = claims.html(summary(computed=False))
    assert "Not computed yet" in html and "1.2" not in html
    assert claims.figure(summary(computed=False), []) is None


def test_both_grids_of_batch_norm_stand_side_by_side():
    grid = [
        {"variant": variant, "normalise": by, "method": method, "uar": 0.6, "ci95": [0.5, 0.7]}
        for variant in ("joint", "none") for by in ("source", None) for method in ("weight 0", "dann")
    ]  # fmt: skip
    plot = claims.figure(summary(), grid)
    assert [trace.name for trace in plot.data] == ["reversal off", "reversal on"]
    for trace in plot.data:
        assert list(trace.x[0]) == ["source's statistics"] * 2 + ["own statistics"] * 2
        assert list(trace.x[1]) == ["joint", "none"] * 2 and list(trace.y) == [60] * 4


@pytest.mark.parametrize("chooses", ["systems-which", "adapt-epochs"])
def test_a_change_of_tabs_and_a_choice_are_answered_one_at_a_time(chooses):
    """Else the answer to the tab, begun first, may come last and show what was chosen before."""
    page = build()
    names = {block._id: block.elem_id for block in page.blocks.values()}
    events = list(page.fns.values())
    choice = next(one for one in events if (chooses, "input") in {(names.get(at), event) for at, event in one.targets})
    together = [one for one in events if one.concurrency_id == choice.concurrency_id]
    assert choice.concurrency_limit == 1
    assert any(event == "select" for one in together for _, event in one.targets), "the tab waits in the same queue"
