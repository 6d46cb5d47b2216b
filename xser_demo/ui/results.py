"""What the benchmark's file says, for the page: choices, rows and sentences. Knows nothing of Gradio.

Every sentence is made from the figures: it stays true when a gain is negative, not certain or not there yet."""

import json
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from xser_demo.errors import UserError
from xser_demo.ui.words import listed, upper

MODES = ("inductive", "transductive")
ANY, SEVERAL = "any", "several"
AGAIN = "xser benchmark run --suite headline --out build/headline"
WRITE = "xser benchmark report build/headline --write"
MISSING = f"There is no table yet: run '{AGAIN}', then '{WRITE}'."
UNKNOWN = f"The table in assets/results/scores.json is of another version or damaged: make it anew with '{WRITE}'."
SEEN = {
    "inductive": "Inductive: scored on other speakers than it adapted to.",
    "transductive": "Transductive: scored on the clips that it adapted to without their labels.",
}
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


# Sentences


def points(value: float, sign: bool = True) -> str:
    """A difference in points, with a real minus sign; never "-0.0"."""
    number = round(100 * value, 1) + 0.0
    return f"{number:{'+' if sign and number else ''}.1f}".replace("-", "−")


def percent(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{100 * value:.{digits}f}"


def interval(ci95: list[float]) -> str:
    return f"[{percent(ci95[0])}, {percent(ci95[1])}]"


def finding(results: dict, mode: str, shift: str = "") -> str:
    """What the recommended method gains over the target's z-score, and how often it does harm."""
    about = results["about"]
    best, title = about["recommended"], about["recommended_title"]
    if shift:
        return _finding_shift(results, mode, shift)
    found = {row["over"]: row for row in results["gains"]
             if (row["mode"], row["set"], row["method"]) == (mode, "all pairs", best)}  # fmt: skip
    if "zscore" not in found:
        return (
            f"{upper(mode)}, no pair of languages is finished yet in which {title} and target z-score can be compared."
        )
    gain = found["zscore"]
    told = f"{upper(_pairs(gain['pairs']))}, {mode}: {title} {_compared(gain)}"
    if "source_only" in found:
        told += f"; it does {_of(found['source_only']['lost'], gain['pairs'])}"
    return told + "."


def _finding_shift(results: dict, mode: str, shift: str) -> str:
    about = results["about"]
    best, title = about["recommended"], about["recommended_title"]
    where = f"With the target's emotions out of proportion ({shift_name(shift)})"
    found = [row for row in results["label_shift"] if (row["shift"], row["method"]) == (shift, best)]
    if mode != "transductive" or not found or "over_zscore" not in found[0]:
        return f"{where}, there is no finished comparison of {title} with target z-score here."
    row = found[0]
    worse = Counter(
        one.gain < 0
        for one in rows(results, Wanted(mode, shift=shift, methods=(best,)))
        if one.gain is not None and "+" not in one.score["source"] and not one.score["control"]
    )
    told = f"{where}, {_pairs(row['pairs'])}: {title} {_compared(row['over_zscore'])}"
    if worse.total():
        told += f"; it does {_of(worse[True], worse.total())}"
    return told + "."


def _compared(row: dict) -> str:
    """A difference to the target's z-score: above, below, or not to be told apart."""
    low, high = row["ci95"]
    between = f"95% interval {points(low)} to {points(high)}"
    if low <= 0 <= high:
        return f"cannot be told from target z-score ({points(row['mean'])} points, {between})"
    doubt = ""
    if row.get("p_holm") is not None and row["p_holm"] >= 0.05:
        doubt = ", not certain once all methods compared are counted"
    size, where = points(abs(row["mean"]), sign=False), "above" if row["mean"] > 0 else "below"
    return f"scores {size} points {where} target z-score ({between}{doubt})"


def _pairs(count: int) -> str:
    return "one pair" if count == 1 else f"mean of {count} pairs"


def _of(lost: int, pairs: int) -> str:
    """How often it does worse than source only."""
    if pairs == 1:
        return "worse than no adaptation" if lost else "not do worse than no adaptation"
    return f"worse than no adaptation on {lost or 'none'} of {pairs}"


def state(results: dict, shown: list[Row]) -> list[str]:
    """What a reader must know before the figures are believed."""
    about, said = results["about"], []
    if about["epochs"]["adaptation"] or about["epochs"]["source"]:
        said.append("Trained for a few epochs only, to show that everything runs: these are no results.")
    if about["of"] and about["cells"] < about["of"]:
        said.append(
            f"Not finished: {about['cells']:,} of {about['of']:,} runs are there. Only complete rows are shown; more "
            "rows may change what is said here."
        )
    elif not about["of"] and results["missing"]:
        said.append("Not finished: some runs are missing. Only complete rows are shown.")
    if any(not row.score["whole"] for row in shown):
        said.append("Some rows score a part of the target only; see their clips.")
    return said


def explained(results: dict, wanted: Wanted, shown: list[Row]) -> str:
    """What a row and its columns are."""
    guess = [row.score["floors"].get("label_majority") for row in shown]
    guess = sorted({percent(value) for value in guess if value is not None})
    chance = f"; always naming one gets {' to '.join(dict.fromkeys((guess[0], guess[-1])))}" if guess else ""
    return (
        "A row is a model trained with labels of the first language and scored on the second. "
        f"UAR: mean share of each emotion found, in percent{chance}. {SEEN[wanted.mode]} "
        "Click a row for its pictures, a column's name to sort."
    )


def nothing(results: dict, wanted: Wanted) -> str:
    """Why no row is shown, and what to do."""
    if wanted.shift and wanted.mode != "transductive":
        return "Label shifts are run transductively only: choose transductive."
    if not any(row["mode"] == wanted.mode for row in results["scores"]):
        return f"No {wanted.mode} run is finished yet."
    return "No finished run fits these choices: widen one of them."


def heard(row: Row) -> str:
    """The best and the worst heard emotion."""
    recalls = {name: value for name, value in row.score["recalls"].items() if value is not None}
    if not recalls:
        return ""
    best, worst = max(recalls, key=recalls.get), min(recalls, key=recalls.get)
    if percent(recalls[best]) == percent(recalls[worst]):
        return f"It finds {percent(recalls[best])}% of the clips of each emotion."
    return (
        f"Heard best: {best}, {percent(recalls[best])}% of the clips labelled so. "
        f"Heard worst: {worst}, {percent(recalls[worst])}%."
    )


def beside(row: Row) -> str:
    """What the score is to be seen against: floors, calibration, the oracle."""
    score, said = row.score, []
    floor = score["floors"].get("speaker_majority")
    if floor is not None:
        said.append(f"Naming each speaker's commonest emotion would score {percent(floor)}.")
    if score["ece"] is not None:
        after = score["ece_calibrated"]
        more = "" if after is None else f", {percent(after)} with a temperature fitted on the source"
        said.append(f"Its confidence is {percent(score['ece'])} points off{more}.")
    if score["oracle"] is not None:
        said.append(
            f"Oracle: choosing the epoch by the target's labels would have claimed {percent(score['oracle'], 1)}."
        )
    return " ".join(said)


# The table


def table(shown: list[Row]) -> dict:
    """What a Dataframe shows: numbers to sort by, the text of each cell, and its style."""
    made = [_cells(row) for row in shown]
    return {
        "headers": list(HEADERS),
        "data": [[value for value, *_ in cells] for cells in made],
        "metadata": {
            "display_value": [[text for _, text, _ in cells] for cells in made],
            "styling": [[style for *_, style in cells] for cells in made],
        },
    }


HEADERS = ("Pair", "Method", "UAR", "95%", "vs source", "vs z-score", "WA", "ECE", "Floor", "Seeds", "Clips",
           "Speakers", "Oracle")  # fmt: skip
WORSE, GREY, LOUD = "color: var(--x-worse);", "color: var(--x-grey); font-style: italic;", "font-weight: 650;"


def _cells(row: Row) -> list[tuple]:
    """Value to sort by, text, style."""
    score = row.score
    style = GREY if score["mode"] == "supervised" else ""
    return [
        (row.pair, row.pair, style),
        (row.method, row.method, style),
        (score["uar"], percent(score["uar"], 1), style or LOUD),
        (score["ci95"][0], interval(score["ci95"]), style),
        _difference(row.gain),
        _difference(row.over_zscore),
        (score["wa"], percent(score["wa"]), style),
        _or_nothing(score["ece"], style),
        _or_nothing(score["floors"].get("speaker_majority"), style),
        (score["seeds"], str(score["seeds"]), style),
        (score["n"], str(score["n"]), style),
        (score["speakers"], str(score["speakers"]), style),
        _or_nothing(score["oracle"], GREY),
    ]


def _difference(value: float | None) -> tuple:
    if value is None:
        return None, "", ""
    text = points(value)
    return value, text, WORSE if text.startswith("−") else ""


def _or_nothing(value: float | None, style: str) -> tuple:
    return value, percent(value), style
