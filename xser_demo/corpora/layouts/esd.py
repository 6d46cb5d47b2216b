"""ESD: ten English and ten Mandarin speakers, 350 sentences of each language, five emotions. One download, two corpora.

Official name: folder of the speaker, folder of the emotion, speaker and number; e.g. ``0011/Angry/0011_000351.wav``.
Older packages divide each emotion folder into train, evaluation and test. The emotion is taken from the folder; the
lists beside the folders (``0011/0011.txt``) come in several encodings and are not needed. The numbers of a speaker go
through the sentences once per emotion, so the text is what is left of the number less one after division by 350.
"""

import re
from functools import partial
from pathlib import Path

from xser_demo.corpora.base import Corpus, Utterance

EMOTION_OF = {
    "angry": "anger",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
    "surprise": "surprise",
}
# The names do not tell the sex: from the text file that comes with the download.
MANDARIN = dict(zip((f"00{number:02}" for number in range(1, 11)), "fffmmmfmfm", strict=True))
ENGLISH = dict(zip((f"00{number}" for number in range(11, 21)), "mmmmfffffm", strict=True))
TEXTS = 350
NAME = re.compile(r"(\d{4})_(\d{6})")


def parse(key: str, language: str, sex_of: dict[str, str], path: Path) -> Utterance | None:
    match = NAME.fullmatch(path.stem)
    folders = [name.lower() for name in path.parts[-3:-1]]
    emotions = [EMOTION_OF[name] for name in folders if name in EMOTION_OF]
    if not match or match[1] not in sex_of or not emotions:
        return None
    speaker, number = match.groups()
    return Utterance(
        path=path.as_posix(),
        corpus=key,
        language=language,
        speaker=speaker,
        sex=sex_of[speaker],
        emotion=emotions[-1],
        text_id=f"{(int(number) - 1) % TEXTS:03}",
        duration_s=None,
    )


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
        emotions=tuple(sorted(EMOTION_OF.values())),
        channel="mean",
        parse=partial(parse, key, language, sex_of),
        besides=rf"({'|'.join(others)})_\d{{6}}",
    )


CORPUS_EN = _corpus("esd_en", "en", "English", ENGLISH, MANDARIN)
CORPUS_ZH = _corpus("esd_zh", "zh", "Mandarin", MANDARIN, ENGLISH)
