"""URDU: spontaneous speech cut from Urdu talk shows, 100 clips of each of four emotions.

Official name: speaker, file number of the speaker, emotion letter with number; e.g.
``Angry/SM1_F1_A01.wav``. The paper speaks of 38 speakers, the names hold 29 ids. There are no text ids, and
26 of the 29 speakers were cut in one emotion only.
"""

import re

from xser_demo.corpora.base import Corpus

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
    pattern=re.compile(r"(?P<speaker>S(?P<sex>[MF])(?:[1-9]|1\d|2[0-7]))_F\d+_(?P<emotion>[AHNS])\d+"),
    emotion_of={"A": "anger", "H": "happiness", "N": "neutral", "S": "sadness"},
)
