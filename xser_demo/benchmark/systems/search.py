"""Hyper-parameter search of the poster (optimiser, learning rate, weight decay) on a pair with shipped packs.

The poster tuned these three; it states neither the values nor the criterion. Here every combination is scored twice: at
the epoch of the label-free rule, and at the best epoch by the target's labels, to show what that choice would claim.

python -m xser_demo.benchmark.systems.search build/systems
"""

import json
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import torch

from xser_demo import methods
from xser_demo.evaluation.scores import accuracy
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import fresh, predictions
from xser_demo.experiments.systems.poster2023 import POSTER
from xser_demo.experiments.task import prepare
from xser_demo.training import loop

PAIR = POSTER.pairs[0]
OPTIMISERS, RATES, DECAYS = ("adam", "adamw", "sgd"), (1e-4, 1e-3, 1e-2), (0.0, 1e-4, 1e-2)


def run(seed: int = 0) -> list[dict]:
    """One row for each of the 27 combinations."""
    torch.set_num_threads(1)
    plan = Plan(*PAIR, "dann_poster", "five", "transductive", seed=seed, system=POSTER.id, variant="mlp")
    task = prepare(plan)
    rows = []
    for optimiser, rate, decay in product(OPTIMISERS, RATES, DECAYS):
        schedule = replace(plan.schedule, optimiser=optimiser, learning_rate=rate, weight_decay=decay)
        model = fresh(plan, task)
        method = methods.get(plan.method)(model, task.train, task.adapt, None, seed, schedule)
        accuracies = []
        for event in loop.run(method, task.train, task.validation, task.adapt, seed):
            if isinstance(event, loop.Epoch):
                accuracies.append(accuracy(task.sealed, predictions(event.model, task.test)))
        rows.append(
            {
                "optimiser": optimiser,
                "learning_rate": rate,
                "weight_decay": decay,
                "source_validation_uar": round(event.chosen.source_uar, 4),
                "infomax": round(event.chosen.infomax, 4),
                "accuracy": round(accuracies[event.chosen.epoch - 1], 4),
                "oracle_accuracy": round(max(accuracies), 4),
            }
        )
    return rows


def main() -> None:
    file = Path(sys.argv[1]) / "search.json"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(run(), indent=1))
    print(file.read_text())


if __name__ == "__main__":
    main()
