"""Figures of docs/systems.md (docs/figures/*.svg), from the result rows and a few trained models.

python -m xser_demo.benchmark.systems.figures build/systems
"""

import json
import sys
from collections import Counter
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("svg")
import matplotlib.pyplot as plt

from xser_demo.benchmark.markdown import select
from xser_demo.benchmark.results.figures import RUST, SLATE, STYLE, TEAL
from xser_demo.benchmark.systems.published import DE_EN, EN_DE, RANDOM, supervised
from xser_demo.benchmark.systems.runs import WEIGHT_0
from xser_demo.corpora import corpus
from xser_demo.corpora.labels import LABEL_SETS, shared
from xser_demo.data import domains
from xser_demo.data.packs import load_cached
from xser_demo.evaluation import projection
from xser_demo.experiments.systems.baklouti2024 import BAKLOUTI
from xser_demo.experiments.systems.cai2021 import CAI
from xser_demo.experiments.systems.poster2023 import POSTER
from xser_demo.networks import checkpoints
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.utils import settings

plt.rcParams |= STYLE


def cai_grid(rows: list[dict]):
    """UAR of each kind of batch-norm statistics, without and with gradient reversal; the line is z-score alone. One row
    of panels with features standardised by the source only, one with each language by its own."""
    grids = [(words, select(rows, normalise=by)) for by, words in (("source", "source's statistics"), (None, "own"))]
    grids = [(words, part) for words, part in grids if part]
    tasks = [t for t in ("arousal", "valence", "arousal_strict", "valence_strict") if select(rows, labels=t)]
    figure, panels = plt.subplots(
        len(grids), len(tasks), figsize=(3 * len(tasks), 2.8 * len(grids)), sharey=True, squeeze=False
    )
    for line, (words, part) in zip(panels, grids, strict=True):
        for panel, task in zip(line, tasks, strict=True):
            cai_panel(panel, part, task)
            panel.set_title(f"{task.replace('_', ', ')}, {words}", fontsize=9)
        line[0].set_ylabel("UAR, percent")
    figure.legend(
        handles=[
            plt.Line2D([], [], color=SLATE, marker="o", linestyle="", label="reversal off"),
            plt.Line2D([], [], color=TEAL, marker="o", linestyle="", label="reversal on"),
            plt.Line2D([], [], color=RUST, linestyle="--", label="z-score alone"),
        ],
        loc="lower center",
        ncols=3,
        frameon=False,
    )
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    return figure


def cai_panel(panel, rows: list[dict], task: str) -> None:
    for shift, method, colour in ((-0.15, WEIGHT_0, SLATE), (0.15, "dann", TEAL)):
        for place, variant in enumerate(CAI.variants):
            found = select(rows, variant=variant, labels=task, method=method, pair=EN_DE, mode="transductive")
            for row in found[:1]:
                low, high = row["ci95"]
                y = 100 * row["uar"]
                error = [[y - 100 * low], [100 * high - y]]
                panel.errorbar(place + shift, y, error, fmt="o", color=colour, markersize=4)
    for row in select(rows, labels=task, method="zscore", pair=EN_DE, variant="joint")[:1]:
        panel.axhline(100 * row["uar"], color=RUST, linewidth=1, linestyle="--")
    panel.set_xticks(range(len(CAI.variants)), list(CAI.variants), rotation=45)


def baklouti_confusion(rows: list[dict]):
    """Confusion matrices with MMD, random split: rows are labels, columns are predictions; share of the row."""
    figure, panels = plt.subplots(1, 2, figsize=(8, 4))
    for panel, (pair, key) in zip(panels, ((EN_DE, "emodb"), (DE_EN, "ravdess")), strict=True):
        for row in select(rows, **supervised(pair, "lambda 1", RANDOM, key))[:1]:
            matrix = np.array(row["confusion"], float)
            share = matrix / matrix.sum(1, keepdims=True)
            panel.imshow(share, cmap="Blues", vmin=0, vmax=1)
            names = row["labels"].split(", ")
            panel.set_xticks(range(len(names)), names, rotation=60)
            panel.set_yticks(range(len(names)), names)
            for i, j in np.ndindex(share.shape):
                panel.text(j, i, f"{100 * share[i, j]:.0f}", ha="center", va="center", fontsize=7,
                           color="white" if share[i, j] > 0.5 else "black")  # fmt: skip
            panel.set_title(f"scored on {corpus(key).name}, percent of the row")
    figure.tight_layout()
    return figure


def baklouti_tsne():
    """Embeddings (first fully connected layer) of the shipped models before and after adaptation."""
    source, target = BAKLOUTI.pairs[0]
    figure, panels = plt.subplots(1, 2, figsize=(8, 3.6))
    models = [f"{source}-source-{BAKLOUTI.id}", f"{source}-{target}-{BAKLOUTI.id}"]
    for panel, model_id, title in zip(panels, models, ("source only", "after MMD"), strict=True):
        model = checkpoints.load(model_id).model
        both = [load_cached(key, "mel") for key in (source, target)]
        labels, _ = shared(LABEL_SETS["six"], *([u.emotion for u in p.utterances] for p in both))
        clips = [domains.Domain(p, domains.select(p, labels)[0]) for p in both]
        points = [model.predict_all(c, d)[1] for c, d in zip(clips, (SOURCE, TARGET), strict=True)]
        layout = projection.layout(np.concatenate(points), "tsne")
        first = len(points[0])
        panel.scatter(*layout[:first].T, s=4, color=SLATE, label=corpus(source).name)
        panel.scatter(*layout[first:].T, s=4, color=TEAL, label=corpus(target).name)
        panel.set_title(title)
        panel.set_xticks([])
        panel.set_yticks([])
    panels[0].legend(frameon=False, loc="lower left", markerscale=3)
    figure.tight_layout()
    return figure


def poster_search(results: list[dict]):
    """Accuracy of each combination: at the epoch chosen without labels, and at the best by the target's labels."""
    order = sorted(results, key=lambda row: row["oracle_accuracy"])
    names = [f"{r['optimiser']}, {r['learning_rate']:g}, {r['weight_decay']:g}" for r in order]
    figure, panel = plt.subplots(figsize=(8, 5))
    panel.scatter([100 * r["oracle_accuracy"] for r in order], names, color=RUST, label="best epoch by target labels")
    panel.scatter([100 * r["accuracy"] for r in order], names, color=TEAL, label="epoch chosen without them")
    best = max(order, key=lambda r: (r["source_validation_uar"], r["infomax"]))
    panel.axhline(order.index(best), color=TEAL, linewidth=0.8, linestyle=":")
    panel.axvline(20, color=SLATE, linewidth=0.8, linestyle="--")
    panel.set_xlabel("accuracy on EMOVO, percent (chance 20; dotted: best on the source's validation speakers)")
    panel.set_title("optimiser, learning rate, weight decay")
    panel.legend(frameon=False)
    figure.tight_layout()
    return figure


def poster_schedule():
    """The learning rate over the training (one cycle)."""
    schedule = POSTER.variant().schedule
    progress = np.linspace(0, 1, 400)
    figure, panel = plt.subplots(figsize=(5, 2.6))
    panel.plot(schedule.epochs * progress, [schedule.rate(p) for p in progress], color=TEAL)
    panel.set_xlabel("epoch")
    panel.set_ylabel("learning rate")
    figure.tight_layout()
    return figure


def poster_corpora():
    """Clips of each emotion in the two corpora."""
    labels = LABEL_SETS["five"].classes
    figure, panel = plt.subplots(figsize=(5, 2.6))
    for shift, key, colour in ((-0.2, "ravdess", SLATE), (0.2, "emovo", TEAL)):
        counts = Counter(u.emotion for u in load_cached(key, "averages").utterances)
        panel.bar(
            np.arange(len(labels)) + shift, [counts[e] for e in labels], 0.4, color=colour, label=corpus(key).name
        )
    panel.set_xticks(range(len(labels)), labels)
    panel.set_ylabel("clips")
    panel.legend(frameon=False)
    figure.tight_layout()
    return figure


def main() -> None:
    rows = json.loads((settings.ASSETS / "results" / "systems.json").read_text())
    search = json.loads((Path(sys.argv[1]) / "search.json").read_text())
    figures = {
        "cai_grid": cai_grid(rows["cai2021-dann"]),
        "baklouti_confusion": baklouti_confusion(rows["baklouti2024-mmd"]),
        "baklouti_tsne": baklouti_tsne(),
        "poster_search": poster_search(search),
        "poster_schedule": poster_schedule(),
        "poster_corpora": poster_corpora(),
    }
    folder = settings.ROOT / "docs" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
