"""Plotly figures from results: maps, curves over epochs, spectrograms with attention.

Backgrounds are transparent and text is a middle grey, so that one figure serves the light and the dark page. Titles,
file names and other outside text are escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
import plotly.graph_objects as go

from xser_demo.inference import attention
from xser_demo.inference.explain import ATTENTION, Curve
from xser_demo.reporting.palette import FAINT, INK, OPEN, VISITOR_SHAPE

MAX_COLUMNS = 600  # of a spectrogram: about what a screen shows
KILOHERTZ = (0.5, 1, 2, 4, 8)  # marks on the frequency axis
MARK = "rgba(124,58,237,0.16)"  # behind the moments in which models differ
FILL = 0.2  # opacity under an attention curve
FONT = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"
_DASH = {True: "solid", False: "dash"}  # attention of the model itself, Grad-CAM
HIDDEN_TOOLS = ["zoom2d", "pan2d", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]


@dataclass(frozen=True)
class Group:
    """Points of one colour and shape, with one line in the legend."""

    name: str
    colour: str
    symbol: str
    index: np.ndarray  # rows of ``points``
    hover: list[str] = field(default_factory=list)  # one text per point, or none


def scatter(points: np.ndarray, groups: list[Group], star: np.ndarray | None = None, title: str = "") -> go.Figure:
    """A map: (n, 2) points in groups, and the visitor's clips (m, 2) as outlined stars on top."""
    figure = blank_figure(title, height=420)
    for group in groups:
        positions, hollow = points[group.index], group.symbol.endswith(OPEN)
        figure.add_scatter(
            x=positions[:, 0],
            y=positions[:, 1],
            mode="markers",
            name=escape(group.name),
            marker={
                "color": group.colour,
                "symbol": group.symbol,
                "size": 7,
                "opacity": 0.75,
                "line": {"width": 1.6} if hollow else {"width": 0.5, "color": "rgba(255,255,255,0.6)"},
            },
            text=[escape(text) for text in group.hover],
            hovertemplate="%{text}<extra></extra>" if group.hover else None,
            hoverinfo=None if group.hover else "skip",
        )
    if star is not None and len(star):
        figure.add_scatter(
            x=star[:, 0],
            y=star[:, 1],
            mode="markers",
            name="your clip",
            marker=star_marker(19),
            hovertemplate="your clip<extra></extra>",
        )
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_layout(xaxis=hidden, yaxis=hidden | {"scaleanchor": "x"}, hovermode="closest")
    return figure


def star_marker(size: int) -> dict:
    """The marker of a visitor's clip."""
    return {"symbol": VISITOR_SHAPE, "size": size, "color": "#FDE047", "line": {"width": 2, "color": "#18181B"}}


def curves(history: dict[str, list[float]], title: str, y_label: str = "") -> go.Figure:
    """One line per name over epochs 1, 2, ..., each with its own colour and dash."""
    colours, dashes = ("#0F766E", "#D55E00", "#0072B2", "#CC79A7", "#7F7F7F"), ("solid", "dash", "dot", "dashdot")
    figure = blank_figure(title, height=240)
    for number, (name, values) in enumerate(history.items()):
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=values,
            mode="lines+markers" if len(values) < 3 else "lines",
            name=escape(name),
            line={"color": colours[number % len(colours)], "dash": dashes[number % len(dashes)], "width": 2.5},
            hovertemplate="epoch %{x}: %{y:.2f}<extra></extra>",
        )
    figure.update_layout(
        margin={"l": 50, "b": 40},
        xaxis={"title": "epoch", "gridcolor": FAINT, "zeroline": False, "rangemode": "tozero"},
        yaxis={"title": y_label, "gridcolor": FAINT, "zeroline": False},
        hovermode="x unified",
    )
    return figure


Named = tuple[str, str, Curve]  # name and colour of a model, weight of each moment


def spectrogram(
    decibels: np.ndarray,
    duration: float,
    moments: list[Named],
    marked: Sequence[tuple[float, float]] = (),
    span: tuple[float, float] | None = None,
) -> go.Figure:
    """Mel spectrogram (bands, frames) in dB from -80 to 0; above it, on the same time axis, a curve per model with the
    weight of each moment, if there is any. ``marked``: parts of the clip, in seconds, to shade behind the curves.
    ``span``: begin and end of the frames in seconds, by default the clip's."""
    figure = _moments(duration, moments, (0.68, 1.0), 258 if moments else 190, marked)
    step = -(-decibels.shape[1] // MAX_COLUMNS)
    wide = np.pad(decibels, ((0, 0), (0, -decibels.shape[1] % step)), mode="edge")
    loudest = wide.reshape(len(wide), -1, step).max(axis=2)
    shades = np.clip((loudest + 80) * 255 / 80, 0, 255).astype(np.uint8)  # a third of the size of floats
    begin, end = span or (0.0, duration)
    width = (end - begin) / shades.shape[1]
    figure.add_heatmap(
        z=shades, x0=begin + width / 2, dx=width, colorscale="magma", showscale=False, hoverinfo="skip", yaxis="y"
    )
    rows = [_mel_row(1000 * k, len(shades)) for k in KILOHERTZ]
    figure.update_layout(
        yaxis={
            "domain": [0, 0.65 if moments else 1],
            "range": [-0.5, len(shades) - 0.5],
            "tickvals": rows,
            "ticktext": [f"{k:g} kHz" for k in KILOHERTZ],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        }
    )
    return figure


def moments_only(duration: float, moments: list[Named], marked: Sequence[tuple[float, float]] = ()) -> go.Figure:
    """The curves alone, for an utterance of which only features are stored."""
    return _moments(duration, moments, (0.0, 1.0), 200, marked)


def _moments(
    duration: float,
    moments: list[Named],
    domain: tuple[float, float],
    height: int,
    marked: Sequence[tuple[float, float]],
) -> go.Figure:
    figure = blank_figure("", height)
    highest = 1.0
    for name, colour, curve in moments:
        n, own = len(curve.values), curve.kind == ATTENTION
        times = np.clip((np.arange(n) + 0.5) / curve.rate_hz, 0, duration)
        level = attention.level(curve, duration)
        highest = max(highest, float(level.max(initial=0)))
        figure.add_scatter(
            x=np.round(np.concatenate([[0.0], times, [min(duration, n / curve.rate_hz)]]), 3),
            y=np.round(np.concatenate([level[:1], level, level[-1:]]), 3),
            name=escape(name if own else f"{name}: Grad-CAM"),
            yaxis="y2",
            mode="lines",
            line={"color": colour, "width": 2.5, "shape": "spline", "smoothing": 0.6, "dash": _DASH[own]},
            fill="tozeroy",
            fillcolor=transparent(colour, FILL),
            hovertemplate="%{x:.1f} s: %{y:.1f} times its average<extra>%{fullData.name}</extra>",
        )
    for start, end in marked:
        figure.add_shape(
            type="rect", x0=start, x1=min(end, duration), yref="y2 domain", y0=0, y1=1,
            fillcolor=MARK, line={"width": 0}, layer="below",
        )  # fmt: skip
    figure.update_layout(
        xaxis={
            "range": [0, duration],
            "ticksuffix": " s",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "anchor": "free",
            "position": 0,
            "nticks": 8,
        },
        yaxis2={
            "domain": list(domain),
            "range": [0, highest * 1.08],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "anchor": "x",
        },
        margin={"l": 62, "r": 10, "t": 26, "b": 28},
        showlegend=bool(moments),  # one curve has a name, too
        legend={"y": 1.01, "yanchor": "bottom", "x": 0, "xanchor": "left"},
    )
    return figure


def _mel_row(hertz: float, bands: int) -> float:
    """Row of a frequency among mel bands from 0 to 8 kHz (Slaney's scale: linear to 1 kHz, then logarithmic)."""

    def mel(f: float) -> float:
        return 3 * f / 200 if f < 1000 else 15 + 27 * np.log(f / 1000) / np.log(6.4)

    return (bands + 1) * mel(hertz) / mel(8000) - 1


def transparent(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def blank_figure(title: str, height: int) -> go.Figure:
    return go.Figure(
        layout={
            "template": "none",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 13, "color": INK},
            "margin": {"l": 10, "r": 10, "t": 34 if title else 10, "b": 10},
            "height": height,
            "title": {"text": escape(title), "x": 0, "xref": "paper", "font": {"size": 15}} if title else None,
            "legend": {"orientation": "h", "y": -0.02, "yanchor": "top", "x": 0},
            "dragmode": False,
            "modebar": {"remove": HIDDEN_TOOLS, "bgcolor": "rgba(0,0,0,0)", "color": INK},
            "uirevision": "keep",
        }
    )
