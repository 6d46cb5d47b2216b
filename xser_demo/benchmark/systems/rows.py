"""Result rows of the five systems: with their own networks, and with their objectives on the common network."""

import json

from xser_demo.experiments import systems
from xser_demo.experiments.systems.base import AFTER, System
from xser_demo.training.selection import RULE
from xser_demo.utils import settings

NOTHING = "nothing was trained"
CONTROL = "knn"


def rows() -> dict[str, list[dict]]:
    """All computed rows of every system (``make systems``, ``make scores``)."""
    own, table = _read("systems.json"), _read("scores.json").get("scores", [])
    return {key: own.get(key, []) + common(system, table) for key, system in systems.SYSTEMS.items()}


def changed() -> list[str]:
    """What has changed since the rows were computed, as "the front end"; see ``Store.changed_settings``."""
    return _read("scores.json").get("about", {}).get("changed", [])


def _read(name: str) -> dict:
    try:
        return json.loads((settings.ASSETS / "results" / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def common(system: System, table: list[dict]) -> list[dict]:
    """Rows of the benchmark with the system's objective on the common network."""
    single = [row for row in table if not (row["shift"] or row["leave_one_out"])]
    uar = {(row["source"], row["target"], row["mode"], row["method"]): row["uar"] for row in single}
    wanted = {
        "latif2019-gan": ("gan", "gan_synthesis"),
        "li2021-nnpm": ("nnpm", "nnpm_classifier", CONTROL),
    }.get(system.id, (system.common_method,))
    return [
        {
            "track": "common",
            "variant": None,
            "role": "control" if row["method"] == CONTROL else "system",
            "method": row["method"],
            "pair": f"{row['source']} -> {row['target']}",
            "labels": "four",
            "mode": row["mode"],
            "selection": NOTHING if row["method"] == CONTROL else RULE,
            "fidelity": AFTER,
            "deviations": ["the frozen encoder's frames and the attention head instead of its own"],
            **{key: row[key] for key in ("seeds", "uar", "ci95", "wa", "n", "speakers")},
            "source_only": uar[row["source"], row["target"], "zero-shot", "source_only"],
            "zscore": uar[row["source"], row["target"], row["mode"], "zscore"],
            "learned": True,
        }
        for row in single
        if row["method"] in wanted
    ]
