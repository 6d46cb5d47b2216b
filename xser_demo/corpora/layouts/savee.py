"""SAVEE: four English men, seven emotions.

Official name: emotion letters and number in a folder of the speaker, ``AudioData/DC/a01.wav``; another package
has all files in one folder with the speaker in front, ``ALL/DC_a01.wav``. Letters and number are the text id: the
speakers share the texts. The names do not tell that a few sentences were spoken in every emotion.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus, Utterance

EMOTION_OF = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}
SPEAKERS = ("DC", "JE", "JK", "KL")
NAME = re.compile(r"(?:(DC|JE|JK|KL)_)?((?:sa|su|[adfh])(?:0[1-9]|1[0-5])|n(?:0[1-9]|[12]\d|30))")


def parse(path: Path) -> Utterance | None:
    match = NAME.fullmatch(path.stem)
    speaker = match and (match[1] or path.parent.name.upper())
    if speaker not in SPEAKERS:
        return None
    return Utterance(
        path=path.as_posix(),
        corpus="savee",
        language="en",
        speaker=speaker,
        sex="m",
        emotion=EMOTION_OF[match[2][:-2]],
        text_id=match[2],
        duration_s=None,
    )


def clip_id(path: Path) -> str:
    """The name of the flat package, "DC_a01", since every speaker has an "a01"."""
    utterance = parse(path)
    return f"{utterance.speaker}_{utterance.text_id}" if utterance else path.stem


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
    emotions=tuple(sorted(EMOTION_OF.values())),
    channel="mean",
    parse=parse,
    clip_id=clip_id,
)
