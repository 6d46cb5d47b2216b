"""``xser benchmark``: running cells and writing what the report makes of them."""

import csv
import json
from pathlib import Path

from xser_demo.utils import settings
from xser_demo.utils.progress import log

RESULTS = "assets/results"  # below the repository's root


def run(options) -> dict:
    from xser_demo.benchmark import grid, runner
    from xser_demo.benchmark.store import Store

    cells = grid.suite(options.suite)
    seconds = None if options.minutes is None else 60 * options.minutes
    done = runner.run(cells, options.out, options.backend, options.workers, options.dask_address, seconds)
    store = Store(options.out)
    left = sum(not store.finished(cell) for cell in cells)
    return {"suite": options.suite, "folder": str(options.out), "cells": len(cells), "computed": done, "left": left}


def show_run(result: dict) -> None:
    print(f"{result['computed']} cells computed, {result['left']} of {result['cells']} left")
    if not result["left"]:
        print(f"now: xser benchmark report {result['folder']}")


def rerun(options) -> list[dict]:
    from xser_demo.benchmark import rerun

    return rerun.rerun(options.folder, options.cells, log)


def show_rerun(result: list[dict]) -> None:
    for cell in result:
        same = "the same to the bit"
        if cell["differences"]:
            same = f"not the same: {', '.join(cell['differences'])}"
            same += f"; {cell['answers_changed']} of {cell['answers']} answers are others"
        print(f"{cell['group']} {cell['name']}: {same}")


def report(options) -> dict:
    from xser_demo.benchmark import report

    results = report.report(options.folder)
    if options.write:
        write(results, settings.ROOT)
    return results


def show_report(results: dict) -> None:
    from xser_demo.benchmark.results import page

    print(page.page(results))


def write(results: dict, root: Path) -> None:
    """RESULTS.md, and the values and figures beside it."""
    from xser_demo.benchmark.results import figures, page

    folder = root / RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, separators=(",", ":"), ensure_ascii=False)
    (folder / "scores.json").write_text(text + "\n", encoding="utf-8")
    for name in ("scores", "gains", "criteria", "label_shift"):
        write_csv(folder / f"{name}.csv", results[name])
    figures.draw(results, folder)
    (root / "RESULTS.md").write_text(page.page(results), encoding="utf-8")


def write_csv(file: Path, rows: list[dict]) -> None:
    """One line for each row; what is nested gets a column for each value, lists of numbers two ("low", "high")."""
    flat = [flatten(row) for row in rows]
    columns = list(dict.fromkeys(key for row in flat for key in row))
    with open(file, "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(flat)


def flatten(row: dict, start: str = "") -> dict:
    flat = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{start}{key}_")
        elif key == "ci95":
            flat |= dict(zip((f"{start}low", f"{start}high"), value, strict=True))
        elif isinstance(value, list):
            flat[start + key] = json.dumps(value, separators=(",", ":"))
        elif value is not None:
            flat[start + key] = value
    return flat
