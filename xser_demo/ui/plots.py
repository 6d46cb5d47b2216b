"""Pictures: pure functions from results to plotly figures or to HTML. Nothing here knows Gradio.

Backgrounds are transparent and text is a middle grey, so that one figure serves the light and the dark page. HTML takes
its look from the ``x-`` classes of theme.CSS; whatever comes from outside (titles, file names) is escaped.
"""

from dataclasses import dataclass, field
from html import escape

import numpy as np
import plotly.graph_objects as go

from xser_demo.inference import Answer
from xser_demo.ui.palette import EMOTION_COLOURS, FAINT, INK, VISITOR_SHAPE

COLUMNS = 600  # of a spectrogram at most: about what a screen shows
KILOHERTZ = (0.5, 1, 2, 4, 8)  # marks on the frequency axis
BAND = 0.2  # opacity of the band under an attention curve
EVEN = 0.4  # share of the attention on one third of the clip, below which it counts as even
FONT = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"
CONFIG_FREE = ["zoom2d", "pan2d", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]


@dataclass(frozen=True)
class Group:
    """Points that look alike and share one line of the legend."""

    name: str
    colour: str
    symbol: str
    index: np.ndarray  # rows of ``points``
    hover: list[str] = field(default_factory=list)  # one text per point, or none


def scatter(points: np.ndarray, groups: list[Group], star: np.ndarray | None = None, title: str = "") -> go.Figure:
    """A map: (n, 2) points in groups, and the visitor's clips (m, 2) as outlined stars on top."""
    figure = _figure(title, height=420)
    for group in groups:
        place = points[group.index]
        figure.add_scatter(
            x=place[:, 0],
            y=place[:, 1],
            mode="markers",
            name=escape(group.name),
            marker={
                "color": group.colour,
                "symbol": group.symbol,
                "size": 7,
                "opacity": 0.75,
                "line": {"width": 0.5, "color": "rgba(255,255,255,0.6)"},
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
            marker={"symbol": VISITOR_SHAPE, "size": 19, "color": "#FDE047", "line": {"width": 2, "color": "#18181B"}},
            hovertemplate="your clip<extra></extra>",
        )
    bare = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_layout(xaxis=bare, yaxis=bare | {"scaleanchor": "x"}, hovermode="closest")
    return figure


def curves(history: dict[str, list[float]], title: str, y_label: str = "") -> go.Figure:
    """Lines over epochs 1, 2, ...; one per name, told apart by colour and by dash."""
    colours, dashes = ("#0F766E", "#D55E00", "#0072B2", "#CC79A7", "#7F7F7F"), ("solid", "dash", "dot", "dashdot")
    figure = _figure(title, height=240)
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


Attention = tuple[str, str, np.ndarray]  # name, colour, curve at 10 Hz that sums to 1


def spectrogram(decibels: np.ndarray, duration: float, attentions: list[Attention]) -> go.Figure:
    """Mel spectrogram (80, frames) in dB from -80 to 0, and above it, on the same seconds, where each model listens."""
    figure = _attention(duration, attentions, (0.68, 1.0), height=258)
    step = -(-decibels.shape[1] // COLUMNS)
    wide = np.pad(decibels, ((0, 0), (0, -decibels.shape[1] % step)), mode="edge")
    loudest = wide.reshape(len(wide), -1, step).max(axis=2)
    shades = np.clip((loudest + 80) * 255 / 80, 0, 255).astype(np.uint8)  # a third of the size of floats
    width = duration / shades.shape[1]
    figure.add_heatmap(
        z=shades, x0=width / 2, dx=width, colorscale="magma", showscale=False, hoverinfo="skip", yaxis="y"
    )
    rows = [_mel_row(1000 * k) for k in KILOHERTZ]
    figure.update_layout(
        yaxis={
            "domain": [0, 0.65],
            "range": [-0.5, len(shades) - 0.5],
            "tickvals": rows,
            "ticktext": [f"{k:g} kHz" for k in KILOHERTZ],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        }
    )
    return figure


def attention_only(duration: float, attentions: list[Attention]) -> go.Figure:
    """The same curves for an utterance of which only features are stored."""
    return _attention(duration, attentions, (0.0, 1.0), height=200)


def _attention(duration: float, attentions: list[Attention], domain: tuple[float, float], height: int) -> go.Figure:
    figure = _figure("", height)
    highest = 1.0
    for name, colour, curve in attentions:
        times = np.clip((np.arange(len(curve)) + 0.5) / 10, 0, duration)
        level = curve * len(curve)  # 1: as much as if it listened evenly
        highest = max(highest, float(level.max(initial=0)))
        figure.add_scatter(
            x=np.round(np.concatenate([[0.0], times, [duration]]), 3),
            y=np.round(np.concatenate([level[:1], level, level[-1:]]), 3),
            name=escape(name),
            yaxis="y2",
            mode="lines",
            line={"color": colour, "width": 2.5, "shape": "spline", "smoothing": 0.6},
            fill="tozeroy",
            fillcolor=_transparent(colour, BAND),
            hovertemplate="%{x:.1f} s: %{y:.1f} times its average<extra>%{fullData.name}</extra>",
        )
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
        legend={"y": 1.01, "yanchor": "bottom", "x": 0, "xanchor": "left"},
    )
    return figure


def probabilities(answer: Answer, title: str, colour: str, label: str | None = None) -> str:
    """One model's answer as a card: a large word, and bars on one scale from 0 to 100. ``label`` marks what the
    corpus calls the clip."""
    word = escape(answer.emotion)
    verdict = f"sounds most like <strong>{word}</strong>"
    if not answer.sure:
        verdict = f"<strong class='x-unsure'>not sure</strong> perhaps {word}"
    if label:
        verdict = f"labelled as <b>{escape(label)}</b>, {verdict}"
    rows = "".join(_bar(name, share, name == label) for name, share in answer.probabilities.items())
    return f"<article class='x-card' style='--model:{colour}'><h3>{escape(title)}</h3><p>{verdict}</p>{rows}</article>"


def _bar(emotion: str, share: float, labelled: bool) -> str:
    name = f"<em>{escape(emotion)}</em>" if labelled else escape(emotion)
    percent = 100 * share
    colour = EMOTION_COLOURS.get(emotion, INK)
    return (
        f"<div class='x-bar'><span>{name}</span>"
        f"<i><b style='width:{percent:.1f}%;background:{colour}'></b></i><span>{percent:.0f}%</span></div>"
    )


def empty_bar(emotion: str) -> str:
    """A bar that waits for its answer."""
    return f"<div class='x-bar'><span>{escape(emotion)}</span><i></i><span></span></div>"


def sentence(names: list[str], answers: list[Answer]) -> str:
    """What is the same and what differs, in plain words: the answers, then which third each listens to most."""
    if not answers:
        return ""
    where = [_where(answer.attention.mean(axis=0)) for answer in answers]
    if len(answers) == 1:
        return f"{_upper(names[0])} listens {where[0]}."
    words = [answer.emotion for answer in answers]
    said = _told(names, words, "says", "say")
    said = said if len(set(words)) == 1 else f"They disagree: {said}"
    return f"{said}. {_upper(_told(names, where, 'listens', 'listen'))}."


def _told(names: list[str], values: list[str], verb: str, verbs: str) -> str:
    """Such as "Both say anger", or "A and B say anger, C says neutral": names with the same value together."""
    if len(set(values)) == 1:
        everyone = "Both" if len(values) == 2 else f"All {len(values)}"
        return f"{everyone} {verbs} {values[0]}"
    parts = []
    for value in dict.fromkeys(values):
        who = [name for name, its in zip(names, values, strict=True) if its == value]
        parts.append(f"{' and '.join(who)} {verbs if len(who) > 1 else verb} {value}")
    return ", ".join(parts)


def _where(curve: np.ndarray) -> str:
    thirds = [part.sum() for part in np.array_split(curve, 3)]
    if max(thirds) < EVEN:
        return "evenly to the whole clip"
    return ("most to the first third", "most to the middle", "most to the last third")[int(np.argmax(thirds))]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _mel_row(hertz: float) -> float:
    """Row of a frequency among 80 mel bands from 0 to 8 kHz (Slaney's scale: linear to 1 kHz, then logarithmic)."""

    def mel(f: float) -> float:
        return 3 * f / 200 if f < 1000 else 15 + 27 * np.log(f / 1000) / np.log(6.4)

    return 81 * mel(hertz) / mel(8000) - 1


def _transparent(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _figure(title: str, height: int) -> go.Figure:
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
            "modebar": {"remove": CONFIG_FREE, "bgcolor": "rgba(0,0,0,0)", "color": INK},
            "uirevision": "keep",
        }
    )
