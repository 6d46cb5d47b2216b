"""A drift as pictures and HTML. Knows nothing of Gradio."""

import base64
import io
from html import escape

import numpy as np
import plotly.graph_objects as go
import soundfile

from xser_demo.audio.perturbations import Perturbation
from xser_demo.features import mel
from xser_demo.inference.predict import EncodedClip, Prediction
from xser_demo.reporting import maps as reporting_maps
from xser_demo.reporting import naming, plots, score_tables
from xser_demo.reporting.palette import EMOTION_COLOURS, INK, MODEL_COLOURS, VISITOR_SHAPE
from xser_demo.ui.tabs.perturbations import curves
from xser_demo.ui.tabs.perturbations.sweep import Drift, Sweep
from xser_demo.utils import settings

MAP_HEIGHT = 192
SOUND_HEIGHT = 176
MOST = 60  # points of one kind on a small map; the place of the star is found among all

# The page's own style (theme.CSS) comes with a longer selector, hence the many "important".
STYLE = """<style>
.x-tight { gap: 6px !important; }
.x-tight .html-container, #lab-sentence .html-container { padding: 0 12px !important; }
#lab-cards .html-container { padding: 0 !important; }
.x-sound { margin: 0; display: grid; grid-template-columns: 74px 1fr; align-items: center; font-size: 14px; }
.x-sound figcaption { font-weight: 600; }
.x-sound audio { width: 100%; height: 36px; min-width: 0; }
.dark .x-sound audio { color-scheme: dark; }
#lab-dose { min-height: 62px; }
.x-dose { font-size: 15px !important; font-weight: 650; color: var(--body-text-color) !important; }
#lab-top { margin-bottom: -6px; }
#lab-top .x-clip { min-height: 21px; }
#lab-cards .x-cards { grid-template-columns: 1fr 1fr !important; gap: 0 18px !important; min-height: 168px; }
#lab-cards .x-card { display: block !important; padding: 6px 0 0 !important; }
#lab-cards .x-card strong { font-size: 26px !important; }
#lab-cards .x-card > p { margin: 0 0 4px !important; font-size: 13px; white-space: nowrap; }
#lab-cards .x-bar { grid-template-columns: 70px 1fr 34px !important; gap: 6px; line-height: 20px; font-size: 13px; }
#lab-cards .x-bar i { height: 10px !important; }
#lab-sentence { min-height: 42px; }
#lab-sentence p { font-size: 15px; line-height: 1.4; margin: 0; }
#lab-legend .x-legend { font-size: 13px; gap: 2px 14px; min-height: 60px; align-content: start; }
#lab-note { min-height: 82px; }
@media (max-width: 640px) { #lab-maps { flex-wrap: nowrap !important; } #lab-maps > * { min-width: 0 !important; } }
</style>"""

# One sound at a time: who plays the changed clip does not want to hear the original with it.
ONE_AT_A_TIME = """
if (!window.__xOneSound) {
  window.__xOneSound = true;
  document.addEventListener('play', event => {
    document.querySelectorAll('.x-sound audio').forEach(one => { if (one !== event.target) one.pause(); });
  }, true);
}
"""


def sound(name: str, heard: EncodedClip | None) -> str:
    """A player that holds the sound itself, so that no file of a visitor's clip is made."""
    if heard is None:
        return f"<figure class='x-sound'><figcaption>{name}</figcaption><audio controls></audio></figure>"
    file = io.BytesIO()
    soundfile.write(file, heard.clip.samples, settings.SAMPLE_RATE, format="WAV", subtype="PCM_16")
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f"<figure class='x-sound'><figcaption>{name}</figcaption>"
        f"<audio controls preload='auto' aria-label='{name} clip' src='data:audio/wav;base64,{data}'></audio></figure>"
    )


def dose(shift: Perturbation, at: float) -> str:
    """What the slider does now, in words, and what the shift imitates."""
    said = escape(naming.upper(shift.value(at)))
    return f"<p class='x-dose' role='status'>{said}</p><p>{escape(shift.info)}</p>"


def cards(drift: Drift, step: int) -> str:
    """Both answers at one strength, and what each was without the change."""
    boxes = [
        _card(drift, name, of_model[step], of_model[drift.sweep.start], colour)
        for name, of_model, colour in zip(drift.names, drift.answers, MODEL_COLOURS, strict=False)
    ]
    return f"<div class='x-cards'>{''.join(boxes)}</div>"


def _card(drift: Drift, name: str, answer: Prediction, first: Prediction, colour: str) -> str:
    named = escape(naming.word(drift.card, answer.emotion))
    if answer.emotion == first.emotion:
        line = "as without the change"
    else:
        line = f"without the change: {escape(naming.word(drift.card, first.emotion))}"
    if not answer.sure:
        named, line = "not sure", f"perhaps {named}"
    right = naming.own_class(drift.card, drift.label) if drift.label else None
    bars = "".join(_bar(drift.card, one, share, one == right) for one, share in answer.probabilities.items())
    unsure = "" if answer.sure else " class='x-unsure'"
    return (
        f"<article class='x-card' style='--model:{colour}'><h3>{escape(naming.upper(name))}</h3>"
        f"<p><strong{unsure}>{named}</strong>{line}</p><div>{bars}</div></article>"
    )


def _bar(card: dict, name: str, share: float, labelled: bool) -> str:
    said = escape(naming.word(card, name))
    return (
        f"<div class='x-bar'><span>{f'<em>{said}</em>' if labelled else said}</span>"
        f"<i><b style='width:{100 * share:.1f}%;background:{EMOTION_COLOURS.get(name, INK)}'></b></i>"
        f"<span>{100 * share:.0f}%</span></div>"
    )


def waiting() -> str:
    return "<div class='x-cards x-waiting'><p>Both models answer here.</p></div>"


def maps(drift: Drift, step: int, colour_by: str) -> list[go.Figure]:
    """Before and after: the clips of both corpora, and the star on its way from the unchanged clip."""
    way = drift.sweep.path(step)
    made = []
    views, titles = drift.comparison.views, (drift.names[0], naming.upper(drift.names[1]))
    for layout, seen, places, title in zip(drift.layouts, views, drift.places, titles, strict=True):
        groups = [_some(group) for group in reporting_maps.groups(drift.comparison.clips, seen, colour_by)]
        figure = plots.scatter(layout, groups, None, title)
        figure.update_traces(marker_size=4, marker_opacity=0.55)
        _trail(figure, places, way)
        points = np.concatenate([layout, places])
        low, high = points.min(0), points.max(0)
        room = 0.06 * (high - low)
        figure.update_layout(showlegend=False, height=MAP_HEIGHT, margin={"l": 4, "r": 4, "t": 26, "b": 4})
        figure.update_layout(title_font_size=14, uirevision=None)
        figure.update_xaxes(range=[low[0] - room[0], high[0] + room[0]], fixedrange=True)
        figure.update_yaxes(range=[low[1] - room[1], high[1] + room[1]], fixedrange=True)
        made.append(figure)
    return made


def _some(group: plots.Group) -> plots.Group:
    """A part of a group, always the same, so that a star stays visible on a small map."""
    every = max(1, round(len(group.index) / MOST))
    return plots.Group(group.name, group.colour, group.symbol, group.index[::every], group.hover[::every])


def _trail(figure: go.Figure, places: np.ndarray, way: list[int]) -> None:
    x, y = places[way].T.tolist()
    bare = {"hoverinfo": "skip", "mode": "lines"}
    figure.add_scatter(x=x, y=y, line={"color": "white", "width": 6}, opacity=0.8, **bare)
    figure.add_scatter(x=x, y=y, line={"color": "#D55E00", "width": 3}, name="path", **bare)
    ring = {"symbol": "circle-open", "size": 11, "color": "#D55E00", "line": {"width": 3}}
    figure.add_scatter(x=x[:1], y=y[:1], mode="markers", marker=ring, hovertemplate="the unchanged clip<extra></extra>")
    figure.add_scatter(
        x=x[-1:],
        y=y[-1:],
        mode="markers",
        name="the clip as it sounds now",
        marker={"symbol": VISITOR_SHAPE, "size": 18, "color": "#FDE047", "line": {"width": 2, "color": "#18181B"}},
        hovertemplate="the clip as it sounds now<extra></extra>",
    )


def key(drift: Drift, colour_by: str) -> str:
    clips = drift.comparison.clips
    legend = score_tables.legend(clips.source.pack.key, clips.target.pack.key, clips.labels, colour_by, star=False)
    ring = "<circle cx='6' cy='6' r='4.5' fill='none' stroke='#D55E00' stroke-width='2.5'/>"
    own = "".join(
        f"<span><svg viewBox='-1 -1 14 14' aria-hidden='true'>{shape}</svg>{said}</span>"
        for shape, said in ((ring, "the clip unchanged"), (score_tables.STAR, "the clip now"))
    )
    return legend.replace("<div class='x-legend'>", f"<div class='x-legend'>{own}")


def probabilities(drift: Drift, at: float) -> go.Figure:
    """The probability of the labelled class, else of each model's first answer, against the strength."""
    said = [naming.word(drift.card, one) for one in drift.followed]
    title = f"This clip: probability of {said[0] if said[0] == said[1] else 'the first answer'}"
    figure = curves.over_strengths(title, drift.sweep.shift.name, at)
    for number, (name, of_model, one) in enumerate(zip(drift.names, drift.answers, drift.followed, strict=True)):
        shares = [answer.probabilities[one] for answer in of_model]
        named = f"{name}, {naming.word(drift.card, one)}"
        curves.line(figure, number, named, list(drift.sweep.strengths), shares, "%{y:.0%}")
    return figure


def spectrograms(sweep: Sweep, step: int) -> go.Figure:
    """The original above the changed clip, on the same seconds; each relative to its own loudest moment."""
    pair = [sweep.versions[sweep.start], sweep.versions[step]]
    figure, changed = (plots.spectrogram(mel.decibels(one.clip.samples), one.duration_s, []) for one in pair)
    figure.add_trace(changed.data[0].update(yaxis="y2"))
    axis = figure.layout.yaxis.to_plotly_json() | {"tickvals": figure.layout.yaxis.tickvals[1::2]}
    axis["ticktext"] = figure.layout.yaxis.ticktext[1::2]
    figure.update_layout(
        height=SOUND_HEIGHT,
        margin={"l": 46, "r": 6, "t": 20, "b": 24},
        xaxis={"nticks": 5, "range": [0, max(one.duration_s for one in pair)]},
        yaxis=axis | {"domain": [0.57, 1]},
        yaxis2=axis | {"domain": [0, 0.43], "anchor": "x"},
    )
    for height, name in ((1.0, "Original"), (0.43, "Changed")):
        figure.add_annotation(
            text=name, x=0, y=height, xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False
        )
    return figure
