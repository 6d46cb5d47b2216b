"""Reading all finished cells of a folder and putting folds and seeds together.

A run is one method on one task. It counts only when all folds of all its seeds are there; what is not is listed.
"""

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from xser_demo.benchmark import grid
from xser_demo.benchmark.cells import CLASSIFIER
from xser_demo.benchmark.store import Record
from xser_demo.corpora.labels import LABEL_SETS, shared
from xser_demo.corpora.splits import folds
from xser_demo.data import domains
from xser_demo.data.domains import SealedLabels
from xser_demo.data.packs import load_cached
from xser_demo.evaluation import scores
from xser_demo.experiments.plan import Plan
from xser_demo.training import criteria
from xser_demo.utils.errors import UserError

DEFAULT, LAST, ORACLE = "default", "last", "oracle"
RULES = (DEFAULT, LAST, *criteria.CRITERIA)  # without target labels; the oracle is none of them


@dataclass(frozen=True, eq=False)
class Part:
    """One cell of a run."""

    seed: int  # place among the run's seeds
    places: np.ndarray  # (m,) of its scored clips among those of the run
    record: Record

    def epoch(self, rule: str) -> int:
        """The checkpoint that a rule chooses, counted from 0; the later one on ties."""
        epochs = len(self.record["answers"])
        if rule == DEFAULT or epochs == 1:
            return self.record["about"]["chosen"]
        if rule == LAST:
            return epochs - 1
        values = np.nan_to_num(self.record["criteria"][:, list(criteria.CRITERIA).index(rule)], nan=-np.inf)
        return int(np.flatnonzero(values == values.max())[-1])


@dataclass(frozen=True, eq=False)
class Run:
    plan: Plan  # of fold 0 and seed 0
    seeds: tuple[int, ...]
    sealed: SealedLabels  # of the scored clips
    everyone: SealedLabels  # of all clips of the target, without a label shift
    parts: list[Part]
    whole: bool  # every seed scored all clips of the target; else each seed scored its own folds, once

    def answers(self, rule: str = DEFAULT) -> np.ndarray:
        """(seeds, n); a run whose seeds share the clips out has one row."""
        return self._spread(lambda part: part.record["answers"][self._epoch(part, rule)], np.int64)

    def confidence(self, name: str = "confidence") -> np.ndarray | None:
        """(seeds, n) probabilities of the answers; "calibrated": at the temperature of the source's validation."""
        if name not in self.parts[0].record:
            return None
        return self._spread(lambda part: part.record[name], np.float64)

    @property
    def trained(self) -> bool:
        return len(self.parts[0].record["answers"]) > 1

    def _epoch(self, part: Part, rule: str) -> int:
        if rule == ORACLE:
            return scores.oracle_checkpoint(self.sealed, part.places, part.record["answers"])
        return part.epoch(rule)

    def _spread(self, values, kind) -> np.ndarray:
        table = np.zeros((1 + max(part.seed for part in self.parts), len(self.sealed)), kind)
        for part in self.parts:
            table[part.seed, part.places] = values(part)
        return table


@dataclass(frozen=True, eq=False)
class Found:
    """What a folder holds."""

    suite: str | None  # the smallest that has all cells found
    plans: list[Plan]  # all finished cells
    runs: list[Run]
    missing: list[dict]


def records(folder: Path) -> Iterator[Record]:
    """Each finished cell once; loose files first, as a run that is still going on folds them into archives."""
    seen = set()
    for file in sorted(folder.glob("*/*.npz")):
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            continue
        seen.add((file.parent.name, file.name))
        yield _decode(data)
    for file in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(file) as archive:
            for name in sorted(archive.namelist()):
                if (file.stem, name) not in seen:
                    yield _decode(archive.read(name))


def _decode(data: bytes) -> Record:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        record = {name: arrays[name] for name in arrays.files}
    return record | {"about": json.loads(record["about"].tobytes())}


def gather(folder: Path) -> Found:
    """UserError when there is no finished cell."""
    groups: dict[Plan, dict[tuple[int, int], Record]] = defaultdict(dict)
    plans = []
    for record in records(folder):
        plan = Plan(**record["about"]["plan"])
        plans.append(plan)
        groups[task_of(plan)][plan.seed, plan.fold] = record
        if CLASSIFIER in record:
            other = {
                "rows": record["rows"],
                "answers": record[CLASSIFIER][None],
                "about": record["about"] | {"chosen": 0},
            }
            groups[task_of(replace(plan, method=CLASSIFIER))][plan.seed, plan.fold] = other
    if not plans:
        raise UserError(f"There is no finished cell in {folder}; run: xser benchmark run --out {folder}")
    suite = suite_of(set(plans))
    wanted = expected(plans, suite)
    runs, missing = [], []
    for plan in sorted(wanted, key=_order):
        cells = groups.get(plan, {})
        if wanted[plan] <= cells.keys():
            runs.append(together(plan, {place: cells[place] for place in wanted[plan]}))
        elif plan.method != CLASSIFIER:
            missing.append(_place(plan) | {"method": plan.method, "cells": len(cells), "of": len(wanted[plan])})
    return Found(suite, plans, runs, missing)


def task_of(plan: Plan) -> Plan:
    """What all folds and seeds of a run have in common."""
    return replace(plan, fold=0, seed=0)


def _order(plan: Plan) -> tuple:
    return tuple(str(value) for value in vars(plan).values())


def _place(plan: Plan) -> dict:
    return {"source": plan.source, "target": plan.target, "mode": plan.mode, "shift": plan.shift, "labels": plan.labels}


def suite_of(plans: set[Plan]) -> str | None:
    names = ("smoke", "quick", "headline") + (("full",) if any(p.labels != "four" for p in plans) else ())
    return next((name for name in names if plans <= set(cells_of(name))), None)


@lru_cache(maxsize=4)
def cells_of(suite: str) -> tuple[Plan, ...]:
    """Cells of a suite; finding those of "full" takes seconds."""
    return tuple(grid.suite(suite))


def expected(plans: list[Plan], suite: str | None) -> dict[Plan, set[tuple[int, int]]]:
    """(seed, fold) of all cells that each run needs: those of the suite. Outside of any suite all folds of every seed
    that was found for runs of the kind."""
    wanted: dict[Plan, set[tuple[int, int]]] = defaultdict(set)
    if suite:
        cells = cells_of(suite)
    else:
        seeds = defaultdict(set)
        for plan in plans:
            seeds[_kind(plan)].add(plan.seed)
        cells = [
            replace(plan, seed=seed, fold=fold)
            for plan in dict.fromkeys(task_of(plan) for plan in plans)
            for seed in seeds[_kind(plan)]
            for fold in range(
                1 if plan.mode == "transductive" else len(folds(plan.target, load_cached(plan.target).utterances))
            )
        ]
    for cell in cells:
        names = (cell.method, CLASSIFIER) if cell.method == "nnpm" else (cell.method,)
        for name in names:
            wanted[task_of(replace(cell, method=name))].add((cell.seed, cell.fold))
    return wanted


def _folds(plan: Plan) -> int:
    return 1 if plan.mode == "transductive" else len(folds(plan.target, load_cached(plan.target).utterances))


def _kind(plan: Plan) -> tuple:
    return plan.mode, "+" in plan.source, bool(plan.shift), plan.labels, plan.source_epochs, plan.epochs


@lru_cache(maxsize=256)
def scored(keys: tuple[str, ...], labels: str, feature: str, shift: str) -> tuple[np.ndarray, SealedLabels]:
    """Rows of the pack of the last corpus, the target, that are scored in a task of these corpora, and their labels."""
    packs = [load_cached(key, feature) for key in keys]
    common, _ = shared(LABEL_SETS[labels], *([u.emotion for u in p.utterances] for p in packs))
    target, sealed = domains.target(packs[-1], common, shift=shift)
    return target.rows.numpy(), sealed


def together(plan: Plan, cells: dict[tuple[int, int], Record]) -> Run:
    """All folds of all seeds as one run."""
    keys = (*plan.sources, plan.target), plan.labels, plan.recipe.feature
    rows, sealed = scored(*keys, plan.shift)
    _, everyone = scored(*keys, "")
    seeds = tuple(sorted({seed for seed, _ in cells}))
    places = {cell: np.searchsorted(rows, record["rows"]) for cell, record in cells.items()}
    for cell, record in cells.items():
        assert np.array_equal(rows[places[cell]], record["rows"]), f"{plan}: clips that are not of the task"
        assert tuple(record["about"]["classes"]) == sealed.classes, f"{plan}: other classes"
    times = np.zeros((len(seeds), len(rows)), int)
    for (seed, _), where in places.items():
        times[seeds.index(seed), where] += 1
    if (times == 1).all():
        parts = [Part(seeds.index(seed), places[seed, fold], cells[seed, fold]) for seed, fold in sorted(cells)]
        return Run(plan, seeds, sealed, everyone, parts, True)
    assert (times.sum(0) <= 1).all(), f"{plan}: clips scored twice"
    covered = np.flatnonzero(times.sum(0))
    some = scores.subset(sealed, covered)
    parts = [Part(0, np.searchsorted(covered, places[cell]), cells[cell]) for cell in sorted(cells)]
    return Run(plan, seeds, some, some, parts, False)
