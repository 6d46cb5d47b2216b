"""The goals of docs/preregistration.md beside what came out."""

from xser_demo import methods
from xser_demo.benchmark import tables
from xser_demo.benchmark.tables import Table, round4

# Points over z-score and over the strongest free control, inductive, without URDU.
OVER_ZSCORE = {"speaker": 0.06, "corpus": 0.03}
OVER_CONTROL = {"speaker": 0.03, "corpus": 0.015}
LEFT_OUT = 0.82  # mean UAR, one language left out, transductive
SHIFT = -0.01  # to z-score, mean over label shifts
URDU = 0.0  # to z-score


def registered(speaker: Table, corpus: Table) -> list[dict]:
    """One row for each goal whose runs are finished: what it is over, the goal, the mean and its interval, and whether
    it was met. A difference must also have an interval above 0, where the goal is above 0."""
    rows = []
    for normalise, table in (("speaker", speaker), ("corpus", corpus)):
        for over, least in (("zscore", OVER_ZSCORE), ("strongest control", OVER_CONTROL)):
            sample, name = gain(table, normalise, over)
            if sample is not None:
                what = "by speaker" if normalise == "speaker" else "corpus"
                rows.append(row(f"inductive, {what}: over {name}", least[normalise], sample))
    left_out = [r for r in tables.leave_one_out(speaker)
                if (r["mode"], r["method"]) == ("transductive", methods.RECOMMENDED)]  # fmt: skip
    if left_out:
        name = f"one language left out, {len(left_out[0]['targets'])} targets, transductive, by speaker"
        rows.append(row(name, LEFT_OUT, left_out[0]))
    shifted = [r for r in tables.label_shift(speaker) if (r["shift"], r["method"]) == ("all", methods.RECOMMENDED)]
    if shifted and "over_zscore" in shifted[0]:
        rows.append(row("label shift, mean: over z-score", SHIFT, shifted[0]["over_zscore"]))
    pairs = [pair for pair in speaker.pairs("inductive") if pair[1] == "urdu"]
    if pairs:
        over = tables.difference(speaker, pairs, "inductive", methods.RECOMMENDED, "zscore")
        rows.append(row(f"URDU as the target, {len(pairs)} sources, inductive: over z-score", URDU, over))
    return rows


def gain(table: Table, normalise: str, over: str) -> tuple[dict | None, str]:
    """The recommended method over z-score or over the strongest free control, without URDU."""
    pairs = table.sets("inductive").get(tables.WITHOUT_URDU) or table.sets("inductive").get(tables.ALL, [])
    if not pairs or methods.RECOMMENDED not in table.names(pairs, "inductive"):
        return None, ""
    if over == "zscore":
        return tables.difference(table, pairs, "inductive", methods.RECOMMENDED, "zscore"), "z-score"
    found = [r for r in tables.primary({normalise: table}) if r["mode"] == "inductive" and r["pairs"] == len(pairs)]
    return (found[0], f"the strongest free control ({found[0]['over']})") if found else (None, "")


def row(name: str, least: float, found: dict) -> dict:
    low, high = found["ci95"]
    met = found["mean"] >= least and (least <= 0 or "pairs" not in found or low > 0)
    return {"name": name, "at_least": least, "reached": round4(found["mean"]), "ci95": [low, high], "met": met}
