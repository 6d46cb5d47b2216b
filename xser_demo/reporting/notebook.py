"""How results of the library show themselves in a notebook: a small table that needs no style sheet."""

from collections.abc import Sequence
from html import escape
from typing import Any

from xser_demo.evaluation.domain_distance import Distances
from xser_demo.evaluation.scores import Score
from xser_demo.reporting.html import interval, number, percent, table
from xser_demo.reporting.palette import EMOTION_COLOURS, INK
from xser_demo.reporting.score_tables import NO_LABELS, ROWS

BAR = "background:linear-gradient(to right,{colour}55 {share},transparent {share});padding:0 4px;min-width:5em"


def prediction(clip: dict[str, Any], titles: Sequence[str]) -> str:
    """A clip as ``inference.predict.describe`` returns it, with a row for each model and a bar for each emotion."""
    emotions = list(dict.fromkeys(name for model in clip["models"] for name in model["probabilities"]))
    rows = [
        (escape(title), escape(model["emotion"]), *(_bar(name, model["probabilities"].get(name)) for name in emotions))
        for title, model in zip(titles, clip["models"], strict=True)
    ]
    notes = [] if clip["quality"] is None else clip["quality"]["warnings"]
    said = "".join(f"<div>{escape(note)}</div>" for note in notes)
    head = ["Model", "Emotion", *(escape(name) for name in emotions)]
    return f"<div><b>{escape(clip['file'])}</b>, {clip['duration_s']:.1f} s</div>{table(head, rows)}{said}"


def adaptation(title: str, scores: dict[str, Score], before: Distances, after: Distances) -> str:
    """The scores before and after, and the distance of the two corpora."""
    rows = [(ROWS[name], number(s.uar, 1), interval(s.ci95), str(s.n)) for name, s in scores.items()]
    told = table(("", "UAR in %", "95% interval", "Clips"), rows) if rows else f"<div>{NO_LABELS}</div>"
    distance = f"Proxy A-distance {before.a_distance:.2f} before, {after.a_distance:.2f} after"
    return f"<div><b>{escape(title)}</b></div>{told}<div>{distance} (0 inseparable, 2 separable)</div>"


def _bar(emotion: str, share: float | None) -> str:
    if share is None:
        return ""
    style = BAR.format(colour=EMOTION_COLOURS.get(emotion, INK), share=percent(share))
    return f'<div style="{style}">{percent(share)}</div>'
