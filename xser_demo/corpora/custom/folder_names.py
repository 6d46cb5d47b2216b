"""Emotion, speaker, sex and language of recordings from the names of their folders.

A level is a place in the path, counted from the top or from the file. The level with most emotion words is the emotion;
among the others, the nearest one with several names that hold several files each is the speaker.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from xser_demo.corpora import CORPORA
from xser_demo.corpora.custom import emotion_words, tables

MAX_LEVELS = 8  # from each end of a path
MAX_WORDS = 12  # with more different names, folders of unknown words are taken for speakers
# Names of subsets, formats and intensities, not of speakers.
SUBSETS = {
    "train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval", "evaluation", "split", "fold",
    "audio", "audios", "wav", "wavs", "flac", "mp3", "sound", "sounds", "clips", "recordings", "data", "speech", "song",
    "high", "low", "medium", "strong", "weak", "normal", "raw",
}  # fmt: skip
LANGUAGE_OF = {known.language_name.casefold(): known.language for known in CORPORA.values()} | {
    known.language: known.language for known in CORPORA.values()
}

Level = dict[str, str]  # path -> name of its folder there


@dataclass
class FolderLevels:
    """The level of each fact, as path -> folder name or its meaning; empty when no level has the fact."""

    how: str  # the interpretation, in one sentence
    word: Level = field(default_factory=dict)
    speaker: Level = field(default_factory=dict)
    sex: Level = field(default_factory=dict)
    language: Level = field(default_factory=dict)


def interpret(paths: list[str]) -> FolderLevels:
    levels = list(_levels(paths))
    emotions = max(levels, key=_labelled, default={})
    if not _labelled(emotions):
        emotions = {}
    rest = [level for level in levels if level != emotions]
    result = FolderLevels("", emotions)
    for level in rest:
        names = set(level.values())
        if not result.sex and all(tables.sex(name) for name in names):
            result.sex = {path: tables.sex(name) for path, name in level.items()}
        elif not result.language and all(name.casefold() in LANGUAGE_OF for name in names):
            result.language = {path: LANGUAGE_OF[name.casefold()] for path, name in level.items()}
    speakers = [level for level in rest if _may_be_speakers(level, len(paths))]
    if emotions:
        result.speaker = speakers[0] if speakers else {}
        result.how = "One folder for each emotion" + (
            ", others for the speakers." if speakers else "; speakers unknown."
        )
    elif not speakers:
        result.how = f"A pile of {len(paths):,} files: no labels were found."
    elif _numbered(speakers[0]):
        result.speaker, result.how = speakers[0], "Folders that seem to be speakers: no labels were found."
    else:
        result.word = speakers[0]
        result.how = "Folders whose names are no emotions known here: say what each means, or use them unlabelled."
    return result


def language(word: str) -> str:
    """ISO 639 code of "de-DE", "deu" or "German"; "" for any other word."""
    word = word.strip().casefold()
    code = word.replace("_", "-").split("-")[0]
    return LANGUAGE_OF.get(word) or (code if code.isascii() and code.isalpha() and len(code) in (2, 3) else "")


def _levels(paths: list[str]) -> Iterator[Level]:
    """From the file upwards, then from the top, each once."""
    folders = {path: path.split("/")[:-1] for path in paths}
    depth = min(MAX_LEVELS, max(map(len, folders.values()), default=0))
    seen = []
    for index in [*range(-1, -depth - 1, -1), *range(depth)]:
        level = {
            path: parts[index]
            for path, parts in folders.items()
            if (len(parts) > index if index >= 0 else len(parts) >= -index)
        }
        if level not in seen:
            seen.append(level)
            yield level


def _labelled(level: Level) -> int:
    """Number of files in folders with emotion words; 0 when the level does not look like emotions."""
    names = set(level.values())
    emotion_of = {name: emotion_words.emotion(name) for name in names}
    known = [emotion for emotion in emotion_of.values() if emotion]
    single = (
        len(names) == 1 and emotion_words.plain(next(iter(names))) in emotion_words.TABLE
    )  # one emotion, no other word
    if not single and (len(set(known)) < 2 or 3 * len(known) < len(names)):
        return 0
    return sum(emotion_of[name] is not None for name in level.values())


def _may_be_speakers(level: Level, files: int) -> bool:
    """Several names with two files each or more, in at least half of the paths."""
    names = Counter(level.values())
    unexplained = [
        name for name in names
        if emotion_words.plain(name) not in SUBSETS and not tables.sex(name) and name.casefold() not in LANGUAGE_OF
    ]  # fmt: skip
    return len(names) >= 2 and 2 * len(unexplained) > len(names) and len(level) >= max(2 * len(names), files / 2)


def _numbered(level: Level) -> bool:
    """Speakers are numbered ("Actor_01") or many; emotions are neither."""
    names = set(level.values())
    return len(names) > MAX_WORDS or 2 * sum(any(c.isdigit() for c in name) for name in names) > len(names)
