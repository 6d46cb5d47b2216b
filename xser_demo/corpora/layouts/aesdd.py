"""AESDD: six Greek actors, twenty texts, five emotions, no neutral speech.

Official name: emotion letter and text (2 digits), blank, speaker in parentheses; e.g. ``anger/a01 (1).wav``.
Irregularities: "(01)" is speaker 1, a letter after the parenthesis is a second take, and "s05 (3).wav" is a stub
of 36 bytes without audio.
"""

import re

from xser_demo.corpora.base import Corpus

CORPUS = Corpus(
    key="aesdd",
    name="AESDD",
    language="el",
    language_name="Greek",
    licence="called publicly available by its owners; no licence file",
    terms="Free to download and use; cite the paper. The audio is not passed on with this project.",
    citation="N. Vryzas, R. Kotsakis, A. Liatsou, C. A. Dimoulas and G. Kalliris, Speech Emotion Recognition for "
    "Performance Interaction, Journal of the Audio Engineering Society 66(6), 2018.",
    url="http://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/",
    folders=("Acted Emotional Speech Dynamic Database",),
    clips=604,  # the 605th file of the release is the stub
    speakers=6,
    pattern=re.compile(r"(?P<emotion>[adfhs])(?P<text>0[1-9]|1\d|20) ?\(0?(?P<speaker>[1-6])\)[ab]?"),
    emotion_of={"a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "s": "sadness"},
    # Taken from the median pitch; agrees with the owners' "3 female, 2 male" for speakers 1 to 5.
    sex_of={"1": "f", "2": "f", "3": "m", "4": "m", "5": "f", "6": "m"},
)
