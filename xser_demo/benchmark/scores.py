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

import torch

from xser_demo import methods, training
from xser_demo.adaptation import Plan, pack, predictions, prepare
from xser_demo.corpora.splits import folds

PAIRS = [("ravdess", "emodb"), ("ravdess", "emovo"), ("ravdess", "urdu"), ("emodb", "ravdess")]
SEEDS = range(5)
# All objectives and controls on common ground. The two others of the table belong to a system's own network.
COMMON_METHODS = tuple(name for name in methods.METHODS if name not in ("dann_poster", "mmd_fc"))
CLASSIFIER = "nnpm_classifier"  # NNPM answering by its classifier instead of its memory's vote


def cells() -> list[Plan]:
    """One plan for each source training; all methods share it."""
    plans = []
    for source, goal in PAIRS:
        for seed in SEEDS:
            plans.append(Plan(source, goal, "source_only", mode="transductive", seed=seed))
            plans += [
                Plan(source, goal, "source_only", fold=f, seed=seed)
                for f in range(len(folds(goal, pack(goal).utterances)))
            ]
    return plans


def cell_file(out: Path, plan: Plan) -> Path:
    where = "all" if plan.mode == "transductive" else f"fold{plan.fold}"
    return out / f"{plan.source}-{plan.target}-{where}-seed{plan.seed}.json"


def lacking(out: Path, plan: Plan) -> list[str]:
    """Methods that a cell does not have yet."""
    file = cell_file(out, plan)
    there = json.loads(file.read_text())["predictions"] if file.exists() else {}
    return [name for name in COMMON_METHODS if name not in there]


def compute(plan: Plan, out: Path) -> str:
    """Run the methods that a cell lacks and write its predictions, atomically."""
    torch.set_num_threads(1)
    started = time.monotonic()
    task = prepare(plan)
    source_model = source_of(plan, out)
    file = cell_file(out, plan)
    before = json.loads(file.read_text()) if file.exists() else {"predictions": {}, "chosen_epoch": {}}
    answers, chosen = before["predictions"], before["chosen_epoch"]
    for name in lacking(out, plan):
        model = deepcopy(source_model)
        if name != "source_only":
            work = methods.METHODS[name](model, task.train, task.adapt, seed=plan.seed)
            finished = training.finish(training.run(work, task.train, task.validation, task.adapt, plan.seed))
            chosen[name] = finished.chosen.epoch if finished.chosen else None
        answers[name] = predictions(model, task.test).tolist()
        if name == "nnpm":
            model.memory = None
            answers[CLASSIFIER] = predictions(model, task.test).tolist()
    record = {"plan": asdict(plan), "rows": task.test.rows.tolist(), "predictions": answers, "chosen_epoch": chosen}
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
    todo = [plan for plan in cells() if lacking(out, plan)]
    print(f"{len(todo)} cells to do, {len(cells()) - len(todo)} finished before", file=sys.stderr, flush=True)
    with ProcessPoolExecutor(workers) as pool:
        for line in pool.map(compute, todo, [out] * len(todo)):
            print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
