"""CREMA-D: 91 American actors, twelve sentences, six emotions.

Official name: actor, sentence, emotion, intensity; e.g. ``AudioWAV/1001_DFA_ANG_XX.wav``. One name is odd:
"1040_ITH_SAD_X.wav".
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus, Utterance

EMOTION_OF = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
# From the owners' VideoDemographics.csv; the other actors are men.
WOMEN = (
    1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025,
    1028, 1029, 1030, 1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060,
    1061, 1063, 1072, 1073, 1074, 1075, 1076, 1078, 1079, 1082, 1084, 1089, 1091,
)  # fmt: skip
NAME = re.compile(
    r"(10(?:0[1-9]|[1-8]\d|9[01]))_(DFA|IEO|IOM|ITH|ITS|IWL|IWW|MTI|TAI|TIE|TSI|WSI)_(ANG|DIS|FEA|HAP|NEU|SAD)_"
    r"(?:XX?|LO|MD|HI)"
)


def parse(path: Path) -> Utterance | None:
    match = NAME.fullmatch(path.stem)
    if not match:
        return None
    speaker, text, emotion = match.groups()
    return Utterance(
        path=path.as_posix(),
        corpus="crema_d",
        language="en",
        speaker=speaker,
        sex="f" if int(speaker) in WOMEN else "m",
        emotion=EMOTION_OF[emotion],
        text_id=text,
        duration_s=None,
    )


CORPUS = Corpus(
    key="crema_d",
    name="CREMA-D",
    language="en",
    language_name="English",
    licence="Open Database License (ODbL) 1.0",
    terms="Free to use and pass on under the same licence, naming the source.",
    citation="H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova and R. Verma, CREMA-D: Crowd-sourced "
    "Emotional Multimodal Actors Dataset, IEEE Transactions on Affective Computing 5(4), 2014.",
    url="https://github.com/CheyneyComputerScience/CREMA-D",
    folders=("CREMA-D", "CREMA-D-master", "cremad", "AudioWAV"),
    clips=7442,
    speakers=91,
    emotions=tuple(sorted(EMOTION_OF.values())),
    channel="mean",
    parse=parse,
    identical=(  # in the public copy that the list of official files was made of
        ("1006_TIE_HAP_XX", "1006_TIE_NEU_XX"),
        ("1013_WSI_DIS_XX", "1013_WSI_SAD_XX"),
        ("1017_IWW_ANG_XX", "1017_IWW_FEA_XX"),
    ),
)
