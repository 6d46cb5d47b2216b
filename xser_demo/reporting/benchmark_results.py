"""What the benchmark's file says, for the page: choices and rows. Knows nothing of Gradio."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from xser_demo.reporting.naming import listed
from xser_demo.utils.errors import UserError

MODES = ("inductive", "transductive")
ANY, SEVERAL = "any", "several"
AGAIN = "xser benchmark run --suite headline --out build/headline"
WRITE = "xser benchmark report build/headline --write"
MISSING = f"There is no table yet: run '{AGAIN}', then '{WRITE}'."
UNKNOWN = f"The table in assets/results/scores.json is of another version or damaged: make it anew with '{WRITE}'."
_ABOUT = {"cells", "of", "recommended", "recommended_title", "methods", "corpora", "classes", "epochs"}
_SCORE = {"source", "target", "mode", "shift", "method", "seeds", "uar", "ci95", "wa", "n", "speakers", "floors",
          "control", "whole", "recalls", "confusion", "ece", "ece_calibrated", "oracle"}  # fmt: skip
_GAIN = {"set", "mode", "over", "method", "mean", "ci95", "p_holm", "pairs", "lost"}
_SHIFT = {"shift", "method", "pairs", "mean"}


@dataclass(frozen=True)
class Wanted:
    """The filters of the table."""

    mode: str = "inductive"
    source: str = ANY  # a corpus, any, or several at once
    target: str = ANY
    shift: str = ""
    methods: tuple[str, ...] = ()  # none: all


@dataclass(frozen=True)
class Row:
    """One score in words, and what it is above the two simple ways on the same clips."""

    score: dict
    pair: str
    method: str
    gain: float | None  # over source only
    over_zscore: float | None


def read(file: Path) -> dict:
    """UserError when the file is missing or is not what ``report.report`` makes."""
    try:
        stat = file.stat()
        return _read(file, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        raise UserError(MISSING) from None
    except UserError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UserError(UNKNOWN) from None


@lru_cache(maxsize=1)  # read again only when it has changed
def _read(file: Path, changed: int, size: int) -> dict:
    results = json.loads(file.read_text(encoding="utf-8"))
    about, known = results["about"], results["about"]["corpora"]
    for needed, rows in ((_ABOUT, [about]), (_SCORE, results["scores"]), (_GAIN, results["gains"]),
                         (_SHIFT, results["label_shift"]), ({"name", "language"}, known.values())):  # fmt: skip
        if any(needed - row.keys() for row in rows):
            raise ValueError(file)
    if not results["scores"]:
        raise UserError(MISSING)
    unknown = {key for row in results["scores"] for key in (*row["source"].split("+"), row["target"])} - known.keys()
    if unknown or not isinstance(results["missing"], list):
        raise ValueError(file)
    return results


def language(results: dict, key: str) -> str:
    """Of a corpus; with its name where another corpus has the same language."""
    known = results["about"]["corpora"]
    alike = [one for one in known.values() if one["language"] == known[key]["language"]]
    return known[key]["language"] + (f" ({known[key]['name']})" if len(alike) > 1 else "")


def side(results: dict, keys: str, short: bool = False) -> str:
    """One side of a pair; of several corpora, when ``short``, only how many."""
    known = keys.split("+")
    return f"{len(known)} corpora" if short and len(known) > 1 else listed([language(results, k) for k in known])


def pair(results: dict, score: dict, short: bool = False) -> str:
    if score["mode"] == "supervised":
        return f"{language(results, score['target'])} alone"
    return f"{side(results, score['source'], short)} to {language(results, score['target'])}"


def method(results: dict, score: dict) -> str:
    if score["mode"] == "supervised":
        return "Supervised (target's labels)"
    name = results["about"]["methods"].get(score["method"], score["method"]).replace(", answering by its", ", its")
    return f"{name} (zero-shot)" if score["method"] == "source_only" else name


def shift_name(shift: str) -> str:
    return shift.replace("70 ", "70% ") if shift else "none"


def first_mode(results: dict) -> str:
    """The stricter one, as soon as it has a row."""
    there = {row["mode"] for row in results["scores"]}
    return next((mode for mode in MODES if mode in there), MODES[0])


def sources(results: dict) -> list[tuple[str, str]]:
    several = [("several at once", SEVERAL)] if any("+" in row["source"] for row in results["scores"]) else []
    return [("any", ANY), *targets(results)[1:], *several]


def targets(results: dict) -> list[tuple[str, str]]:
    return [("any", ANY), *((language(results, key), key) for key in corpora(results))]


def corpora(results: dict) -> list[str]:
    """English first, then as in the file: most readers start from it."""
    known = results["about"]["corpora"]
    return sorted(known, key=lambda key: known[key]["language"] != "English")


def shifts(results: dict) -> list[tuple[str, str]]:
    there = dict.fromkeys(row["shift"] for row in results["scores"])
    return [(shift_name(one), one) for one in sorted({"", *there})]


def rows(results: dict, wanted: Wanted) -> list[Row]:
    """Pairs of one source first, the best method of a pair first; what the target's labels reach stands at the end."""
    chosen = [row for row in results["scores"] if _fits(row, wanted)]
    if not wanted.methods:
        chosen += _references(results, wanted, chosen)
    at = {_place(row): row["uar"] for row in results["scores"]}
    made = [
        Row(score, pair(results, score, short=True), method(results, score),
            _over(score, at, "source_only"), _over(score, at, "zscore"))
        for score in chosen
    ]  # fmt: skip
    order = {key: place for place, key in enumerate(corpora(results))}

    def place(row: Row) -> tuple:
        score = row.score
        several = "+" in score["source"]
        first = len(order) if several else order[score["source"]]
        return score["mode"] == "supervised", several, first, order[score["target"]], -score["uar"]

    return sorted(made, key=place)


def _fits(row: dict, wanted: Wanted) -> bool:
    return (
        row["mode"] == wanted.mode
        and row["shift"] == wanted.shift
        and _from(row, wanted.source)
        and wanted.target in (ANY, row["target"])
        and (not wanted.methods or row["method"] in wanted.methods)
    )


def _from(row: dict, source: str) -> bool:
    return source == ANY or ("+" in row["source"] if source == SEVERAL else row["source"] == source)


def _references(results: dict, wanted: Wanted, chosen: list[dict]) -> list[dict]:
    """Supervised rows of the targets that are shown, and zero-shot ones where the mode has no source only. Under a
    label shift there are none: they were scored on the clips as they are."""
    if wanted.shift:
        return []
    there = {row["target"] for row in chosen}
    known = {(row["source"], row["target"]) for row in chosen if row["method"] == "source_only"}
    places = {(row["source"], row["target"]) for row in chosen}
    return [
        row
        for row in results["scores"]
        if (row["mode"] == "supervised" and row["target"] in there)
        or (row["mode"] == "zero-shot" and (row["source"], row["target"]) in places - known)
    ]


def _place(row: dict) -> tuple:
    return row["source"], row["target"], row["mode"], row["shift"], row["method"]


def _over(score: dict, at: dict, base: str) -> float | None:
    """Nothing for a base itself, nor for what was trained with the target's labels."""
    if score["method"] == base or score["mode"] not in MODES:
        return None
    start = at.get((*_place(score)[:4], base))
    return None if start is None else round(score["uar"] - start, 4)


def matrix(results: dict, name: str, mode: str, shift: str = "") -> tuple[list[str], list[str], list[list]]:
    """From (rows), to (columns), gain over source only of one method; None where there is no figure."""
    found = {
        (row.score["source"] if "+" not in row.score["source"] else SEVERAL, row.score["target"]): row.gain
        for row in rows(results, Wanted(mode, shift=shift, methods=(name,)))
    }
    keys = corpora(results)
    starts = keys + ([SEVERAL] if any(source == SEVERAL for source, _ in found) else [])
    names = [language(results, key) for key in keys]
    values = [[found.get((source, target)) for target in keys] for source in starts]
    return [*names, "several"][: len(starts)], names, values


def is_adapted(results: dict, score: dict) -> bool:
    """Whether a row can have a gain over source only."""
    return score["mode"] in MODES and score["method"] != "source_only"
