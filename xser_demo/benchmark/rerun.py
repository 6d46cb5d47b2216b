"""Cells of a folder computed once more, from the plans in their own records, and compared with what is kept."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from xser_demo.benchmark import cells, grid
from xser_demo.benchmark.store import Record, Store
from xser_demo.experiments import provenance
from xser_demo.utils.errors import SettingsError, UserError


def rerun(folder: Path, count: int, say: Callable[[str], None] = lambda line: None) -> list[dict]:
    """``count`` finished cells, evenly spread over all of them, each with what is not the same (``differences``; empty:
    the same to the bit) and how many of its answers are others now. Source models are trained again, too.

    UserError when the folder has no cells, or when network, schedule or packs are others than theirs."""
    kept = Store(folder)
    names = kept.names() if folder.is_dir() else []
    if not names:
        raise UserError(f"{folder} holds no finished cells; name the folder of xser benchmark run.")
    if count < 1:
        raise SettingsError(f"At least one cell must be computed; {count} were asked for.")
    kept.suits(grid.settings())
    chosen = [names[i] for i in np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int)]
    found = []
    with tempfile.TemporaryDirectory() as place:
        again = Store(Path(place))
        for group, name in chosen:
            say(f"{group} {name}")
            before = kept.named(group, name)
            plan = provenance.plan(
                {"plan": {key: value for key, value in before["about"]["plan"].items() if key != "own"}}
            )
            cells.compute(plan, again)
            found.append({"group": group, "name": name} | compared(before, again.read(plan)))
    return found


def compared(before: Record, after: Record) -> dict:
    """What differs between two records of a cell; of the answers at the chosen checkpoint, how many."""
    arrays = sorted((before.keys() | after.keys()) - {"about"})
    apart = [name for name in arrays if not np.array_equal(before.get(name), after.get(name), equal_nan=True)]
    one, other = (found["answers"][found["about"]["chosen"]] for found in (before, after))
    told = before["about"].get("versions")  # cells that were computed before there were any say nothing of them
    if told and told != after["about"]["versions"]:
        apart.append("versions")
    return {"differences": apart, "answers": len(one), "answers_changed": int((one != other).sum())}
