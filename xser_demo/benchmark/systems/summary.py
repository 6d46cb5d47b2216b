"""Five rows, one for each paper: its claim, the test, the measured difference with its interval, and the verdict."""

import json

from xser_demo.benchmark.markdown import table
from xser_demo.experiments import systems
from xser_demo.utils import settings

SHOWN, NOT_SHOWN, REFUTED, MISSING = "shown", "not shown: the interval includes 0", "refuted", "not computed yet"
FILE = settings.ASSETS / "results" / "verdicts.json"
HEAD = ["system", "claim", "test", "difference in points, 95 % interval", "verdict"]
RULE = (
    "*Shown*: the whole interval is on the side that the paper claims; *not shown*: it includes 0; *refuted*: it is on "
    "the other side ([preregistration.md](preregistration.md#verdicts-on-the-five-systems))."
)


def read() -> dict:
    """The stored verdicts (verdicts.py); empty before they are computed."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}


def rows() -> list[dict]:
    """The five rows as plain JSON values. A verdict is given when every cell of its test is finished."""
    stored = read()
    return [one(key, stored) for key in systems.SYSTEMS]


def one(key: str, stored: dict) -> dict:
    system = systems.get(key)
    finished, cells = stored.get("progress", {}).get(key, [0, None])
    computed = cells is not None and finished == cells
    measured = stored.get("systems", {}).get(key, []) if computed else []
    return {
        "system": key,
        "title": system.title,
        "claim": system.claim,
        "test": system.test,
        "computed": computed,
        "finished_cells": finished,
        "cells": cells,
        "results": [row for row in measured if row.get("main")],
        "beside": [row for row in measured if not row.get("main")],
        "verdict": in_words([row for row in measured if row.get("main")]),
        "pseudo_labels": stored.get("pseudo_labels", []) if computed and key == "li2021-nnpm" else [],
    }


def in_words(results: list[dict]) -> str:
    """One verdict if all results agree, else each with its name."""
    if not results:
        return MISSING
    said = {row["verdict"] for row in results}
    return said.pop() if len(said) == 1 else "; ".join(f"{row['name']}: {row['verdict']}" for row in results)


def points(row: dict) -> str:
    low, high = row["ci95"]
    return f"{row['difference']:+.1f} [{low:+.1f}, {high:+.1f}]"


def lines() -> list[str]:
    """The table that docs/systems.md opens with, as Markdown."""
    body = [
        [
            row["title"],
            row["claim"],
            row["test"],
            "<br>".join(f"{one['name']}: {points(one)}" for one in row["results"]) or "",
            row["verdict"],
        ]
        for row in rows()
    ]
    return [*table(HEAD, body), "", RULE, ""]


def collapsed(row: dict) -> str:
    """The collapsed repeats of a row, in words."""
    return f"collapsed: {'; '.join(row['collapsed'])}" if row.get("collapsed") else ""


def all_differences() -> list[str]:
    """Every measured difference, as Markdown; a collapsed repeat is named in its row."""
    stored = read()
    if not stored:
        return ["Not computed yet: `make systems`."]
    body = [
        [systems.get(key).title, row["name"], points(row), row["verdict"], collapsed(row)]
        for key, found in stored["systems"].items()
        for row in found
    ]
    body += [["VGG16, middle variant", row["name"], points(row), row["verdict"], ""] for row in stored["middle"]]
    return table(["system", "difference", "points, 95 % interval", "verdict", ""], body)


def full_size() -> list[str]:
    """What two epochs at full width took here, and the command for a GPU."""
    file = settings.ASSETS / "results" / "full_width.json"
    measured = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    head = ["network", "parameters", "clips of each language", "step 1", "step 2", "peak memory", "guard's estimate"]
    body = [
        [
            f"{systems.get(row['system']).title}, {row['variant']}",
            f"{row['parameters']:,}",
            str(row["clips"]),
            f"{row['source_s']:.0f} s",
            f"{row['adaptation_s']:.0f} s",
            f"{row['peak_mb']:,} MB",
            f"{row['estimate_mb']:,} MB",
        ]
        for row in measured
    ]
    on = measured[0]["device"] if measured else "cpu"
    return [
        "## The image systems at full size",
        "",
        f"Two epochs of both steps at full width and 224 pixels on two cores ({on}), from a random start, few clips",
        "(`python benchmarks/full_width.py`):",
        "",
        *(table(head, body) if measured else ["Not computed yet."]),
        "",
        "The whole experiment, on a computer with a GPU and a network for the ImageNet weights:",
        "",
        "```",
        "xser benchmark systems --out build/systems --part full --device cuda --workers 1 --corpora ../shared/corpora",
        "```",
        "",
        "One run of it: `xser adapt --source ravdess --target emodb --system baklouti2024-mmd --variant full`.",
        "",
    ]
