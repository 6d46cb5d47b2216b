"""All experiments of the five systems in one resumable run: frozen layers, settings, then the cells.

xser benchmark systems --out DIR [--minutes M] [--part NAME ...]

The order: the lower layers of the image networks, the tries on the development corpora, then the parts of cells.py, the
most valuable first. Each result is a small file; a killed run goes on where it stopped and gives the same.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import joblib

from xser_demo.benchmark.systems import cells, pretrain, runs, tuning, within
from xser_demo.corpora import DEVELOPMENT
from xser_demo.data import packs
from xser_demo.networks import frozen
from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError
from xser_demo.utils.files import atomic_write
from xser_demo.utils.progress import log


def run(out: Path, minutes: float | None = None, parts: Iterable[str] = (), workers: int = 2) -> dict:
    """Compute what is left, until ``minutes`` are over; begun cells are finished. Returns how many cells are left."""
    unknown = [part for part in parts if part not in cells.PARTS]
    if unknown:
        raise SettingsError(f"There is no part '{unknown[0]}'; choose among: {', '.join(cells.PARTS)}.")
    end = time.monotonic() + (float("inf") if minutes is None else 60 * minutes)
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    prepare_packs(out / "packs")
    at_once([(pretrain.train, *one, out) for one in missing_layers()], workers, end)
    if missing_layers():
        return left(out, parts)
    tune(out, workers, end)
    write(out / "within.json", within.rows)
    todo = [cell for cell in tuning.with_settings(cells.cells(*parts), out) if not cell.finished(out)]
    log(f"{len(todo)} cells to do")
    at_once([(runs.compute, cell, out) for cell in todo], workers, end)
    return left(out, parts)


def prepare_packs(folder: Path) -> None:
    """Packs of the development corpora, which are not shipped."""
    from xser_demo.corpora import corpus
    from xser_demo.data.encode import build, build_feature, reader

    for key in DEVELOPMENT:
        if all((folder / key / f"{feature}.safetensors").is_file() for feature in packs.SHIPPED):
            continue
        log(f"packs of {corpus(key).name}")
        utterances, read = reader(key, settings.corpora_dir())
        packs.save(build(key, utterances, read, lambda done, total: None), folder / key, packs.licence(key))
        table = packs.load(key, folder=folder / key).utterances
        for feature in packs.SHIPPED[1:]:
            packs.add(build_feature(key, feature, table, read, lambda done, total: None), folder / key)


def missing_layers() -> list[tuple[str, object]]:
    return [(name, recipe) for name, recipe in pretrain.recipes().items() if not frozen.file(name).is_file()]


def tune(out: Path, workers: int, end: float) -> None:
    """The tries of all systems; within one, a constant waits for the one before."""
    while time.monotonic() < end:
        left = [cell for one in tuning.WHICH for cell in tuning.search(one, out)[0]]
        if not left:
            return
        log(f"{len(left)} tries before the next choice")
        at_once([(tuning.uar, cell, out, out / "packs") for cell in left], workers, end)


Job = tuple  # a function and its arguments


def at_once(jobs: list[Job], workers: int, end: float) -> None:
    """Run jobs in processes, ``workers`` at once; after ``end`` none is begun. Each says a line when it is done."""
    started = time.monotonic()

    def begun() -> Iterator:
        for function, *arguments in jobs:
            if time.monotonic() >= end:
                return
            yield joblib.delayed(function)(*arguments)

    parallel = joblib.Parallel(workers, return_as="generator_unordered", pre_dispatch=workers)
    for done, line in enumerate(parallel(begun()), start=1):
        rest = (time.monotonic() - started) / done * (len(jobs) - done) / 60
        log(f"{done}/{len(jobs)} {line}; about {rest:.0f} min left")


def write(file: Path, rows: Callable[[], list[dict]]) -> None:
    if not file.is_file():
        atomic_write(file, json.dumps(rows()).encode())


def left(out: Path, parts: Iterable[str]) -> dict:
    """What is still to do."""
    tries = sum(len(tuning.search(one, out)[0]) for one in tuning.WHICH)
    every = list(cells.cells(*parts))
    ready = tuning.with_settings(every, out)
    finished = sum(cell.finished(out) for cell in ready)
    return {
        "folder": str(out),
        "layers": len(missing_layers()),
        "tries": tries,
        "cells": len(every),
        "left": len(every) - finished,
    }
