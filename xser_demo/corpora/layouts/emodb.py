"""EmoDB, the Berlin database of emotional speech: ten actors, ten German sentences.

Official name: speaker (2 digits), text (3 characters), emotion letter, version; e.g. ``wav/03a01Fa.wav``.
"""

import re

from xser_demo.corpora.base import Corpus

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
    pattern=re.compile(r"(?P<speaker>\d\d)(?P<text>a0[12457]|b(?:0[1239]|10))(?P<emotion>[WLEAFTN])[a-f]"),
    emotion_of={
        "W": "anger",
        "L": "boredom",
        "E": "disgust",
        "A": "fear",
        "F": "happiness",
        "T": "sadness",
        "N": "neutral",
    },
    sex_of=dict.fromkeys(("08", "09", "13", "14", "16"), "f") | dict.fromkeys(("03", "10", "11", "12", "15"), "m"),
)
