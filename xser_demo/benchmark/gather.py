"""Collect all finished cells of a folder and merge folds and seeds into runs.

A run is one method on one task. It needs all folds of all its seeds; unfinished runs are listed as missing.
"""

import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from xser_demo.benchmark import grid
from xser_demo.benchmark.cells import CLASSIFIER
from xser_demo.benchmark.store import Record, decode
from xser_demo.corpora.labels import LABEL_SETS, shared
from xser_demo.data import domains
from xser_demo.data.packs import load_cached
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation import scores
from xser_demo.experiments.plan import Plan
from xser_demo.training import criteria
from xser_demo.utils.errors import UserError

DEFAULT, LAST, ORACLE = "default", "last", "oracle"
RULES = (DEFAULT, LAST, *criteria.CRITERIA)  # without target labels, hence without the oracle


@dataclass(frozen=True, eq=False)
class Part:
    """One cell of a run."""

    seed: int  # index among the run's seeds
    indices: np.ndarray  # (m,) of its scored clips among those of the run
    record: Record

    def epoch(self, rule: str) -> int:
        """The checkpoint that a rule chooses, counted from 0; on ties the later one."""
        epochs = len(self.record["answers"])
        if rule == DEFAULT or epochs == 1:
            return self.record["about"]["chosen"]
        if rule == LAST:
            return epochs - 1
        values = np.nan_to_num(self.record["criteria"][:, list(criteria.CRITERIA).index(rule)], nan=-np.inf)
        return int(np.flatnonzero(values == values.max())[-1])


@dataclass(frozen=True, eq=False)
class Run:
    """One method on one task: all folds and seeds."""

    plan: Plan  # of fold 0 and seed 0
    seeds: tuple[int, ...]
    sealed: SealedLabels  # of the scored clips
    full_target: SealedLabels  # of all clips of the target, without a label shift
    parts: list[Part]
    whole: bool  # True: every seed scored all clips of the target; False: each clip was scored by one seed

    def answers(self, rule: str = DEFAULT) -> np.ndarray:
        """Predictions (seeds, n) at the checkpoints that a rule chooses; one row if seeds scored different clips."""
        return self._collect(lambda part: part.record["answers"][self._epoch(part, rule)], np.int64)

    def confidence(self, name: str = "confidence") -> np.ndarray | None:
        """Probabilities (seeds, n) of the predictions; "calibrated": at the temperature of the source's validation."""
        if name not in self.parts[0].record:
            return None
        return self._collect(lambda part: part.record[name], np.float64)

    @property
    def trained(self) -> bool:
        return len(self.parts[0].record["answers"]) > 1

    def _epoch(self, part: Part, rule: str) -> int:
        if rule == ORACLE:
            return scores.oracle_checkpoint(self.sealed, part.indices, part.record["answers"])
        return part.epoch(rule)

    def _collect(self, values: Callable[[Part], np.ndarray], dtype: type) -> np.ndarray:
        """Values of all parts in one table (seeds, n)."""
        table = np.zeros((1 + max(part.seed for part in self.parts), len(self.sealed)), dtype)
        for part in self.parts:
            table[part.seed, part.indices] = values(part)
        return table


@dataclass(frozen=True, eq=False)
class Gathered:
    """Contents of a folder of cells."""

    suite: str | None  # the smallest suite with all these cells
    plans: list[Plan]  # of all finished cells
    runs: list[Run]  # finished ones
    missing: list[dict]  # unfinished runs
    preregistrations: frozenset[str | None] = frozenset()  # of the records, see ``grid.preregistration``


def records(folder: Path) -> Iterator[Record]:
    """Each finished cell once; loose files first, since a running benchmark moves them into archives."""
    seen = set()
    for file in sorted(folder.glob("*/*.npz")):
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            continue
        seen.add((file.parent.name, file.name))
        yield decode(data)
    for file in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(file) as archive:
            for name in sorted(archive.namelist()):
                if (file.stem, name) not in seen:
                    yield decode(archive.read(name))


def gather(folder: Path) -> Gathered:
    """Read a folder of cells. UserError if none is finished."""
    groups: dict[Plan, dict[tuple[int, int], Record]] = defaultdict(dict)
    plans, registered = [], set()
    for record in records(folder):
        plan = Plan(**record["about"]["plan"])
        registered.add(record["about"].get("preregistration"))
        plans.append(plan)
        groups[task_of(plan)][plan.seed, plan.fold] = record
        if CLASSIFIER in record:
            by_classifier = {
                "rows": record["rows"],
                "answers": record[CLASSIFIER][None],
                "about": record["about"] | {"chosen": 0},
            }
            groups[task_of(replace(plan, method=CLASSIFIER))][plan.seed, plan.fold] = by_classifier
    if not plans:
        raise UserError(f"There is no finished cell in {folder}; run: xser benchmark run --out {folder}")
    suite = suite_of(set(plans))
    wanted = expected(plans, suite)
    runs, missing = [], []
    for plan in sorted(wanted, key=_sort_key):
        cells = groups.get(plan, {})
        if wanted[plan] <= cells.keys():
            runs.append(merge(plan, {key: cells[key] for key in wanted[plan]}))
        elif plan.method != CLASSIFIER:
            missing.append(_task_fields(plan) | {"method": plan.method, "cells": len(cells), "of": len(wanted[plan])})
    return Gathered(suite, plans, runs, missing, frozenset(registered))


def task_of(plan: Plan) -> Plan:
    """The plan that all folds and seeds of a run share: fold 0 and seed 0."""
    return replace(plan, fold=0, seed=0)


def _sort_key(plan: Plan) -> tuple:
    return tuple(str(value) for value in vars(plan).values())


def _task_fields(plan: Plan) -> dict:
    return {"source": plan.source, "target": plan.target, "mode": plan.mode, "shift": plan.shift, "labels": plan.labels}


def suite_of(plans: set[Plan]) -> str | None:
    """The smallest suite that has all these cells."""
    return next((name for name in grid.SUITES if plans <= set(cells_of(name))), None)


@lru_cache(maxsize=4)
def cells_of(suite: str) -> tuple[Plan, ...]:
    """Cells of a suite, cached."""
    return tuple(grid.suite(suite))


def expected(plans: list[Plan], suite: str | None) -> dict[Plan, set[tuple[int, int]]]:
    """(seed, fold) of all cells that each run needs: those of the suite. Outside any suite, all folds of every seed in
    runs of the same group."""
    wanted: dict[Plan, set[tuple[int, int]]] = defaultdict(set)
    if suite:
        cells = cells_of(suite)
    else:
        seeds = defaultdict(set)
        for plan in plans:
            seeds[_seed_group(plan)].add(plan.seed)
        cells = [
            replace(plan, seed=seed, fold=fold)
            for plan in dict.fromkeys(task_of(plan) for plan in plans)
            for seed in seeds[_seed_group(plan)]
            for fold in range(1 if plan.mode == "transductive" else grid.fold_count(plan.target))
        ]
    for cell in cells:
        names = (cell.method, CLASSIFIER) if cell.method == "nnpm" else (cell.method,)
        for name in names:
            wanted[task_of(replace(cell, method=name))].add((cell.seed, cell.fold))
    return wanted


def _seed_group(plan: Plan) -> tuple:
    """Runs of one group have the same seeds."""
    return plan.mode, "+" in plan.source, bool(plan.shift), plan.labels, plan.source_epochs, plan.epochs


@lru_cache(maxsize=256)
def scored_clips(keys: tuple[str, ...], labels: str, feature: str, shift: str) -> tuple[np.ndarray, SealedLabels]:
    """Rows of the target's pack that are scored in a task of these corpora (target last), and their labels."""
    packs = [load_cached(key, feature) for key in keys]
    common, _ = shared(LABEL_SETS[labels], *([u.emotion for u in p.utterances] for p in packs))
    target, sealed = domains.target(packs[-1], common, shift=shift)
    return target.rows.numpy(), sealed


def merge(plan: Plan, cells: dict[tuple[int, int], Record]) -> Run:
    """One run from its cells by (seed, fold)."""
    keys = (*plan.sources, plan.target), plan.labels, plan.recipe.feature
    rows, sealed = scored_clips(*keys, plan.shift)
    _, full_target = scored_clips(*keys, "")
    seeds = tuple(sorted({seed for seed, _ in cells}))
    indices = {cell: np.searchsorted(rows, record["rows"]) for cell, record in cells.items()}
    for cell, record in cells.items():
        assert np.array_equal(rows[indices[cell]], record["rows"]), f"{plan}: clips that are not of the task"
        assert tuple(record["about"]["classes"]) == sealed.classes, f"{plan}: other classes"
    counts = np.zeros((len(seeds), len(rows)), int)
    for (seed, _), cell_indices in indices.items():
        counts[seeds.index(seed), cell_indices] += 1
    if (counts == 1).all():
        parts = [Part(seeds.index(seed), indices[seed, fold], cells[seed, fold]) for seed, fold in sorted(cells)]
        return Run(plan, seeds, sealed, full_target, parts, True)
    assert (counts.sum(0) <= 1).all(), f"{plan}: clips scored twice"
    scored = np.flatnonzero(counts.sum(0))
    labels = scores.subset(sealed, scored)
    parts = [Part(0, np.searchsorted(scored, indices[cell]), cells[cell]) for cell in sorted(cells)]
    return Run(plan, seeds, labels, labels, parts, False)
