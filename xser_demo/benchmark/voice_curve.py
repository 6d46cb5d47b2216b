"""UAR on new speakers against the number of their clips that are known: how soon a voice is worth listening to.

    python -m xser_demo.benchmark.voice_curve [--out FILE]

For each pair and fold, the recommended method adapts to the target's other speakers, once with each speaker
standardised and once with the corpus as a whole. Then each held-out speaker comes with ``known`` clips, and the other
half of the speaker's clips is scored. ``way`` of a row:

corpus      the corpus model; nothing of the speaker is known
calibrated  the corpus model, its statistics moved to the speaker's by ``known`` clips drawn at random
speaker     the model by speaker, likewise
neutral     the model by speaker, by ``known`` neutral clips as if they were any clips
referenced  the model by speaker, by ``known`` neutral clips: their mean minus that of the adaptation clips which the
            model answers neutral; "corpus, referenced": the same of the corpus model
unknown     the model by speaker without a clip, on the speakers who have ``known`` neutral clips: what the three
            rows above are compared with, since not every speaker has

No label of the target is used but for scoring, and of the neutral clips that they are neutral.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from xser_demo import methods
from xser_demo.benchmark.store import atomic_write
from xser_demo.data import normalise
from xser_demo.data.normalise import moments
from xser_demo.data.packs import load_cached
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation.scores import concatenate, run_uar, subset
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt
from xser_demo.experiments.task import Task, prepare, target_folds
from xser_demo.inference.speaker import calibrate, neutral
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.utils import settings

FILE = settings.ASSETS / "results" / "voice_curve.json"
PAIRS = (("ravdess", "emodb"), ("ravdess", "emovo"), ("ravdess", "nemo"), ("emodb", "ravdess"))
KNOWN = (0, 1, 2, 3, 5, 10, 20)
KNOWN_NEUTRAL = (3, 5)
DRAWS = 4  # of the known clips of a speaker
SEEDS = (0,)


def curve(source: str, target: str, seed: int) -> Iterator[dict]:
    """One row for each way and number of known clips: UAR over all folds, mean and deviation over draws."""
    plan = Plan(source, target, methods.RECOMMENDED, seed=seed)
    collected: dict[tuple, list[tuple[SealedLabels, list[int]]]] = {}
    for fold in range(len(target_folds(plan))):
        task = prepare(replace(plan, fold=fold))
        models = {name: adapted(replace(plan, fold=fold, normalise=name)) for name in ("corpus", "speaker")}
        for draw in range(DRAWS):
            for heard, scored in halves(task, draw):
                labels = subset(task.sealed, scored)
                for way, known, model in voices(models, task, heard):
                    batch = task.test.batch(torch.from_numpy(scored))
                    answers = model.predict(batch.frames, batch.mask, TARGET).logits.argmax(1).tolist()
                    collected.setdefault((way, known, draw), []).append((labels, answers))
    for way, known in dict.fromkeys((way, known) for way, known, _ in collected):
        scores = []
        draws = [draw for draw in range(DRAWS) if (way, known, draw) in collected]  # not all have neutral clips
        for draw in draws:
            parts, answers = zip(*collected[way, known, draw], strict=True)
            scores.append(run_uar(concatenate(list(parts)), np.concatenate(answers)[None]))
        found = {"uar": round(float(np.mean(scores)), 4), "sd": round(float(np.std(scores)), 4)}
        yield {"way": way, "known": known, "speakers": max(len(collected[way, known, d]) for d in draws)} | found


def voices(models: dict[str, Model], task: Task, heard: np.ndarray) -> Iterator[tuple[str, int, Model]]:
    """Way, number of known clips, and the model that knows them."""
    data, corpus = task.test, models["speaker"].inputs[TARGET].corpus_moments
    assert corpus is not None
    yield "corpus", 0, models["corpus"]
    for known in (number for number in KNOWN if number <= len(heard)):
        voice = moments(data.pack, data.rows[heard[:known]]) if known else corpus
        yield "speaker", known, calibrate.fixed(models["speaker"], voice)
        if known:
            yield "calibrated", known, calibrate.fixed(models["corpus"], voice)
    said = load_cached(data.pack.key).utterances  # a visitor says which clips are neutral
    plain = [clip for clip in heard if said[int(data.rows[clip])].emotion == neutral.NEUTRAL]
    for known in (number for number in KNOWN_NEUTRAL if number <= len(plain)):
        rows = data.rows[plain[:known]]
        yield "unknown", known, calibrate.fixed(models["speaker"], corpus)
        yield "neutral", known, calibrate.fixed(models["speaker"], moments(data.pack, rows))
        frames = [data.pack.frames(int(row)) for row in rows]
        for way, name in (("referenced", "speaker"), ("corpus, referenced", "corpus")):
            yield way, known, neutral.calibrate_by_neutral(models[name], frames, task.adapt)


def adapted(plan: Plan) -> Model:
    *_, result = adapt(plan)
    return result.model


def halves(task: Task, draw: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each held-out speaker the clips that may be known, in random order, and those that are scored."""
    speakers = np.array(task.test.speakers)
    for number, speaker in enumerate(sorted(set(speakers))):
        order = np.random.default_rng([draw, number]).permutation(np.flatnonzero(speakers == speaker))
        yield order[: len(order) // 2], order[len(order) // 2 :]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    rows = json.loads(options.out.read_text())["rows"] if options.out.exists() else []
    done = {(row["source"], row["target"], row["seed"]) for row in rows}
    for source, target in PAIRS:
        for seed in SEEDS:
            if (source, target, seed) in done:
                continue
            rows += [{"source": source, "target": target, "seed": seed} | row for row in curve(source, target, seed)]
            about = {"method": methods.RECOMMENDED, "draws": DRAWS, "prior_clips": normalise.PRIOR_CLIPS}
            atomic_write(options.out, (json.dumps({"about": about, "rows": rows}, indent=1) + "\n").encode())
            print(source, target, seed, [row["uar"] for row in rows if row["target"] == target], flush=True)


if __name__ == "__main__":
    main()
