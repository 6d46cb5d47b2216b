"""What a region of the maps is made of: its corpora, its labels, and what both models heard in it. Knows nothing of
Gradio."""

from collections import Counter
from html import escape

from xser_demo.corpora import corpus
from xser_demo.experiments.embeddings import UNLABELLED
from xser_demo.reporting.maps import Comparison
from xser_demo.reporting.palette import EMOTION_COLOURS

STYLE = """<style>
.x-region table { table-layout: fixed; max-width: 720px; }
.x-region th:first-child, .x-region td:first-child { width: 96px; font-weight: 400; }
.x-region td { font-weight: 400 !important; padding: 3px 10px 3px 0 !important; border: 0 !important; }
.x-region th { padding: 3px 10px 3px 0 !important; font-weight: 600; vertical-align: bottom; }
.x-region td div { display: flex; align-items: center; gap: 6px; }
.x-region td b { display: block; height: 12px; border-radius: 2px; flex: none; }
@media (max-width: 640px) { .x-region table { font-size: 14px; } .x-region th:first-child, .x-region td:first-child {
  width: 78px; } }
</style>"""
COLUMNS = ("labelled as", "heard before", "heard after")
WIDEST = 74  # percent of a cell, the number stands beside it


def rows(chosen: object, comparison: Comparison) -> list[int]:
    """The rows that a browser names, each once, in order; whatever is no row of these clips is left out."""
    if not isinstance(chosen, list):
        return []
    n = len(comparison.clips)
    return sorted({row for row in chosen if isinstance(row, int) and not isinstance(row, bool) and 0 <= row < n})


def tell(comparison: Comparison, chosen: list[int]) -> str:
    """Of the chosen clips (rows): how many, of which corpora, labelled and heard as what. HTML."""
    if not chosen:
        return ""
    clips = comparison.clips
    labels = [clips.label(clips.utterances[row]) for row in chosen]
    answers = [[view.predictions[row] for row in chosen] for view in comparison.views]
    counts = [Counter(column) for column in (labels, *answers)]
    most = max(max(count.values()) for count in counts)
    known = [place for place, label in enumerate(labels) if label != UNLABELLED]
    right = [sum(labels[place] == heard[place] for place in known) / max(len(known), 1) for heard in answers]
    body = "".join(
        f"<tr><td>{escape(name)}</td>" + "".join(_cell(count[name], most, name) for count in counts) + "</tr>"
        for name in (*clips.labels.classes, *([UNLABELLED] if len(known) < len(labels) else []))
    )
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("", *COLUMNS))
    return (
        f"<h3>{_clips(len(chosen))} in this region: {_corpora(comparison, chosen)}</h3>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" + (_right(right) if known else "")
    )


def _right(right: list[float]) -> str:
    return (
        f"<p class='x-small x-scale'>Heard as labelled: {100 * right[0]:.0f}% before, {100 * right[1]:.0f}% after "
        "adaptation. Labels serve this count only; no model was adapted with the target's.</p>"
    )


def _corpora(comparison: Comparison, chosen: list[int]) -> str:
    count = Counter(comparison.clips.utterances[row].corpus for row in chosen)
    sides = [speech.pack.key.split("+") for speech in (comparison.clips.source, comparison.clips.target)]
    return " and ".join(
        f"{count[key]} {escape(corpus(key).language_name)} ({escape(corpus(key).name)})"
        for keys in sides
        for key in keys
        if count[key]
    )


def _clips(n: int) -> str:
    return "1 clip" if n == 1 else f"{n:,} clips"


def _cell(count: int, most: int, name: str) -> str:
    colour = EMOTION_COLOURS.get(name, "#7F7F7F")
    return f"<td><div><b style='width:{WIDEST * count / most:.0f}%;background:{colour}'></b>{count}</div></td>"
