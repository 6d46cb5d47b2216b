"""Spectrogram and sound of one clip of a corpus, as far as they are on this disk."""

import base64
import io
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
import soundfile

from xser_demo.audio.io import Clip
from xser_demo.corpora import corpus
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.user import KEY
from xser_demo.data.packs import available, load_cached
from xser_demo.features import mel
from xser_demo.reporting import plots
from xser_demo.ui.shared.clips import playable, recording
from xser_demo.ui.storage import UserRecordings
from xser_demo.utils import settings


@dataclass(frozen=True)
class Media:
    """``figure`` and ``sound`` (rate, samples) are None where neither audio nor stored mel frames are on this disk."""

    figure: go.Figure | None
    sound: tuple[int, np.ndarray] | None
    source: str  # where the spectrogram comes from, as HTML


def media(utterance: Utterance, own: UserRecordings | None = None) -> Media:
    """The clip's spectrogram and sound, from its audio if that is on this disk, else from the stored log-mel bands.
    ``own``: the visitor's recordings."""
    clip = recording(utterance, own)
    if clip is not None:
        figure = plots.spectrogram(mel.decibels(clip.samples), clip.duration_s, [])
        return Media(_small(figure), playable(clip), "")
    if utterance.corpus == KEY:
        return Media(None, None, "<p>Your recordings were deleted; this clip cannot be played any more.</p>")
    known = corpus(utterance.corpus)
    link = f"<a href='{escape(known.url)}'>{escape(known.url)}</a>"
    owners = f"The owners of {escape(known.name)} distribute it at {link}."
    bands = stored_bands(utterance)
    if bands is None:
        return Media(None, None, f"<p>Neither the recording nor stored features are here. {owners}</p>")
    figure = _small(plots.spectrogram(bands, bands.shape[1] / mel.BANDS_RATE, []))
    return Media(figure, None, f"<p>From stored features; no recording here. {owners}</p>")


def data_address(clip: Clip, seconds: float) -> str:
    """The first seconds of a clip as the address of a player that holds its sound: no address leads to a file."""
    file = io.BytesIO()
    samples = clip.samples[: round(seconds * settings.SAMPLE_RATE)]
    soundfile.write(file, samples, settings.SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return f"data:audio/wav;base64,{base64.b64encode(file.getvalue()).decode()}"


def stored_bands(utterance: Utterance) -> np.ndarray | None:
    """The log-mel bands (64, frames) of a clip in dB, of the first 3 s of its speech; None without a pack."""
    if utterance.corpus not in available("mel"):
        return None
    pack = load_cached(utterance.corpus, "mel")
    row = next((row for row, one in enumerate(pack.utterances) if one.path == utterance.path), None)
    return None if row is None else pack.frames(row).numpy().T


def _small(figure: go.Figure) -> go.Figure:
    return figure.update_layout(height=170, margin={"l": 60, "r": 6, "t": 6, "b": 24})
