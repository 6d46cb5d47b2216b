"""UAR against the strength of each synthetic perturbation, for source-only models and the recommended adapted ones.

    python -m xser_demo.benchmark.perturbation_curves --corpora DIR [--limit 120] [--target CORPUS]... [--out FILE]

The recordings of a target corpus are perturbed (xser_demo/audio/perturbations), encoded as for its feature pack and
classified by shipped models; nothing is trained here, and the adapted models were adapted to the original clips. The
target's labels are used for scoring and for balancing the clips, not for any choice. The file holds scores, no audio.
It is written after each cell (a corpus, a perturbation and a strength), and the same command continues after a stop. A
cell is computed again if its clips or a model have changed; after a change of a perturbation, delete the file.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch comes: waiting threads must not spin

import numpy as np

from xser_demo import methods
from xser_demo.audio import perturbations
from xser_demo.benchmark.store import atomic_write
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import LABEL_SETS, LabelSet, only
from xser_demo.corpora.sample import balanced
from xser_demo.data import domains
from xser_demo.data.encode import build, reader
from xser_demo.evaluation.scores import paired_gain, score
from xser_demo.networks import checkpoints
from xser_demo.networks.domain_norm import TARGET
from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError, UserError

FILE = settings.ASSETS / "results" / "shift_curves.json"
LIMIT = 120  # clips of a corpus
STEPS = 5  # strengths of a perturbation, from its lowest to its highest
NONE = "none"  # the original clips: strength 0 of every perturbation

Read = Callable[[Utterance], np.ndarray]


@dataclass(frozen=True)
class Pair:
    """A source-only model, and a model adapted from the same source to a target."""

    source: str
    target: str
    plain: checkpoints.Loaded
    adapted: checkpoints.Loaded

    @property
    def labels(self) -> LabelSet:
        """The classes of both models."""
        return only(LABEL_SETS[self.adapted.card["label_set"]], tuple(self.adapted.card["labels"]))


def pairs(targets: list[str] | None = None) -> list[Pair]:
    """The shipped pairs on the common network for the given targets (None: all), sorted by target."""
    cards = [card for card in checkpoints.cards() if card.get("system") is None]
    plain = {card["source"]: card for card in cards if card["method"] == "source_only"}
    shipped = [
        Pair(card["source"], card["target"], *(checkpoints.load(c["id"]) for c in (plain[card["source"]], card)))
        for card in cards
        if card["method"] == methods.RECOMMENDED
        and card["source"] in plain
        and plain[card["source"]]["labels"] == card["labels"]
    ]
    wanted = [pair for pair in shipped if not targets or pair.target in targets]
    missing = set(targets or []) - {pair.target for pair in shipped}
    if missing or not wanted:
        available = ", ".join(sorted({pair.target for pair in shipped})) or "none"
        raise SettingsError(
            f"There is no pair of models for {', '.join(sorted(missing)) or 'any target'}; {available} have."
        )
    return sorted(wanted, key=lambda pair: (pair.target, pair.source))


def strengths(name: str) -> list[float]:
    """Strengths of one perturbation except 0, in order."""
    return [s for s in np.linspace(perturbations.get(name).low, 1, STEPS).round(4).tolist() if s]


def conditions() -> list[tuple[str, float]]:
    """All perturbations with their strengths, the original clips first."""
    return [(NONE, 0.0)] + [(name, strength) for name in perturbations.PERTURBATIONS for strength in strengths(name)]


def scores(corpus: str, clips: list[Utterance], read: Read, pair_list: list[Pair], name: str, strength: float) -> dict:
    """One cell: scores of each pair of models on the clips under one perturbation. Each clip has its own seed."""
    seeds = {u.path: seed for seed, u in enumerate(clips)}
    dose = {} if name == NONE else {name: strength}
    pack = build(corpus, clips, lambda u: perturbations.apply(read(u), dose, seeds[u.path]))
    result = {}
    for pair in pair_list:
        target, sealed = domains.target(pack, pair.labels)
        predictions = [one.model.predict_all(target, TARGET)[0].argmax(1).numpy() for one in (pair.plain, pair.adapted)]
        plain, adapted = (score(sealed, answers) for answers in predictions)
        gain = np.percentile(paired_gain(sealed, predictions[1], predictions[0]), [2.5, 97.5])
        result[pair.source] = {
            "source_only": {"model": pair.plain.id} | score_fields(plain.uar, plain.ci95),
            "adapted": {"model": pair.adapted.id} | score_fields(adapted.uar, adapted.ci95),
            "gain": score_fields(adapted.uar - plain.uar, gain),
        }
    return result


def score_fields(uar: float, ci95) -> dict:
    return {"uar": round(uar, 4), "ci95": [round(float(bound), 4) for bound in ci95]}


def cell(corpus: str, clips: list[Utterance], made_from: str, name: str, strength: float, result: dict) -> dict:
    """A cell as JSON values."""
    perturbation = None if name == NONE else perturbations.PERTURBATIONS[name]
    return {
        "corpus": corpus,
        "shift": name,
        "strength": strength,
        "amount": round(perturbation.amount(strength), 3) if perturbation else None,
        "unit": perturbation.unit if perturbation else "",
        "value": perturbation.value(strength) if perturbation else "unchanged",
        "clips": len(clips),
        "speakers": len({u.speaker for u in clips}),
        "made_from": made_from,
        "sources": result,
    }


def digest(clips: list[Utterance], pair_list: list[Pair]) -> str:
    """Digest of the clips and weights that a cell depends on."""
    parts = [u.path for u in clips] + [
        p.card["weights_sha256"] for pair in pair_list for p in (pair.plain, pair.adapted)
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def load(file: Path = FILE) -> list[dict]:
    """The stored cells; none without a file. UserError if it is damaged."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))["cells"] if file.exists() else []
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file.name} is damaged; delete it and run the shift curves again.") from error


def save(file: Path, cells: list[dict]) -> None:
    note = "target labels are used for scoring and for balancing the clips only; intervals: 95 %, speakers resampled"
    lines = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in cells)
    atomic_write(file, f'{{"note": {json.dumps(note)}, "cells": [\n{lines}\n]}}\n'.encode())


def run(pair_list: list[Pair], corpora_dir: Path | None, limit: int = LIMIT, file: Path = FILE) -> Iterator[str]:
    """Compute the missing cells of ``file``; yields a line for each. SettingsError for too few clips."""
    if limit < domains.MIN_TARGET_CLIPS:
        raise SettingsError(f"At least {domains.MIN_TARGET_CLIPS} clips are needed; raise the limit.")
    cells = {(c["corpus"], c["shift"], c["strength"]): c for c in load(file)}
    for corpus in dict.fromkeys(pair.target for pair in pair_list):
        of_corpus = [pair for pair in pair_list if pair.target == corpus]
        utterances, read = reader(corpus, corpora_dir)
        clips = balanced(utterances, of_corpus[0].labels, limit)
        made_from = digest(clips, of_corpus)
        missing = [key for key in conditions() if cells.get((corpus, *key), {}).get("made_from") != made_from]
        samples = {u.path: read(u) for u in clips} if missing else {}  # decoded once, about 25 MB
        for name, strength in missing:
            result = scores(corpus, clips, lambda u, at=samples: at[u.path], of_corpus, name, strength)
            cells[corpus, name, strength] = cell(corpus, clips, made_from, name, strength, result)
            save(file, list(cells.values()))
            shown = ", ".join(f"{s} {r['source_only']['uar']:.3f} {r['adapted']['uar']:.3f}" for s, r in result.items())
            yield f"{corpus} {name} {strength:g}: {shown}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="UAR of shipped models against the strength of synthetic shifts.")
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="folder that holds the corpora (or XSER_CORPORA)")
    parser.add_argument("--limit", type=int, default=LIMIT, metavar="N", help="clips of a corpus (%(default)s)")
    parser.add_argument("--target", action="append", metavar="CORPUS", help="only this one; may be repeated")
    parser.add_argument("--out", type=Path, default=FILE, metavar="FILE", help="default: the page's own file")
    options = parser.parse_args(arguments)
    try:
        selected = pairs(options.target)
        for line in run(selected, options.corpora or settings.corpora_dir(), options.limit, options.out):
            print(line, file=sys.stderr, flush=True)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
