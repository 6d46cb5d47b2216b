"""The benchmark's result file as menus and rows of a table."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from xser_demo.utils.errors import UserError
from xser_demo.utils.words import listed

MODES = ("inductive", "transductive")
ANY, SEVERAL = "any", "several"
RUN = "xser benchmark run --suite preregistered --out build/preregistered"
WRITE = "xser benchmark report build/preregistered --write"
MISSING = f"There is no table yet: run '{RUN}', then '{WRITE}'."
UNKNOWN = f"The table in assets/results/scores.json is of another version or damaged: write it again with '{WRITE}'."
_ABOUT = {"cells", "of", "recommended", "recommended_title", "methods", "corpora", "classes", "epochs"}
_SCORE = {"source", "target", "mode", "shift", "method", "seeds", "uar", "ci95", "wa", "n", "speakers", "floors",
          "control", "whole", "recalls", "confusion", "ece", "ece_calibrated", "oracle"}  # fmt: skip
_GAIN = {"set", "mode", "over", "method", "mean", "ci95", "p_holm", "pairs", "lost"}
_SHIFT = {"shift", "method", "pairs", "mean"}


@dataclass(frozen=True)
class Filters:
    """The filters of the table."""

    mode: str = "inductive"
    source: str = ANY  # a corpus, any, or several at once
    target: str = ANY
    shift: str = ""
    methods: tuple[str, ...] = ()  # empty: all


@dataclass(frozen=True)
class Row:
    """One score with its names, and its gains over the two baselines on the same clips."""

    score: dict
    pair: str
    method: str
    gain: float | None  # over source only
    over_zscore: float | None


def read(file: Path) -> dict:
    """The parsed file. UserError when it is missing or not what ``xser benchmark report`` writes."""
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
    about, corpora = results["about"], results["about"]["corpora"]
    for needed, rows in ((_ABOUT, [about]), (_SCORE, results["scores"]), (_GAIN, results["gains"]),
                         (_SHIFT, results["label_shift"]), ({"name", "language"}, corpora.values())):  # fmt: skip
        if any(needed - row.keys() for row in rows):
            raise ValueError(file)
    if not results["scores"]:
        raise UserError(MISSING)
    unknown = {key for row in results["scores"] for key in (*row["source"].split("+"), row["target"])} - corpora.keys()
    if unknown or not isinstance(results["missing"], list):
        raise ValueError(file)
    return results


def language(results: dict, key: str) -> str:
    """The language of a corpus; with the corpus name where another corpus has the same language."""
    known = results["about"]["corpora"]
    same = [corpus for corpus in known.values() if corpus["language"] == known[key]["language"]]
    return known[key]["language"] + (f" ({known[key]['name']})" if len(same) > 1 else "")


def side(results: dict, keys: str, short: bool = False) -> str:
    """One side of a pair; ``short`` gives only the number of several corpora."""
    corpora = keys.split("+")
    return f"{len(corpora)} corpora" if short and len(corpora) > 1 else listed([language(results, k) for k in corpora])


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
    """The stricter mode that has a row."""
    available = {row["mode"] for row in results["scores"]}
    return next((mode for mode in MODES if mode in available), MODES[0])


def sources(results: dict) -> list[tuple[str, str]]:
    several = [("several at once", SEVERAL)] if any("+" in row["source"] for row in results["scores"]) else []
    return [("any", ANY), *targets(results)[1:], *several]


def targets(results: dict) -> list[tuple[str, str]]:
    return [("any", ANY), *((language(results, key), key) for key in corpora(results))]


def corpora(results: dict) -> list[str]:
    """English first, since most readers start from it, then as in the file."""
    known = results["about"]["corpora"]
    return sorted(known, key=lambda key: known[key]["language"] != "English")


def shifts(results: dict) -> list[tuple[str, str]]:
    available = {row["shift"] for row in results["scores"]}
    return [(shift_name(shift), shift) for shift in sorted({"", *available})]


def rows(results: dict, filters: Filters) -> list[Row]:
    """Pairs of one source first, the best method of a pair first; supervised rows last."""
    chosen = [row for row in results["scores"] if _fits(row, filters)]
    if not filters.methods:
        chosen += _references(results, filters, chosen)
    uar = {_key(row): row["uar"] for row in results["scores"]}
    table = [
        Row(score, pair(results, score, short=True), method(results, score),
            _gain(score, uar, "source_only"), _gain(score, uar, "zscore"))
        for score in chosen
    ]  # fmt: skip
    order = {key: place for place, key in enumerate(corpora(results))}

    def place(row: Row) -> tuple:
        score = row.score
        several = "+" in score["source"]
        first = len(order) if several else order[score["source"]]
        return score["mode"] == "supervised", several, first, order[score["target"]], -score["uar"]

    return sorted(table, key=place)


def _fits(row: dict, filters: Filters) -> bool:
    return (
        row["mode"] == filters.mode
        and row["shift"] == filters.shift
        and _fits_source(row, filters.source)
        and filters.target in (ANY, row["target"])
        and (not filters.methods or row["method"] in filters.methods)
    )


def _fits_source(row: dict, source: str) -> bool:
    return source == ANY or ("+" in row["source"] if source == SEVERAL else row["source"] == source)


def _references(results: dict, filters: Filters, chosen: list[dict]) -> list[dict]:
    """Supervised rows of the chosen targets, and zero-shot rows of pairs without source only in this mode. None under a
    label shift: references are scored on all clips."""
    if filters.shift:
        return []
    targets = {row["target"] for row in chosen}
    pairs = {(row["source"], row["target"]) for row in chosen}
    with_source_only = {(row["source"], row["target"]) for row in chosen if row["method"] == "source_only"}
    return [
        row
        for row in results["scores"]
        if (row["mode"] == "supervised" and row["target"] in targets)
        or (row["mode"] == "zero-shot" and (row["source"], row["target"]) in pairs - with_source_only)
    ]


def _key(row: dict) -> tuple:
    return row["source"], row["target"], row["mode"], row["shift"], row["method"]


def _gain(score: dict, uar: dict, base: str) -> float | None:
    """None for the baseline itself, and for models trained with target labels."""
    if score["method"] == base or score["mode"] not in MODES:
        return None
    baseline = uar.get((*_key(score)[:4], base))
    return None if baseline is None else round(score["uar"] - baseline, 4)


def matrix(results: dict, name: str, mode: str, shift: str = "") -> tuple[list[str], list[str], list[list]]:
    """Sources (rows), targets (columns) and the gain of one method over source only; None where there is no score."""
    gains = {
        (row.score["source"] if "+" not in row.score["source"] else SEVERAL, row.score["target"]): row.gain
        for row in rows(results, Filters(mode, shift=shift, methods=(name,)))
    }
    keys, known = corpora(results), {source for source, _ in gains}
    starts = [key for key in (*keys, SEVERAL) if key in known]
    names = ["several" if key == SEVERAL else language(results, key) for key in starts]
    values = [[gains.get((source, target)) for target in keys] for source in starts]
    return names, [language(results, key) for key in keys], values


def is_adapted(results: dict, score: dict) -> bool:
    """Whether a row can have a gain over source only."""
    return score["mode"] in MODES and score["method"] != "source_only"
