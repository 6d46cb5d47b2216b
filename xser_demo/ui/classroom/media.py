"""Picture and sound of a clip that the class votes on, as far as they are on this disk."""

import io

import soundfile

from xser_demo.classroom.clips import VoteClip
from xser_demo.classroom.refused import Refused
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.locate import find
from xser_demo.data.packs import load_cached
from xser_demo.features import mel
from xser_demo.reporting.spectrogram import png
from xser_demo.ui.shared.clip_media import stored_bands
from xser_demo.ui.shared.clips import recording
from xser_demo.utils import settings
from xser_demo.utils.errors import CorpusError

NO_SOUND = "The recording is not on this computer."


def utterance(clip: VoteClip) -> Utterance:
    return load_cached(clip.corpus).utterances[clip.row]


def picture(clip: VoteClip) -> bytes:
    """The spectrogram as PNG: of the recording, else of the stored bands. Refused where neither is here."""
    sound = recording(utterance(clip))
    bands = mel.decibels(sound.samples) if sound else stored_bands(utterance(clip))
    if bands is None:
        raise Refused("Neither recording nor stored bands of this clip are here.", 404)
    return png(bands)


def sound(clip: VoteClip) -> bytes:
    """The recording as WAV. Refused where it is not on this disk."""
    found = recording(utterance(clip))
    if found is None:
        raise Refused(NO_SOUND, 404)
    out = io.BytesIO()
    soundfile.write(out, found.samples.clip(-1, 1), settings.SAMPLE_RATE, "PCM_16", format="WAV")
    return out.getvalue()


def has_sound(corpus: str) -> bool:
    """Whether the recordings of a corpus are on this disk."""
    try:
        return bool(find(corpus, settings.corpora_dir()))
    except CorpusError:
        return False
