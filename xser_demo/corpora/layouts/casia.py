"""CASIA: four Mandarin speakers, fifty texts, every combination with six emotions once.

Official name: folder of the speaker, folder of the emotion, number of the text; e.g. ``liuchanhg/angry/201.wav``.
Some copies have all of it in the file name instead: ``201-angry-liuchanhg.wav``.
"""

import re
from pathlib import Path

from xser_demo.corpora.base import Corpus, Utterance

EMOTION_OF = {
    "angry": "anger",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
    "surprise": "surprise",
}
# The names do not tell the sex: as the speakers are sorted by users of the corpus, two women and two men.
SEX_OF = {"liuchanhg": "f", "wangzhe": "m", "zhaoquanyin": "f", "ZhaoZuoxiang": "m"}
SPELLING = {speaker.lower(): speaker for speaker in SEX_OF}
NUMBER = r"(2(?:0[1-9]|[1-4]\d|50))"
IN_FOLDERS = re.compile(rf"(.+)/(.+)/{NUMBER}")
IN_NAME = re.compile(rf"{NUMBER}-(.+)-(.+)")


def parse(path: Path) -> Utterance | None:
    if match := IN_FOLDERS.fullmatch("/".join((*path.parts[-3:-1], path.stem))):
        speaker, emotion, text = match.groups()
    elif match := IN_NAME.fullmatch(path.stem):
        text, emotion, speaker = match.groups()
    else:
        return None
    speaker, emotion = SPELLING.get(speaker.lower()), emotion.lower()
    if not speaker or emotion not in EMOTION_OF:
        return None
    return Utterance(
        path=path.as_posix(),
        corpus="casia",
        language="zh",
        speaker=speaker,
        sex=SEX_OF[speaker],
        emotion=EMOTION_OF[emotion],
        text_id=text,
        duration_s=None,
    )


def clip_id(path: Path) -> str:
    """Speaker, emotion and number, since every folder has a "201"."""
    utterance = parse(path)
    if not utterance:
        return path.stem
    folder = next(name for name, emotion in EMOTION_OF.items() if emotion == utterance.emotion)
    return f"{utterance.speaker}/{folder}/{utterance.text_id}"


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
    emotions=tuple(sorted(EMOTION_OF.values())),
    channel="mean",
    parse=parse,
    clip_id=clip_id,
)
