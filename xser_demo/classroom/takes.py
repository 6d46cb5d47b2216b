"""One acted sentence: checked, encoded, and its sound dropped."""

from dataclasses import dataclass

import numpy as np

from xser_demo.audio import io
from xser_demo.audio.quality import CLIPPED_SHARE, GAIN_CONTROL, MIN_SPEECH_S, QUIET_DBFS, Quality
from xser_demo.classroom.refused import Refused
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.user import KEY
from xser_demo.data.packs import Pack, make
from xser_demo.features.encoders import frozen
from xser_demo.inference.predict import encode_clip

MAX_S = 12.0  # of one sentence
MAX_BYTES = 3 << 20  # 12 s of 48 kHz, 16 bits, stereo are 2.3 MB

QUIET = "Your voice is hardly to be heard: hold the phone closer, speak up, and record again."
SHORT = "There is too little speech in this: speak the whole sentence, then press Stop."
CLIPPED = "The recording is too loud and distorted: hold the phone further away and record again."


@dataclass(frozen=True)
class Features:
    """What stays of a clip. ``frames`` (k, 512) of its speech at their ``places`` (k,), 10 Hz; levels in dBFS."""

    frames: np.ndarray
    places: np.ndarray
    seconds: float
    level_dbfs: float
    band_hz: int
    gain_control: bool  # whether the level hints at it


def listen(sound: bytes) -> Features:
    """Features of a recording. Refused when it is silent, clipped or short, AudioError when it is no sound."""
    encoded = encode_clip(io.load(sound, name="take", max_seconds=MAX_S))
    quality = encoded.quality
    assert quality is not None
    check(quality)
    return Features(
        encoded.frames[encoded.speech].astype(np.float16),
        np.flatnonzero(encoded.speech),
        encoded.duration_s,
        quality.level_dbfs,
        quality.band_hz,
        GAIN_CONTROL in quality.warnings,
    )


def check(quality: Quality) -> None:
    """Refused for a clip that would tell about the recording rather than about the voice."""
    if quality.level_dbfs < QUIET_DBFS:
        raise Refused(QUIET, 422)
    if quality.speech_s < MIN_SPEECH_S:
        raise Refused(SHORT, 422)
    if quality.clipped > CLIPPED_SHARE:
        raise Refused(CLIPPED, 422)


def as_pack(takes: list) -> Pack:
    """The takes of ``room.Room`` as a corpus in memory: students are its speakers, asked emotions its labels. No path
    says whose they are."""
    table = [
        Utterance(str(row), KEY, "und", f"s{take.number}", "", take.emotion, "", take.features.seconds)
        for row, take in enumerate(takes)
    ]
    frames = [take.features.frames.astype(np.float32) for take in takes]
    return make(KEY, table, frames, frozen.about(frozen.SHIPPED), [take.features.places for take in takes])
