"""How often the interval of a score from a few labels holds the true score.

    python -m xser_demo.benchmark.label_coverage [--out FILE]

Every shipped corpus is labelled a thousand times by its own labels, each time with other clips
(evaluation/label_sample.py), which are drawn by the answers of the first two models of ``answers``. The shipped models
of the recommended method and those that are trained on their source alone are scored, unless they learnt the corpus.
``coverage`` of a row: share of labellings whose 95 percent interval holds the UAR on all clips; ``error``: root mean
square error of the estimate; ``width``: mean width of the interval. UAR is from 0 to 1.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from xser_demo.benchmark.store import atomic_write
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data import packs
from xser_demo.data.domains import Target, select
from xser_demo.evaluation import label_sample
from xser_demo.evaluation.scores import uar
from xser_demo.methods import RECOMMENDED
from xser_demo.networks import checkpoints
from xser_demo.networks.classifier import COMMON
from xser_demo.utils import settings

FILE = settings.ASSETS / "results" / "label_coverage.json"
LABELS = (20, 30, 50)
TIMES = 1000
FOUR = LABEL_SETS["four"]


def answers(corpus: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Class indices (n,) that each model gives the clips of a corpus, and their labels (n,); first the model of the
    recommended method, as on the page, then the one that is trained on its source alone."""
    pack = packs.load_cached(corpus)
    rows, labels = select(pack, FOUR)
    cards = [
        card
        for card in checkpoints.cards()
        if checkpoints.recipe(card) == COMMON
        and tuple(card["labels"]) == FOUR.classes
        and corpus not in card["source"].split("+")
        and card["target"] in (None, corpus)
        and card["method"] in (RECOMMENDED, "source_only")
    ]
    cards.sort(key=lambda card: ("+" in card["source"], card["method"] != RECOMMENDED))
    clips = Target(pack, rows)
    found = {card["id"]: checkpoints.load(card["id"]).model.predict_all(clips)[0].argmax(1).numpy() for card in cards}
    return found, labels.numpy()


def coverage(predictions: dict[str, np.ndarray], labels: np.ndarray, count: int, times: int) -> Iterator[dict]:
    """A row for each model, from ``times`` labellings of ``count`` clips."""
    classes = len(FOUR.classes)
    strata = list(predictions.values())[:2]
    drawn = [label_sample.draw(strata, seed, count) for seed in range(times)]
    for model, given in predictions.items():
        truth = uar(labels, given, classes)
        found = [label_sample.estimate(given, clips, labels[clips], classes) for clips in drawn]
        scores, low, high = np.array([(one.uar, one.low, one.high) for one in found if one]).T
        yield {
            "model": model,
            "labels": count,
            "uar": round(truth, 4),
            "coverage": round(float(((low <= truth) & (truth <= high)).mean()), 4),
            "bias": round(float(scores.mean() - truth), 4),
            "error": round(float(np.sqrt(np.square(scores - truth).mean())), 4),
            "width": round(float((high - low).mean()), 4),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--times", type=int, default=TIMES)
    options = parser.parse_args()
    rows: list[dict] = []
    with threadpool_limits(1):
        for corpus in packs.available():
            predictions, labels = answers(corpus)
            for count in LABELS:
                rows += [{"corpus": corpus} | row for row in coverage(predictions, labels, count, options.times)]
                latest = [row["coverage"] for row in rows if (row["corpus"], row["labels"]) == (corpus, count)]
                print(corpus, count, latest, flush=True)
    atomic_write(options.out, (json.dumps({"times": options.times, "rows": rows}, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
