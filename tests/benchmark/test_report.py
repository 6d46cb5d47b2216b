"""The report from made-up cells whose answer is known."""

import json
import shutil
from dataclasses import asdict

import numpy as np
import pytest

from xser_demo.benchmark import gather, report
from xser_demo.benchmark.results import page as results_page
from xser_demo.benchmark.store import Store
from xser_demo.benchmark.systems import rows as systems_rows
from xser_demo.cli import benchmark
from xser_demo.cli.main import main
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.corpora.splits import folds
from xser_demo.data import domains
from xser_demo.data.packs import load_cached
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.systems.baklouti2024 import BAKLOUTI
from xser_demo.training import criteria
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError

FOUR = LABEL_SETS["four"]
LENGTH = {"epochs": 3}  # of no suite, so that all folds of the seeds that are found are wanted
SEEDS = (0, 1)
METHODS = ("source_only", "zscore", "mmd", "nnpm", "infomax")
SHIFT = "no sadness"
RIGHT = {"mmd": 1, "infomax": 2}  # epoch at which a method is always right; else it says the first class
CHOSEN = {"mmd": 1, "infomax": 0}


def truth(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    known = load_cached(plan.target)
    speakers = None if plan.mode == "transductive" else folds(plan.target, known.utterances)[plan.fold]
    target, sealed = domains.target(known, FOUR, speakers, plan.shift)
    return target.rows.numpy(), np.array(sealed.open()[0])


def made_up(plan: Plan) -> dict:
    """The first criterion is 1 where the answers are right and else 0, the second its opposite, the others constant."""
    rows, labels = truth(plan)
    trained = plan.method not in ("source_only", "zscore")
    answers = np.zeros((3 if trained else 1, len(labels)), np.uint8)
    judged = np.zeros((len(answers), len(criteria.CRITERIA)), np.float32)
    if plan.method in RIGHT:
        answers[RIGHT[plan.method]] = labels
        judged[RIGHT[plan.method], :2] = 1, -1
    about = {"plan": asdict(plan), "chosen": CHOSEN.get(plan.method, 0), "temperature": 2.0,
             "classes": list(FOUR.classes), "seconds": float(np.random.default_rng().random())}  # fmt: skip
    if (plan.mode, plan.shift) == ("transductive", "") and plan.method in ("source_only", "zscore"):
        about["distance"] = {"mmd": 0.5, "a_distance": 1.5, "within_mmd": 0.1, "within_a_distance": 0.2, "n": 100}
    half = np.full(len(labels), 0.5, np.float16)
    record = {"rows": rows.astype(np.int32), "answers": answers, "criteria": judged, "confidence": half,
              "calibrated": half, "about": about}  # fmt: skip
    return record | ({"nnpm_classifier": labels.astype(np.uint8)} if plan.method == "nnpm" else {})


def plans() -> list[Plan]:
    cells = []
    for target in ("emodb", "emovo", "urdu"):
        count = range(len(folds(target, load_cached(target).utterances)))
        for seed in SEEDS:
            cells += [
                Plan(target, target, "source_only", mode="supervised", fold=f, seed=seed, **LENGTH) for f in count
            ]
            for name in METHODS:
                cells += [Plan("ravdess", target, name, fold=f, seed=seed, **LENGTH) for f in count]
                cells.append(Plan("ravdess", target, name, mode="transductive", seed=seed, **LENGTH))
                if name != "nnpm":
                    shifted = Plan("ravdess", target, name, mode="transductive", seed=seed, shift=SHIFT, **LENGTH)
                    cells.append(shifted)
    for name in ("source_only", "zscore", "infomax"):
        cells += [Plan("emovo+ravdess", "emodb", name, mode="transductive", seed=s, **LENGTH) for s in SEEDS]
    return cells


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("cells")
    store = Store(out)
    for plan in plans():
        store.write(plan, made_up(plan))
    return out


@pytest.fixture(scope="module")
def results(folder):
    return report.report(folder)


def only(rows: list[dict], **wanted) -> dict:
    (row,) = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return row


def test_folds_and_seeds_are_put_together(results):
    for row in results["scores"]:
        sizes = {"emodb": (339, 10), "emovo": (336, 6), "urdu": (400, 29)}
        if not row["shift"]:
            assert (row["n"], row["speakers"]) == sizes[row["target"]] and row["whole"]
            right = row["method"] in ("mmd", "nnpm_classifier")
            assert row["uar"] == (1 if right else 0.25) and row["ci95"] == ([1, 1] if right else [0.25, 0.25])
        assert row["seeds"] == 2
        assert np.sum(row["confusion"]) == 2 * row["n"]
        assert row["leave_one_out"] == ("+" in row["source"]) and not row["control"]
    found = {(row["mode"], row["shift"]) for row in results["scores"]}
    modes = {("zero-shot", ""), ("inductive", ""), ("transductive", ""), ("supervised", ""), ("transductive", SHIFT)}
    assert found == modes
    assert not results["missing"] and results["about"]["cells"] == len(plans())


def test_zero_shot_is_source_only_of_the_transductive_cells(results):
    where = {"source": "ravdess", "target": "urdu", "method": "source_only"}
    zero = only(results["scores"], mode="zero-shot", **where)
    assert zero | {"mode": "transductive"} == only(results["scores"], mode="transductive", shift="", **where)


def test_an_absent_class_is_no_class_of_the_mean(results):
    row = only(results["scores"], target="emovo", shift=SHIFT, method="zscore")
    assert row["uar"] == pytest.approx(1 / 3, abs=1e-4) and "sadness" not in row["recalls"]


def test_the_oracle_is_named_one_and_apart_from_the_rules(results):
    row = only(results["scores"], source="ravdess", target="emodb", mode="inductive", method="infomax")
    assert row["uar"] == row["rules"]["default"] == 0.25 and row["oracle"] == 1
    assert "oracle" not in row["rules"] and row["rules"]["last"] == 1
    assert row["rules"]["source_val"] == 1 and row["rules"]["entropy"] == 0.25  # epochs 2 and, of 0 and 1, the later
    assert only(results["scores"], target="emodb", mode="inductive", method="zscore")["oracle"] is None
    page = results_page.page(results)
    assert "*oracle: target labels*" in page and "best epochs by target labels" in page


def test_floors_tell_what_needs_no_ear(results):
    floors = {r["target"]: r["floors"] for r in results["scores"] if r["mode"] == "zero-shot"}
    assert all(known["label_majority"] == 0.25 for known in floors.values())
    assert floors["urdu"]["speaker_majority"] > 0.8 > floors["emodb"]["speaker_majority"]


def test_gains_are_means_over_pairs_with_holms_correction(results):
    for name in ("all pairs", "from English"):
        gain = only(results["gains"], set=name, mode="inductive", method="mmd", over="zscore")
        assert (gain["mean"], gain["ci95"], gain["won"], gain["lost"], gain["pairs"]) == (0.75, [0.75, 0.75], 3, 0, 3)
        assert gain["p"] == pytest.approx(0.001) and gain["p_holm"] == pytest.approx(0.005)  # five methods in the table
        same = only(results["gains"], set=name, mode="inductive", method="source_only", over="zscore")
        assert (same["mean"], same["p"], same["p_holm"], same["won"], same["lost"]) == (0, 1, 1, 0, 0)
    assert results["recommended"] == []  # it did not run here
    assert all(row["mean"] == 0 for row in results["inductive_minus_transductive"])


def test_calibration_of_half_sure_answers(results):
    right = only(results["scores"], source="ravdess", target="emodb", mode="inductive", method="mmd")
    assert right["ece"] == right["ece_calibrated"] == 0.5 and right["temperature"] == 2
    assert only(results["scores"], target="emodb", mode="inductive", method="nnpm_classifier")["ece"] is None
    drawn = only(results["calibration"]["diagrams"], mode="inductive", method="zscore", temperature="1")
    assert sum(drawn["clips"]) == 2 * (339 + 336 + 400) and drawn["confidence"][7] == 0.5


def test_criteria_that_say_the_truth_correlate_with_it(results):
    rows = {(r["setting"], r["trained_on"], r["criterion"]): r for r in results["criteria"]}
    for setting, trainings in (("inductive", 2 * 16), ("transductive", 2 * 3), ("label shift", 2 * 3)):
        best, worst = (rows[setting, "InfoMax", name] for name in ("source_val", "entropy"))
        assert best["within"]["mean"] == best["across"]["mean"] == 1 and best["regret_within"]["mean"] == 0
        assert worst["within"]["mean"] == worst["across"]["mean"] == -1 and worst["regret_within"]["mean"] > 0.6
        assert rows[setting, "InfoMax", "snd"]["within"]["mean"] is None  # constant
        assert best["trainings"] == trainings and best["checkpoints"] == 3 * trainings and best["pairs"] == 3
        assert rows[setting, "all", "source_val"]["across"]["mean"] == 1
    assert rows["inductive", "others", "source_val"]["trainings"] == 2 * 2 * 16  # MMD and NNPM


def test_label_shift_and_one_language_left_out(results):
    row = only(results["label_shift"], shift=SHIFT, method="mmd")
    assert row["mean"] == 1 and row["over_zscore"]["mean"] == pytest.approx(2 / 3, abs=1e-4) and row["pairs"] == 3
    assert only(results["label_shift"], shift="", method="zscore")["mean"] == 0.25
    left = only(results["leave_one_out"], mode="transductive", method="infomax")
    assert left["targets"] == ["emodb"] and left["mean"] == 0.25 and left["over_zscore"]["mean"] == 0


def test_distances_stand_beside_gains(results):
    row = only(results["distance"]["pairs"], target="emovo")
    assert row["source_only"]["mmd"] == 0.5 and row["gains"]["mmd"] == 0.75 and row["gains"]["zscore"] == 0


def test_same_cells_give_the_same_bytes_whether_archived_or_not(folder, results, tmp_path):
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    Store(again).archive()
    for number, known in enumerate((results, report.report(again))):
        benchmark.write(known, tmp_path / str(number))
    files = [sorted(p for p in (tmp_path / str(n)).rglob("*") if p.is_file()) for n in (0, 1)]
    names = {file.name for file in files[0]}
    assert {"RESULTS.md", "scores.json", "scores.csv", "gains.csv", "criteria.csv", "label_shift.csv"} < names
    assert {"pairs.svg", "gains.svg", "criteria.svg", "distance.svg", "reliability.svg"} < names
    assert [f.name for f in files[0]] == [f.name for f in files[1]]
    for first, second in zip(*files, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name
    text = (tmp_path / "0" / "RESULTS.md").read_text()
    for figure in (n for n in names if n.endswith(".svg")):
        assert f"assets/results/{figure}" in text


def test_a_run_that_lacks_a_fold_or_a_seed_is_left_out_and_listed(folder, results, tmp_path):
    store = Store(tmp_path)
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    fold = Plan("ravdess", "emodb", "mmd", fold=3, seed=1, **LENGTH)
    seed = Plan("ravdess", "emovo", "zscore", mode="transductive", seed=0, **LENGTH)
    for plan in (fold, seed):
        store.file(plan).unlink()
    less = report.report(tmp_path)
    lost = [row for row in results["scores"] if row not in less["scores"]]
    assert [(r["target"], r["mode"], r["method"]) for r in lost] == [
        ("emodb", "inductive", "mmd"), ("emovo", "transductive", "zscore")
    ]  # fmt: skip
    assert all(row in results["scores"] for row in less["scores"])
    missing = {(m["target"], m["mode"]): (m["cells"], m["of"], m["methods"]) for m in less["missing"]}
    assert missing == {("emodb", "inductive"): (9, 10, ["mmd"]), ("emovo", "transductive"): (1, 2, ["zscore"])}
    gain = only(less["gains"], set="all pairs", mode="inductive", method="mmd", over="zscore")
    assert gain["pairs"] == 2 and not any(g["set"] == "from English" for g in less["gains"])
    assert "Not finished" in results_page.page(less)


def test_a_suite_that_gives_each_fold_another_seed_is_one_run(tmp_path):
    """As the suite "quick" does: every clip is scored once, by one of the seeds."""
    store = Store(tmp_path)
    for seed in range(5):
        for name in ("source_only", "mmd"):
            plan = Plan("ravdess", "emovo", name, fold=seed % 6, seed=seed)
            store.write(plan, made_up(plan))
    known = report.report(tmp_path)
    assert known["about"]["suite"] == "quick"
    row = only(known["scores"], method="mmd", mode="inductive")
    assert row["uar"] == 1 and row["seeds"] == 5 and row["n"] == 280 and row["speakers"] == 5 and not row["whole"]


def test_cells_of_other_lengths_or_labels_are_not_mixed_in(folder, results, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    for seed in SEEDS:
        plan = Plan("ravdess", "emodb", "mmd", mode="transductive", seed=seed, epochs=9)
        Store(tmp_path).write(plan, made_up(plan))
    known = report.report(tmp_path)
    assert known["scores"] == results["scores"] and len(known["other_settings"]) == 1


def test_the_command_prints_one_document_and_an_empty_folder_is_an_error(folder, tmp_path, capsys):
    assert main(["benchmark", "report", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["about"]["labels"] == "four"
    assert main(["benchmark", "report", str(tmp_path)]) == 2
    assert "no finished cell" in capsys.readouterr().err
    with pytest.raises(UserError):
        gather.gather(tmp_path / "nowhere")


def test_the_systems_page_finds_its_common_rows(results, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "ASSETS", tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "scores.json").write_text(json.dumps(results))
    rows = [row for row in systems_rows.rows()[BAKLOUTI.id] if row["track"] == "common"]
    assert len(rows) == 6 and all(row["uar"] == 1 and row["zscore"] == 0.25 for row in rows)
