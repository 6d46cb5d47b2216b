"""Summary of a region of the maps: corpora, labels and the predictions of both models."""

from collections import Counter
from html import escape

from xser_demo.corpora import corpus
from xser_demo.experiments.embeddings import UNLABELLED
from xser_demo.reporting.maps import Comparison
from xser_demo.reporting.palette import EMOTION_COLOURS, UNLABELLED_COLOUR

COLUMNS = ("labelled", "predicted before", "predicted after")
MAX_BAR = 74  # percent of a cell; the number stands beside the bar


def valid_rows(sent: object, comparison: Comparison) -> list[int]:
    """The rows that a browser sent, sorted, without duplicates and without anything that is no row of these clips."""
    if not isinstance(sent, list):
        return []
    n = len(comparison.clips)
    return sorted({row for row in sent if isinstance(row, int) and not isinstance(row, bool) and 0 <= row < n})


def summary(comparison: Comparison, rows: list[int]) -> str:
    """Counts of the clips in ``rows`` by corpus, label and prediction, as HTML; empty without any."""
    if not rows:
        return ""
    clips = comparison.clips
    labels = [clips.label(clips.utterances[row]) for row in rows]
    predictions = [[view.predictions[row] for row in rows] for view in comparison.views]
    counts = [Counter(column) for column in (labels, *predictions)]
    largest = max(max(count.values()) for count in counts)
    labelled = [place for place, label in enumerate(labels) if label != UNLABELLED]
    body = "".join(
        f"<tr><td>{escape(name)}</td>" + "".join(_cell(count[name], largest, name) for count in counts) + "</tr>"
        for name in (*clips.labels.classes, *([UNLABELLED] if len(labelled) < len(labels) else []))
    )
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("", *COLUMNS))
    accuracy = ""
    if labelled:
        right = [sum(labels[place] == column[place] for place in labelled) / len(labelled) for column in predictions]
        accuracy = (
            f"<p class='x-small x-scale'>Accuracy: {100 * right[0]:.0f}% before, {100 * right[1]:.0f}% after "
            "adaptation. Labels are used for this count only; no model was adapted with target labels.</p>"
        )
    number = "1 clip" if len(rows) == 1 else f"{len(rows):,} clips"
    return (
        f"<h3>{number} in this region: {_corpora(comparison, rows)}</h3>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{accuracy}"
    )


def _corpora(comparison: Comparison, rows: list[int]) -> str:
    count = Counter(comparison.clips.utterances[row].corpus for row in rows)
    sides = [domain.pack.key.split("+") for domain in (comparison.clips.source, comparison.clips.target)]
    return " and ".join(
        f"{count[key]} {escape(corpus(key).language_name)} ({escape(corpus(key).name)})"
        for keys in sides
        for key in keys
        if count[key]
    )


def _cell(count: int, largest: int, name: str) -> str:
    colour = EMOTION_COLOURS.get(name, UNLABELLED_COLOUR)
    return f"<td><div><b style='width:{MAX_BAR * count / largest:.0f}%;background:{colour}'></b>{count}</div></td>"
