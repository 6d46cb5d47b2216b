"""Figures and HTML of the Shift lab: sounds, predictions, maps and curves of one clip."""

import base64
import io
from dataclasses import replace
from html import escape

import numpy as np
import plotly.graph_objects as go
import soundfile

from xser_demo.audio.perturbations import Perturbation
from xser_demo.features import mel
from xser_demo.inference.predict import EncodedClip, Prediction
from xser_demo.reporting import maps as reporting_maps
from xser_demo.reporting import naming, plots, score_tables
from xser_demo.reporting.palette import MODEL_COLOURS
from xser_demo.ui.shared.answers import cards as answer_cards
from xser_demo.ui.tabs.perturbations import curves
from xser_demo.ui.tabs.perturbations.sweep import Drift, Sweep
from xser_demo.utils import settings
from xser_demo.utils.words import upper

MAP_HEIGHT = 192
SOUND_HEIGHT = 176
MAX_POINTS = 60  # of one group on a small map; the position of the star is found among all
PATH_COLOUR = "#D55E00"

# Starting one sound pauses the other.
ONE_AT_A_TIME = """
if (!window.__xOneSound) {
  window.__xOneSound = true;
  document.addEventListener('play', event => {
    document.querySelectorAll('.x-sound audio').forEach(one => { if (one !== event.target) one.pause(); });
  }, true);
}
"""


def sound(name: str, clip: EncodedClip | None) -> str:
    """A player with the sound inside the HTML, so that no file of a visitor's clip is written."""
    if clip is None:
        return f"<figure class='x-sound'><figcaption>{name}</figcaption><audio controls></audio></figure>"
    file = io.BytesIO()
    soundfile.write(file, clip.clip.samples, settings.SAMPLE_RATE, format="WAV", subtype="PCM_16")
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f"<figure class='x-sound'><figcaption>{name}</figcaption>"
        f"<audio controls preload='auto' aria-label='{name} clip' src='data:audio/wav;base64,{data}'></audio></figure>"
    )


def effect(perturbation: Perturbation, strength: float) -> str:
    """What the perturbation does at this strength, in words, and what it imitates."""
    value = escape(upper(perturbation.value(strength)))
    return f"<p class='x-dose' role='status'>{value}</p><p>{escape(perturbation.info)}</p>"


def cards(drift: Drift, step: int) -> str:
    """Both predictions at one strength, and what each was without the change."""
    boxes = [
        _card(drift, name, of_model[step], of_model[drift.sweep.start], colour)
        for name, of_model, colour in zip(drift.names, drift.predictions, MODEL_COLOURS, strict=False)
    ]
    return answer_cards.row(boxes)


def _card(drift: Drift, name: str, prediction: Prediction, unchanged: Prediction, colour: str) -> str:
    word = escape(naming.word(drift.card, prediction.emotion))
    if prediction.emotion == unchanged.emotion:
        line = "as without the change"
    else:
        line = f"without the change: {escape(naming.word(drift.card, unchanged.emotion))}"
    if not prediction.sure:
        word, line = "not sure", f"perhaps {word}"
    unsure = "" if prediction.sure else " class='x-unsure'"
    right = naming.own_class(drift.card, drift.label) if drift.label else None
    bars = answer_cards.bars(drift.card, prediction, right)
    return answer_cards.article(upper(name), colour, f"<p><strong{unsure}>{word}</strong>{line}</p>", bars)


def waiting() -> str:
    return answer_cards.row(["<p>The predictions of both models appear here.</p>"], waiting=True)


def maps(drift: Drift, step: int, colour_by: str) -> list[go.Figure]:
    """Before and after: the clips of both corpora, and the path of the star from the unchanged clip."""
    path = drift.sweep.path(step)
    figures = []
    views, titles = drift.comparison.views, (drift.names[0], upper(drift.names[1]))
    for layout, view, positions, title in zip(drift.layouts, views, drift.positions, titles, strict=True):
        groups = [_thin(group) for group in reporting_maps.groups(drift.comparison.clips, view, colour_by)]
        figure = plots.scatter(layout, groups, None, title)
        figure.update_traces(marker_size=4, marker_opacity=0.55)
        _add_path(figure, positions[path])
        points = np.concatenate([layout, positions])
        low, high = points.min(0), points.max(0)
        margin = 0.06 * (high - low)
        figure.update_layout(showlegend=False, height=MAP_HEIGHT, margin={"l": 4, "r": 4, "t": 26, "b": 4})
        figure.update_layout(title_font_size=14, uirevision=None)
        figure.update_xaxes(range=[low[0] - margin[0], high[0] + margin[0]], fixedrange=True)
        figure.update_yaxes(range=[low[1] - margin[1], high[1] + margin[1]], fixedrange=True)
        figures.append(figure)
    return figures


def _thin(group: plots.Group) -> plots.Group:
    """Every n-th point of a group, so that the star stays visible on a small map."""
    stride = max(1, round(len(group.index) / MAX_POINTS))
    return replace(group, index=group.index[::stride], hover=group.hover[::stride])


def _add_path(figure: go.Figure, positions: np.ndarray) -> None:
    """A line through ``positions`` (n, 2) from a ring, the unchanged clip, to a star, the clip as it sounds now."""
    x, y = positions.T.tolist()
    line = {"hoverinfo": "skip", "mode": "lines"}
    figure.add_scatter(x=x, y=y, line={"color": "white", "width": 6}, opacity=0.8, **line)
    figure.add_scatter(x=x, y=y, line={"color": PATH_COLOUR, "width": 3}, name="path", **line)
    ring = {"symbol": "circle-open", "size": 11, "color": PATH_COLOUR, "line": {"width": 3}}
    figure.add_scatter(x=x[:1], y=y[:1], mode="markers", marker=ring, hovertemplate="the unchanged clip<extra></extra>")
    figure.add_scatter(
        x=x[-1:],
        y=y[-1:],
        mode="markers",
        name="the clip as it sounds now",
        marker=plots.star_marker(18),
        hovertemplate="the clip as it sounds now<extra></extra>",
    )


def legend(drift: Drift, colour_by: str) -> str:
    ring = f"<circle cx='6' cy='6' r='4.5' fill='none' stroke='{PATH_COLOUR}' stroke-width='2.5'/>"
    path = "".join(
        f"<span><svg viewBox='-1 -1 14 14' aria-hidden='true'>{shape}</svg>{text}</span>"
        for shape, text in ((ring, "the clip unchanged"), (score_tables.STAR, "the clip now"))
    )
    start = "<div class='x-legend'>"
    return reporting_maps.legend(drift.comparison.clips, colour_by).replace(start, start + path)


def probabilities(drift: Drift, strength: float) -> go.Figure:
    """The probability of the label, else of each model's first prediction, against the strength."""
    words = [naming.word(drift.card, one) for one in drift.tracked]
    title = f"This clip: probability of {words[0] if words[0] == words[1] else 'the first answer'}"
    figure = curves.over_strengths(title, drift.sweep.perturbation.name, strength)
    for number, (name, of_model, one) in enumerate(zip(drift.names, drift.predictions, drift.tracked, strict=True)):
        values = [prediction.probabilities[one] for prediction in of_model]
        curves.add_line(figure, number, f"{name}, {words[number]}", list(drift.sweep.strengths), values, "%{y:.0%}")
    return figure


def spectrograms(sweep: Sweep, step: int) -> go.Figure:
    """The original above the changed clip, on the same time axis; each relative to its own loudest moment."""
    clips = [sweep.versions[sweep.start], sweep.versions[step]]
    figure, changed = (plots.spectrogram(mel.decibels(clip.clip.samples), clip.duration_s, []) for clip in clips)
    figure.add_trace(changed.data[0].update(yaxis="y2"))
    axis = figure.layout.yaxis.to_plotly_json() | {"tickvals": figure.layout.yaxis.tickvals[1::2]}
    axis["ticktext"] = figure.layout.yaxis.ticktext[1::2]
    figure.update_layout(
        height=SOUND_HEIGHT,
        margin={"l": 46, "r": 6, "t": 20, "b": 24},
        xaxis={"nticks": 5, "range": [0, max(clip.duration_s for clip in clips)]},
        yaxis=axis | {"domain": [0.57, 1]},
        yaxis2=axis | {"domain": [0, 0.43], "anchor": "x"},
    )
    for height, name in ((1.0, "Original"), (0.43, "Changed")):
        figure.add_annotation(
            text=name, x=0, y=height, xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False
        )
    return figure
