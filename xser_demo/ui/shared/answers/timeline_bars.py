"""What each model answers along a longer clip, as bars above its spectrogram. Nothing here knows Gradio."""

from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from xser_demo.inference.timeline import Moment
from xser_demo.reporting.palette import EMOTION_COLOURS, INK
from xser_demo.reporting.plots import transparent

STRIP = 36  # pixels for a model's answers over time: a bar and a line of words
LETTER = 1 / 60  # of the width of a plot on a narrow screen: what a letter takes


@dataclass(frozen=True)
class Strip:
    """A model's answers over time. No moments: they are on their way, and have their place already."""

    name: str
    colour: str
    moments: list[Moment]
    words: dict[str, str]  # what the page calls each class


def add(figure: go.Figure, strips: list[Strip], duration: float) -> go.Figure:
    """Make room below the legend and put a bar for each model there: colour of the emotion, the stronger the surer."""
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
    said = [one for one in strip.moments if one.probabilities]
    bar = {"yref": "y3", "y0": row + 0.08, "y1": row + 0.44}
    figure.add_shape(  # whose bar it is, in the model's colour; pixels left of the first second
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
        base=[round(one.start_s, 3) for one in said],
        x=[round(one.end_s - one.start_s, 3) for one in said],
        y=[row + 0.26] * len(said),
        width=0.36,
        yaxis="y3",
        marker={
            "color": [_shade(one) for one in said],
            "pattern": {"shape": ["" if one.sure else "/" for one in said], "fgcolor": INK, "size": 5, "solidity": 0.2},
            "line": {"width": 0},
        },
        hovertext=[escape(_hover(strip, one)) for one in said],
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


def _shade(one: Moment) -> str:
    colour = EMOTION_COLOURS.get(one.emotion, INK)
    return transparent(colour, round(0.25 + 0.75 * one.confidence, 2)) if one.sure else transparent(INK, 0.15)


def _hover(strip: Strip, one: Moment) -> str:
    best = f"{strip.words[one.emotion]} {100 * max(one.probabilities.values()):.0f}%"
    said = best if one.sure else f"not sure, perhaps {best}"
    return f"{one.start_s:.1f} to {one.end_s:.1f} s: {said}"


def _runs(strip: Strip) -> list[tuple[float, float, str]]:
    """(start, end, words) of moments in a row that say the same."""
    runs: list[tuple[float, float, str]] = []
    for one in strip.moments:
        text = "silence" if one.emotion is None else strip.words[one.emotion] if one.sure else "not sure"
        start = runs.pop()[0] if runs and runs[-1][2] == text else one.start_s
        runs.append((start, one.end_s, text))
    return runs
