"""Tables of RESULTS.md as lines of Markdown, from the values of ``report.report``."""

import numpy as np

from xser_demo.benchmark.markdown import percent, select, table
from xser_demo.benchmark.study import CEILING
from xser_demo.benchmark.tables import BASES, MODES
from xser_demo.training import criteria

WORSE = "▼"
BASELINES = {
    "label_majority": "Commonest class of the source",
    "speaker_majority": "Commonest class of each target speaker",
}
OVER = {"source_only": "source only", "zscore": "z-score", "continued": "continued", "lda_refit": "LDA refit"}
SHIFTS = {"": "no shift", "all": "mean of the shifts"}


def interval(row: dict, sign: str = "") -> str:
    """A mean and its interval in points."""
    low, high = row["ci95"]
    return f"{percent(row['mean'], sign)} [{percent(low, sign)}, {percent(high, sign)}]"


def small(low: float, high: float, scale: float = 100, digits: int = 0) -> str:
    """An interval on a line of its own in small print."""
    return f"<br><sub>{scale * low:.{digits}f}, {scale * high:.{digits}f}</sub>"


def name_of(results: dict, key: str) -> str:
    """Name of a corpus, or of several joined ones."""
    return "+".join(results["about"]["corpora"][k]["name"] for k in key.split("+"))


def method_names(results: dict) -> dict[str, str]:
    """Titles of methods, the recommended one in bold."""
    about = results["about"]
    return about["methods"] | {about["recommended"]: f"**{about['recommended_title']}**"}


def scores(results: dict, mode: str) -> list[str]:
    """UAR of methods by pairs, below references and baselines; scores below source only are marked."""
    rows = select(results["scores"], mode=mode, shift="", leave_one_out=False, control=False)
    pairs = list(dict.fromkeys((r["source"], r["target"]) for r in rows))
    means = {r["method"]: r for r in select(results["means"], mode=mode, set="all pairs")}
    at = {(r["method"], r["source"], r["target"]): r for r in rows}
    head = ["", "mean", *(f"{name_of(results, s)}<br>{name_of(results, t)}" for s, t in pairs)]
    body = []
    for key, title in BASELINES.items():
        body.append([f"*{title}*", "", *_per_pair(pairs, {(r["source"], r["target"]): r["floors"][key] for r in rows})])
    upper = {r["target"]: r["uar"] for r in select(results["scores"], mode="supervised")}
    upper = {pair: upper.get(pair[1]) for pair in pairs}
    body.append(["*Supervised (labels of other target speakers)*", "", *_per_pair(pairs, upper)])
    titles = method_names(results)
    for method in dict.fromkeys(r["method"] for r in rows):
        cells = []
        for pair in pairs:
            row, base = at.get((method, *pair)), at.get(("source_only", *pair))
            worse = row and base and row["uar"] < base["uar"]
            cells.append(f"{percent(row['uar'])}{' ' + WORSE if worse else ''}{small(*row['ci95'])}" if row else "")
        mean = means.get(method)
        first = f"{percent(mean['mean'])}{small(*mean['ci95'])}" if mean else ""
        note = " (zero-shot)" if method == "source_only" else ""
        body.append([titles[method] + note, first, *cells])
    return table(head, body)


def _per_pair(pairs: list, values: dict) -> list[str]:
    return [f"*{percent(values[pair])}*" if values.get(pair) is not None else "" for pair in pairs]


def negative(results: dict, mode: str) -> list[str]:
    """Number of pairs in which a method is below source only."""
    rows = select(results["scores"], mode=mode, shift="", leave_one_out=False, control=False)
    base = {(r["source"], r["target"]): r["uar"] for r in rows if r["method"] == "source_only"}
    counts: dict[str, list[bool]] = {}
    for row in rows:
        if row["method"] != "source_only" and (row["source"], row["target"]) in base:
            counts.setdefault(row["method"], []).append(row["uar"] < base[row["source"], row["target"]])
    titles = results["about"]["methods"]
    worse = [f"{titles[m]} {sum(below)} of {len(below)}" for m, below in counts.items() if any(below)]
    return [f"Negative transfer, pairs: {'; '.join(worse) if worse else 'none'}."]


def collapsed(results: dict, mode: str) -> list[str]:
    """Rows with repeats that answer nearly everything alike."""
    rows = [r for r in select(results["scores"], mode=mode, shift="", leave_one_out=False) if r["collapsed"]]
    titles = results["about"]["methods"]
    named = [
        f"{titles[r['method']]}, {name_of(results, r['source'])} to {name_of(results, r['target'])} "
        f"({r['collapsed']} of {r['seeds']} repeats)" for r in rows
    ]  # fmt: skip
    return [f"Collapsed, one answer for 95 % of the clips or more: {'; '.join(named) if named else 'none'}."]


def gains(results: dict, mode: str, pairs: str) -> list[str]:
    """Gains over source only and over z-score, and the difference of the recommended method to each."""
    best = results["about"]["recommended"]
    titles = method_names(results)
    bases = [b for b in BASES if select(results["gains"], mode=mode, set=pairs, over=b)]
    by_base = [select(results["gains"], mode=mode, set=pairs, over=base) for base in bases]
    against = {r["against"]: r for r in select(results["recommended"], mode=mode, set=pairs)}
    columns = [text for base in bases for text in (f"over {OVER[base]}", "p", "won")]
    head = ["", *columns, f"{titles[best]} minus this", "p"]
    body = []
    for method in dict.fromkeys(r["method"] for rows in by_base for r in rows):
        cells = []
        for rows in by_base:
            row = next((r for r in rows if r["method"] == method), None)
            won = f"{row['won']} of {row['pairs']}" if row else ""
            cells += [interval(row, "+"), p(row["p_holm"]), won] if row else ["", "", ""]
        row = against.get(method)
        body.append([titles[method], *cells, *([interval(row, "+"), p(row["p_holm"])] if row else ["", ""])])
    return table(head, body)


def p(value: float) -> str:
    return "< 0.001" if value < 0.0005 else f"{value:.3f}"


def selection(results: dict, mode: str) -> list[str]:
    """Mean UAR over pairs for each selection rule, and for the oracle."""
    rules = results["about"]["rules"]
    names = {"default": "shipped rule", "last": "last epoch"} | {k: c.title for k, c in criteria.CRITERIA.items()}
    rows = [r for r in select(results["scores"], mode=mode, shift="", leave_one_out=False, control=False) if r["rules"]]
    titles = method_names(results)
    body = []
    for method in dict.fromkeys(r["method"] for r in rows):
        method_rows = select(rows, method=method)
        cells = [percent(np.mean([r["rules"][rule] for r in method_rows])) for rule in rules]
        body.append([titles[method], *cells, f"*{percent(np.mean([r['oracle'] for r in method_rows]))}*"])
    return table(["", *(names[rule] for rule in rules), "*oracle: target labels*"], body)


def calibration(results: dict) -> list[str]:
    body = []
    titles = method_names(results)
    for method in titles:
        cells = []
        for mode in MODES:
            rows = select(results["scores"], mode=mode, shift="", leave_one_out=False, control=False, method=method)
            rows = [r for r in rows if r["ece"] is not None]
            keys = ("ece", "ece_calibrated")
            cells += [percent(np.mean([r[key] for r in rows])) if rows else "" for key in keys]
            bound = sum(r["at_bound"] for r in rows)
            cells.append(f"{np.mean([r['temperature'] for r in rows]):.2f}" if rows else "")
            cells.append(str(bound) if rows else "")
        if any(cells):
            body.append([titles[method], *cells])
    head = [f"{mode}: {column}" for mode in MODES for column in ("ECE", "with temperature", "T", "T at a bound")]
    return table(["", *head], body)


def label_shift(results: dict) -> list[str]:
    rows = results["label_shift"]
    shifts = list(dict.fromkeys(r["shift"] for r in rows))
    titles = method_names(results)
    body = []
    for method in dict.fromkeys(r["method"] for r in rows):
        cells = []
        for row in select(rows, method=method):
            over = row.get("over_zscore")
            gain = f" ({percent(over['mean'], '+')}){small(*over['ci95'], 100, 1)}" if over else ""
            cells.append(percent(row["mean"]) + gain)
        body.append([titles[method], *cells])
    return table(["", *(SHIFTS.get(s, s.replace("70 ", "70 % ")) for s in shifts)], body)


def leave_one_out(results: dict) -> list[str]:
    means = {(r["mode"], r["method"]): r for r in results["leave_one_out"]}
    rows = select(results["scores"], leave_one_out=True, shift="")
    targets = list(dict.fromkeys(r["target"] for r in rows))
    titles = method_names(results)
    body = []
    for mode in ("zero-shot", "inductive", "transductive"):
        for method in dict.fromkeys(r["method"] for r in select(rows, mode=mode)):
            if (mode != "zero-shot") == (method == "source_only"):
                continue  # source only uses no target, so it is shown once, as zero-shot
            by_target = {r["target"]: r for r in select(rows, mode=mode, method=method)}
            mean = means.get(("transductive" if mode == "zero-shot" else mode, method))
            over = mean and mean.get("over_zscore")
            cells = [
                f"{percent(by_target[t]['uar'])}{small(*by_target[t]['ci95'])}" if t in by_target else ""
                for t in targets
            ]
            first = [interval(mean) if mean else "", interval(over, "+") if over else ""]
            body.append([mode, titles[method], *first, *cells])
    return table(["mode", "method", "mean", "over z-score", *(name_of(results, t) for t in targets)], body)


def criteria_study(results: dict, setting: str) -> list[str]:
    rows = select(results["criteria"], setting=setting)
    groups = list(dict.fromkeys(r["trained_on"] for r in rows))
    names = {key: c.title for key, c in criteria.CRITERIA.items()}
    names |= {"last": "Last epoch", CEILING: "*A perfect criterion*"}
    body = []
    for key in dict.fromkeys(r["criterion"] for r in rows):
        by_group = {group: select(rows, criterion=key, trained_on=group)[0] for group in groups}
        cells = [_correlation(by_group[group].get(label)) for label in ("within", "across") for group in groups]
        for label in ("regret_within", "regret_across"):
            cells += [percent(by_group[group][label]["mean"]) if label in by_group[group] else "" for group in groups]
        body.append([names[key], *cells])
    columns = ("within", "across", "regret within", "regret across")
    return table(["", *(f"{label}<br>{group}" for label in columns for group in groups)], body)


def _correlation(row: dict | None) -> str:
    if row is None or row["mean"] is None:
        return ""
    return f"{row['mean']:.2f}{small(*row['ci95'], 1, 2)}"


def distance(results: dict) -> list[str]:
    best = results["about"]["recommended"]
    body = []
    for row in results["distance"]["pairs"]:
        columns = [(row.get(base), key) for key in ("mmd", "a_distance") for base in ("source_only", "zscore")]
        cells = [f"{distances[key]:.2f}" if distances else "" for distances, key in columns]
        gains = [percent(row["gains"].get(name), "+") for name in ("zscore", best)]
        body.append([f"{name_of(results, row['source'])} to {name_of(results, row['target'])}", *cells, *gains])
    head = ["", "MMD", "after z-score", "A-distance", "after z-score", "gain of z-score"]
    return table([*head, f"gain of {method_names(results)[best]}"], body)


def published(results: dict) -> list[str]:
    """Published scores beside ours: source only (zero-shot), and the recommended method in the finished modes."""
    body = []
    for row in results["published"]:
        ours = []
        for pair in dict.fromkeys((r["source"], r["target"]) for r in row["ours"]):
            rows = [r for r in row["ours"] if (r["source"], r["target"]) == pair]
            figures = ", ".join(f"{percent(r['uar'])} {r['mode']}" for r in rows)
            ours.append(f"{name_of(results, pair[0])} to {name_of(results, pair[1])}: {figures}")
        known = [row[key] for key in ("work", "pair", "classes", "labels", "figure", "differs")]
        body.append([*known, "<br>".join(ours)])
    head = ["work", "pair", "classes", "further labels", "published", "differs from ours"]
    best = method_names(results)[results["about"]["recommended"]]
    return table([*head, f"ours: UAR, four classes; source only (zero-shot) and {best}"], body)
