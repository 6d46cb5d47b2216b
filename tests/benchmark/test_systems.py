"""Result rows of the systems from made-up cells whose answers are known, and from one real small cell."""

import json
from dataclasses import asdict, replace

import numpy as np

from xser_demo.benchmark.markdown import select
from xser_demo.benchmark.systems import page, published, report, runs, supervised
from xser_demo.experiments import systems
from xser_demo.experiments.systems import poster2023
from xser_demo.experiments.task import prepare
from xser_demo.training.selection import RULE

POSTER, PAIR = poster2023.POSTER, ("ravdess", "emovo")


def truth_of(plan) -> list[int]:
    return list(prepare(plan).sealed.open()[0])


def write(cell: runs.Cell, out, record: dict) -> None:
    file = cell.file(out)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(record | {"plan": asdict(cell.plan), "split": cell.split, "preset": cell.preset}))


def made_up(cell: runs.Cell, out, answers: dict, within: float = 0.9) -> None:
    """A cell whose system always says the first class and whose second epoch was always right."""
    task = prepare(cell.plan)
    truth = truth_of(cell.plan)
    wrong = [0] * len(truth)
    record = {
        "classes": list(task.labels.classes),
        "rows": task.test.rows.tolist(),
        "source_validation_uar": within,
        "majority": 1,
        "chosen_epoch": {},
        "predictions": {"source_only": wrong, "zscore": truth, runs.SYSTEM: wrong} | answers,
        "every_epoch": [wrong, truth] if cell.plan.mode == "transductive" else [],
    }
    write(cell, out, record)


def only(rows: list[dict], wanted: dict) -> dict:
    (row,) = select(rows, **wanted)
    return row


def test_rows_name_everything_and_an_oracle_is_called_one(tmp_path):
    for cell in runs.cells():
        plan = cell.plan
        which = (plan.system, plan.variant, (plan.source, plan.target), plan.mode, cell.split)
        if which == (POSTER.id, "mlp", PAIR, "transductive", None):
            made_up(cell, tmp_path, {})
    rows = report.faithful(tmp_path, POSTER)
    for row in rows:
        assert {"track", "pair", "labels", "mode", "selection", "fidelity", "seeds", "uar", "ci95"} <= row.keys()
        assert row["seeds"] == 5 and row["n"] == 420 and row["source_only"] == 0.2 and row["learned"]
    own = only(rows, {"role": "system", "selection": RULE})
    oracle = only(rows, {"role": "system", "selection": published.ORACLE_RULE})
    assert own["uar"] == 0.2 and oracle["uar"] == 1.0 and own["method"] == oracle["method"] == "dann_poster"
    assert only(rows, {"method": "majority"})["uar"] == 0.2
    assert np.array(own["confusion"]).sum() == 5 * 420
    text = "\n".join(page.table(rows))
    assert "**oracle**" in text and "did not learn" not in text


def test_folds_are_pooled_and_an_unfinished_seed_is_left_out(tmp_path):
    cells = [c for c in runs.cells() if (c.plan.system, c.plan.variant, c.plan.mode) == (POSTER.id, "mlp", "inductive")]
    cells = [c for c in cells if not c.split]
    for cell in cells:
        if not (cell.plan.seed == 4 and cell.plan.fold == 2):
            made_up(cell, tmp_path, {runs.SYSTEM: truth_of(cell.plan)}, within=0.29)
    own = only(report.faithful(tmp_path, POSTER), {"role": "system"})
    assert own["seeds"] == 4 and own["uar"] == 1.0 and own["n"] == 420 and own["speakers"] == 6
    assert not own["learned"]  # 29 percent on its own corpus, chance is 20
    assert "did not learn" in page.uar(own) + "\n".join(page.table([own]))


def test_supervised_parts_do_not_overlap_and_speakers_are_disjoint():
    from xser_demo.data import domains
    from xser_demo.data.packs import load_cached

    goal = load_cached("emodb", "mel")
    rows, _ = domains.select(goal, supervised.PAPER_LABELS["emodb"])
    assert len(rows) == 535
    for seed in range(3):
        random = supervised.test_part(goal, rows, "random", seed)
        assert random.sum() == 107  # a fifth, as in the paper
        speakers = supervised.test_part(goal, rows, "speakers", seed)
        who = [{goal.utterances[r].speaker for r in rows[part].tolist()} for part in (speakers, ~speakers)]
        assert len(who[0]) == 2 and not who[0] & who[1]


def test_a_real_cell_is_the_same_again_and_resumes(tmp_path):
    """The quickest system, few epochs: predictions depend on the seed alone, a finished cell is not repeated."""
    cell = next(c for c in runs.cells() if c.plan.system == "latif2019-gan")
    short = replace(cell, plan=replace(cell.plan, epochs=2, source_epochs=2))
    runs.compute(short, tmp_path / "a")
    runs.compute(short, tmp_path / "b")
    first, second = (json.loads(short.file(tmp_path / x).read_text()) for x in "ab")
    assert first["predictions"] == second["predictions"]
    assert set(first["predictions"]) == {"source_only", "zscore", "coral", "svm", runs.SYSTEM}
    assert short.finished(tmp_path / "a") and not cell.finished(tmp_path / "a")  # with other epochs it is another cell
    runs.compute(short, tmp_path / "a")  # with the source model from the disk
    assert json.loads(short.file(tmp_path / "a").read_text())["predictions"] == first["predictions"]


def test_every_published_figure_looks_for_a_row_that_can_exist():
    for key, lines in published.PUBLISHED.items():
        known = {(c.plan.variant, f"{c.plan.source} -> {c.plan.target}") for c in runs.cells() if c.plan.system == key}
        for *_, wanted, _differs in lines:
            if wanted:
                assert any(
                    wanted["pair"] == pair and wanted.get("variant", variant) == variant for variant, pair in known
                )


def test_shipped_rows_cover_the_five_systems_on_both_tracks():
    from xser_demo.benchmark.systems import rows as systems_rows

    results = systems_rows.rows()
    assert set(results) == set(systems.SYSTEMS)
    for key, rows in results.items():
        assert {row["track"] for row in rows} == {"faithful", "common"}, key
        for row in rows:
            image = row["variant"] in ("resnet50", "unsupervised", "supervised")
            assert row["seeds"] == (3 if image else 5), (key, row["variant"], row["pair"], row["mode"])
            assert 0 <= row["ci95"][0] <= row["uar"] <= row["ci95"][1] <= 1 or row["role"] == "supervised"
