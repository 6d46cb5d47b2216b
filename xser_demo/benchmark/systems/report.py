"""Result rows of the five systems from their finished cells: assets/results/systems.json and docs/systems.md.

python -m xser_demo.benchmark.systems.report [build/systems]
"""

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np

from xser_demo.benchmark.systems import page, paired, summary, supervised, verdicts
from xser_demo.benchmark.systems import rows as systems_rows
from xser_demo.benchmark.systems.page import MARGIN
from xser_demo.benchmark.systems.published import ORACLE_RULE
from xser_demo.benchmark.systems.result_table import LAST, NO_SELECTION
from xser_demo.benchmark.systems.rows import NOTHING
from xser_demo.benchmark.systems.runs import CLASSIFIER, SYSTEM
from xser_demo.benchmark.systems.supervised import seal
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data.packs import load_cached
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation import scores as evaluation_scores
from xser_demo.evaluation.scores import DRAWS
from xser_demo.experiments import systems
from xser_demo.experiments.systems.baklouti2024 import BAKLOUTI
from xser_demo.experiments.systems.base import MIDDLE, REDUCED, System
from xser_demo.training.selection import RULE, SOURCE_RULE
from xser_demo.utils import settings

ORACLE = "oracle"
UNTRAINED = ("zscore", "coral", "knn", "majority")


def faithful(out: Path, system: System) -> list[dict]:
    """All rows of a system with its own features and network."""
    rows = []
    for key, cells in paired.records(out, system.id).items():
        built = system.variants[key.variant]
        start = {
            "track": "faithful",
            "variant": key.variant,
            "pair": f"{key.pair[0]} -> {key.pair[1]}",
            "labels": key.labels,
            "normalise": key.normalise,
            "fidelity": fidelity(built.fidelity, out),
            "deviations": list(built.deviations),
        }
        rows += labelled(start, key.mode, cells) if cells[0]["split"] else unlabelled(start, key, cells)
    return rows


@cache
def fidelity(stated: str, out: Path) -> str:
    """A middle variant that does not beat a linear SVM within its source is a reduced one."""
    if stated == MIDDLE and any(row["ci95"][0] <= 0 for row in verdicts.beats_svm(out)):
        return REDUCED
    return stated


def unlabelled(start: dict, key: paired.Key, cells: list[dict]) -> list[dict]:
    """Rows of a system and its controls, trained without target labels. Seeds with missing folds are left out."""
    first = cells[0]["plan"]
    labels, sealed, runs = paired.assemble(key, cells, _answers)
    seeds = len(next(iter(runs.values())))
    if not seeds:
        return []
    scores = {name: evaluation_scores.score(sealed, run, DRAWS) for name, run in runs.items()}
    source_uar = float(np.mean([cell["source_validation_uar"] for cell in cells]))
    rows = []
    for name, score in scores.items():
        selection = {ORACLE: ORACLE_RULE, "source_only": SOURCE_RULE, "svm": NO_SELECTION}.get(name, RULE)
        row = start | {
            "role": "system" if name in (SYSTEM, CLASSIFIER, ORACLE) else "control",
            "method": first["method"] if name in (SYSTEM, ORACLE) else name,
            "mode": key.mode,
            "selection": NOTHING if name in UNTRAINED else selection,
            "seeds": seeds,
            **score_fields(score),
            "source_only": round(scores["source_only"].uar, 4),
            "zscore": round(scores["zscore"].uar, 4),
            "source_validation_uar": round(source_uar, 4),
            "learned": source_uar >= 1 / len(labels.classes) + MARGIN,
        }
        if name == SYSTEM:
            row["confusion"], row["recalls"] = score.confusion, _rounded(score.recalls)
        rows.append(row)
    return rows


def _answers(cell: dict, sealed: SealedLabels) -> dict[str, list[int]]:
    """Of a cell's models, of the majority class, and of the epoch that the target's labels would choose."""
    found = cell["predictions"] | {"majority": [cell["majority"]] * len(cell["rows"])}
    if cell["every_epoch"]:
        found[ORACLE] = max(cell["every_epoch"], key=lambda one: evaluation_scores.accuracy(sealed, np.array(one)))
    return found


def labelled(start: dict, split: str, cells: list[dict]) -> list[dict]:
    """Rows of trainings with labels of the target. Each repeat has its own test part: mean and deviation over repeats
    as in the paper, and an interval over the speakers of all test clips."""
    plan = cells[0]["plan"]
    feature = systems.get(plan["system"]).variant(plan["variant"]).recipe.feature
    mode = {"random": "supervised, random 80/20", "speakers": "supervised, other speakers"}[split]
    paper_labels = supervised.PAPER_LABELS if plan["system"] == BAKLOUTI.id else None
    task = LABEL_SETS[systems.get(plan["system"]).task]
    rows = []
    tests = []
    if paper_labels:
        within = [cell["source_model"] for cell in cells]
        tests.append(("source model", plan["source"], within))
        if all("svm" in one for one in within):
            tests.append(("log-mel svm", plan["source"], [one | {"predictions": one["svm"]} for one in within]))
    for name in cells[0]["predictions"]:
        tests.append((name, plan["target"], [c | {"predictions": c["predictions"][name]} for c in cells]))
    for name, key, repeats in tests:
        labels = paper_labels[key] if paper_labels else task
        sealed = [seal(load_cached(key, feature), labels, repeat["rows"]) for repeat in repeats]
        predictions = [np.array(repeat["predictions"]) for repeat in repeats]
        single = [evaluation_scores.score(s, p, 0) for s, p in zip(sealed, predictions, strict=True)]
        score = evaluation_scores.score(evaluation_scores.concatenate(sealed), np.concatenate(predictions), DRAWS)
        uars = [one.uar for one in single]
        rows.append(
            start
            | {
                "role": "supervised",
                "method": name,
                "mode": mode,
                "labels": ", ".join(labels.classes),
                "selection": LAST,
                "seeds": len(repeats),
                **score_fields(score),
                "uar": round(float(np.mean(uars)), 4),
                "uar_sd": round(float(np.std(uars, ddof=1)), 4) if len(uars) > 1 else None,
                "wa": round(float(np.mean([one.wa for one in single])), 4),
                "wa_sd": round(float(np.std([one.wa for one in single], ddof=1)), 4) if len(uars) > 1 else None,
                "scored_on": key,
                "confusion": score.confusion,
                "recalls": _rounded(score.recalls),
                "learned": score.uar >= 1 / len(labels.classes) + MARGIN,
            }
        )
    return rows


def score_fields(score: evaluation_scores.Score) -> dict:
    return {
        "uar": round(score.uar, 4),
        "ci95": [round(x, 4) for x in score.ci95],
        "wa": round(score.wa, 4),
        "macro_f1": round(score.macro_f1, 4),
        "n": score.n,
        "speakers": score.speakers,
    }


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def report(out: Path) -> dict[str, list[dict]]:
    """Result rows of every system from the cells in ``out``."""
    return {key: faithful(out, system) for key, system in systems.SYSTEMS.items()}


def main() -> None:
    """With a folder of cells, write the rows and the page; without, the page from the stored rows."""
    if sys.argv[1:]:
        results = report(Path(sys.argv[1]))
        (settings.ASSETS / "results" / "systems.json").write_text(json.dumps(results, separators=(",", ":")) + "\n")
        summary.FILE.write_text(json.dumps(verdicts.compute(Path(sys.argv[1])), indent=1) + "\n")
    (settings.ROOT / "docs" / "systems.md").write_text(page.page(systems_rows.rows()))


if __name__ == "__main__":
    main()
