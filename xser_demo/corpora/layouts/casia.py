"""CASIA: four Mandarin speakers, fifty texts, every combination with six emotions once.

Official name: folder of the speaker, folder of the emotion, number of the text; e.g. ``liuchanhg/angry/201.wav``.
Some copies have all of it in the file name instead: ``201-angry-liuchanhg.wav``.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus

# From users of the corpus, who name two women and two men.
SEX_OF = {"liuchanhg": "f", "wangzhe": "m", "zhaoquanyin": "f", "ZhaoZuoxiang": "m"}
SPELLING = {speaker.lower(): speaker for speaker in SEX_OF}


def complete(groups: dict[str, str], path: Path) -> dict[str, str]:
    folders = path.parts[-3:-1]
    if not groups["speaker"] and len(folders) == 2:
        groups["speaker"], groups["emotion"] = folders
    return groups | {
        "speaker": SPELLING.get(groups["speaker"].lower(), ""),
        "emotion": groups["emotion"].lower(),
    }


CORPUS = Corpus(
    key="casia",
    name="CASIA",
    language="zh",
    language_name="Mandarin",
    licence="licence of the owners; its text is not known here",
    terms="Needs a licence from the owners; the audio must not be passed on.",
    citation="CASIA Mandarin emotional speech corpus, Institute of Automation, Chinese Academy of Sciences; a paper "
    "to cite is not stated.",
    url="http://www.chineseldc.org/resource_info.php?rid=76",
    folders=("CASIA", "CASIA database"),
    clips=1200,
    speakers=4,
    pattern=re.compile(r"(?P<text>2(?:0[1-9]|[1-4]\d|50))(?:-(?P<emotion>.+)-(?P<speaker>.+))?"),
    complete=complete,
    id_format="{speaker}/{emotion}/{text}",  # every folder has a "201"
    emotion_of={
        "angry": "anger",
        "fear": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "sad": "sadness",
        "surprise": "surprise",
    },
    sex_of=SEX_OF,
)
