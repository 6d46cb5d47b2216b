"""nEMO: nine Polish actors, ninety sentences, six emotions.

Official name: ``samples/EB0_anger_1.wav``: speaker, emotion, running number. The number does not name the sentence;
``data.tsv`` beside ``samples`` has the texts, and the sex of the speakers, which is written down here.
"""

import re

from xser_demo.corpora.base import Corpus

CORPUS = Corpus(
    key="nemo",
    name="nEMO",
    language="pl",
    language_name="Polish",
    licence="CC BY-NC-SA 4.0",
    terms="Non-commercial use with attribution; what is adapted from the audio is shared under the same licence.",
    citation="I. Christop, nEMO: Dataset of Emotional Speech in Polish, LREC-COLING 2024.",
    url="https://github.com/amu-cai/nEMO",
    folders=("nEMO", "nEMO-main", "samples"),
    clips=4481,
    speakers=9,
    pattern=re.compile(r"(?P<speaker>[A-Z]{2}0)_(?P<emotion>[a-z]+)_[1-9]\d?"),
    emotion_of={
        "anger": "anger",
        "fear": "fear",
        "happiness": "happiness",
        "neutral": "neutral",
        "sadness": "sadness",
        "surprised": "surprise",
    },
    sex_of={
        "EB0": "f", "IC0": "f", "KD0": "f", "KS0": "m", "MK0": "f", "MP0": "m", "SM0": "m", "TP0": "m", "WR0": "m",
    },
)  # fmt: skip
