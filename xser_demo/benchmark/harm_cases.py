"""Cases of the forecast of harm: what a finished run shows without a label, and what it gained over z-score.

    XSER_ASSETS=DIR python -m xser_demo.benchmark.harm_cases CELLS --corpora DIR

computes the runs of AESDD and TurEV-DB that benchmark/harm_forecast.py needs beside the preregistered suite, and writes
the level and band of their recordings. ``DIR/packs`` has the shipped packs and those of the two corpora, which are not
shipped (``xser corpora pack aesdd turev``).
"""

import argparse
import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors

from xser_demo.benchmark import grid, runner
from xser_demo.benchmark.gather import Run, gather, scored_clips
from xser_demo.benchmark.store import atomic_write
from xser_demo.corpora import DEVELOPMENT
from xser_demo.corpora.custom import reference_levels
from xser_demo.corpora.custom.reference_levels import ReferenceLevels
from xser_demo.data.packs import load_cached
from xser_demo.evaluation.scores import checkpoint_uars

PORTFOLIO = ("support", "support_zscore", "differs", "moved", "entropy_gained", "confidence")
NEIGHBOURS = ("consistent", "consistency_gained")
GUARD = ("confounded", "by_speaker")
SOUND = ("level", "band")
MEASURES = (*PORTFOLIO, *NEIGHBOURS, *GUARD, *SOUND)
REFERENCES = ("zscore", "source_only")
LEVELS = "levels.json"  # beside the cells of corpora that have no reference levels
SEEDS = (0,)
NEAR = 10  # neighbours of a clip


@dataclass(frozen=True)
class Case:
    """``measures`` in the order of ``MEASURES``; ``gain``: in UAR over z-score with the same seed."""

    target: str
    method: str
    measures: tuple[float, ...]
    gain: float


def cases(folder: Path) -> list[Case]:
    """Every transductive run of a folder of cells, of one source and without label shift, seed by seed."""
    pairs: dict[tuple[str, str], dict[str, Run]] = defaultdict(dict)
    for run in gather(folder).runs:
        plan = run.plan
        if plan.mode == "transductive" and not plan.shift and "+" not in plan.source and not grid.in_appendix(plan):
            pairs[plan.source, plan.target][plan.method] = run
    levels = _levels(folder)
    found = []
    for (source, target), runs in pairs.items():
        if all(name in runs for name in REFERENCES):
            found += _cases(target, runs, _sound(levels[source], levels[target]))
    return found


def _cases(target: str, runs: dict[str, Run], sound: tuple[float, float]) -> list[Case]:
    answers = {name: run.answers() for name, run in runs.items()}
    uars = {name: checkpoint_uars(run.sealed, answers[name]) for name, run in runs.items()}
    found = []
    for name in (name for name in runs if name not in REFERENCES):
        for seed, (given, zscore) in enumerate(zip(answers[name], answers["zscore"], strict=True)):
            others = np.stack([one[seed] for other, one in answers.items() if other != name])
            measures = (
                *_portfolio(others, given, zscore, runs[name], seed),
                *_neighbours(target, given, zscore),
                *_guard(runs[name], seed),
                *sound,
            )
            gain = float(uars[name][seed] - uars["zscore"][seed])
            found.append(Case(target, name, tuple(map(float, measures)), gain))
    return found


def _portfolio(others: np.ndarray, given: np.ndarray, zscore: np.ndarray, run: Run, seed: int) -> tuple[float, ...]:
    """How many of the ``others`` (m, n) agree with the answers (n,) and with z-score's, how many answers differ from
    z-score's, how the shares of the answers moved, what their entropy gained, and the mean confidence."""
    now, before = (np.bincount(one, minlength=4) / len(one) for one in (given, zscore))
    confidence = run.confidence("calibrated")
    return (
        (others == given).mean(),
        (others == zscore).mean(),
        (given != zscore).mean(),
        np.abs(now - before).sum() / 2,
        _entropy(now) - _entropy(before),
        0.5 if confidence is None else confidence[seed].mean(),
    )


def _neighbours(target: str, given: np.ndarray, zscore: np.ndarray) -> tuple[float, float]:
    """Share of a clip's neighbours with its answer, above chance, and what it gained over z-score's answers."""
    near = neighbours(target)
    now, before = consistency(near, given), consistency(near, zscore)
    return now, now - before


def consistency(near: np.ndarray, answers: np.ndarray) -> float:
    """Share of the neighbours (n, k) that have the same answer (n,), minus the share that equal answers would have at
    random."""
    shares = np.bincount(answers) / len(answers)
    return float((answers[near] == answers[:, None]).mean() - np.square(shares).sum())


@cache
def neighbours(target: str) -> np.ndarray:
    """(n, ``NEAR``): of each scored clip the nearest others by the cosine of their mean frames, each speaker's
    standardised: in the frozen encoder, which no method has changed."""
    rows, _ = scored_clips((target, target), "four", "whisper", "")
    pack = load_cached(target)
    means = np.stack([pack.frames(row).numpy().mean(0) for row in rows.tolist()])
    _, speakers = np.unique([pack.utterances[row].speaker for row in rows.tolist()], return_inverse=True)
    for speaker in range(speakers.max() + 1):
        own = means[speakers == speaker]
        means[speakers == speaker] = (own - own.mean(0)) / np.maximum(own.std(0), 1e-6)
    found = NearestNeighbors(n_neighbors=NEAR + 1, metric="cosine").fit(means).kneighbors(means, return_distance=False)
    return np.array([[one for one in line if one != row][:NEAR] for row, line in enumerate(found)])


def _guard(run: Run, seed: int) -> tuple[float, float]:
    """How much of the answers the speaker explains, and whether each speaker was standardised."""
    chosen = next(part for part in run.parts if part.seed == seed).record["about"]["normalisation"]
    return chosen["confounded"] or 0.0, chosen["name"] == "speaker"


def _sound(source: ReferenceLevels, target: ReferenceLevels) -> tuple[float, float]:
    """How far the target's recordings are from the source's: in level (dB) and in band (octaves)."""
    return abs(target.level_dbfs - source.level_dbfs), abs(float(np.log2(target.band_hz / source.band_hz)))


def _levels(folder: Path) -> dict[str, ReferenceLevels]:
    file = folder / LEVELS
    own = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return reference_levels.table() | {key: ReferenceLevels(**one) for key, one in own.items()}


def _entropy(shares: np.ndarray) -> float:
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("cells", type=Path, metavar="CELLS")
    parser.add_argument("--corpora", type=Path, required=True, help="folder with the recordings of both corpora")
    options = parser.parse_args()
    names = ("source_only", *grid.REGISTERED_METHODS)
    tasks = product(SEEDS, DEVELOPMENT, grid.REGISTERED_SOURCES)
    todo = [cell for seed, target, source in tasks for cell in grid.transductive(source, target, names, (seed,))]
    runner.run(todo, options.cells, "threads", 1)
    unknown = [key for key in DEVELOPMENT if key not in reference_levels.table()]
    levels = {key: asdict(reference_levels.measure(key, options.corpora)) for key in unknown}
    atomic_write(options.cells / LEVELS, (json.dumps(levels, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
