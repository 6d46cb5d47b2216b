"""The benchmark's results in sentences.

Every sentence is made from the figures: it is true also when a gain is negative, not significant or missing.
"""

from collections import Counter

from xser_demo.benchmark.results import sentences
from xser_demo.reporting.benchmark_results import Filters, Row, rows, shift_name
from xser_demo.reporting.html import number, percent, points
from xser_demo.ui.shared import texts
from xser_demo.utils.words import listed, upper

MODE_NOTES = {
    "inductive": "Inductive: scored on speakers that it did not adapt to.",
    "transductive": "Transductive: scored on the clips that it adapted to, without their labels.",
}


def finding(results: dict, mode: str, shift: str = "") -> str:
    """The gain of the recommended method over the strongest control without an adaptation loss, as RESULTS.md says it;
    where those controls were not run, its gain over target z-score, and on how many pairs it does harm."""
    about = results["about"]
    best, title = about["recommended"], about["recommended_title"]
    if shift:
        return _finding_shift(results, mode, shift)
    if summary := sentences.adaptation(results, mode):
        return summary
    gains = {row["over"]: row for row in results["gains"]
             if (row["mode"], row["set"], row["method"]) == (mode, "all pairs", best)}  # fmt: skip
    if "zscore" not in gains:
        return (
            f"{upper(mode)}, no pair of languages is finished yet for which {title} and target z-score can be compared."
        )
    gain = gains["zscore"]
    sentence = f"{upper(_pairs(gain['pairs']))}, {mode}: {title} {_compared(gain)}"
    if "source_only" in gains:
        sentence += f"; it is {_harm(gains['source_only']['lost'], gain['pairs'])}"
    return sentence + "."


def _finding_shift(results: dict, mode: str, shift: str) -> str:
    about = results["about"]
    best, title = about["recommended"], about["recommended_title"]
    condition = f"With a label shift in the target ({shift_name(shift)})"
    comparisons = [row for row in results["label_shift"] if (row["shift"], row["method"]) == (shift, best)]
    if mode != "transductive" or not comparisons or "over_zscore" not in comparisons[0]:
        return f"{condition}, there is no finished comparison of {title} with target z-score here."
    row = comparisons[0]
    worse = Counter(
        row.gain < 0
        for row in rows(results, Filters(mode, shift=shift, methods=(best,)))
        if row.gain is not None and "+" not in row.score["source"] and not row.score["control"]
    )
    sentence = f"{condition}, {_pairs(row['pairs'])}: {title} {_compared(row['over_zscore'])}"
    if worse.total():
        sentence += f"; it is {_harm(worse[True], worse.total())}"
    return sentence + "."


def _compared(row: dict) -> str:
    """A difference to the target's z-score: above, below, or not significant."""
    low, high = row["ci95"]
    between = f"95% interval {points(low)} to {points(high)}"
    if low <= 0 <= high:
        return f"does not differ significantly from target z-score ({points(row['mean'])} points, {between})"
    doubt = ""
    if row.get("p_holm") is not None and row["p_holm"] >= 0.05:
        doubt = ", not significant after correction for all methods compared"
    size, side = points(abs(row["mean"]), sign=False), "above" if row["mean"] > 0 else "below"
    return f"scores {size} points {side} target z-score ({between}{doubt})"


def _pairs(count: int) -> str:
    return "one pair" if count == 1 else f"mean of {count} pairs"


def _harm(lost: int, pairs: int) -> str:
    """On how many pairs it is worse than source only."""
    if pairs == 1:
        return "worse than no adaptation" if lost else "not worse than no adaptation"
    return f"worse than no adaptation on {lost or 'none'} of {pairs}"


def state(results: dict, rows: list[Row]) -> list[str]:
    """Caveats: what has changed since, a short training, missing runs, rows scored on a part of the target."""
    about, caveats = results["about"], []
    if about.get("changed"):
        caveats.append(texts.OUTDATED.format(listed(about["changed"])))
    if about["epochs"]["adaptation"] or about["epochs"]["source"]:
        caveats.append("Trained for a few epochs only, to show that everything runs: these are no results.")
    if about["of"] and about["cells"] < about["of"]:
        caveats.append(
            f"Not finished: {about['cells']:,} of {about['of']:,} runs are available. Only complete "
            "rows are shown; further rows may change these statements."
        )
    elif not about["of"] and results["missing"]:
        caveats.append("Not finished: some runs are missing. Only complete rows are shown.")
    if any(not row.score["whole"] for row in rows):
        caveats.append("Some rows score a part of the target only; see their clips.")
    return caveats


def explained(results: dict, filters: Filters, rows: list[Row]) -> str:
    """What a row and its columns are."""
    floors = [row.score["floors"].get("label_majority") for row in rows]
    floors = sorted({number(value) for value in floors if value is not None})
    chance = f"; always the same emotion gets {' to '.join(dict.fromkeys((floors[0], floors[-1])))}" if floors else ""
    return (
        "A row is a model trained with labels of the first language and scored on the second. "
        f"UAR: mean recall of the emotions, in percent{chance}. {MODE_NOTES[filters.mode]} "
        "Click a row for its figures, the name of a column to sort."
    )


def nothing(results: dict, filters: Filters) -> str:
    """Why no row is shown, and what to do."""
    if filters.shift and filters.mode != "transductive":
        return "Label shifts are run transductively only: choose transductive."
    if not any(row["mode"] == filters.mode for row in results["scores"]):
        return f"No {filters.mode} run is finished yet."
    return "No finished run fits these choices: widen one of them."


def recalls(row: Row) -> str:
    """The emotions with the best and the lowest recall."""
    known = {name: value for name, value in row.score["recalls"].items() if value is not None}
    if not known:
        return ""
    best, worst = max(known, key=known.get), min(known, key=known.get)
    if number(known[best]) == number(known[worst]):
        return f"It finds {percent(known[best])} of the clips of each emotion."
    return (
        f"Best recall: {best}, {percent(known[best])} of the clips labelled so. "
        f"Lowest recall: {worst}, {percent(known[worst])}."
    )


def context(row: Row) -> str:
    """What to compare the score with: floor, calibration error, oracle."""
    score, sentences = row.score, []
    floor = score["floors"].get("speaker_majority")
    if floor is not None:
        sentences.append(f"Always each speaker's most frequent emotion would score {number(floor)}.")
    if score["ece"] is not None:
        after = score["ece_calibrated"]
        more = "" if after is None else f", {number(after)} with a temperature fitted on the source"
        sentences.append(f"Its expected calibration error is {number(score['ece'])} points{more}.")
    if score["oracle"] is not None:
        sentences.append(f"Oracle: choosing the epoch by target labels would have given {number(score['oracle'], 1)}.")
    return " ".join(sentences)
