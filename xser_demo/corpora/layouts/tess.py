"""TESS: two English-speaking actresses from Toronto, 200 words in "Say the word ...", seven emotions.

Official name: speaker, word, emotion; e.g. ``OAF_angry/OAF_back_angry.wav``. The folders are spelled in several
ways (OAF_Fear, OAF_Pleasant_surprise, YAF_pleasant_surprised), so the emotion is taken from the file. "ps" is
pleasant surprise. Irregularities: "OA_bite_neutral.wav" lacks an F, and "OAF_food_fear.wav" has 96 kHz instead of
24.414 kHz. A common copy holds the tree twice.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus


def complete(groups: dict[str, str], _: Path) -> dict[str, str]:
    return groups | {"speaker": groups["speaker"][:2] + "F"}


CORPUS = Corpus(
    key="tess",
    name="TESS",
    language="en",
    language_name="English",
    licence="CC BY-NC-ND 4.0",
    terms="Non-commercial, naming the authors; altered versions must not be passed on.",
    citation="M. K. Pichora-Fuller and K. Dupuis, Toronto emotional speech set (TESS), 2020, doi 10.5683/SP2/E8H2MF.",
    url="https://doi.org/10.5683/SP2/E8H2MF",
    folders=("TESS", "TESS Toronto emotional speech set data", "toronto-emotional-speech-set-tess", "dataverse_files"),
    clips=2800,
    speakers=2,
    pattern=re.compile(r"(?P<speaker>OAF?|YAF)_(?P<text>[a-z]+)_(?P<emotion>[a-z]+)"),
    complete=complete,
    emotion_of={
        "angry": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "ps": "surprise",
        "sad": "sadness",
    },
    sex_of={"OAF": "f", "YAF": "f"},
)
