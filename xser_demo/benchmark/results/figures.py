"""Figures of RESULTS.md as SVG, from the values of ``report.report``; equal values give equal bytes."""

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("svg")
import matplotlib.pyplot as plt

from xser_demo.benchmark.markdown import select
from xser_demo.benchmark.results import sentences
from xser_demo.benchmark.results.sentences import OVER
from xser_demo.benchmark.results.tables import name_of
from xser_demo.benchmark.tables import MODES
from xser_demo.training.criteria import CRITERIA

SLATE, TEAL, RUST = "#5b6b7c", "#0b7a75", "#b6542b"
STYLE = {"svg.hashsalt": "xser", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
MIN_BIN_CLIPS = 10  # in a bin of the reliability diagram that is drawn
GROUPS = {"all": SLATE, "InfoMax": RUST, "others": TEAL}


def draw(results: dict, folder: Path) -> list[str]:
    """Write all figures that have values; returns their file names."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with plt.rc_context(STYLE):
        for name, function in FIGURES.items():
            figure = function(results)
            if figure is not None:
                figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
                plt.close(figure)
                written.append(f"{name}.svg")
    return written


def main_rows(results: dict, mode: str) -> list[dict]:
    """Rows of the main table of a mode."""
    return select(results["scores"], mode=mode, shift="", leave_one_out=False, control=False)


def pairs(results: dict):
    """Left: UAR of the recommended method, source by target. Right: gain of every method over source only."""
    mode = next((mode for mode in MODES if main_rows(results, mode)), None)
    if mode is None:
        return None
    rows, best = main_rows(results, mode), results["about"]["recommended"]
    at = {(r["method"], r["source"], r["target"]): r["uar"] for r in rows}
    known = list(dict.fromkeys((r["source"], r["target"]) for r in rows))
    sources, targets = (sorted({pair[side] for pair in known}) for side in (0, 1))
    table = np.array([[100 * at.get((best, s, t), np.nan) for t in targets] for s in sources])
    there = {row["method"] for row in rows} - {"source_only"}
    names = [name for name in results["about"]["methods"] if name in there]
    gains = np.array(
        [[100 * (at.get((m, *p), np.nan) - at.get(("source_only", *p), np.nan)) for p in known] for m in names]
    )
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(16, 0.32 * max(len(names), 5) + 2.2), width_ratios=[max(len(targets), 2), max(len(known), 2)]
    )
    left.imshow(table, cmap="Blues", vmin=25, vmax=100)
    left.set_xticks(range(len(targets)), [name_of(results, t) for t in targets], rotation=60)
    left.set_yticks(range(len(sources)), [name_of(results, s) for s in sources])
    left.set_title(f"{results['about']['methods'].get(best, best)}, {mode}:\nUAR, source by target")
    for i, j in np.argwhere(~np.isnan(table)):
        left.text(j, i, f"{table[i, j]:.0f}", ha="center", va="center", color="white" if table[i, j] > 70 else "black")
    limit = np.nanmax(np.abs(gains)) if np.isfinite(gains).any() else 1
    right.imshow(gains, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto")
    labels = [f"{name_of(results, s)}\nto {name_of(results, t)}" for s, t in known]
    right.set_xticks(range(len(known)), labels, rotation=60)
    right.set_yticks(range(len(names)), [results["about"]["methods"][m] for m in names])
    right.set_title(f"Gain over source only in points, {mode}; negative transfer in red")
    for i, j in np.argwhere(~np.isnan(gains)):
        dark = abs(gains[i, j]) > 0.6 * limit
        right.text(j, i, f"{gains[i, j]:+.0f}", ha="center", va="center", color="white" if dark else "black")
    figure.tight_layout()
    return figure


def gains(results: dict):
    """Mean gains of every method over source only and over z-score, with intervals."""
    if not results["gains"]:
        return None
    shown = [mode for mode in MODES if select(results["gains"], mode=mode, set="all pairs")]
    figure, panels = plt.subplots(1, len(shown), figsize=(5.5 * len(shown), 4), sharey=True, squeeze=False)
    names = [m for m in results["about"]["methods"] if m != "source_only"][::-1]
    for panel, mode in zip(panels[0], shown, strict=True):
        for base, shift, colour in (("source_only", 0.15, SLATE), ("zscore", -0.15, TEAL)):
            for row in select(results["gains"], mode=mode, set="all pairs", over=base):
                if row["method"] in names:
                    mean, low, high = (100 * x for x in (row["mean"], *row["ci95"]))
                    panel.errorbar(
                        mean, names.index(row["method"]) + shift, xerr=[[mean - low], [high - mean]], fmt="o",
                        markersize=4, color=colour if mean >= 0 else RUST, mfc=colour,
                    )  # fmt: skip
        panel.axvline(0, color="black", linewidth=0.8)
        panel.set_yticks(range(len(names)), [results["about"]["methods"][m] for m in names])
        count = select(results["gains"], mode=mode, set="all pairs")[0]["pairs"]
        panel.set_title(f"{mode}, mean over {count} pairs")
        panel.set_xlabel("gain in points, 95 % interval")
    legend(figure, {"over source only": SLATE, "over the target's z-score": TEAL, "negative (bars)": RUST})
    return figure


def recipes(results: dict):
    """Mean UAR of source only, of the controls without an adaptation loss and of the recommended method, with each
    speaker standardised and with the corpus as a whole."""
    if not results["primary"]:
        return None
    mode = results["primary"][0]["mode"]
    figure, panels = plt.subplots(1, 2, figsize=(10, 2.8), sharex=True, sharey=True)
    tables = ((results["means"], "each speaker standardised"), (results["corpus"]["means"], "the corpus as a whole"))
    names = ["source_only", *OVER, results["about"]["recommended"]][::-1]
    for panel, (means, title) in zip(panels, tables, strict=True):
        rows = {row["method"]: row for row in sentences.first_set(means, mode=mode)}
        for place, name in enumerate(names):
            if name in rows:
                mean, low, high = (100 * value for value in (rows[name]["mean"], *rows[name]["ci95"]))
                colour = TEAL if place == 0 else SLATE
                panel.barh(place, mean, color=colour, height=0.6, alpha=0.85)
                panel.plot([low, high], [place, place], color="black", linewidth=1)
                panel.text(2, place, f"{mean:.1f}", va="center", color="white")
        panel.set_yticks(range(len(names)), [results["about"]["methods"].get(name, name) for name in names])
        panel.set_title(f"{title}, mean of {rows[names[0]]['pairs']} pairs" if names[0] in rows else title)
        panel.set_xlabel(f"UAR, {mode}, 95 % interval")
        panel.set_xlim(0, 100)
    figure.tight_layout()
    return figure


def criteria(results: dict):
    """Rank correlation of every criterion with the true UAR, within a training and across methods."""
    rows = results["criteria"]
    if not rows:
        return None
    shown = list(dict.fromkeys(r["setting"] for r in rows))
    figure, panels = plt.subplots(len(shown), 2, figsize=(10, 2.6 * len(shown) + 0.6), sharex=True, squeeze=False)
    names = list(CRITERIA)[::-1]
    for line, setting in zip(panels, shown, strict=True):
        for panel, label in zip(line, ("within", "across"), strict=True):
            for number, (group, colour) in enumerate(GROUPS.items()):
                for row in select(rows, setting=setting, trained_on=group):
                    if row["criterion"] in names and row[label]["mean"] is not None:
                        mean, low, high = row[label]["mean"], *row[label]["ci95"]
                        panel.errorbar(
                            mean, names.index(row["criterion"]) + 0.2 * (1 - number),
                            xerr=[[max(0, mean - low)], [max(0, high - mean)]], fmt="o", markersize=4, color=colour,
                        )  # fmt: skip
            panel.axvline(0, color="black", linewidth=0.8)
            panel.set_yticks(range(len(names)), [CRITERIA[n].title for n in names] if label == "within" else [])
            scope = "within a training" if label == "within" else "across methods"
            panel.set_title(f"{setting}, {scope}")
    for panel in panels[-1]:
        panel.set_xlabel("rank correlation with the true UAR, interval over pairs")
    legend(figure, {f"methods: {name}": colour for name, colour in GROUPS.items()})
    return figure


def distance(results: dict):
    """Gain over source only against the distance of the domains before adaptation; one point a pair."""
    rows = [row for row in results["distance"]["pairs"] if "source_only" in row]
    if not rows:
        return None
    best = results["about"]["recommended"]
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for panel, key in zip(panels, ("mmd", "a_distance"), strict=True):
        for name, colour in (("zscore", SLATE), (best, TEAL)):
            known = [row for row in rows if row["gains"].get(name) is not None]
            x = [row["source_only"][key] for row in known]
            y = [100 * row["gains"][name] for row in known]
            panel.scatter(x, y, s=18, color=colour)
            if name == best:
                for row, *point in zip(known, x, y, strict=True):
                    text = f"{name_of(results, row['source'])} to {name_of(results, row['target'])}"
                    panel.annotate(text, point, fontsize=6, xytext=(3, 3), textcoords="offset points")
        panel.axhline(0, color=RUST, linewidth=0.8)
        panel.set_xlabel({"mmd": "MMD", "a_distance": "proxy A-distance"}[key] + " before adaptation")
    panels[0].set_ylabel("gain over source only, points")
    titles = results["about"]["methods"]
    legend(figure, {titles.get("zscore", "z-score"): SLATE, titles.get(best, best): TEAL})
    return figure


def reliability(results: dict):
    """Accuracy by confidence, over all pairs; on the diagonal, a model is calibrated."""
    rows = results["calibration"]["diagrams"]
    if not rows:
        return None
    mode = next(mode for mode in MODES if select(rows, mode=mode))
    names = list(dict.fromkeys(r["method"] for r in select(rows, mode=mode)))
    figure, panels = plt.subplots(1, len(names), figsize=(3.6 * len(names), 3.8), sharey=True, squeeze=False)
    for panel, name in zip(panels[0], names, strict=True):
        panel.plot([0, 1], [0, 1], color="black", linewidth=0.8)
        for row, colour in zip(select(rows, mode=mode, method=name), (SLATE, TEAL), strict=True):
            bins = zip(row["confidence"], row["accuracy"], row["clips"], strict=True)
            known = [(c, a) for c, a, clips in bins if clips >= MIN_BIN_CLIPS] or [(np.nan, np.nan)]
            panel.plot(*zip(*known, strict=True), marker="o", markersize=3, color=colour)
        panel.set_title(f"{results['about']['methods'][name]}, {mode}")
        panel.set_xlabel("confidence")
    panels[0][0].set_ylabel("share of right answers")
    legend(figure, {"as it answers": SLATE, "temperature from source validation": TEAL})
    return figure


def legend(figure, colours: dict[str, str]) -> None:
    handles = [plt.Line2D([], [], color=c, marker="o", linestyle="", label=name) for name, c in colours.items()]
    figure.legend(handles=handles, loc="lower center", ncols=len(handles), frameon=False)
    height = 0.35 / figure.get_size_inches()[1]
    figure.tight_layout(rect=(0, height, 1, 1))


FIGURES = {
    "recipes": recipes, "pairs": pairs, "gains": gains, "criteria": criteria, "distance": distance,
    "reliability": reliability,
}  # fmt: skip
