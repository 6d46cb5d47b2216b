"""EMOVO: six Italian actors, fourteen sentences, every combination with seven emotions once.

Official name: emotion-speaker-text; e.g. ``EMOVO/f1/dis-f1-b1.wav``. The files are stereo from two spaced
microphones (one file is mono). Their mean would comb-filter the speech, with a first null near 1 kHz, hence
``channel="first"``.
"""

import re

from xser_demo.corpora.base import Corpus

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
    pattern=re.compile(r"(?P<emotion>[a-z]{3})-(?P<speaker>(?P<sex>[fm])[123])-(?P<text>b[1-3]|l[1-4]|n[1-5]|d[12])"),
    emotion_of={
        "dis": "disgust",
        "gio": "happiness",
        "neu": "neutral",
        "pau": "fear",
        "rab": "anger",
        "sor": "surprise",
        "tri": "sadness",
    },
    channel="first",
)
