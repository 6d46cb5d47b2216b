"""IEMOCAP: ten English-speaking actors in five sessions of dialogues, one woman and one man each; no fixed sentences.

Official name: ``Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M000.wav``: session, who wore the markers,
dialogue, who speaks, number of the turn. The emotions are in ``Session1/dialog/EmoEvaluation/Ses01F_impro01.txt``, in
lines "[start - end] name code [valence, activation, dominance]"; its subfolders hold the single raters and are not
read. Turns labelled "oth" or "xxx" (raters did not agree) are left out. Excited and frustration stay emotions of
their own: no label set counts excited as happiness, as many studies do.

Text ids: the name of a scripted dialogue tells the script, not the sentence; improvised ones have none.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus
from xser_demo.utils.errors import CorpusError

EMOTION_OF = {
    "ang": "anger",
    "dis": "disgust",
    "exc": "excited",
    "fea": "fear",
    "fru": "frustration",
    "hap": "happiness",
    "neu": "neutral",
    "sad": "sadness",
    "sur": "surprise",
}
LINE = re.compile(r"\[[\d.]+ - [\d.]+\]\s+(Ses\w+)\s+(\w{3})\s+\[", re.ASCII)


def complete(groups: dict[str, str], _: Path) -> dict[str, str]:
    return groups | {"speaker": groups["session"] + groups["sex"]}


def labels(root: Path) -> dict[str, str]:
    """Base name -> emotion, for the turns that have one."""
    files = [file for file in root.rglob("EmoEvaluation/*.txt") if not file.name.startswith("._")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    codes = dict(match.groups() for match in map(LINE.match, lines) if match)
    if not codes:
        raise CorpusError(
            f"IEMOCAP in {root} has no labels; copy Session1/dialog/EmoEvaluation and those of the other sessions too."
        )
    return {name: EMOTION_OF[code] for name, code in codes.items() if code in EMOTION_OF}


CORPUS = Corpus(
    key="iemocap",
    name="IEMOCAP",
    language="en",
    language_name="English",
    licence="licence of the owners (University of Southern California) to be signed",
    terms="Sign the owners' licence to download; the audio must not be passed on.",
    citation="C. Busso, M. Bulut, C.-C. Lee, A. Kazemzadeh, E. Mower, S. Kim, J. N. Chang, S. Lee and S. S. Narayanan, "
    "IEMOCAP: Interactive emotional dyadic motion capture database, Language Resources and Evaluation 42(4), 2008.",
    url="https://sail.usc.edu/iemocap/",
    folders=("IEMOCAP", "IEMOCAP_full_release", "iemocap-full-release"),
    clips=7529,  # of 10,039 turns
    speakers=10,
    pattern=re.compile(r"Ses(?P<session>0[1-5])[FM]_(?:impro\w+|(?P<text>script\w+))_(?P<sex>[FM])\d{3}"),
    complete=complete,
    labels=labels,
    emotion_of=EMOTION_OF,
    other_audio=r"Ses0[1-5]\w+",  # turns without an emotion, and whole dialogues
)
