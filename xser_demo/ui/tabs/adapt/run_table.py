"""Table of the runs of a visit."""

from collections.abc import Iterable
from html import escape

from xser_demo.corpora import corpus
from xser_demo.evaluation.scores import Score
from xser_demo.experiments import systems
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.source_models import method_title

SCORES = {"source_only": "Source only", "zscore": "Target z-score", "adapted": "Adapted"}


def table(results: Iterable[AdaptationResult]) -> str:
    """HTML, newest first; empty without a run."""
    rows = [_row(result) for result in reversed(list(results))]
    if not rows:
        return ""
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("Run", *SCORES.values(), "A-distance", "Time"))
    return (
        f"<h3>Your last {len(rows)} runs</h3>" if len(rows) > 1 else "<h3>Your run</h3>"
    ) + (
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        "<p class='x-small' style='margin-top:6px'>UAR with its 95% interval, the best of each run underlined. Only "
        "runs that are scored on the same clips can be compared.</p>"
    )  # fmt: skip


def _row(result: AdaptationResult) -> str:
    plan = result.plan
    languages = " to ".join(corpus(key).language_name for key in (plan.source, plan.target))
    best = max(SCORES, key=lambda name: result.scores[name].uar) if result.scores else None
    title = method_title(plan.system, plan.variant, plan.method, plan.encoder)
    return (
        f"<tr><td><b>{escape(languages)}, {escape(title)}</b>"
        f"<small>{escape(settings(result))}</small></td>"
        + "".join(_score(name, result.scores.get(key), key == best) for key, name in SCORES.items())
        + f"<td data-name='A-distance'>{result.distances_before.a_distance:.2f} "
        f"to {result.distances_after.a_distance:.2f}</td>"
        f"<td data-name='Time'>{max(1, round(result.seconds))} s</td></tr>"
    )


def settings(result: AdaptationResult) -> str:
    """Other settings of the run, briefly."""
    plan = result.plan
    parts = ["on the scored clips" if plan.mode == "transductive" else f"fold {plan.fold}"]
    share, _, emotion = plan.shift.partition(" ")
    if plan.shift:
        parts.append(f"70% {emotion}" if share == "70" else f"no {emotion}")
    default_labels = "four" if plan.system is None else systems.get(plan.system).task
    if plan.labels != default_labels:
        parts.append(plan.labels.replace("_", ", "))
    if result.finished.chosen:
        parts.append(f"epoch {result.finished.chosen.epoch} of {result.finished.epochs}")
    if plan.strength is not None:
        parts.append(f"strength {plan.strength:g}")
    if plan.weights:
        parts.append(f"sources drawn {' : '.join(f'{weight:g}' for weight in plan.weights)}")
    return ", ".join([*parts, f"seed {plan.seed}"])


def _score(name: str, score: Score | None, best: bool) -> str:
    if score is None:
        return f"<td data-name='{name}'>no labels</td>"
    low, high = score.ci95
    return (
        f"<td data-name='{name}'><b{' class=x-best' if best else ''}>{100 * score.uar:.0f}%</b>"
        f"<small>{100 * low:.0f} to {100 * high:.0f}</small></td>"
    )
