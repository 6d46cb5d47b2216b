"""EMOVO: six Italian actors, fourteen sentences, every combination with seven emotions once.

Official name: emotion-speaker-text; e.g. ``EMOVO/f1/dis-f1-b1.wav``. The files are stereo from two spaced
microphones (one file is mono). Their mean would comb-filter the speech, with a first null near 1 kHz, hence
``channel="first"``.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus, Utterance

EMOTION_OF = {
    "dis": "disgust",
    "gio": "happiness",
    "neu": "neutral",
    "pau": "fear",
    "rab": "anger",
    "sor": "surprise",
    "tri": "sadness",
}
NAME = re.compile(r"(dis|gio|neu|pau|rab|sor|tri)-([fm])([123])-(b[1-3]|l[1-4]|n[1-5]|d[12])")


def parse(path: Path) -> Utterance | None:
    match = NAME.fullmatch(path.stem)
    if not match:
        return None
    emotion, sex, number, text = match.groups()
    return Utterance(
        path=path.as_posix(),
        corpus="emovo",
        language="it",
        speaker=sex + number,
        sex=sex,
        emotion=EMOTION_OF[emotion],
        text_id=text,
        duration_s=None,
    )


CORPUS = Corpus(
    key="emovo",
    name="EMOVO",
    language="it",
    language_name="Italian",
    licence="no licence text; handed out free of charge for research",
    terms="Research only; the audio must not be passed on.",
    citation="G. Costantini, I. Iaderola, A. Paoloni and M. Todisco, EMOVO Corpus: an Italian Emotional Speech "
    "Database, LREC 2014.",
    url="http://voice.fub.it/activities/corpora/emovo/index.html",
    folders=("EMOVO", "emovo-italian-ser-dataset"),
    clips=588,
    speakers=6,
    emotions=tuple(sorted(EMOTION_OF.values())),
    channel="first",
    parse=parse,
)
