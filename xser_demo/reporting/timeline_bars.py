"""Timeline of a longer clip: each model's predictions over time, as bars above the spectrogram."""

from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from xser_demo.inference.timeline import Moment
from xser_demo.reporting.palette import EMOTION_COLOURS, INK
from xser_demo.reporting.plots import transparent

STRIP = 36  # pixels per model: a bar and a line of words
LETTER = 1 / 60  # width of a letter, as a share of the plot on a narrow screen


@dataclass(frozen=True)
class Strip:
    """A model's predictions over time. Without moments it is an empty row: they are being computed."""

    name: str
    colour: str
    moments: list[Moment]
    words: dict[str, str]  # the page's name of each class


def add(figure: go.Figure, strips: list[Strip], duration: float) -> go.Figure:
    """Add a bar per model below the legend, in the colour of the emotion, more opaque the more confident it is."""
    if not strips:
        return figure
    layout = figure.layout
    inside = layout.height - layout.margin.t - layout.margin.b
    share = inside / (inside + STRIP * len(strips))
    for axis in (layout.yaxis, layout.yaxis2):
        if axis.domain:
            axis.domain = [share * edge for edge in axis.domain]
    for row, strip in enumerate(strips):
        _bar_and_words(figure, strip, len(strips) - 1 - row, duration)
    figure.update_layout(
        height=layout.height + STRIP * len(strips),
        barmode="overlay",
        yaxis3={
            "domain": [share + (1 - share) * 0.06, 1],
            "range": [0, len(strips)],
            "visible": False,
            "fixedrange": True,
            "anchor": "x",
        },
    )
    return figure


def _bar_and_words(figure: go.Figure, strip: Strip, row: int, duration: float) -> None:
    moments = [one for one in strip.moments if one.probabilities]
    bar = {"yref": "y3", "y0": row + 0.08, "y1": row + 0.44}
    figure.add_shape(  # the model's colour, left of the first second
        type="line",
        xref="paper",
        xsizemode="pixel",
        xanchor=0,
        x0=-8,
        x1=-8,
        line={"color": strip.colour, "width": 5},
        **bar,
    )
    figure.add_bar(
        orientation="h",
        base=[round(one.start_s, 3) for one in moments],
        x=[round(one.end_s - one.start_s, 3) for one in moments],
        y=[row + 0.26] * len(moments),
        width=0.36,
        yaxis="y3",
        marker={
            "color": [_shade(one) for one in moments],
            "pattern": {
                "shape": ["" if one.sure else "/" for one in moments],
                "fgcolor": INK,
                "size": 5,
                "solidity": 0.2,
            },
            "line": {"width": 0},
        },
        hovertext=[escape(_hover(strip, one)) for one in moments],
        hovertemplate="%{hovertext}<extra>" + escape(strip.name) + "</extra>",
        showlegend=False,
    )
    runs = [(a, b, text) for a, b, text in _runs(strip) if (b - a) / duration >= (len(text) + 1) * LETTER]
    figure.add_scatter(
        x=[round((a + b) / 2, 3) for a, b, _ in runs],
        y=[row + 0.7] * len(runs),
        text=[escape(text) for *_, text in runs],
        mode="text",
        textfont={"size": 13, "color": INK},
        yaxis="y3",
        hoverinfo="skip",
        showlegend=False,
    )


def _shade(moment: Moment) -> str:
    if not moment.sure:
        return transparent(INK, 0.15)
    return transparent(EMOTION_COLOURS.get(moment.emotion, INK), round(0.25 + 0.75 * moment.confidence, 2))


def _hover(strip: Strip, moment: Moment) -> str:
    best = f"{strip.words[moment.emotion]} {100 * max(moment.probabilities.values()):.0f}%"
    return f"{moment.start_s:.1f} to {moment.end_s:.1f} s: {'' if moment.sure else 'not sure, perhaps '}{best}"


def _runs(strip: Strip) -> list[tuple[float, float, str]]:
    """(start, end, words) of consecutive moments with the same prediction."""
    runs: list[tuple[float, float, str]] = []
    for one in strip.moments:
        text = "silence" if one.emotion is None else strip.words[one.emotion] if one.sure else "not sure"
        start = runs.pop()[0] if runs and runs[-1][2] == text else one.start_s
        runs.append((start, one.end_s, text))
    return runs
