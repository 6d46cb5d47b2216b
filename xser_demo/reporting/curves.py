"""Curves over the epochs of a training: losses, accuracies, InfoMax and the UAR on the target."""

import numpy as np
import plotly.graph_objects as go

from xser_demo.evaluation.scores import Point
from xser_demo.experiments.run import AdaptationResult
from xser_demo.reporting import plots
from xser_demo.reporting.palette import FAINT, SOURCE_COLOUR, TARGET_COLOUR
from xser_demo.training.loop import Epoch

HEIGHT = 290  # of a figure with curves
PSEUDO_LABELLED = "share labelled"  # of target clips close enough to a source clip to take its label


def titled(figure: go.Figure, title: str) -> go.Figure:
    """A copy with a title."""
    return go.Figure(figure).update_layout(
        title={"text": title, "x": 0, "xref": "paper", "font": {"size": 15}}, margin={"t": 34}, showlegend=False
    )


def note(history: dict[str, list[float]], event: Epoch) -> None:
    """Add one epoch to the curves."""
    values = event.losses | {"source UAR": event.candidate.source_uar}
    if not np.isnan(event.candidate.infomax):
        values["InfoMax"] = event.candidate.infomax
    for name, value in values.items():
        history.setdefault(name, []).append(value)


def figures(history: dict[str, list[float]]) -> tuple[go.Figure, go.Figure, go.Figure]:
    """Losses; shares (0 to 1), mostly accuracies; InfoMax."""
    shares = {name: values for name, values in history.items() if is_share(name)}
    rest = {"InfoMax": history["InfoMax"]} if "InfoMax" in history else {}
    losses = {name: values for name, values in history.items() if name not in (*shares, *rest)}
    drawn = (
        plots.curves(losses, "Losses"),
        plots.curves(shares, "Accuracies" + (", share of pseudo-labelled clips" if PSEUDO_LABELLED in shares else ""))
        .update_yaxes(range=[0, 1.03], tickformat=".0%"),
        plots.curves(rest, "InfoMax on unlabelled target (nats)"),
    )  # fmt: skip
    for figure in drawn:
        _frame(figure)
    return drawn


def _frame(figure: go.Figure) -> None:
    figure.update_layout(
        height=HEIGHT,
        showlegend=True,
        margin={"t": 34, "r": 8, "l": 42, "b": 100},
        title_font_size=14,
        xaxis_title_font_size=12,
    )
    figure.update_layout(legend={"y": -0.38, "yanchor": "top", "x": 0, "font": {"size": 12}})


ON_TARGET = "UAR on the target, shown for teaching,<br>never used for choosing"


def on_target(before: Point, epochs: dict[int, Point], result: AdaptationResult | None = None) -> go.Figure:
    """UAR of each epoch with its interval, and the chosen epoch once it is known. ``before``: the source-only model,
    drawn as a line."""
    numbers, points = list(epochs), list(epochs.values())
    last = max(numbers)
    figure = plots.curves({}, "")
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_scatter(x=numbers, y=[p.high for p in points], **band)
    figure.add_scatter(x=numbers, y=[p.low for p in points], fill="tonexty", fillcolor="rgba(15,118,110,.18)",
                       **band | {"showlegend": True, "name": "95% interval"})  # fmt: skip
    figure.add_scatter(
        x=numbers,
        y=[p.uar for p in points],
        mode="lines+markers" if len(points) < 3 else "lines",
        name="adapting",
        line={"color": TARGET_COLOUR, "width": 2.5},
        customdata=[[p.low, p.high] for p in points],
        hovertemplate="%{y:.0%}, interval %{customdata[0]:.0%} to %{customdata[1]:.0%}<extra></extra>",
    )
    levels = [("source only", before.uar, SOURCE_COLOUR, "dash")]
    if result and result.plan.method != "zscore":
        levels.append(("target z-score", result.scores["zscore"].uar, "#0072B2", "dot"))
    for name, level, colour, dash in levels:
        figure.add_scatter(
            x=[0, last],
            y=[level, level],
            mode="lines",
            name=name,
            line={"color": colour, "width": 2, "dash": dash},
            hovertemplate=f"{name} %{{y:.0%}}<extra></extra>",
        )
    chosen = result and result.finished.chosen
    if chosen:
        figure.add_scatter(
            x=[chosen.epoch],
            y=[result.scores["adapted"].uar],
            mode="markers",
            name=f"chosen, epoch {chosen.epoch}",
            marker={"color": "#D55E00", "size": 12, "line": {"width": 2, "color": "white"}},
            hovertemplate=f"chosen without target labels: epoch {chosen.epoch}, %{{y:.0%}}<extra></extra>",
        )
    marks = [level for _, level, _, _ in levels]
    low, high = min([p.low for p in points] + marks), max([p.high for p in points] + marks)
    limits = [np.floor(10 * low) / 10 - 0.02, np.ceil(10 * high) / 10 + 0.02]  # by tenths: the axis seldom changes
    figure.update_yaxes(range=limits, tickformat=".0%", gridcolor=FAINT)
    _frame(figure)
    return figure.update_layout(title={"text": ON_TARGET, "x": 0, "xref": "paper"}, margin_t=50)


def is_share(name: str) -> bool:
    """Whether a number that a method reports is a share, not a loss, by the names that methods use."""
    return name == "source UAR" or name.endswith("accuracy") or name.startswith("share")
