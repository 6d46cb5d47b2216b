"""RESULTS.md: protocol, tables and limits. Every sentence about a result is generated from its numbers."""

from xser_demo.benchmark.markdown import percent, select, table
from xser_demo.benchmark.results import comparisons, summary, tables
from xser_demo.benchmark.results.summary import FIGURES
from xser_demo.benchmark.results.tables import interval, method_names, name_of, p
from xser_demo.benchmark.tables import MODES
from xser_demo.training.criteria import CRITERIA

LIMITS = """## What this can not say

* The corpora are acted, with 6 to 29 speakers each. An interval from so few speakers is itself uncertain, and tends to
  be too narrow.
* In URDU nearly every speaker has one emotion only; compare the floor that looks the speaker up.
* The encoder's blocks had first been chosen with labels of EmoDB, EMOVO and RAVDESS (docs/tuning.md has the choice
  without), and what Whisper was trained on is not public.
* P values are corrected for the methods of one table, not for the number of tables, modes and sets of pairs.
* With {draws} resamples no p value is below {least} before the correction.
* The interval of a mean over pairs speaks of other speakers and seeds for these corpora, not of other languages. That
  of the criteria study resamples pairs, which share corpora.
* Bins of a calibration error hold few clips; the error of a small sample is biased upwards.
"""


def page(results: dict) -> str:
    """The text of RESULTS.md, from the values of ``report.report``."""
    parts = [summary.title(results), *warnings(results), *summary.in_short(results), introduction(results)]
    parts += [*comparisons.goals(results), *comparisons.question(results)]
    for mode in MODES:
        if select(results["scores"], mode=mode, shift="", leave_one_out=False, control=False):
            parts += [f"## {mode.capitalize()}", "", *tables.scores(results, mode), ""]
            parts += [*tables.negative(results, mode), "", *tables.collapsed(results, mode), ""]
    if results["gains"]:
        parts += comparisons.gains(results)
    parts += left_out(results) + shifts(results) + rules(results) + study(results) + calibrated(results)
    parts += distance(results) + speakers(results) + control(results) + other_settings(results)
    parts += comparisons.appendix(results)
    parts += ["## Published figures beside ours", "",
              "None has this protocol; no two rows are a ranking.", "", *tables.published(results), ""]  # fmt: skip
    draws = results["about"]["draws"]
    limits = LIMITS.format(draws=f"{draws:,}", least=f"{2 / draws:g}")
    return "\n".join([*parts, *configurations(results), limits])


def introduction(results: dict) -> str:
    about = results["about"]
    seeds = [str(count) for count in sorted({row["seeds"] for row in results["scores"]})] or ["no"]
    return f"""## How it was made

* *Inductive*: adapted on the unlabelled clips of some target speakers, scored on the others, all folds pooled.
  *Transductive*: adapted on and scored on all clips. *Zero-shot*: nothing of the target is used, not
  even its mean. *Supervised*: trained on the other target speakers with their labels; not to be ranked.
* All methods share the frozen encoder, the head, the budget and the source training of a seed; one setting for all
  pairs. Source speakers are split 80/20 into training and validation by the seed; target folds are frozen and
  speaker-disjoint.
* The checkpoint is chosen without target labels: {about["selection"]}.
* Means of {" or ".join(seeds)} seeds (column `seeds` of [scores.csv](assets/results/scores.csv)). Small print: 95 %
  interval of a hierarchical bootstrap (seeds, then speakers, then their clips; {about["draws"]:,} draws).
* Differences are paired: one draw of a target's speakers serves all methods and all pairs with that target. P values
  are two-sided, corrected by Holm's method for all methods of a table.
* {tables.WORSE} marks negative transfer: below source only.
"""


def warnings(results: dict) -> list[str]:
    """Warnings about short trainings and unfinished runs."""
    about = results["about"]
    lines = []
    if about["changed"]:
        lines.append(
            f"**Computed before {' and '.join(about['changed'])} changed.** The figures are of the earlier version; a "
            "cell that is computed again gives others."
        )
    if about["epochs"]["adaptation"] or about["epochs"]["source"]:
        lines.append("**Trained for a few epochs only, to show that everything runs. These are no results.**")
    if results["missing"]:
        count = f"{about['cells']} of {about['of']} cells" if about["of"] else f"{about['cells']} cells"
        runs = sum(len(m["methods"]) for m in results["missing"])
        lines.append(
            f"**Not finished: {count} are there.** Runs that lack a fold or a seed are left out of all tables:"
        )
        lines.append(f"{runs} runs on {len(results['missing'])} tasks (listed in `scores.json`).")
    if any(not row["whole"] for row in results["scores"]):
        lines.append("Some rows score a part of the target only, see `n` in the CSV file.")
    return [*lines, ""] if lines else []


def left_out(results: dict) -> list[str]:
    if not results["leave_one_out"]:
        return []
    text = "All corpora of other languages are labelled sources. Means are over the targets that are finished."
    return ["## One language left out", "", text, "", *tables.leave_one_out(results), ""]


def shifts(results: dict) -> list[str]:
    if not results["label_shift"]:
        return []
    pairs = results["label_shift"][0]["pairs"]
    text = (
        f"Transductive, mean over {pairs} pairs. The target is subsampled to 70 % of one emotion and 10 % of each "
        "other, or all clips of one emotion are taken away. In brackets and small print: difference to z-score under "
        "the same shift."
    )
    return ["## Label shift", "", text, "", *tables.label_shift(results), ""]


def rules(results: dict) -> list[str]:
    lines = []
    for mode in MODES:
        if any(r["rules"] for r in select(results["scores"], mode=mode, shift="", leave_one_out=False)):
            lines += [f"### {mode.capitalize()}", "", *tables.selection(results, mode), ""]
    text = (
        "Mean UAR over pairs if another rule chose the epoch, each time the best by that criterion alone. The last "
        "column uses the target's labels and can not be had in practice; it shows what choosing by them would have "
        "claimed."
    )
    return ["## Choice of the epoch", "", text, "", *lines] if lines else []


def study(results: dict) -> list[str]:
    if not results["criteria"]:
        return []
    text = """Rank correlation (Spearman) of criteria that need no target labels with the true UAR on the target.
*Within*: over the epochs of one training. *Across*: over all checkpoints of all trained methods on one pair, seed and
fold. *Regret*: points lost to the best of the same checkpoints by taking the criterion's favourite. *InfoMax*: methods
trained on that criterion's own quantity, apart from the *others*. Small print: interval over pairs. All criteria are
the higher the better. *A perfect criterion*: the highest correlation possible, since the true UAR itself is measured
on finitely many clips (from two halves of the clips)."""
    formulas = "; ".join(f"{c.title}: {c.formula}" for c in CRITERIA.values())
    lines = ["## Criteria without labels", "", text, "", f"{formulas}.", ""]
    lines += [f"![Criteria study]({FIGURES}/criteria.svg)", ""]
    for setting in dict.fromkeys(r["setting"] for r in results["criteria"]):
        first = select(results["criteria"], setting=setting, trained_on="all")[0]
        count = f"{first['checkpoints']:,} checkpoints of {first['trainings']:,} trainings, {first['pairs']} pairs"
        lines += [f"### {setting.capitalize()}: {count}", "", *tables.criteria_study(results, setting), ""]
    return lines


def calibrated(results: dict) -> list[str]:
    if not results["calibration"]["diagrams"]:
        return []
    text = (
        f"Expected calibration error in points ({results['calibration']['bins']} bins of equal width), mean over "
        "pairs, as the model answers and with a temperature T that was fitted on the source's validation speakers. "
        "Where T is at a bound of the search (0.05 or 20), so many of the fits, nothing was calibrated."
    )
    return ["## Calibration", "", text, "", *tables.calibration(results), "",
            f"![Reliability]({FIGURES}/reliability.svg)", ""]  # fmt: skip


def distance(results: dict) -> list[str]:
    if not results["distance"]["pairs"]:
        return []
    titles = results["about"]["methods"]
    rows = results["distance"]["rank_correlations"]
    correlations = [
        f"{titles[r['method']]} {r['mmd']:+.2f} and {r['a_distance']:+.2f}"
        for r in rows
        if r["mmd"] is not None and r["a_distance"] is not None
    ]
    lines = ["## Gain against the measured distance", "",
             "Distance of the embeddings of source and target before anything was trained on the target; gain over "
             "source only in points, transductive.", "", *tables.distance(results), ""]  # fmt: skip
    if correlations:
        lines += [f"Rank correlation of distance (MMD and A-distance) and gain over {rows[0]['pairs']} pairs: "
                  f"{'; '.join(correlations)}.", ""]  # fmt: skip
    drawn = any("source_only" in row for row in results["distance"]["pairs"])
    return [*lines, *([f"![Gain against distance]({FIGURES}/distance.svg)", ""] if drawn else [])]


def speakers(results: dict) -> list[str]:
    rows = results["inductive_minus_transductive"]
    if not rows:
        return []
    titles = method_names(results)
    body = [[titles[r["method"]], interval(r, "+"), p(r["p"])] for r in rows]
    text = f"In points, mean over {rows[0]['pairs']} pairs; p not corrected."
    return ["## Inductive minus transductive", "", text, "", *table(["", "difference", "p"], body), ""]


def control(results: dict) -> list[str]:
    rows = select(results["scores"], control=True, shift="", leave_one_out=False)
    titles = method_names(results)
    body = [
        [f"{name_of(results, r['source'])} to {name_of(results, r['target'])}", r["mode"], titles[r["method"]],
         percent(r["uar"]) + tables.small(*r["ci95"])] for r in rows
    ]  # fmt: skip
    head = ["pair", "mode", "method", "UAR"]
    return ["## Control: another corpus, the same language", "", *table(head, body), ""] if rows else []


def other_settings(results: dict) -> list[str]:
    rows = results["other_settings"]
    body = [
        [r["labels"], f"{name_of(results, r['source'])} to {name_of(results, r['target'])}", r["mode"], r["method"],
         percent(r["uar"]) + tables.small(*r["ci95"]), percent(r["floors"]["label_majority"])]
        for r in rows if not r["shift"] and (r["mode"], r["method"]) != ("transductive", "source_only")  # is zero-shot
    ]  # fmt: skip
    head = ["labels", "pair", "mode", "method", "UAR", "commonest class"]
    return ["## Other label sets and settings", "", *table(head, body), ""] if rows else []


def configurations(results: dict) -> list[str]:
    """Numbers of settings whose scores on the targets were seen."""
    seen = results["configurations"]
    return [
        "## How often we looked",
        "",
        "Every setting whose score on a target of these tables was ever seen counts. Here: "
        f"{len(seen['here'])} settings of {seen['methods']} methods (method, mode, sources, shift, label set). Of the",
        f"five systems with their own networks: {seen['systems']}, best epochs by target labels among them",
        f"([docs/systems.md](docs/systems.md)), and {seen['search']} of a search that shows what choosing by target",
        f"labels does. Before the settings were fixed: {sum(row['settings'] for row in seen['before'])}, namely",
        "; ".join(f"{row['settings']} ({row['what']})" for row in seen["before"]) + ".",
        "How settings were chosen is in [docs/tuning.md](docs/tuning.md).",
        "",
    ]
