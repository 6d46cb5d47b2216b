"""docs/systems.md: published scores beside ours, and all result rows of the five systems."""

import numpy as np

from xser_demo.benchmark.markdown import percent, select
from xser_demo.benchmark.markdown import table as markdown_table
from xser_demo.benchmark.systems import summary
from xser_demo.benchmark.systems.published import DE_EN, EN_DE, PUBLISHED, RANDOM, supervised
from xser_demo.benchmark.systems.result_table import name, pair_name, table, uar
from xser_demo.benchmark.systems.runs import WEIGHT_0
from xser_demo.corpora import corpus
from xser_demo.experiments import systems
from xser_demo.experiments.systems.base import System
from xser_demo.experiments.systems.cai2021 import CAI
from xser_demo.networks.domain_norm import COMBINE
from xser_demo.training.selection import RULE

MARGIN = 0.10  # over chance that a source model must reach on validation speakers, else it "did not learn"
INTRODUCTION = f"""
Each system runs with its own features and network as its paper describes it, as far as it does (*faithful*), and its
objective once more on the frozen Whisper frames with the same head, budget and selection as all others (*common*).
Made by `make systems` from the shipped packs.

* UAR and accuracy (WA) in percent, means over seeds (supervised VGG16: ten repeats); in brackets the 95 % interval of
  the UAR (seeds, then speakers, then their clips resampled; supervised rows: speakers and clips over all
  repeats together, with the deviation over repeats behind ±, as each repeat has its own test part).
* *transductive*: adapted on and scored on all target clips, as the poster's probable code does (papers 1 to 3 do not
  say); *inductive*: scored on other speakers than those adapted on, all folds pooled. Target labels reach neither
  training nor the choice of the epoch, except where a row says *supervised* or *oracle*; such rows are never to be
  ranked with the others.
* Epochs are chosen by {RULE}
  ("no labels"), by the source's validation speakers ("source"), by the target's labels ("**oracle**") or not at all
  ("last"; "-" where nothing is trained).
* Controls stand beside every system: *source only* (target standardised by the source's statistics), *z-score* (by its
  own), the majority class of the source, and what the field uses on such features. A system that does not beat z-score
  adds nothing.
* Every system, but not *source only*, standardises each language's features by its own statistics. That alone is the
  z-score control; what a system adds is its difference from that row. Rows marked *by the source* leave this out, so
  that batch norm has a shift to remove.
* *did not learn*: on validation speakers of its own corpus the source model is less than {100 * MARGIN:.0f} points
  above chance. *Collapsed*: a supervised row less than that above chance on its test part.
* On common ground two systems may share a row: the nearest common method of both DANN systems is `dann`, of the last
  one `mmd` with its ramped weight.
* RAVDESS stands in for SAVEE and ESD, EMOVO for the corpus that Li et al. call Skropus and for Mandarin ESD. IEMOCAP,
  ESD, ShEMO and SAVEE can be read (`xser corpora`), but were not at hand.
"""  # fmt: skip

TASK = ("variant", "pair", "labels", "mode", "normalise")


def page(results: dict[str, list[dict]]) -> str:
    """The text of docs/systems.md, from the result rows of each system."""
    parts = [
        "# The five systems",
        "",
        *summary.lines(),
        *note(results),
        INTRODUCTION,
        *differences(),
        *summary.full_size(),
    ]
    for key, system in systems.SYSTEMS.items():
        rows = results[key]
        faithful = [row for row in rows if row["track"] == "faithful"]
        parts += [f"## {system.title}", "", system.paper, "", system.idea, ""]
        parts += ["Stated in the paper:", "", *(f"* {line}" for line in system.published), ""]
        if system.inferred:
            parts += ["Inferred:", "", *(f"* {line}" for line in system.inferred), ""]
        parts += ["Not stated, chosen by us:", "", *(f"* {line}" for line in system.unknown_in_paper), ""]
        parts += ["Built as:", "", *builds(system), ""]
        parts += ["### Published and ours", "", *beside(system, faithful), ""]
        parts += EXTRA.get(key, lambda rows: [])(faithful)
        parts += ["### All rows with its own features and network", "", *table(faithful), ""]
        parts += [
            "### Its objective, or the nearest common method, on common ground",
            "",
            *table([r for r in rows if r["track"] == "common"]),
            "",
        ]
    return "\n".join(parts)


def note(results: dict[str, list[dict]]) -> list[str]:
    """What is missing: rows of the table above, variants that train on two cores, and scores on unheard speakers."""
    missing = ["rows that say *not computed yet*"] if not all(row["computed"] for row in summary.rows()) else []
    for key, system in systems.SYSTEMS.items():
        built = {row["variant"] for row in results[key] if row["track"] == "faithful"}
        here = [one for one in system.variants.values() if one.on_page and one.recipe.feature != "egemaps"]
        missing += [f"*{one.name}* of the {system.title}" for one in here if one.name not in built]
    faithful = [row for rows in results.values() for row in rows if row["track"] == "faithful"]
    if not any(row["mode"] == "inductive" for row in faithful):
        missing.append("inductive rows")
    return [f"Not computed yet, and waiting for `make systems`: {'; '.join(missing)}.", ""] if missing else []


def differences() -> list[str]:
    """All paired differences, and what Latif's corpus gives within itself."""
    return ["## All paired differences", "", *summary.all_differences(), "", *within(), ""]


def within() -> list[str]:
    """Valence within a corpus, beside the published 81.3 for EmoDB."""
    rows = summary.read().get("within", [])
    if not rows:
        return []
    head = ["corpus", "features", "standardised", "SVM", "one speaker left out", "ten random parts"]
    body = [
        [corpus(row["corpus"]).name, row["features"], "by speaker" if row["by_speaker"] else "as a whole",
         row["classifier"], *(percent(row["uar"][split]) for split in ("speakers", "random"))]
        for row in rows
    ]  # fmt: skip
    words = "Valence within a corpus, UAR (Latif 2019 publishes 81.3 for EmoDB and does not say how it was split):"
    return [words, "", *markdown_table(head, body)]


def builds(system: System) -> list[str]:
    """Each variant, its fidelity to the paper, and every deviation."""
    lines = []
    for variant in system.variants.values():
        deviations = f": {'; '.join(variant.deviations)}" if variant.deviations else ""
        lines.append(f"* *{variant.name}* ({variant.title}), {variant.fidelity}{deviations}")
    return lines


def beside(system: System, rows: list[dict]) -> list[str]:
    """Published scores and the nearest result rows."""
    lines = ["| published | figure | ours, nearest to it | figure | what differs |", "|---|---|---|---|---|"]
    for title, figure, ours, wanted, differs in PUBLISHED[system.id]:
        nearest = select(rows, **wanted)[:1] if wanted else []
        text = "; ".join(f"UAR {uar(row)}, WA {percent(row['wa'])}, F1 {percent(row['macro_f1'])}" for row in nearest)
        if system.id == "cai2021-dann":
            text = gains(rows)
        empty = "" if wanted is None else "not computed yet"
        lines.append(f"| {title} | {figure} | {ours} | {text or empty} | {differs} |")
    return lines


def gains(rows: list[dict]) -> str:
    """Mean gains in UAR of the joint variant over source only, z-score and the same without reversal."""
    dann = select(rows, variant="joint", method="dann", mode="transductive")
    dann = [row for row in dann if row["labels"] in ("arousal", "valence")]
    dann = select(dann, normalise="source") or dann  # where batch norm has a shift to remove, as in the paper
    if not dann:
        return ""
    no_reversal = [select(rows, **{key: row.get(key) for key in TASK}, method=WEIGHT_0)[0] for row in dann]
    means = [
        np.mean([row["uar"] - row["source_only"] for row in dann]),
        np.mean([row["uar"] - row["zscore"] for row in dann]),
        np.mean([row["uar"] - off["uar"] for row, off in zip(dann, no_reversal, strict=True)]),
    ]
    words = ("over source only", "over z-score", "over the same with the reversal off")
    return ", ".join(f"{100 * mean:+.1f} {word}" for mean, word in zip(means, words, strict=True))


def grid(rows: list[dict]) -> list[str]:
    """UAR of each kind of batch-norm statistics, without and with gradient reversal, for each task: with features
    standardised by the source only, so that batch norm has a shift to remove, and by each language's own statistics."""
    lines = ["### Batch norm and reversal, RAVDESS to EmoDB, transductive", ""]
    for normalise, words in (
        ("source", "Features standardised by the source only"),
        (None, "Each language by its own"),
    ):
        part = select(rows, normalise=normalise)
        lines += [f"{words}:", "", *one_grid(part), ""] if part else []
    return [*lines, "![Batch norm and reversal](figures/cai_grid.svg)", ""]


def one_grid(rows: list[dict]) -> list[str]:
    tasks = [t for t in ("arousal", "valence", "arousal_strict", "valence_strict") if select(rows, labels=t)]
    lines = ["| statistics | " + " | ".join(f"{t.replace('_', ', ')}: off | on" for t in tasks) + " |"]
    lines += ["|---" * (2 * len(tasks) + 1) + "|"]
    for variant in CAI.variants:
        cells = []
        for task in tasks:
            for method in (WEIGHT_0, "dann"):
                row = select(rows, variant=variant, labels=task, method=method, pair=EN_DE, mode="transductive")
                cells.append(uar(row[0]) if row else "")
        lines.append(f"| {variant}: {COMBINE[variant]} | " + " | ".join(cells) + " |")
    zscore = [select(rows, labels=t, method="zscore", pair=EN_DE, variant="joint") for t in tasks]
    lines.append("| z-score alone | " + " | ".join(f"{uar(f[0])} |" if f else " |" for f in zscore) + " |")
    return lines


def per_class(rows: list[dict]) -> list[str]:
    """Recall of each emotion with transfer learning and with MMD, as in the paper's table."""
    lines = ["### Transfer learning against MMD, recall of each emotion, random split", ""]
    for pair, key in ((EN_DE, "emodb"), (DE_EN, "ravdess")):
        pairs = [select(rows, **supervised(pair, method, RANDOM, key)) for method in ("lambda 0", "lambda 1")]
        if not all(pairs):
            continue
        lines += [f"| {pair_name(pair)} | " + " | ".join(pairs[0][0]["recalls"]) + " |"]
        lines += ["|---" * (len(pairs[0][0]["recalls"]) + 1) + "|"]
        for row, *_ in pairs:
            values = " | ".join(f"{100 * value:.0f}" for value in row["recalls"].values())
            lines.append(f"| {name(row)} | {values} |")
        lines.append("")
    return [
        *lines,
        "![Confusion matrices](figures/baklouti_confusion.svg)",
        "",
        "![Embeddings before and after](figures/baklouti_tsne.svg)",
        "",
    ]


def search(rows: list[dict]) -> list[str]:
    """The poster's hyper-parameter search, as figures (search.py, figures.py)."""
    return [
        "### Search, schedule and data",
        "",
        "The poster searched optimiser, learning rate and regularisation. The same search, RAVDESS to EMOVO, one seed,",
        "27 combinations: accuracy on the target at the epoch chosen without its labels, and at its best epoch.",
        "",
        "![Search](figures/poster_search.svg)",
        "",
        "![Learning rate over the training](figures/poster_schedule.svg)",
        "",
        "![Clips of each emotion](figures/poster_corpora.svg)",
        "",
    ]


def gate(rows: list[dict]) -> list[str]:
    """What the gate of NNPM accepted, from the verdicts."""
    measured = summary.read().get("pseudo_labels", [])
    if not measured:
        return []
    head = ["pair", "clips accepted", "accepted ones right", "answers right", "seeds"]
    body = [
        [pair_name(row["pair"]), *(percent(row[key]) for key in ("share", "accuracy", "accuracy_of_answers")),
         str(row["seeds"])]
        for row in measured
    ]  # fmt: skip
    words = "At the end of training, percent of the target's clips; scored by the evaluation alone."
    return ["### The gate's pseudo labels", "", words, "", *markdown_table(head, body), ""]


EXTRA = {"cai2021-dann": grid, "li2021-nnpm": gate, "baklouti2024-mmd": per_class, "poster2023-dann": search}
