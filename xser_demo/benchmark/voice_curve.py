"""UAR on new speakers against the number of their clips that are known: how soon a voice is worth listening to.

    python -m xser_demo.benchmark.voice_curve [--out FILE]

For each pair and fold, the recommended method adapts to the target's other speakers, once with each speaker
standardised and once with the corpus as a whole. Then each held-out speaker comes with ``known`` clips drawn at random,
whose moments, shrunk towards the corpus's, standardise the other half of the speaker's clips, which is scored. No label
is used but for scoring.
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
from xser_demo.data.domains import Domain
from xser_demo.data.normalise import Moments, moments
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation.scores import concatenate, run_uar, subset
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt
from xser_demo.experiments.task import Task, prepare, target_folds
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.utils import settings

FILE = settings.ASSETS / "results" / "voice_curve.json"
PAIRS = (("ravdess", "emodb"), ("ravdess", "emovo"), ("ravdess", "nemo"), ("emodb", "ravdess"))
KNOWN = (0, 1, 2, 3, 5, 10, 20)
DRAWS = 4  # of the known clips of a speaker
SEEDS = (0,)


def curve(source: str, target: str, seed: int) -> Iterator[dict]:
    """One row for each number of known clips: UAR over all folds, mean and deviation over draws."""
    plan = Plan(source, target, methods.RECOMMENDED, seed=seed)
    collected: dict[tuple, list[tuple[SealedLabels, list[int]]]] = {}
    for fold in range(len(target_folds(plan))):
        task = prepare(replace(plan, fold=fold))
        models = {name: adapted(replace(plan, fold=fold, normalise=name)) for name in ("corpus", "speaker")}
        corpus = models["speaker"].inputs[TARGET].corpus_moments
        assert corpus is not None and task.sealed is not None
        for draw in range(DRAWS):
            for heard, scored in halves(task, draw):
                labels = subset(task.sealed, scored)
                whole = models["corpus"].predict(*task.test.batch(torch.from_numpy(scored))[:2], TARGET).logits
                collected.setdefault((None, draw), []).append((labels, whole.argmax(1).tolist()))
                for known in (number for number in KNOWN if number <= len(heard)):
                    clips = task.test.rows[heard[:known]]
                    voice = moments(task.test.pack, clips).shrunk(corpus) if known else corpus
                    answers = predict(models["speaker"], task.test, scored, voice)
                    collected.setdefault((known, draw), []).append((labels, answers))
    for known in (None, *KNOWN):
        if (known, 0) not in collected:
            continue  # no speaker has that many clips in half
        scores = []
        for draw in range(DRAWS):
            parts, answers = zip(*collected[known, draw], strict=True)
            scores.append(run_uar(concatenate(list(parts)), np.concatenate(answers)[None]))
        found = {"uar": round(float(np.mean(scores)), 4), "sd": round(float(np.std(scores)), 4)}
        yield {"known": known, "speakers": len(collected[known, 0])} | found


def adapted(plan: Plan) -> Model:
    *_, result = adapt(plan)
    return result.model


def halves(task: Task, draw: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each held-out speaker the clips that may be known, in random order, and those that are scored."""
    speakers = np.array(task.test.speakers)
    for number, speaker in enumerate(sorted(set(speakers))):
        order = np.random.default_rng([draw, number]).permutation(np.flatnonzero(speakers == speaker))
        yield order[: len(order) // 2], order[len(order) // 2 :]


def predict(model: Model, data: Domain, clips: np.ndarray, voice: Moments) -> list[int]:
    batch = data.batch(torch.from_numpy(clips))
    return model.predict(voice.standardise(batch.frames), batch.mask, TARGET).logits.argmax(1).tolist()


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
