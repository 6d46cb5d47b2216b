"""URDU: spontaneous speech cut from Urdu talk shows, 100 clips of each of four emotions.

Official name: speaker, file number of the speaker, emotion letter with number; e.g.
``Angry/SM1_F1_A01.wav``. The paper speaks of 38 speakers, the names hold 29 ids. There are no text ids, and
26 of the 29 speakers were cut in one emotion only.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus, Utterance

EMOTION_OF = {"A": "anger", "H": "happiness", "N": "neutral", "S": "sadness"}
NAME = re.compile(r"(S([MF])\d+)_F\d+_([AHNS])\d+")


def parse(path: Path) -> Utterance | None:
    match = NAME.fullmatch(path.stem)
    if not match:
        return None
    speaker, sex, emotion = match.groups()
    return Utterance(
        path=path.as_posix(),
        corpus="urdu",
        language="ur",
        speaker=speaker,
        sex=sex.lower(),
        emotion=EMOTION_OF[emotion],
        text_id="",
        duration_s=None,
    )


CORPUS = Corpus(
    key="urdu",
    name="URDU",
    language="ur",
    language_name="Urdu",
    licence="research purposes only (README of the owners)",
    terms="Research only; the clips are cut from television and must not be passed on.",
    citation="S. Latif, A. Qayyum, M. Usman and J. Qadir, Cross Lingual Speech Emotion Recognition: Urdu vs. "
    "Western Languages, FIT 2018.",
    url="https://github.com/siddiquelatif/URDU-Dataset",
    folders=("URDU-Dataset-master", "URDU-Dataset", "urdu-language-speech-dataset"),
    clips=400,
    speakers=29,
    emotions=tuple(sorted(EMOTION_OF.values())),
    channel="mean",
    parse=parse,
)
