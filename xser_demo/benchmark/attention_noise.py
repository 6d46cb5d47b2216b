"""How much the attention of two seeds of one recipe differs on a clip: below that, Listen says nothing about it.

    python -m xser_demo.benchmark.attention_noise [--out FILE]

Source only and the recommended method, from English to German, with two seeds each. On clips of all shipped corpora, as
many of each, the mean over the heads is compared moment by moment, in multiples of the mean weight of the clip, as the
page draws it. Of each clip the largest difference counts, of each corpus the 95th percentile over its clips; the
threshold is the largest of these over recipes and corpora. Clips of the source have one of their own: there the adapted
models of two seeds differ several times as much.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from xser_demo import methods
from xser_demo.benchmark.store import atomic_write
from xser_demo.data.packs import load_cached
from xser_demo.experiments.model_card import encoder
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult, adapt
from xser_demo.inference.attention import FILE, level
from xser_demo.inference.explain import Curve, explain
from xser_demo.inference.predict import EncodedClip, from_pack, predict
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import Model

SOURCE, TARGET = "ravdess", "emodb"
SEEDS = (0, 1)
CORPORA = ("ravdess", "emodb", "emovo", "urdu", "nemo")
CLIPS = 100  # of each corpus, drawn at random
PERCENTILE = 95
RECIPES = ("source_only", methods.RECOMMENDED)


def adapted(seed: int) -> AdaptationResult:
    *_, result = adapt(Plan(SOURCE, TARGET, methods.RECOMMENDED, mode="transductive", seed=seed))
    return result


def attention(result: AdaptationResult, model: Model, clip: EncodedClip) -> np.ndarray:
    """(T,) of one clip, as the page draws it."""
    loaded = Loaded("", model, encoder(result.task) | {"label_set": result.plan.labels})
    curve = explain(loaded, clip, predict(loaded, clip))
    assert isinstance(curve, Curve)  # these models have an attention head
    return level(curve, clip.duration_s)


def largest(results: list[AdaptationResult], recipe: str, clips: list[EncodedClip]) -> np.ndarray:
    """(clips,) the largest difference between the seeds on each clip."""
    models = [result.source_model if recipe == "source_only" else result.model for result in results]
    found = []
    for clip in clips:
        first, second = (attention(result, model, clip) for result, model in zip(results, models, strict=True))
        found.append(np.abs(first - second).max())
    return np.array(found)


def drawn(key: str) -> list[EncodedClip]:
    pack = load_cached(key)
    rows = np.random.default_rng(0).permutation(len(pack.utterances))[:CLIPS]
    return [from_pack(pack, int(row)) for row in rows]


def summary(values: np.ndarray) -> dict[str, float]:
    return {"median": round(float(np.median(values)), 3), "p95": round(float(np.percentile(values, PERCENTILE)), 3)}


def measure() -> dict:
    results = [adapted(seed) for seed in SEEDS]
    clips = {key: drawn(key) for key in CORPORA}
    rows = {recipe: {key: summary(largest(results, recipe, clips[key])) for key in CORPORA} for recipe in RECIPES}
    return {
        "command": "python -m xser_demo.benchmark.attention_noise",
        "unit": "largest difference on a clip, in multiples of the mean weight of the clip",
        "pair": [SOURCE, TARGET],
        "seeds": list(SEEDS),
        "clips": sum(map(len, clips.values())),
        "recipes": rows,
        "thresholds": thresholds(rows),
    }


def thresholds(rows: dict[str, dict[str, dict[str, float]]]) -> dict[str, float]:
    """For clips of the source and for all others, from the rows of each recipe and corpus."""
    found = {"source": 0.0, "others": 0.0}
    for by_corpus in rows.values():
        for key, row in by_corpus.items():
            place = "source" if key == SOURCE else "others"
            found[place] = max(found[place], row["p95"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=FILE)
    out = parser.parse_args().out
    measured = measure()
    atomic_write(out, (json.dumps(measured, indent=1) + "\n").encode())
    print(json.dumps(measured["recipes"]), measured["thresholds"], flush=True)


if __name__ == "__main__":
    main()
