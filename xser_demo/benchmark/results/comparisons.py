"""Comparisons in RESULTS.md: the recommended method against its controls, goals, gains, and URDU as the source."""

from xser_demo.benchmark.markdown import percent, select, table
from xser_demo.benchmark.results import tables
from xser_demo.benchmark.results.tables import interval, p
from xser_demo.benchmark.tables import ALL, ENGLISH, MODES, WITHOUT_URDU

NORMALISATIONS = {"speaker": "by speaker, where the guard allows", "corpus": "the corpus as a whole"}
SETS = {ALL: "all", ENGLISH: "from English", WITHOUT_URDU: "without URDU"}


def question(results: dict) -> list[str]:
    """The recommended method against the strongest control that costs nothing, and what speakers bring."""
    if not results["primary"]:
        return []
    titles = results["about"]["methods"]
    body = [
        [NORMALISATIONS[r["normalise"]], r["mode"], SETS.get(r["set"], r["set"]), titles[r["over"]], interval(r, "+"),
         p(r["p_holm"]), f"{r['won']} of {r['pairs']}", str(r["targets"])]
        for r in results["primary"]
    ]  # fmt: skip
    head = ["normalised", "mode", "pairs", "strongest free control", "gain over it", "p", "won", "targets"]
    lines = [
        "## What the adaptation loss brings",
        "",
        f"{results['about']['recommended_title']} minus the strongest control that has no adaptation loss (target "
        "z-score, the same training continued on the source, or LDA refit) under the same normalisation, in points. "
        "The strongest is chosen by its mean over the same pairs. Pairs with the same target share its speakers: "
        "the last column counts the independent targets.",
        "",
        *table(head, body),
        "",
    ]
    if results["by_speaker"]:
        head = ["method", "mode", "pairs", "by speaker minus corpus", "p", "targets"]
        body = [
            [titles[r["method"]], r["mode"], SETS.get(r["set"], r["set"]), interval(r, "+"), p(r["p_holm"]),
             str(r["targets"])]
            for r in results["by_speaker"]
        ]  # fmt: skip
        lines += ["### What speakers bring", "", *table(head, body), ""]
    return lines


def goals(results: dict) -> list[str]:
    if not results["goals"]:
        return []
    body = [
        [g["name"], percent(g["at_least"]), f"{percent(g['reached'])} [{', '.join(map(percent, g['ci95']))}]",
         "yes" if g["met"] else "**no**"]
        for g in results["goals"]
    ]  # fmt: skip
    best = results["about"]["recommended_title"]
    said = (
        f"For the recommended method ({best}): UAR, or its difference in points, as written in "
        "[docs/preregistration.md](docs/preregistration.md) before these cells were computed. A gain whose interval "
        "includes zero does not count as met."
    )
    return ["## Goals", "", said, "", *table(["", "at least", "reached", "met"], body), ""]


def gains(results: dict) -> list[str]:
    lines = ["## Gains", "", "In points, mean over pairs; p after Holm's correction.", ""]
    for mode in MODES:
        for pairs in dict.fromkeys(g["set"] for g in select(results["gains"], mode=mode)):
            count = select(results["gains"], mode=mode, set=pairs)[0]["pairs"]
            title = f"{count} pairs" + ("" if pairs == ALL else f", {SETS[pairs]}")
            lines += [f"### {mode.capitalize()}, {title}", "", *tables.gains(results, mode, pairs), ""]
            lines += [verdict(results, mode, pairs), ""]
    return lines


def verdict(results: dict, mode: str, pairs: str) -> str:
    """A sentence on the gain of the recommended method over z-score."""
    best = results["about"]["recommended"]
    rows = select(results["gains"], mode=mode, set=pairs, over="zscore", method=best)
    if not rows:
        return ""
    row = rows[0]
    low, high = row["ci95"]
    significance = "the interval excludes zero" if low > 0 or high < 0 else "the interval includes zero"
    return (
        f"{results['about']['methods'][best]} differs from the target's z-score by {interval(row, '+')} points "
        f"(corrected p {p(row['p_holm'])}; {significance}) and is above it in {row['won']} of {row['pairs']} pairs."
    )


def appendix(results: dict) -> list[str]:
    """URDU as the source, which no mean above has."""
    own = results["appendix"]
    if not own["scores"]:
        return []
    upper = select(results["scores"], mode="supervised")
    shown = results | {"scores": own["scores"] + upper, "means": own["means"]}
    text = (
        "Transductive. No mean above has these pairs: in URDU nearly every speaker has one emotion only, so a model "
        "that learns from it learns speakers."
    )
    gains = [
        f"{results['about']['methods'][row['method']]} {interval(row, '+')}"
        for row in select(own["gains"], mode="transductive", over="zscore", set=ALL)
        if row["method"] != "source_only"
    ]
    over = [f"Over target z-score, in points: {'; '.join(gains)}.", ""] if gains else []
    return ["## Appendix: URDU as the source", "", text, "", *tables.scores(shown, "transductive"), "", *over]
