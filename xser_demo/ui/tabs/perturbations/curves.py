"""UAR of two models on a test set against the strength of a perturbation.

Figures of the shipped models were computed beforehand (benchmark/perturbation_curves.py) and are read from a file.
Where the recordings are on this disk, a curve can be measured here on fewer clips, also for models of this visit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go

from xser_demo import corpora
from xser_demo.audio import perturbations
from xser_demo.benchmark import perturbation_curves
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.sample import balanced
from xser_demo.data.encode import reader
from xser_demo.evaluation.scores import Point
from xser_demo.reporting import plots
from xser_demo.reporting.palette import FAINT, INK, MODEL_COLOURS, SOURCE_SHAPE, TARGET_SHAPE
from xser_demo.ui.tabs.perturbations.sweep import Pair
from xser_demo.utils import settings
from xser_demo.utils.errors import ModelError

MAX_CLIPS = 40  # of a measurement on the page
HEIGHT = 180
BANDS = ("rgba(113,113,122,.20)", "rgba(15,118,110,.20)")  # colours of the two intervals


@dataclass(frozen=True)
class Measured:
    """``points``: by strength, the UAR of the source-only and the adapted model; strengths may be missing."""

    corpus: str
    points: dict[float, tuple[Point, Point]]
    clips: int = 0
    live: bool = False

    def at(self, strength: float) -> tuple[Point, Point] | None:
        return next((both for one, both in self.points.items() if abs(one - strength) < 1e-6), None)


def stored(pair: Pair, name: str) -> Measured:
    """The stored figures of two models and a perturbation, possibly none. UserError when the file is damaged."""
    card = pair[1].card
    points, clips = {}, 0
    for cell in perturbation_curves.load(settings.ASSETS / "results" / perturbation_curves.FILE.name):
        if cell["corpus"] != card["target"] or cell["shift"] not in (name, perturbation_curves.NONE):
            continue
        scores = cell["sources"].get(card["source"])
        both = [scores[key] for key in ("source_only", "adapted")] if scores else []
        if [one["model"] for one in both] == [model.id for model in pair]:
            points[cell["strength"]] = tuple(_point(one) for one in both)
            clips = cell["clips"]
    only_start = set(points) == {0.0}
    return Measured(card["target"], {} if only_start else dict(sorted(points.items())), clips)


class _Stopped(Exception):
    pass


def measure(
    pair: Pair, name: str, clips: int = MAX_CLIPS, stopped: Callable[[], bool] = lambda: False
) -> Iterator[Measured]:
    """Measure on the recordings, strength by strength from 0 on, and yield all results so far after each.

    It ends at the next clip once ``stopped()`` is true. ModelError for models without the frozen encoder, CorpusError
    where the recordings are missing.
    """
    before, after = pair
    corpus = after.card["target"]
    if after.model.recipe.feature != "whisper":
        raise ModelError("Only models with the frozen encoder can be measured here; choose one of those.")
    models = perturbation_curves.Pair(after.card["source"], corpus, before, after)
    utterances, read = reader(corpus, settings.corpora_dir())
    chosen = balanced(utterances, models.labels, clips)
    samples = {u.path: read(u) for u in chosen}
    measured = Measured(corpus, {}, len(chosen), live=True)

    def sound(utterance: Utterance) -> np.ndarray:
        if stopped():
            raise _Stopped
        return samples[utterance.path]

    for strength in [0.0, *sorted(perturbation_curves.strengths(name), key=abs)]:
        try:
            scores = perturbation_curves.scores(corpus, chosen, sound, [models], name, strength)[models.source]
        except _Stopped:
            return
        points = measured.points | {strength: (_point(scores["source_only"]), _point(scores["adapted"]))}
        measured = replace(measured, points=dict(sorted(points.items())))
        yield measured


def _point(cell: dict) -> Point:
    return Point(cell["uar"], *cell["ci95"])


def curve_length(name: str) -> int:
    """The number of strengths of a complete curve."""
    return len(perturbation_curves.strengths(name)) + 1


def note(measured: Measured, name: str, strength: float, audio_here: bool) -> str:
    """Where the curve comes from, and its figures at the slider; plain text."""
    corpus = corpora.corpus(measured.corpus).name
    if not measured.points:
        if audio_here:
            return f"Nothing was measured beforehand for these two models; {corpus} is here and can be used."
        return (
            "Nothing was measured beforehand for these two models, and no recordings are stored here. "
            "The curve above is of this clip alone."
        )
    text = f"{measured.clips} perturbed clips of {corpus}, bands: 95% intervals; "
    if measured.live:
        text += "measured here."
    else:
        text += "measured beforehand" + ("." if audio_here else ", since no recordings are stored here.")
    if len(measured.points) < curve_length(name):
        text += f" So far {len(measured.points)} of {curve_length(name)} strengths."
    if both := measured.at(strength):
        before, after = (f"{100 * p.uar:.0f}% [{100 * p.low:.0f}, {100 * p.high:.0f}]" for p in both)
        text = f"At this strength {before} before and {after} after adaptation. {text}"
    return text


def figure(measured: Measured, name: str, strength: float, names: tuple[str, str], chance: float) -> go.Figure:
    """Both models' UAR with its interval against the strength; an empty frame of the same size without figures."""
    figure = over_strengths(f"UAR on {corpora.corpus(measured.corpus).name}", name, strength)
    strengths = list(measured.points)
    for points, band in zip(zip(*measured.points.values(), strict=True), BANDS, strict=False):
        bounds = {"x": strengths, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        figure.add_scatter(y=[point.high for point in points], **bounds)
        figure.add_scatter(y=[point.low for point in points], fill="tonexty", fillcolor=band, **bounds)
    for number, model in enumerate(names):
        add_line(figure, number, model, strengths, [both[number].uar for both in measured.points.values()], "%{y:.0%}")
    if measured.points:
        low = min(point.low for both in measured.points.values() for point in both)
        figure.add_hline(chance, line={"color": INK, "width": 1, "dash": "dot"})
        figure.update_yaxes(range=[min(low, chance) - 0.04, 1.0])
    else:
        figure.add_annotation(text="not measured", showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    return figure


def over_strengths(title: str, name: str, strength: float) -> go.Figure:
    """An empty frame over the strengths of a perturbation, labelled with amounts, and a mark at the slider."""
    perturbation = perturbations.get(name)
    figure = plots.curves({}, title)
    marks = [0.0, *perturbation_curves.strengths(name)]
    margin = 0.03 * (1 - perturbation.low)
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 40, "r": 6, "t": 30, "b": 36},
        title_font_size=14,
        showlegend=False,
        hovermode="x unified",
        xaxis={
            "range": [perturbation.low - margin, 1 + margin],
            "tickvals": marks,
            "ticktext": ["none" if not one else _short(perturbation.amount(one)) for one in marks],
            "title": {"text": perturbation.unit, "font": {"size": 12}, "standoff": 2},
            "gridcolor": FAINT,
            "zeroline": False,
            "fixedrange": True,
        },
        yaxis={"range": [0, 1.03], "tickformat": ".0%", "gridcolor": FAINT, "zeroline": False, "fixedrange": True},
    )
    figure.add_vline(strength, line={"color": "#D55E00", "width": 2})
    return figure


def add_line(figure: go.Figure, number: int, name: str, x: list[float], y: list[float], hover: str) -> None:
    """One model's curve: slate and dashed before adaptation, teal and solid after it."""
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines+markers",
        name=name,
        line={"color": MODEL_COLOURS[number], "width": 2.5, "dash": ("dash", "solid")[number]},
        marker={"symbol": (SOURCE_SHAPE, TARGET_SHAPE)[number], "size": 7, "color": MODEL_COLOURS[number]},
        hovertemplate=f"{name}: {hover}<extra></extra>",
    )


def _short(amount: float) -> str:
    return f"{amount / 1000:.1f}k" if amount >= 1000 else f"{amount:.2g}" if abs(amount) < 10 else f"{amount:.0f}"
