"""What the names of folders say about the recordings in them: the emotion, the speaker, the sex, the language.

A level is a place in the path, counted from the top or from the file. The one with most emotion words is the emotion;
among the others the nearest with several names that hold several files each is the speaker.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from xser_demo.corpora import CORPORA
from xser_demo.corpora.custom import emotion_words, tables

DEEPEST = 8  # levels looked at from each side
MOST_WORDS = 12  # different names, beyond which folders of unknown words are taken for speakers
# Folders that say how recordings were sorted or said, not by whom.
SORTED = {
    "train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval", "evaluation", "split", "fold",
    "audio", "audios", "wav", "wavs", "flac", "mp3", "sound", "sounds", "clips", "recordings", "data", "speech", "song",
    "high", "low", "medium", "strong", "weak", "normal", "raw",
}  # fmt: skip
LANGUAGE_OF = {known.language_name.casefold(): known.language for known in CORPORA.values()} | {
    known.language: known.language for known in CORPORA.values()
}

Level = dict[str, str]  # path -> name of its folder there


@dataclass
class Understood:
    """Each maps paths to what is known of them."""

    how: str
    word: Level = field(default_factory=dict)
    speaker: Level = field(default_factory=dict)
    sex: Level = field(default_factory=dict)
    language: Level = field(default_factory=dict)


def understand(paths: list[str]) -> Understood:
    levels = list(_levels(paths))
    spoken = max(levels, key=_labelled, default={})
    if not _labelled(spoken):
        spoken = {}
    rest = [level for level in levels if level != spoken]
    found = Understood("", spoken)
    for level in rest:
        names = set(level.values())
        if not found.sex and all(tables.sex(name) for name in names):
            found.sex = {path: tables.sex(name) for path, name in level.items()}
        elif not found.language and all(name.casefold() in LANGUAGE_OF for name in names):
            found.language = {path: LANGUAGE_OF[name.casefold()] for path, name in level.items()}
    people = [level for level in rest if _people(level, len(paths))]
    above = ": no labels were found."
    if spoken:
        found.speaker = people[0] if people else {}
        found.how = "One folder for each emotion" + (", others for the speakers." if people else "; speakers unknown.")
    elif not people:
        found.how = f"A pile of {len(paths):,} files{above}"
    elif _numbered(people[0]):
        found.speaker, found.how = people[0], f"Folders that seem to be speakers{above}"
    else:
        found.word = people[0]
        found.how = "Folders whose names are no emotions known here: say what each means, or use them unlabelled."
    return found


def language(word: str) -> str:
    """ISO 639 code of "de-DE", "deu" or "German"; "" for what is none."""
    word = word.strip().casefold()
    code = word.replace("_", "-").split("-")[0]
    return LANGUAGE_OF.get(word) or (code if code.isascii() and code.isalpha() and len(code) in (2, 3) else "")


def _levels(paths: list[str]) -> Iterator[Level]:
    """From the file upwards, then from the top, each once."""
    folders = {path: path.split("/")[:-1] for path in paths}
    deepest = min(DEEPEST, max(map(len, folders.values()), default=0))
    seen = []
    for place in [*range(-1, -deepest - 1, -1), *range(deepest)]:
        level = {
            p: parts[place]
            for p, parts in folders.items()
            if (len(parts) > place if place >= 0 else len(parts) >= -place)
        }
        if level not in seen:
            seen.append(level)
            yield level


def _labelled(level: Level) -> int:
    """Files in folders with emotion words; 0 where the level does not look like emotions."""
    names = set(level.values())
    emotion = {name: emotion_words.emotion(name) for name in names}
    meant = {found for found in emotion.values() if found}
    known = sum(found is not None for found in emotion.values())
    plain = (
        len(names) == 1 and emotion_words.plain(next(iter(names))) in emotion_words.TABLE
    )  # one emotion only, and nothing else said
    if not plain and (len(meant) < 2 or 3 * known < len(names)):
        return 0
    return sum(emotion[name] is not None for name in level.values())


def _people(level: Level, files: int) -> bool:
    """Could these folders be speakers? Several names with two files each or more, in most of the paths."""
    names = Counter(level.values())
    telling = [
        name for name in names
        if emotion_words.plain(name) not in SORTED and not tables.sex(name) and name.casefold() not in LANGUAGE_OF
    ]  # fmt: skip
    return len(names) >= 2 and 2 * len(telling) > len(names) and len(level) >= max(2 * len(names), files / 2)


def _numbered(level: Level) -> bool:
    """Speakers are numbered ("Actor_01"), emotions are not; and there are few emotions."""
    names = set(level.values())
    return len(names) > MOST_WORDS or 2 * sum(any(c.isdigit() for c in name) for name in names) > len(names)
