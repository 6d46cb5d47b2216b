"""``xser benchmark``: computing the cells of a suite, computing some again, and writing the report."""

import json
from pathlib import Path

from xser_demo.cli.options import add_command, add_device, add_group
from xser_demo.utils import places, settings
from xser_demo.utils.csv_files import to_csv
from xser_demo.utils.errors import SettingsError
from xser_demo.utils.progress import log

RESULTS = "assets/results"  # below the repository's root


def add(commands) -> None:
    actions = add_group(commands, "benchmark", "Score all methods on all pairs of corpora.")
    command = add_command(actions, "run", run, show_run, "Compute the cells of a suite; resumable.")
    command.add_argument("--suite", required=True, metavar="NAME", help="smoke, quick, full, preregistered")
    command.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder of finished cells")
    command.add_argument("--backend", default="processes", metavar="NAME", help="processes, threads or dask")
    command.add_argument("--dask-address", metavar="A", help="of a running scheduler; its workers must see the folder")
    command.add_argument("--workers", type=int, default=2, metavar="N")
    command.add_argument("--minutes", type=float, metavar="M", help="begin no further cell after that time")
    command.add_argument(
        "--cells-per-task", type=int, default=1, metavar="N", help="more than one spares a large cluster's scheduler"
    )
    command = add_command(actions, "rerun", rerun, show_rerun, "Compute some finished cells once more and compare.")
    command.add_argument("folder", type=Path, metavar="DIR")
    command.add_argument("--cells", type=int, default=3, metavar="N", help="how many, evenly spread; default 3")
    command = add_command(
        actions, "systems", run_systems, show_systems, "The experiments of the five systems; resumable."
    )
    command.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder of finished cells")
    command.add_argument(
        "--part",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="only these; full: the full-size networks",
    )
    command.add_argument("--minutes", type=float, metavar="M", help="begin nothing after that time")
    command.add_argument("--workers", type=int, default=2, metavar="N")
    command.add_argument(
        "--corpora", metavar="DIR", help="folder with AESDD and TurEV-DB, on which settings are chosen"
    )
    add_device(command)
    command = add_command(actions, "report", report, show_report, "Write the results of the finished cells.")
    command.add_argument("folder", type=Path, metavar="DIR")
    command.add_argument("--write", action="store_true", help="also write RESULTS.md and assets/results")


def run(options) -> dict:
    from xser_demo.benchmark import grid, runner
    from xser_demo.benchmark.store import Store

    cells = grid.suite(options.suite)
    seconds = None if options.minutes is None else 60 * options.minutes
    where = options.backend, options.workers, options.dask_address
    done = runner.run(cells, options.out, *where, seconds, options.cells_per_task)
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


def run_systems(options) -> dict:
    from xser_demo.benchmark.systems import suite

    return suite.run(options.out, options.minutes, options.part, options.workers)


def show_systems(result: dict) -> None:
    print(f"{result['left']} of {result['cells']} cells and {result['tries']} tries left")
    if not result["left"]:
        print(f"now: python -m xser_demo.benchmark.systems.report {result['folder']}")


def report(options) -> dict:
    from xser_demo.benchmark import report

    if options.write and places.installed():
        raise SettingsError("RESULTS.md belongs to the repository; run this in a clone, or leave --write out.")
    results = report.report(options.folder)
    if options.write:
        write(results, settings.ROOT)
    return results


def show_report(results: dict) -> None:
    from xser_demo.benchmark.results import page

    print(page.page(results))


def write(results: dict, root: Path) -> None:
    """Write RESULTS.md, its values and its figures."""
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
    """One line for each row. Nested values get a column each, intervals two ("low", "high")."""
    file.write_text(to_csv([flatten(row) for row in rows]), encoding="utf-8", newline="")


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
