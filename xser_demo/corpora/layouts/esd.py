"""ESD: ten English and ten Mandarin speakers, 350 sentences of each language, five emotions. One download, two corpora.

Official name: folder of the speaker, folder of the emotion, speaker and number; e.g. ``0011/Angry/0011_000351.wav``.
Older packages divide each emotion folder into train, evaluation and test. The emotion is taken from the folder; the
lists beside the folders (``0011/0011.txt``) come in several encodings and are not needed. A speaker's numbers run
through the 350 sentences once per emotion, so the text id is (number - 1) modulo 350.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus

EMOTION_OF = {
    "angry": "anger",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
    "surprise": "surprise",
}
# Speaker -> sex, from the text file that comes with the download.
MANDARIN = dict(zip((f"00{number:02}" for number in range(1, 11)), "fffmmmfmfm", strict=True))
ENGLISH = dict(zip((f"00{number}" for number in range(11, 21)), "mmmmfffffm", strict=True))
TEXTS = 350


def complete(groups: dict[str, str], path: Path) -> dict[str, str]:
    folders = [name.lower() for name in path.parts[-3:-1]]
    emotions = [name for name in folders if name in EMOTION_OF]
    return groups | {"emotion": emotions[-1] if emotions else "", "text": f"{(int(groups['number']) - 1) % TEXTS:03}"}


def _corpus(key: str, language: str, language_name: str, sex_of: dict[str, str], others: dict[str, str]) -> Corpus:
    return Corpus(
        key=key,
        name=f"ESD {language_name}",
        language=language,
        language_name=language_name,
        licence="licence form of the owners to be signed; research only",
        terms="Sign the owners' form to download; research only, and the audio must not be passed on.",
        citation="K. Zhou, B. Sisman, R. Liu and H. Li, Emotional voice conversion: Theory, databases and ESD, Speech "
        "Communication 137, 2022.",
        url="https://github.com/HLTSingapore/Emotional-Speech-Data",
        folders=("ESD", "Emotional Speech Dataset (ESD)", "Emotion Speech Dataset", "emotional-speech-dataset-esd"),
        clips=17_500,
        speakers=10,
        pattern=re.compile(r"(?P<speaker>00[012]\d)_(?P<number>00(?:0\d|1[0-7])\d\d)"),
        complete=complete,
        emotion_of=EMOTION_OF,
        sex_of=sex_of,
        other_audio=rf"({'|'.join(others)})_\d{{6}}",
    )


CORPUS_EN = _corpus("esd_en", "en", "English", ENGLISH, MANDARIN)
CORPUS_ZH = _corpus("esd_zh", "zh", "Mandarin", MANDARIN, ENGLISH)
