"""What the benchmark found, in a few sentences that are made from its figures, and what failed.

RESULTS.md and the Benchmark tab begin with them. Differences are in points of UAR, with 95 % intervals.
"""

from xser_demo.benchmark.markdown import percent
from xser_demo.utils.words import listed, upper

SETS = ("without URDU", "all pairs")  # of pairs; the first that is there
OVER = {"zscore": "target z-score", "lda_refit": "LDA refit", "continued": "continued training (weight 0)"}
KNOWN = {"speaker": "where each speaker can be standardised", "corpus": "with the corpus as a whole"}


def adaptation(results: dict, mode: str) -> str:
    """The recommended method against the strongest control without an adaptation loss; empty before it is computed."""
    rows = [row for normalise in KNOWN for row in first_set(results.get("primary", []), mode=mode, normalise=normalise)]
    if not rows:
        return ""
    controls = [OVER.get(row["over"], row["over"]) for row in rows]
    alike = len(set(controls)) == 1
    parts = [
        f"{signed(row['mean'])} points {_interval(row)}{'' if alike else f' over {control}'} {KNOWN[row['normalise']]}"
        for row, control in zip(rows, controls, strict=True)
    ]
    gained = f"The recommended method gains {listed(parts)}"
    if alike:
        return f"{gained}, over {controls[0]}, the strongest control without an adaptation loss ({_over(rows[0])})."
    return f"{gained}, the strongest controls without an adaptation loss ({_over(rows[0])})."


def sentences(results: dict) -> list[str]:
    """At most five: levels, gain of the adaptation loss, gain of speakers, several sources, label shift with URDU."""
    mode = next((row["mode"] for row in results["primary"]), "inductive")
    found = (
        _levels(results, mode), adaptation(results, mode), _speakers(results, mode), _left_out(results),
        _hard_targets(results),
    )  # fmt: skip
    return [sentence for sentence in found if sentence]


def failed(results: dict) -> list[str]:
    """What did not come out: goals, methods that the same training without their loss equals, pairs that got worse."""
    found = [
        f"Not reached: {row['name']}, at least {percent(row['at_least'])}, is {percent(row['reached'])} "
        f"[{percent(row['ci95'][0])}, {percent(row['ci95'][1])}]."
        for row in results["goals"]
        if not row["met"]
    ]
    return [*found, *_no_better(results), *_worse(results), *_harmed_by_shift(results)]


def _levels(results: dict, mode: str) -> str:
    """Mean scores without adaptation, of the controls and of the recommended method."""
    rows = {row["method"]: row for row in first_set(results["means"], mode=mode)}
    best = results["about"]["recommended"]
    if not {"source_only", best} <= rows.keys():
        return ""
    controls = [f"{OVER[name]} {percent(rows[name]['mean'])}" for name in OVER if name in rows]
    return (
        f"A model that learned another language has a UAR of {percent(rows['source_only']['mean'])} without anything "
        f"of the target. The controls reach {listed(controls)}, the recommended method {percent(rows[best]['mean'])} "
        f"{_interval(rows[best])} ({_over(rows[best])})."
    )


def _speakers(results: dict, mode: str) -> str:
    best = results["about"]["recommended"]
    rows = {row["method"]: row for row in first_set(results["by_speaker"], mode=mode)}
    if best not in rows or "zscore" not in rows:
        return ""
    return (
        f"Standardising speaker by speaker instead of the corpus as a whole brings target z-score "
        f"{signed(rows['zscore']['mean'])} points {_interval(rows['zscore'])} and the recommended method "
        f"{signed(rows[best]['mean'])} {_interval(rows[best])}."
    )


def _left_out(results: dict) -> str:
    best = results["about"]["recommended"]
    for row in results["leave_one_out"]:
        if (row["mode"], row["method"]) == ("transductive", best):
            return (
                f"Adapted from all other languages at once and scored on the clips that it adapted to, it reaches "
                f"{percent(row['mean'])} {_interval(row)}, mean over {len(row['targets'])} languages left out."
            )
    return ""


def _hard_targets(results: dict) -> str:
    """Label shift, and URDU, where speakers and emotions can hardly be told apart."""
    best, parts = results["about"]["recommended"], []
    for row in results["label_shift"]:
        if (row["shift"], row["method"]) == ("all", best) and "over_zscore" in row:
            over = row["over_zscore"]
            parts.append(f"{signed(over['mean'])} points {_interval(over)} where emotions are distributed otherwise")
    parts += [
        f"{signed(row['reached'])} {_interval(row)} on URDU, where speakers and emotions cannot be told apart"
        for row in results["goals"]
        if row["name"].startswith("URDU")
    ]
    return f"It differs from target z-score by {listed(parts)}." if parts else ""


def _no_better(results: dict) -> list[str]:
    """Methods of the menu that do not exceed continued training in the mode in which all of them ran."""
    best = results["about"]["recommended"]
    rows = [
        row
        for row in first_set(results["gains"], mode="transductive", over="continued")
        if row["method"] not in ("source_only", *OVER, best) and not row["method"].endswith("_classifier")
    ]
    equal = [results["about"]["methods"][row["method"]] for row in rows if row["ci95"][0] <= 0]
    if not equal:
        return []
    return [
        f"{listed(equal)} {'is' if len(equal) == 1 else 'are'} not above {OVER['continued']}, the same training "
        f"without their loss: the interval of the difference includes 0 or is below it ({len(equal)} of {len(rows)} "
        f"methods beside the recommended one; {_over(rows[0])})."
    ]


def _worse(results: dict) -> list[str]:
    """Pairs on which the recommended method is below a model that nothing was adapted to."""
    best = results["about"]["recommended"]
    rows = [row for row in results["gains"]
            if (row["method"], row["over"], row["set"]) == (best, "source_only", "all pairs")]  # fmt: skip
    return [
        f"{upper(row['mode'])}, the recommended method is below source only on {row['lost']} of {row['pairs']} pairs."
        for row in rows
        if row["lost"]
    ]


def _harmed_by_shift(results: dict) -> list[str]:
    """Distributions of emotions under which the recommended method is below z-score, the whole interval."""
    best = results["about"]["recommended"]
    rows = [
        row for row in results["label_shift"]
        if row["method"] == best and row["shift"] not in ("", "all") and row.get("over_zscore")
        and row["over_zscore"]["ci95"][1] < 0
    ]  # fmt: skip
    return [
        f"Where {_shift(row['shift'])}, the recommended method is below target z-score: "
        f"{signed(row['over_zscore']['mean'])} points {_interval(row['over_zscore'])}, mean of {row['pairs']} pairs."
        for row in rows
    ]


def _shift(shift: str) -> str:
    how, emotion = shift.split()
    return f"the target has no {emotion}" if how == "no" else f"{how} % of the target are {emotion}"


def first_set(rows: list[dict], **where) -> list[dict]:
    """The rows of the first of ``SETS`` that has any."""
    for name in SETS:
        found = [row for row in rows if all(row[key] == value for key, value in (where | {"set": name}).items())]
        if found:
            return found
    return []


def _over(row: dict) -> str:
    """How a score was made, and over how many pairs and independent targets the mean is taken."""
    scored = (
        "scored on other speakers than those adapted to"
        if row["mode"] == "inductive"
        else "scored on the clips that it adapted to"
    )
    pairs, targets = row["pairs"], row.get("targets")
    mean = f"mean of {pairs} pairs" + (f" with {targets} targets" if targets else "")
    return f"{row['mode']}: {mean if pairs > 1 else 'one pair'}, {scored}"


def signed(difference: float) -> str:
    """In points, with a real minus sign."""
    return _minus(percent(difference, "+"))


def _interval(row: dict) -> str:
    return "[" + ", ".join(_minus(percent(value)) for value in row["ci95"]) + "]"


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
