"""One source or several, on the corpora that are reserved for choosing settings.

    XSER_ASSETS=DIR python -m xser_demo.benchmark.source_choice [--out FILE]

``DIR/packs`` has the shipped packs and those of AESDD and TurEV-DB (``xser corpora pack aesdd turev``), which are not
shipped. The recommended method adapts to all clips of each, from every single source, from two and from all four.
UAR is from 0 to 1, on the clips that were adapted to.
"""

import argparse
import json
from pathlib import Path

from xser_demo import methods
from xser_demo.benchmark.store import atomic_write
from xser_demo.corpora import DEVELOPMENT
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt
from xser_demo.utils import settings
from xser_demo.utils.resources import single_threaded

FILE = settings.ROOT / "assets" / "results" / "source_choice.json"
SOURCES = ("ravdess", "emodb", "emovo", "nemo", "emodb+ravdess", "emodb+emovo+nemo+ravdess")
SEEDS = (0,)


def row(source: str, target: str, seed: int) -> dict:
    with single_threaded():
        *_, result = adapt(Plan(source, target, methods.RECOMMENDED, mode="transductive", seed=seed))
    scores = {name: round(score.uar, 4) for name, score in result.scores.items()}
    about = {"seconds": round(result.seconds, 1), "normalise": result.normalisation.name}
    return {"source": source, "target": target, "seed": seed} | scores | about


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    rows = json.loads(options.out.read_text()) if options.out.exists() else []
    done = {(one["source"], one["target"], one["seed"]) for one in rows}
    for seed in SEEDS:
        for target in DEVELOPMENT:
            for source in SOURCES:
                if (source, target, seed) not in done:
                    rows.append(row(source, target, seed))
                    print(rows[-1], flush=True)
                    atomic_write(options.out, (json.dumps(rows, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
