"""Time of a live adaptation of each system, as on the page: seconds to the result and the longest time between two
updates of the page, with the shipped source model and with one trained first. Prints one JSON document; not a test.
"""

import json
import os
import sys
import time
from dataclasses import replace

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from xser_demo import methods
from xser_demo.experiments import source_models, systems
from xser_demo.experiments.plan import Plan
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.tabs.adapt import frames as adapt_frames

SEEDS = {"shipped source model": 0, "source model trained first": 1}


def plans():
    yield "common ground", Plan("ravdess", "emodb", methods.RECOMMENDED)
    for key, system in systems.SYSTEMS.items():
        for _, name in adapt_options.variants(key):
            if name.endswith("egemaps") or (key == "cai2021-dann" and name != "joint"):
                continue
            variant = system.variant(name)
            yield f"{key}, {name}", Plan(*system.pairs[0], variant.method, system.task, system=key, variant=name)


def measure(plan: Plan) -> dict:
    started = last = time.monotonic()
    gap, frames, result = 0.0, 0, None
    for frame in adapt_frames.frames(plan):
        now = time.monotonic()
        gap, last, frames = max(gap, now - last), now, frames + 1
        result = frame.result or result
    return {
        "seconds": round(last - started, 1),
        "longest_gap_s": round(gap, 2),
        "frames": frames,
        "epochs": result.finished.epochs,
    }


def main() -> None:
    rows = {}
    for name, plan in plans():
        budget = source_models.budget(plan.system, plan.variant)
        for how, seed in SEEDS.items():
            row = rows[f"{name}, {how}"] = measure(replace(plan, seed=seed, budget_s=budget))
            print(name, how, row, file=sys.stderr, flush=True)
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
