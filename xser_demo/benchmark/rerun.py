"""Recompute cells of a folder from the plans in their records, and compare them with the stored results."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from xser_demo.benchmark import cells, grid
from xser_demo.benchmark.store import Record, Store
from xser_demo.experiments import provenance
from xser_demo.utils.errors import SettingsError, UserError


def rerun(folder: Path, count: int, log: Callable[[str], None] = lambda line: None) -> list[dict]:
    """Recompute ``count`` finished cells, evenly spread over all, with their source models. Returns for each cell the
    fields that changed (``differences``; empty: identical to the bit) and the number of changed predictions.

    UserError if the folder has no cells, or if network, schedule or packs have changed."""
    stored = Store(folder)
    names = stored.names() if folder.is_dir() else []
    if not names:
        raise UserError(f"{folder} holds no finished cells; name the folder of xser benchmark run.")
    if count < 1:
        raise SettingsError(f"At least one cell must be computed; {count} were asked for.")
    stored.check_settings(grid.settings())
    chosen = [names[i] for i in np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int)]
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        recomputed = Store(Path(temporary))
        for group, name in chosen:
            log(f"{group} {name}")
            before = stored.read_named(group, name)
            plan = provenance.plan(
                {"plan": {key: value for key, value in before["about"]["plan"].items() if key != "own"}}
            )
            cells.compute(plan, recomputed)
            results.append({"group": group, "name": name} | compare(before, recomputed.read(plan)))
    return results


def compare(before: Record, after: Record) -> dict:
    """Fields that differ in two records of a cell, and the number of changed predictions of the chosen checkpoint."""
    arrays = sorted((before.keys() | after.keys()) - {"about"})
    differences = [name for name in arrays if not np.array_equal(before.get(name), after.get(name), equal_nan=True)]
    old, new = (record["answers"][record["about"]["chosen"]] for record in (before, after))
    versions = before["about"].get("versions")  # missing in old cells
    if versions and versions != after["about"]["versions"]:
        differences.append("versions")
    return {"differences": differences, "answers": len(old), "answers_changed": int((old != new).sum())}
