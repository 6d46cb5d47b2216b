"""How much the choice of the weight matters: python -m xser_demo.benchmark.tuning_sensitivity FILE.jsonl

The recommended method with each weight that was tried, on the twelve pairs of the tables without URDU (transductive, by
speaker, seed 0). For each target the weight is chosen on the other targets, with their labels. This is no way to choose
a setting for these tables; it says how far a choice on them would have led from the one on AESDD and TurEV-DB.
"""

import json
import sys
from itertools import product
from pathlib import Path
from statistics import mean

import torch

from xser_demo import methods
from xser_demo.benchmark import tuning
from xser_demo.benchmark.grid import REGISTERED_SOURCES
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt

PAIRS = [(a, b) for a, b in product(REGISTERED_SOURCES, REGISTERED_SOURCES) if a != b]
WEIGHTS = tuning.settings_of(methods.RECOMMENDED)


def main(file: Path) -> None:
    torch.set_num_threads(1)
    lines = file.read_text().splitlines() if file.exists() else []
    found = {(source, target, weight): uar for source, target, weight, uar in map(json.loads, lines)}
    for source, target in PAIRS:
        start = None
        for weight in WEIGHTS:
            if (source, target, weight) in found:
                continue
            plan = Plan(source, target, methods.RECOMMENDED, mode="transductive", strength=weight)
            *_, result = adapt(plan, start and start.source_model, speaker_model=start and start.speaker_model)
            start = result
            found[source, target, weight] = result.scores["adapted"].uar
            with open(file, "a") as out:
                out.write(json.dumps([source, target, weight, found[source, target, weight]]) + "\n")
    print(report(found))


def report(found: dict[tuple, float]) -> str:
    def over(pairs: list[tuple[str, str]], weight: float | None) -> float:
        return 100 * mean(found[source, target, weight] for source, target in pairs)

    lines = [f"{weight:g}: {over(PAIRS, weight):.1f}" for weight in WEIGHTS]
    left_out = []
    for target in REGISTERED_SOURCES:
        others = [pair for pair in PAIRS if pair[1] != target]
        best = max(WEIGHTS, key=lambda weight: over(others, weight))
        own = [pair for pair in PAIRS if pair[1] == target]
        left_out.append(over(own, best))
        lines.append(f"{target}: the other targets choose {best:g}, which gives {left_out[-1]:.1f}")
    return "\n".join([*lines, f"mean with these weights: {mean(left_out):.1f}"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
