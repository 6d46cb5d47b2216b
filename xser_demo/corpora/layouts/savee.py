"""SAVEE: four English men, seven emotions.

Official name: emotion letters and number in a folder of the speaker, ``AudioData/DC/a01.wav``; another package
has all files in one folder and the speaker in front of the name, ``ALL/DC_a01.wav``. Letters and number are the text
id: the speakers share the texts. The names do not tell that a few sentences were spoken in every emotion.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus


def complete(groups: dict[str, str], path: Path) -> dict[str, str]:
    return groups | {"speaker": groups["speaker"] or path.parent.name.upper(), "emotion": groups["text"][:-2]}


CORPUS = Corpus(
    key="savee",
    name="SAVEE",
    language="en",
    language_name="English",
    licence="no licence text known; free for research after registration with the owners",
    terms="Register to download; research only, and the audio must not be passed on.",
    citation="S. Haq and P. J. B. Jackson, Speaker-dependent audio-visual emotion recognition, AVSP 2009.",
    url="http://kahlan.eps.surrey.ac.uk/savee/",
    folders=("SAVEE", "AudioData", "ALL", "surrey-audiovisual-expressed-emotion-savee"),
    clips=480,
    speakers=4,
    pattern=re.compile(
        r"(?:(?P<speaker>DC|JE|JK|KL)_)?(?P<text>(?:sa|su|[adfh])(?:0[1-9]|1[0-5])|n(?:0[1-9]|[12]\d|30))"
    ),
    complete=complete,
    id_format="{speaker}_{text}",  # every speaker has an "a01"; the name in the flat package
    emotion_of={
        "a": "anger",
        "d": "disgust",
        "f": "fear",
        "h": "happiness",
        "n": "neutral",
        "sa": "sadness",
        "su": "surprise",
    },
    sex_of=dict.fromkeys(("DC", "JE", "JK", "KL"), "m"),
)
