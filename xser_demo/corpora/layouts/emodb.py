"""EmoDB, the Berlin database of emotional speech: ten actors, ten German sentences.

Official name: speaker (2 digits), text (3 characters), emotion letter, version; e.g. ``wav/03a01Fa.wav``.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus, Utterance

EMOTION_OF = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
SEX_OF = {
    "03": "m",
    "08": "f",
    "09": "f",
    "10": "m",
    "11": "m",
    "12": "m",
    "13": "f",
    "14": "f",
    "15": "m",
    "16": "f",
}
NAME = re.compile(r"(\d\d)([ab]\d\d)([WLEAFTN])[a-z]")


def parse(path: Path) -> Utterance | None:
    match = NAME.fullmatch(path.stem)
    if not match or match[1] not in SEX_OF:
        return None
    speaker, text, emotion = match.groups()
    return Utterance(
        path=path.as_posix(),
        corpus="emodb",
        language="de",
        speaker=speaker,
        sex=SEX_OF[speaker],
        emotion=EMOTION_OF[emotion],
        text_id=text,
        duration_s=None,
    )


CORPUS = Corpus(
    key="emodb",
    name="EmoDB",
    language="de",
    language_name="German",
    licence="called freely available by its owners; no licence file",
    terms="Free to download and use; cite the paper. The audio is not passed on with this project.",
    citation="F. Burkhardt, A. Paeschke, M. Rolfes, W. F. Sendlmeier and B. Weiss, A database of German emotional "
    "speech, Interspeech 2005.",
    url="http://emodb.bilderbar.info/download/download.zip",
    folders=("download", "emo-db", "berlin-emodb", "berlin-database-of-emotional-speech-emodb"),
    clips=535,
    speakers=10,
    emotions=tuple(sorted(EMOTION_OF.values())),
    channel="mean",
    parse=parse,
)
