"""The score table of the README: every pair, method, mode, seed and fold; one small file per finished cell.

    python -m xser_demo.benchmark.scores run build/scores     resumable; finished cells are not repeated
    python -m xser_demo.benchmark.scores report build/scores  writes docs/scores.md and assets/results/scores.json
"""

import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from xser_demo import evaluation, methods, settings, training
from xser_demo.adaptation import Plan, predictions, prepare
from xser_demo.corpora import corpus
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.corpora.splits import folds
from xser_demo.domains import target

PAIRS = [("ravdess", "emodb"), ("ravdess", "emovo"), ("ravdess", "urdu"), ("emodb", "ravdess")]
HEADLINE = PAIRS[:3]
SEEDS = range(5)
DRAWS = 2000


def cells() -> list[Plan]:
    """One plan for each source training; all methods share it."""
    plans = []
    for source, goal in PAIRS:
        for seed in SEEDS:
            plans.append(Plan(source, goal, "source_only", mode="transductive", seed=seed))
            plans += [Plan(source, goal, "source_only", fold=f, seed=seed) for f in range(len(folds(goal)))]
    return plans


def cell_file(out: Path, plan: Plan) -> Path:
    where = "all" if plan.mode == "transductive" else f"fold{plan.fold}"
    return out / f"{plan.source}-{plan.target}-{where}-seed{plan.seed}.json"


def compute(plan: Plan, out: Path) -> str:
    """Run all methods of one cell and write its predictions, atomically."""
    torch.set_num_threads(1)
    started = time.monotonic()
    task = prepare(plan)
    source_model = source_of(plan, out)
    answers, chosen = {}, {}
    for name, method in methods.METHODS.items():
        model = deepcopy(source_model)
        if name != "source_only":
            work = method(model, task.train, task.adapt, seed=plan.seed)
            finished = training.finish(training.run(work, task.train, task.validation, task.adapt, plan.seed))
            chosen[name] = finished.chosen.epoch if finished.chosen else None
        answers[name] = predictions(model, task.test).tolist()
    record = {"plan": asdict(plan), "rows": task.test.rows.tolist(), "predictions": answers, "chosen_epoch": chosen}
    file = cell_file(out, plan)
    partial = file.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps(record))
    partial.rename(file)
    return f"{file.stem}: {time.monotonic() - started:.0f} s"


def source_of(plan: Plan, out: Path):
    """The source-only model of (source, seed), trained once by whoever needs it first and kept beside the cells."""
    from safetensors.torch import load_file, save_file

    from xser_demo.model import Model

    task = prepare(plan)
    file = out / "sources" / f"{plan.source}-{'-'.join(task.labels.classes)}-seed{plan.seed}.safetensors"
    model = Model(task.labels.classes, plan.seed)
    if file.exists():
        model.load_state_dict(load_file(file))
        return model.eval()
    model = training.finish(training.train_source(task.train, task.validation, plan.seed)).model
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}.partial")
    save_file(model.state_dict(), partial)
    partial.rename(file)
    return model


def run(out: Path, workers: int = 2) -> None:
    out.mkdir(parents=True, exist_ok=True)
    todo = [plan for plan in cells() if not cell_file(out, plan).exists()]
    print(f"{len(todo)} cells to do, {len(cells()) - len(todo)} finished before", file=sys.stderr, flush=True)
    with ProcessPoolExecutor(workers) as pool:
        for line in pool.map(compute, todo, [out] * len(todo)):
            print(line, file=sys.stderr, flush=True)


def pooled(out: Path, source: str, goal: str, mode: str):
    """Predictions (seeds, n) per method over all clips of a target, folds pooled, and the sealed labels in that order."""
    from xser_demo.adaptation import pack

    everyone, sealed = target(pack(goal), LABEL_SETS["four"])
    position = {row: i for i, row in enumerate(everyone.rows.tolist())}
    runs = {name: np.full((len(SEEDS), len(position)), -1) for name in methods.METHODS}
    for plan in cells():
        if (plan.source, plan.target, plan.mode) != (source, goal, mode):
            continue
        record = json.loads(cell_file(out, plan).read_text())
        where = [position[row] for row in record["rows"]]
        for name in runs:
            runs[name][plan.seed, where] = record["predictions"][name]
    if any((run < 0).any() for run in runs.values()):
        raise SystemExit(f"error: some cells of {source} to {goal} are missing; run the benchmark to its end.")
    return runs, sealed


def report(out: Path) -> dict:
    """Scores of all pairs, and the mean gains over the three headline targets with intervals over speakers."""
    table, gains = [], {}
    for mode in ("inductive", "transductive"):
        draws = {name: [] for name in methods.METHODS}
        for source, goal in PAIRS:
            runs, sealed = pooled(out, source, goal, mode)
            for name, run in runs.items():
                result = evaluation.score(sealed, run, DRAWS)
                table.append(
                    {"source": source, "target": goal, "mode": mode, "method": name, "seeds": len(SEEDS)}
                    | {"uar": round(result.uar, 4), "ci95": [round(x, 4) for x in result.ci95]}
                    | {"wa": round(result.wa, 4), "n": result.n, "speakers": result.speakers}
                )
                if (source, goal) in HEADLINE:
                    draws[name].append(
                        {base: evaluation.paired_gain(sealed, run, runs[base], DRAWS) for base in ("source_only", "zscore")}
                    )
        for name, parts in draws.items():
            for base in ("source_only", "zscore"):
                mean_gain = np.mean([part[base] for part in parts], axis=0)
                low, high = np.percentile(mean_gain, [2.5, 97.5])
                uars = {n: np.mean([r["uar"] for r in table if r["mode"] == mode and r["method"] == n
                                    and (r["source"], r["target"]) in HEADLINE]) for n in (name, base)}
                gains[f"{mode}/{name}/{base}"] = {
                    "mean": round(uars[name] - uars[base], 4), "ci95": [round(low, 4), round(high, 4)]
                }
    return {"pairs": [list(p) for p in PAIRS], "headline": [list(p) for p in HEADLINE], "scores": table, "gains": gains}


def markdown(results: dict) -> str:
    """The table as a page."""
    lines = ["# Scores", "", "UAR in percent on the target, four classes, mean of 5 seeds, 95% intervals over seeds, speakers and clips.",
             "Label-free selection: " + training.selection.RULE + ".",
             "Made by `make scores`; nothing was tuned on these targets (settings were tried on AESDD only).", ""]
    for mode in ("inductive", "transductive"):
        lines += [f"## {mode.capitalize()}", "", "| pair | " + " | ".join(m.title for m in methods.METHODS.values()) + " |",
                  "|---" * (len(methods.METHODS) + 1) + "|"]
        for source, goal in results["pairs"]:
            entries = []
            for name in methods.METHODS:
                row = next(r for r in results["scores"] if (r["source"], r["target"], r["mode"], r["method"]) == (source, goal, mode, name))
                entries.append(f"{100 * row['uar']:.1f} [{100 * row['ci95'][0]:.0f}, {100 * row['ci95'][1]:.0f}]")
            lines.append(f"| {corpus(source).name} → {corpus(goal).name} | " + " | ".join(entries) + " |")
        lines += ["", "Mean gain over RAVDESS → EmoDB, EMOVO, URDU in points:", "", "| method | over source only | over target z-score |", "|---|---|---|"]
        for name, method in methods.METHODS.items():
            if name == "source_only":
                continue
            parts = [results["gains"][f"{mode}/{name}/{base}"] for base in ("source_only", "zscore")]
            lines.append(f"| {method.title} | " + " | ".join(
                f"{100 * g['mean']:+.1f} [{100 * g['ci95'][0]:+.1f}, {100 * g['ci95'][1]:+.1f}]" for g in parts) + " |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    command, out = sys.argv[1], Path(sys.argv[2])
    if command == "run":
        run(out)
        return
    results = report(out)
    folder = settings.ASSETS / "results"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scores.json").write_text(json.dumps(results, indent=1) + "\n")
    (settings.ROOT / "docs" / "scores.md").write_text(markdown(results))
    print(markdown(results))


if __name__ == "__main__":
    main()
