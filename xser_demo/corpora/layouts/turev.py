"""TurEV-DB: six Turkish actors, single words, four emotions; the sex of the speakers is not stated.

Official name: ``Sound Source/Angry/1157_kz_acik.wav``: speaker, theme, word; the emotion is the folder. Its licence
forbids derivatives: it is for choosing settings, and nothing computed from it is shipped.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus


def complete(groups: dict[str, str], path: Path) -> dict[str, str]:
    return groups | {"emotion": path.parent.name.lower()}


CORPUS = Corpus(
    key="turev",
    name="TurEV-DB",
    language="tr",
    language_name="Turkish",
    licence="CC BY-NC-ND 4.0",
    terms="Non-commercial use with attribution; nothing that is adapted from it may be passed on.",
    citation="S. F. Canpolat, Z. Ormanoglu and D. Zeyrek, Turkish Emotion Voice Database (TurEV-DB), SLTU-CCURL 2020.",
    url="https://github.com/Xeonen/TurEV-DB",
    folders=("TurEV-DB", "TurEV-DB-master", "Sound Source"),
    clips=1735,
    speakers=6,
    pattern=re.compile(r"(?P<speaker>1157|1234|1358|1984|6783|7895)_(?:hl|kz|mt|sk)_(?P<text>[a-z]+)\w*"),
    complete=complete,
    emotion_of={"angry": "anger", "calm": "calm", "happy": "happiness", "sad": "sadness"},
    sexes_stated=False,
    id_format="{emotion}/{speaker}_{text}",
)
