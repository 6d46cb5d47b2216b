"""What a clicked point of the maps shows: which clip it is, what both models heard, its picture and its sound.
Knows nothing of Gradio."""

from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go

from xser_demo.corpora import corpus
from xser_demo.corpora.base import Utterance
from xser_demo.data.packs import load_cached
from xser_demo.experiments.embeddings import UNLABELLED
from xser_demo.features import FEATURES, mel
from xser_demo.reporting import plots
from xser_demo.reporting.maps import Comparison
from xser_demo.reporting.palette import EMOTION_COLOURS
from xser_demo.ui.shared.clips import playable, recording
from xser_demo.utils.errors import CorpusError, SettingsError, UserError

CEILING = mel.N_MELS + 1  # of the spectrogram's scale, in bands
CHANGED = "changed"  # a step to a clip whose answer adaptation has changed


@dataclass(frozen=True)
class Shown:
    """``figure`` and ``sound`` (rate, samples) are None where neither audio nor stored mels are here."""

    figure: go.Figure | None
    sound: tuple[int, np.ndarray] | None
    source: str  # where the picture comes from, as HTML


def words(comparison: Comparison, row: int) -> str:
    """Corpus, speaker, label and both answers of one clip, as HTML."""
    clips, utterance = comparison.clips, comparison.clips.utterances[row]
    known, label = corpus(utterance.corpus), clips.label(utterance)
    labelled = label if utterance.emotion in ("", label) else f"{utterance.emotion} ({label})"
    heard = [view.predictions[row] for view in comparison.views]
    facts = (
        ("Labelled as", label, labelled),
        ("Heard before as", heard[0], heard[0]),
        ("Heard after as", heard[1], heard[1]),
    )
    lines = "".join(
        f"<dt>{name}</dt><dd><i style='background:{EMOTION_COLOURS.get(key, '#7F7F7F')}'></i>{escape(text)}</dd>"
        for name, key, text in facts
    )
    side = "source" if row < len(clips.source) else "target"
    title = f"{known.name}, speaker {utterance.speaker}" if utterance.speaker else known.name
    said = f"{known.language_name}, {side}. {_changed(label, *heard)}"
    return f"<h3>{escape(title)}</h3><p class='x-small'>{said}</p><dl class='x-facts'>{lines}</dl>"


def _changed(label: str, before: str, after: str) -> str:
    if before == after:
        return "Adaptation changed nothing here."
    if label == UNLABELLED:
        return "After adaptation it is heard as something else."
    if after == label:
        return "After adaptation it is heard as labelled."
    return "After adaptation it is no longer heard as labelled." if before == label else "Both answers miss the label."


def show(utterance: Utterance) -> Shown:
    """The clip's spectrogram and sound, from its audio if that is on this disk, else from the stored log-mel bands."""
    clip = recording(utterance)
    if clip is not None:
        figure = plots.spectrogram(mel.decibels(clip.samples), clip.duration_s, [])
        return Shown(_small(figure), playable(clip), "")
    known = corpus(utterance.corpus)
    fetch = f"its owners hand {escape(known.name)} out at <a href='{escape(known.url)}'>{escape(known.url)}</a>"
    try:
        bands = stored(utterance)
    except UserError:
        return Shown(None, None, f"<p>No recording and no picture of it is here; {fetch}.</p>")
    figure = _small(plots.spectrogram(bands, bands.shape[1] / FEATURES["mel"].rate_hz, []))
    return Shown(figure, None, f"<p>From stored features, no recording here: {fetch}.</p>")


def stored(utterance: Utterance) -> np.ndarray:
    """(80, frames) dB on the scale of the spectrogram, from the 64 bands of the mel pack: its first 3 s of speech."""
    pack = load_cached(utterance.corpus, "mel")
    row = next((row for row, one in enumerate(pack.utterances) if one.path == utterance.path), None)
    if row is None:
        raise CorpusError("This clip is not in the stored features.")
    bands = pack.frames(row).numpy()  # (T, 64), both scales are Slaney's and end at 8 kHz
    places = np.arange(1, mel.N_MELS + 1) / CEILING * (mel.BANDS + 1) - 1
    return np.stack([np.interp(places, np.arange(mel.BANDS), frame) for frame in bands], axis=1)


def chosen(comparison: Comparison, row: int | None, where: object) -> int:
    """The row that a browser asks for: a row itself, or from ``row`` the next clip ("1"), the one before ("-1") or the
    next one whose answer has changed (``CHANGED``), round and round."""
    n = len(comparison.clips)
    if isinstance(where, int) and not isinstance(where, bool) and 0 <= where < n:
        return where
    if where in ("1", "-1"):
        return 0 if row is None else (row + int(where)) % n
    if where != CHANGED:
        raise SettingsError("This clip is not on the map; click another point.")
    before, after = (view.predictions for view in comparison.views)
    first = -1 if row is None else row
    order = ((first + 1 + offset) % n for offset in range(n))
    return next((one for one in order if before[one] != after[one]), (first + 1) % n)


def _small(figure: go.Figure) -> go.Figure:
    return figure.update_layout(height=170, margin={"l": 60, "r": 6, "t": 6, "b": 24})
