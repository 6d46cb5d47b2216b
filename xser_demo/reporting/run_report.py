"""The report of a run: one self-contained HTML page that needs no other file and no network."""

import platform
import time
from collections import Counter
from dataclasses import asdict
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import plotly
import plotly.graph_objects as go
import torch
from plotly.offline import get_plotlyjs

from xser_demo import methods
from xser_demo.corpora import corpus
from xser_demo.corpora.custom.recordings import Brought
from xser_demo.evaluation import projection
from xser_demo.evaluation import scores as evaluation_scores
from xser_demo.experiments import folds, model_card, source_models
from xser_demo.experiments.embeddings import embed, subsample
from xser_demo.experiments.folds import Pooled
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.user_labels import Labels
from xser_demo.reporting import (
    confusion_matrix,
    curves,
    failure_presets,
    plots,
    repeat,
    report_clips,
    score_tables,
)  # fmt: skip
from xser_demo.reporting.html import escaped_table, interval_words, percent
from xser_demo.reporting.maps import MAX_CLIPS, MapSettings, groups, project
from xser_demo.utils.assets import style
from xser_demo.utils.errors import UserError
from xser_demo.utils.files import atomic_write
from xser_demo.utils.words import listed

INK = "#27272a"
CAUTION = (
    "The corpora are acted: short sentences, few speakers. A label is what an actor was asked to play or what "
    "listeners chose, not what someone felt. Never judge people by such a model. With few speakers the intervals are "
    "wide: a difference of a few points is noise."
)
FLOORS = {
    "label_majority": "Floor: always the most frequent emotion of the source",
    "speaker_majority": "Floor: always the most frequent emotion of each target speaker (needs labels)",
}


def write(
    result: AdaptationResult,
    file: Path,
    pooled: Pooled | None = None,
    brought: Brought | None = None,
    labels: Labels | None = None,
) -> None:
    """Write the whole report or nothing; see ``html``. UserError when the file cannot be written."""
    try:
        atomic_write(file, html(result, pooled, brought, labels).encode("utf-8", "replace"))
    except OSError as error:
        raise UserError(f"The report cannot be written to {file} ({error.strerror}); choose another place.") from error


def html(
    result: AdaptationResult,
    pooled: Pooled | None = None,
    brought: Brought | None = None,
    labels: Labels | None = None,
) -> str:
    """The whole page. ``pooled``: the score over all folds. ``brought``: the user's recordings, if they were the
    target; their files are listed then. ``labels``: those that the user gave a few clips afterwards. Everything from
    outside is escaped; Plotly's script is embedded once."""
    plan, scores = result.plan, result.scores
    title = f"{_languages(plan)}: {source_models.method_title(plan.system, plan.variant, plan.method, plan.encoder)}"
    classes, card = list(result.task.labels.classes), model_card.model_card(result, "run", title)
    figures = maps(result)
    confusions = [
        confusion_matrix.confusion(classes, scores[key].confusion, score_tables.ROWS[key], 1)
        for key in ("source_only", "adapted")
        if scores
    ]
    training = [figure for figure in _curves(result) if figure.data]
    return "\n".join(
        (
            "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>",
            "<meta name='viewport' content='width=device-width, initial-scale=1'>",
            f"<title>{escape(title)}</title><style>{style('report')}</style>",
            f"<script>{get_plotlyjs()}</script></head><body><main>",
            f"<h1>{escape(title)}</h1><p class='small'>One adaptation without target labels, made with xser_demo.</p>",
            f"<p class='caution'>{CAUTION}</p>",
            f"<h2>Scores</h2>{_verdict(result)}{_scores(result)}{_unheard(pooled)}"
            if scores
            else score_tables.result(result),
            report_clips.few_labels(result, labels) if labels else "",
            f"<h2>Right and wrong answers</h2>{_pair(confusions)}{_recalls(result)}" if scores else "",
            "<h2>How far apart are the two languages?</h2>",
            _pair(figures) if figures else "",
            _distances(result),
            f"<h2>Training</h2>{_pair(training)}" if training else "",
            f"<h2>How the epoch was chosen</h2><p>{escape(_chosen(result))}</p>",
            f"<h2>Settings</h2>{escaped_table((), _settings(result, card))}",
            repeat.section(result, brought),
            report_clips.every_clip(result, brought) if brought else "",
            f"<h2>Corpora</h2>{_corpora(card)}",
            "</main></body></html>",
        )
    )


def floors(result: AdaptationResult) -> dict[str, evaluation_scores.Score]:
    """Scores of constant answers on the same clips."""
    most_frequent = Counter(result.task.train.labels.tolist()).most_common(1)[0][0]
    return evaluation_scores.trivial_baselines(result.task.sealed, most_frequent)


def maps(result: AdaptationResult) -> list[go.Figure]:
    """PCA before and after adaptation; none with several source corpora."""
    if len(result.plan.sources) > 1:
        return []
    task = result.task
    clips = subsample(task.labels, task.train, task.test, MAX_CLIPS)
    views = [embed(model, clips) for model in (result.source_model, result.model)]
    first, second = (project(view.points, "pca", MapSettings()) for view in views)
    layouts = (first, projection.match(second, first))
    return [
        plots.scatter(layout, groups(clips, view, "corpus"), None, when).update_traces(marker_size=6)
        for layout, view, when in zip(layouts, views, ("Before: source only", "After: adapted"), strict=True)
    ]


def _curves(result: AdaptationResult) -> list[go.Figure]:
    history: dict[str, list[float]] = {}
    for epoch in result.history:
        curves.note(history, epoch)
    return list(curves.figures(history)) if history else []


def _verdict(result: AdaptationResult) -> str:
    plan, scores = result.plan, result.scores
    before, after = (100 * scores[key].uar for key in ("source_only", "adapted"))
    sentence = f"UAR on {corpus(plan.target).language_name}: {after:.0f}% after adaptation, {before:.0f}% before."
    return f"<p class='verdict'>{escape(sentence)}</p><p>{escape(failure_presets.outcome(result))}</p>"


def _scores(result: AdaptationResult) -> str:
    rows = [
        _score(score_tables.ROWS[key], score, interval_words(score.ci95, 1)) for key, score in result.scores.items()
    ]
    rows += [_score(FLOORS[key], score) for key, score in floors(result).items()]
    score = result.scores["adapted"]
    scored = score_tables.scored_clips(result.plan.mode)
    return (
        escaped_table(("Model", "UAR", "95% interval", "Accuracy", "Macro F1"), rows)
        + f"<p class='small'>On {score.n} clips of {score_tables.people(result)}, {scored}; chance is "
        f"{percent(1 / len(score.recalls), 1)}. UAR is the mean of the recalls of all emotions; the interval "
        "resamples speakers, then their clips. Target labels were opened for these scores only.</p>"
    )


def _unheard(pooled: Pooled | None) -> str:
    """The score over all folds; "" without one."""
    if pooled is None or not pooled.scores:
        return ""
    rows = [
        _score(score_tables.ROWS[key], score, interval_words(score.ci95, 1)) for key, score in pooled.scores.items()
    ]
    one = pooled.scores["adapted"]
    return (
        "<h3>On unheard speakers</h3>"
        + escaped_table(("Model", "UAR", "95% interval", "Accuracy", "Macro F1"), rows)
        + f"<p class='small'>On {one.n} clips of {one.speakers} {escape(folds.over(pooled))}.</p>"
    )


def _score(name: str, score: evaluation_scores.Score, interval: str = "") -> tuple[str, ...]:
    return name, percent(score.uar, 1), interval, percent(score.wa, 1), percent(score.macro_f1, 1)


def _recalls(result: AdaptationResult) -> str:
    before, after = (result.scores[key].recalls for key in ("source_only", "adapted"))
    rows = [(name, percent(before[name], 1), percent(after[name], 1)) for name in after]
    return escaped_table(("Labelled as", "Recall before", "Recall after"), rows)


def _distances(result: AdaptationResult) -> str:
    before, after = result.distances_before, result.distances_after
    rows = (
        ("Proxy A-distance (0: chance, 2: always recognised)", *_two(before.a_distance, after.a_distance),
         f"{before.within_a_distance:.2f}"),
        ("MMD (0 to 1.41)", *_two(before.mmd, after.mmd), f"{before.within_mmd:.2f}"),
    )  # fmt: skip
    return escaped_table(("Distance", "Before", "After", "Between two halves of the source"), rows)


def _chosen(result: AdaptationResult) -> str:
    finished = result.finished
    if not finished.chosen:
        return "This method trains nothing, so there is no epoch to choose."
    return f"Epoch {finished.chosen.epoch} of {finished.epochs}, by: {finished.rule}."


def _settings(result: AdaptationResult, card: dict) -> list[tuple[str, str]]:
    plan, method = result.plan, methods.get(result.plan.method)
    rows = [
        (
            "System",
            source_models.method_title(plan.system, plan.variant, plan.method)
            if plan.system
            else "same encoder for all",
        ),
        ("Features and network", f"{plan.recipe.feature}, {plan.recipe.head}"),
        ("Source, labelled", listed([_corpus(key) for key in plan.sources])),
        ("Target, unlabelled", listed([_corpus(key) for key in plan.targets])),
        ("Method", "; ".join(part for part in (method.title, method.formula, card["paper"]) if part)),
        ("Classes", ", ".join(result.task.labels.classes)),
        ("Labels left out", ", ".join(result.task.dropped) or "none"),
        ("Mode", plan.mode + (f", fold {plan.fold}" if plan.mode == "inductive" else "")),
        ("Label shift of the target", plan.shift or "none"),
        ("Sampling weights of the sources", ", ".join(f"{one:g}" for one in plan.weights or ()) or "by its size"),
        ("Strength", "none" if card["strength"] is None else f"{card['strength']:g}"),
        ("Seed", str(plan.seed)),
        ("Schedule", ", ".join(f"{key} {value}" for key, value in asdict(plan.adaptation_schedule).items())),
        ("Statistics", card["statistics"]),
        ("Time", f"{result.seconds:.1f} s"),
        ("Date", time.strftime("%Y-%m-%d %H:%M %Z")),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions().items())),
    ]
    if "fidelity" in card:
        deviations = "; ".join(card["deviations"])
        rows.insert(1, ("Fidelity", card["fidelity"] + (f": {deviations}" if deviations else "")))
    return rows


def versions() -> dict[str, str]:
    try:
        here = version("xser-demo")
    except PackageNotFoundError:  # run from a folder, not installed
        here = "from a folder"
    known = {"torch": torch.__version__, "numpy": np.__version__, "plotly": plotly.__version__}
    return {"xser_demo": here, "Python": platform.python_version(), **known}


def _corpora(card: dict) -> str:
    rows = [
        (one["name"], one["language"], one["licence"], f"{one['citation']} {one['url']}") for one in card["corpora"]
    ]
    return (
        "<p class='small'>Models and features computed from a corpus carry its terms. Please cite what you use.</p>"
        + escaped_table(("Corpus", "Language", "Licence", "Please cite"), rows)
    )


def _pair(figures: list[go.Figure]) -> str:
    items = []
    for figure in figures:
        figure = go.Figure(figure).update_layout(font_color=INK, paper_bgcolor="#fff", plot_bgcolor="#fff")
        figure.update_layout(width=None, height=max(figure.layout.height or 0, 320))
        inside = figure.to_html(
            full_html=False, include_plotlyjs=False, include_mathjax=False,
            config={"responsive": True, "displaylogo": False, "modeBarButtons": [["toImage"]]},
        )  # fmt: skip
        items.append(f"<div class='figure'>{inside}</div>")
    return f"<div class='pair'>{''.join(items)}</div>"


def _languages(plan: Plan) -> str:
    return f"{listed([corpus(key).language_name for key in plan.sources])} to {corpus(plan.target).language_name}"


def _corpus(key: str) -> str:
    return f"{corpus(key).language_name} ({corpus(key).name})"


def _two(before: float, after: float) -> tuple[str, str]:
    return f"{before:.2f}", f"{after:.2f}"
