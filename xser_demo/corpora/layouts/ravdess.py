"""RAVDESS, the audio-only speech part: 24 North American actors, two sentences.

Official name: MM-VV-EE-II-SS-RR-AA = modality, vocal channel, emotion, intensity, statement, repetition,
actor; e.g. ``Actor_01/03-01-05-01-02-01-01.wav``. The copy on Kaggle holds the whole tree twice.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus


def complete(groups: dict[str, str], _: Path) -> dict[str, str]:
    return groups | {"text": "S" + groups["text"]}


CORPUS = Corpus(
    key="ravdess",
    name="RAVDESS",
    language="en",
    language_name="English",
    licence="CC BY-NC-SA 4.0",
    terms="Non-commercial use with attribution; what is adapted from the audio is shared under the same licence.",
    citation="S. R. Livingstone and F. A. Russo, The Ryerson Audio-Visual Database of Emotional Speech and Song "
    "(RAVDESS), PLoS ONE 13(5), 2018.",
    url="https://zenodo.org/records/1188976",
    folders=("Audio_Speech_Actors_01-24", "ravdess-emotional-speech-audio"),
    clips=1440,
    speakers=24,
    # Modality 03 is audio only and channel 01 is speech: the videos and the songs are not read.
    # Neutral speech has the normal intensity only.
    pattern=re.compile(r"03-01-(?P<emotion>01(?=-01)|0[2-8])-0[12]-(?P<text>0[12])-0[12]-(?P<speaker>\d\d)"),
    complete=complete,
    emotion_of={
        "01": "neutral",
        "02": "calm",
        "03": "happiness",
        "04": "sadness",
        "05": "anger",
        "06": "fear",
        "07": "disgust",
        "08": "surprise",
    },
    sex_of={f"{actor:02}": "m" if actor % 2 else "f" for actor in range(1, 25)},
    other_audio=r"(?:0[12]-0[12]|03-02)(?:-\d\d){5}",
    channel="mean",  # five files are stereo by accident; their channels agree
    identical=(("03-01-03-01-02-01-07", "03-01-03-01-02-02-07"),),
)
