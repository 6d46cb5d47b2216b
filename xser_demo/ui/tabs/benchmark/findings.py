"""What the benchmark's figures say, in sentences. Knows nothing of Gradio.

Every sentence is made from the figures: it stays true when a gain is negative, not certain or not there yet."""

from collections import Counter

from xser_demo.reporting.benchmark_results import Row, Wanted, rows, shift_name
from xser_demo.reporting.html import number, percent, points
from xser_demo.reporting.naming import upper

SEEN = {
    "inductive": "Inductive: scored on other speakers than it adapted to.",
    "transductive": "Transductive: scored on the clips that it adapted to without their labels.",
}


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
    guess = sorted({number(value) for value in guess if value is not None})
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
    if number(recalls[best]) == number(recalls[worst]):
        return f"It finds {percent(recalls[best])} of the clips of each emotion."
    return (
        f"Heard best: {best}, {percent(recalls[best])} of the clips labelled so. "
        f"Heard worst: {worst}, {percent(recalls[worst])}."
    )


def beside(row: Row) -> str:
    """What the score is to be seen against: floors, calibration, the oracle."""
    score, said = row.score, []
    floor = score["floors"].get("speaker_majority")
    if floor is not None:
        said.append(f"Naming each speaker's commonest emotion would score {number(floor)}.")
    if score["ece"] is not None:
        after = score["ece_calibrated"]
        more = "" if after is None else f", {number(after)} with a temperature fitted on the source"
        said.append(f"Its confidence is {number(score['ece'])} points off{more}.")
    if score["oracle"] is not None:
        said.append(
            f"Oracle: choosing the epoch by the target's labels would have claimed {number(score['oracle'], 1)}."
        )
    return " ".join(said)
