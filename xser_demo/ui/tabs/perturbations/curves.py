"""UAR of two models on a test set whose sound is changed more and more. Knows nothing of Gradio.

Figures of the shipped models were measured beforehand (benchmark/perturbation_curves.py) and lie in a file; where the
recordings are on this disk they can be measured here, on fewer clips and for models of a visit, too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go

from xser_demo import corpora
from xser_demo.audio import perturbations
from xser_demo.benchmark import perturbation_curves
from xser_demo.corpora.base import Utterance
from xser_demo.data.encode import reader
from xser_demo.evaluation.scores import Point
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import plots
from xser_demo.reporting.palette import FAINT, INK, MODEL_COLOURS, SOURCE_SHAPE, TARGET_SHAPE
from xser_demo.utils import settings
from xser_demo.utils.errors import ModelError

LIVE = 40  # clips that are measured while someone waits
HEIGHT = 180
BANDS = ("rgba(113,113,122,.20)", "rgba(15,118,110,.20)")  # the two intervals
Pair = tuple[Loaded, Loaded]


@dataclass(frozen=True)
class Measured:
    """By strength the points of both models, the one before adaptation first; not all strengths need be there."""

    corpus: str
    points: dict[float, tuple[Point, Point]]
    clips: int = 0
    live: bool = False

    def at(self, strength: float) -> tuple[Point, Point] | None:
        return next((both for one, both in self.points.items() if abs(one - strength) < 1e-6), None)


def stored(pair: Pair, name: str) -> Measured:
    """What the file knows of two models and a shift, possibly nothing. UserError when it is damaged."""
    card = pair[1].card
    points, clips = {}, 0
    for cell in perturbation_curves.load(settings.ASSETS / "results" / perturbation_curves.FILE.name):
        if cell["corpus"] != card["target"] or cell["shift"] not in (name, perturbation_curves.NONE):
            continue
        found = cell["sources"].get(card["source"])
        both = [found[key] for key in ("source_only", "adapted")] if found else []
        if [one["model"] for one in both] == [model.id for model in pair]:
            points[cell["strength"]] = tuple(_point(one) for one in both)
            clips = cell["clips"]
    only_start = set(points) == {0.0}
    return Measured(card["target"], {} if only_start else dict(sorted(points.items())), clips)


class _Stopped(Exception):
    pass


def measure(
    pair: Pair, name: str, clips: int = LIVE, stopped: Callable[[], bool] = lambda: False
) -> Iterator[Measured]:
    """Measure on the recordings, strength by strength from 0 on; after each what is known so far. It ends at the next
    clip when it was ``stopped``."""
    before, after = pair
    corpus = after.card["target"]
    if after.model.recipe.feature != "whisper":
        raise ModelError("Only models that hear the frozen encoder can be measured here; choose one of those.")
    models = perturbation_curves.Pair(after.card["source"], corpus, before, after)
    utterances, read = reader(corpus, settings.corpora_dir())
    chosen = perturbation_curves.balanced(utterances, models.labels, clips)
    samples = {u.path: read(u) for u in chosen}
    known = Measured(corpus, {}, len(chosen), live=True)

    def sound(utterance: Utterance) -> np.ndarray:
        if stopped():
            raise _Stopped
        return samples[utterance.path]

    for strength in [0.0, *sorted(perturbation_curves.strengths(name), key=abs)]:
        try:
            found = perturbation_curves.scores(corpus, chosen, sound, [models], name, strength)
        except _Stopped:
            return
        both = found[models.source]
        points = known.points | {strength: (_point(both["source_only"]), _point(both["adapted"]))}
        known = replace(known, points=dict(sorted(points.items())))
        yield known


def _point(cell: dict) -> Point:
    return Point(cell["uar"], *cell["ci95"])


def wanted(name: str) -> int:
    """How many strengths a whole curve has."""
    return len(perturbation_curves.strengths(name)) + 1


def note(measured: Measured, name: str, strength: float, audio_here: bool) -> str:
    """Where the curve comes from, and its figures at the slider; plain text."""
    corpus = corpora.corpus(measured.corpus).name
    if not measured.points:
        if audio_here:
            return f"Nothing was measured beforehand for these two models; {corpus} is here and can be used."
        return (
            "Nothing was measured beforehand for these two models, and no recordings are stored here. "
            "The curve above is this one clip's."
        )
    said = f"{measured.clips} clips of {corpus} with their sound changed, bands: 95% intervals; "
    if measured.live:
        said += "measured here."
    else:
        said += "measured beforehand" + ("." if audio_here else ", since no recordings are stored here.")
    if len(measured.points) < wanted(name):
        said += f" So far {len(measured.points)} of {wanted(name)} strengths."
    if both := measured.at(strength):
        said = "At this strength {} before and {} after adaptation. ".format(*map(_figures, both)) + said
    return said


def _figures(point: Point) -> str:
    return f"{100 * point.uar:.0f}% [{100 * point.low:.0f}, {100 * point.high:.0f}]"


def figure(measured: Measured, name: str, strength: float, names: tuple[str, str], chance: float) -> go.Figure:
    """Both models' UAR with its band against the strength; an empty frame of the same size where nothing is known."""
    title = f"UAR on {corpora.corpus(measured.corpus).name}"
    made = over_strengths(title, name, strength)
    xs = list(measured.points)
    for number in range(2):
        points = [both[number] for both in measured.points.values()]
        bounds = {"x": xs, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        made.add_scatter(y=[one.high for one in points], **bounds)
        made.add_scatter(
            y=[one.low for one in points],
            fill="tonexty",
            fillcolor=BANDS[number],
            **bounds,
        )
    for number, shown in enumerate(names):
        line(made, number, shown, xs, [both[number].uar for both in measured.points.values()], "%{y:.0%}")
    if measured.points:
        low = min(point.low for both in measured.points.values() for point in both)
        made.add_hline(chance, line={"color": INK, "width": 1, "dash": "dot"})
        made.update_yaxes(range=[min(low, chance) - 0.04, 1.0])
    else:
        made.add_annotation(text="not measured", showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    return made


def over_strengths(title: str, name: str, strength: float) -> go.Figure:
    """An empty frame over the strengths of a shift, said as amounts, with a mark where the slider stands."""
    known = perturbations.get(name)
    made = plots.curves({}, title)
    marks = [0.0, *perturbation_curves.strengths(name)]
    space = 0.03 * (1 - known.low)
    made.update_layout(
        height=HEIGHT,
        margin={"l": 40, "r": 6, "t": 30, "b": 36},
        title_font_size=14,
        showlegend=False,
        hovermode="x unified",
        xaxis={
            "range": [known.low - space, 1 + space],
            "tickvals": marks,
            "ticktext": ["none" if not one else _short(known.amount(one)) for one in marks],
            "title": {"text": known.unit, "font": {"size": 12}, "standoff": 2},
            "gridcolor": FAINT,
            "zeroline": False,
            "fixedrange": True,
        },
        yaxis={"range": [0, 1.03], "tickformat": ".0%", "gridcolor": FAINT, "zeroline": False, "fixedrange": True},
    )
    made.add_vline(strength, line={"color": "#D55E00", "width": 2})
    return made


def line(made: go.Figure, number: int, name: str, xs: list[float], ys: list[float], hover: str) -> None:
    """One model's curve: slate and dashed before adaptation, teal after it."""
    made.add_scatter(
        x=xs,
        y=ys,
        mode="lines+markers",
        name=name,
        line={"color": MODEL_COLOURS[number], "width": 2.5, "dash": ("dash", "solid")[number]},
        marker={"symbol": (SOURCE_SHAPE, TARGET_SHAPE)[number], "size": 7, "color": MODEL_COLOURS[number]},
        hovertemplate=f"{name}: {hover}<extra></extra>",
    )


def _short(amount: float) -> str:
    return f"{amount / 1000:.1f}k" if amount >= 1000 else f"{amount:.2g}" if abs(amount) < 10 else f"{amount:.0f}"
