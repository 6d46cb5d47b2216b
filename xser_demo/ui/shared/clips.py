"""Clips that a visitor can pick: synthetic voices and real corpus utterances."""

import json
import random
from dataclasses import dataclass, replace
from html import escape

import numpy as np

from xser_demo import corpora
from xser_demo.audio.io import Clip, load
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.custom import ingest
from xser_demo.corpora.labels import FOUR
from xser_demo.corpora.locate import audio_path
from xser_demo.corpora.user import KEY
from xser_demo.data import packs
from xser_demo.data.packs import load_cached
from xser_demo.inference import predict
from xser_demo.inference.predict import EncodedClip
from xser_demo.ui.shared import texts
from xser_demo.ui.storage import UserRecordings
from xser_demo.utils import settings
from xser_demo.utils.errors import CorpusError, UserError

ANY = "any emotion"


@dataclass(frozen=True)
class PickedClip:
    """A clip for the models. ``line``: its description, HTML. ``sound``: (rate, samples), None without audio."""

    encoded: EncodedClip
    label: str | None
    line: str
    sound: tuple | None


def clip_line(clip: EncodedClip) -> str:
    """Duration, speech, level and quality warnings of a clip, as HTML."""
    line = f"{escape(clip.name)}, {clip.duration_s:.1f} s" + silence_cut(clip)
    if clip.quality is None:
        return f"<p>{line}</p>"
    quality = clip.quality
    line += f"; {quality.speech_s:.1f} s of speech, level {abs(quality.level_dbfs):.0f} dB below full scale"
    return f"<p>{line}.</p>" + "".join(f"<p class='x-warn'>{escape(warning)}</p>" for warning in quality.warnings)


def silence_cut(clip: EncodedClip) -> str:
    """What to say where much of a clip is silence."""
    return f", of which {clip.silence_s:.1f} s of silence are cut" if clip.silence_s > predict.SILENCE_SAID_S else ""


def voices() -> list[dict]:
    """The synthetic voices: file, language, label, text. Empty where the examples are missing."""
    try:
        return json.loads((settings.EXAMPLES / "examples.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []


def voice_choices() -> list[tuple[str, int]]:
    """(title, number) of the synthetic voices, for a menu."""
    return [(voice["label"].removeprefix("Synthetic voice, "), number) for number, voice in enumerate(voices())]


def synthetic_voice(number: int | None = None) -> PickedClip:
    """A synthetic voice, a random one without ``number``. CorpusError where the examples are missing."""
    available = voices()
    if not available:
        raise CorpusError("There are no example voices in assets/examples; record or upload a clip.")
    number = random.randrange(1000) if number is None else int(number)  # noqa: S311  nothing secret
    voice = available[number % len(available)]
    clip = load(settings.EXAMPLES / voice["file"], name=voice["label"])
    encoded = predict.encode_clip(clip)
    line = f"<p>“{escape(voice['text'])}”</p><p>{texts.SYNTHETIC}</p>" + clip_line(encoded)
    return PickedClip(encoded, None, line, playable(clip))


def own_clip(path: str, play: bool = False) -> PickedClip:
    """A sound file of the visitor. ``play``: the page does not have its sound yet."""
    encoded = predict.encode_file(path)
    return PickedClip(encoded, None, clip_line(encoded), playable(encoded.clip) if play and encoded.clip else None)


def real_recording(corpus: str, emotion: str) -> PickedClip:
    """A random utterance of a corpus. CorpusError where there is none with this label."""
    if corpus not in packs.available():
        raise CorpusError("There is no feature pack of this corpus here; choose another one or record a clip.")
    pack = load_cached(corpus)
    wanted = FOUR if emotion == ANY else (emotion,)
    rows = [row for row, u in enumerate(pack.utterances) if u.emotion in wanted]
    if not rows:
        raise CorpusError(f"{corpora.corpus(corpus).name} has no clip labelled {emotion}; choose another emotion.")
    return corpus_clip(corpus, random.choice(rows))  # noqa: S311  nothing secret


def corpus_clip(corpus: str, row: int) -> PickedClip:
    """An utterance of a corpus, from its audio if that is on this disk, else from the stored features."""
    pack = load_cached(corpus)
    utterance = pack.utterances[row]
    clip = recording(utterance)
    # ``stored`` also where there is audio: cards say which models have seen the clip's corpus.
    encoded = replace(predict.encode_clip(clip), stored=(corpus, row)) if clip else predict.from_pack(pack, row)
    facts = f"speaker {escape(utterance.speaker)}, labelled as <strong>{escape(utterance.emotion)}</strong>"
    length = f"{encoded.duration_s:.1f} s{silence_cut(encoded)}"
    line = f"<p>{escape(corpora.corpus(corpus).name)}, {facts}, {length}.</p>"
    if clip is None:
        line += f"<p>{texts.FEATURES_ONLY}</p>"
    return PickedClip(encoded, utterance.emotion, line, playable(clip) if clip else None)


def playable(clip: Clip) -> tuple[int, np.ndarray]:
    """(rate, 16-bit samples) at the clip's own level; of floats Gradio would change the level."""
    return settings.SAMPLE_RATE, (clip.samples.clip(-1, 1) * 32767).astype(np.int16)


def emotions(corpus: str) -> list[str]:
    return [ANY, *sorted({u.emotion for u in load_cached(corpus).utterances})]


def recording(utterance: Utterance, own: UserRecordings | None = None) -> Clip | None:
    """The audio of an utterance; None where the corpus, or this clip of it, is not on this disk. ``own``: the visitor's
    recordings, for utterances of them."""
    if utterance.corpus == KEY:
        return _own_recording(utterance, own)
    folder = settings.corpora_dir()
    if folder is None:
        return None
    try:
        path = audio_path(folder, utterance)
        return load(path, name=utterance.path, channel=corpora.corpus(utterance.corpus).channel)
    except UserError:
        return None


def _own_recording(utterance: Utterance, own: UserRecordings | None) -> Clip | None:
    row = next((row for row in own.scan.rows if row.path == utterance.path), None) if own and own.there else None
    if own is None or row is None:
        return None
    try:
        return ingest.Reader(own.folder, own.scan.channel).read(row)
    except UserError:
        return None
