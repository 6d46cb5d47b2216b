"""CREMA-D: 91 American actors, twelve sentences, six emotions.

Official name: actor, sentence, emotion, intensity; e.g. ``AudioWAV/1001_DFA_ANG_XX.wav``. One name is irregular:
"1040_ITH_SAD_X.wav".
"""

import re

from xser_demo.corpora.base import Corpus

# From the owners' VideoDemographics.csv; the other actors are men.
WOMEN = (
    1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025,
    1028, 1029, 1030, 1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060,
    1061, 1063, 1072, 1073, 1074, 1075, 1076, 1078, 1079, 1082, 1084, 1089, 1091,
)  # fmt: skip

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
    pattern=re.compile(
        r"(?P<speaker>10\d\d)_(?P<text>DFA|IEO|IOM|ITH|ITS|IWL|IWW|MTI|TAI|TIE|TSI|WSI)_(?P<emotion>[A-Z]{3})_"
        r"(?:XX?|LO|MD|HI)"
    ),
    emotion_of={
        "ANG": "anger",
        "DIS": "disgust",
        "FEA": "fear",
        "HAP": "happiness",
        "NEU": "neutral",
        "SAD": "sadness",
    },
    sex_of={f"{actor}": "f" if actor in WOMEN else "m" for actor in range(1001, 1092)},
    identical=(  # in the public copy from which the list of official files was made
        ("1006_TIE_HAP_XX", "1006_TIE_NEU_XX"),
        ("1013_WSI_DIS_XX", "1013_WSI_SAD_XX"),
        ("1017_IWW_ANG_XX", "1017_IWW_FEA_XX"),
    ),
)
