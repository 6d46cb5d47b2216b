"""The clips nearest to the visitor's, named below the maps; each name opens the clip (js/map.js)."""

from html import escape

from xser_demo.corpora import corpus
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import map_star
from xser_demo.reporting.maps import Comparison


def lines(comparison: Comparison, clips: list[EncodedClip]) -> str:
    """One line for each model, as HTML; empty without a clip of the visitor, or where it lacks the features."""
    if not clips:
        return ""
    found = (map_star.nearest(comparison, side, clips[0]) for side in (0, 1))
    return "".join(
        f"<p>Nearest to your clip {when} adaptation: {'; '.join(_clip(comparison, row) for row in rows)}.</p>"
        for when, rows in zip(("before", "after"), found, strict=True)
        if rows is not None
    )


def _clip(comparison: Comparison, row: int) -> str:
    """Such as "German clip 16a01Wb, labelled anger"."""
    utterance = comparison.clips.utterances[row]
    name = utterance.path.rpartition("/")[2].rpartition(".")[0] or utterance.path
    label = f"labelled {utterance.emotion}" if utterance.emotion else "not labelled"
    language = corpus(utterance.corpus).language_name
    return f"{escape(language)} clip <button type='button' data-row='{row}'>{escape(name)}</button>, {escape(label)}"
