"""ShEMO: Persian radio plays, 87 speakers, six emotions.

Official name: sex and number of the speaker, emotion letter, number; e.g. ``female/F01A01.wav``. The speaker is
characters 1 to 3, not 4 and 5, which count the clips of the speaker in an emotion. Every clip has its own text.
"""

import re

from xser_demo.corpora.base import Corpus

CORPUS = Corpus(
    key="shemo",
    name="ShEMO",
    language="fa",
    language_name="Persian",
    licence="free of charge for academic purposes, say its owners; no licence text known",
    terms="Research only; cite the paper. The clips are cut from radio plays and must not be passed on.",
    citation="O. Mohamad Nezami, P. Jamshid Lou and M. Karami, ShEMO: a large-scale validated database for Persian "
    "speech emotion detection, Language Resources and Evaluation 53(1), 2019.",
    url="https://github.com/pariajm/sharif-emotional-speech-dataset",
    folders=("ShEMO", "sharif-emotional-speech-dataset", "sharif-emotional-speech-database"),
    clips=3000,
    speakers=87,
    pattern=re.compile(  # 31 women and 56 men
        r"(?P<speaker>(?P<sex>F(?=0[1-9]|[12]\d|3[01])|M(?=0[1-9]|[1-4]\d|5[0-6]))\d\d)(?P<emotion>[AFHNSW])\d+"
    ),
    emotion_of={"A": "anger", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness", "W": "surprise"},
)
