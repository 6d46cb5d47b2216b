"""Labels from the names of folders and files: the levels that hold emotion words.

A level of folders with emotion words is used. Words in file names may be part of a text, so they are only offered.
"""

from collections import Counter
from dataclasses import dataclass

from xser_demo.corpora.custom import emotion_words, tables
from xser_demo.corpora.custom.folder_names import is_language
from xser_demo.corpora.custom.name_levels import Level
from xser_demo.corpora.custom.name_words import names_a_speaker, speaker_part
from xser_demo.corpora.custom.speakers import MAX_WORDS, is_numbered
from xser_demo.utils.errors import SettingsError

FOLDERS, NAMES = "folders", "names"


@dataclass(frozen=True)
class LabelLevels:
    """The levels that may be labels. ``folders``: the one with most emotion words; ``unknown_words``: if there is none,
    one whose names the user may explain; ``names``: fields of the file names."""

    folders: Level | None
    unknown_words: Level | None
    names: tuple[Level, ...]

    def level(self, wanted: str) -> Level | None:
        """The level of "folders", "names", or a field by its name ("name:2"); None when it is not there. SettingsError
        when several fields hold emotions."""
        if wanted == FOLDERS:
            return self.folders or self.unknown_words
        if wanted == NAMES and len(self.names) > 1:
            names = " or ".join(level.name for level in self.names)
            raise SettingsError(f"The file names hold several emotion words each; choose --labels-from {names}.")
        return next((level for level in self.names if wanted in (NAMES, level.name)), None)

    @property
    def offered(self) -> dict[str, Level]:
        """What --labels-from takes for the file names -> level."""
        return {NAMES if len(self.names) == 1 else level.name: level for level in self.names}

    def of_clips(self, segments: dict[str, list[str]]) -> "LabelLevels":
        """The same for clips, as ``Level.of_clips``."""
        folders, unknown_words = (level and level.of_clips(segments) for level in (self.folders, self.unknown_words))
        return LabelLevels(folders, unknown_words, tuple(level.of_clips(segments) for level in self.names))


def find(folders: list[Level], fields: list[Level], files: int) -> LabelLevels:
    """The levels of labels among those of the folders and the fields of the names of this many files."""
    best = max(reversed(folders), key=labelled, default=None)
    if best is not None and not labelled(best):
        best = None
    words = next((level for level in reversed(folders) if _may_be_words(level, files)), None)
    names = [level for level in fields if 2 * labelled(level) > files]
    return LabelLevels(best, None if best else words, tuple(names))


def labelled(level: Level) -> int:
    """Number of files whose name there is an emotion word; 0 when the level does not look like emotions."""
    names = set(level.of.values())
    emotion_of = {name: emotion_words.emotion(name) for name in names}
    known = [emotion for emotion in emotion_of.values() if emotion]
    single = len(names) == 1 and emotion_words.plain(next(iter(names))) in emotion_words.TABLE
    if not single and (len(set(known)) < 2 or 3 * len(known) < len(names)):
        return 0
    return sum(emotion_of[name] is not None for name in level.of.values())


def counts(level: Level) -> str:
    """The emotions of a level and their clips: "anger 6, sadness 4"."""
    found = Counter(emotion_words.emotion(name) or "" for name in level.of.values())
    return ", ".join(f"{emotion} {number:,}" for emotion, number in sorted(found.items()) if emotion)


def _may_be_words(level: Level, files: int) -> bool:
    """A few names that are neither numbered nor known to be something else."""
    names = level.names
    unexplained = [name for name in names if speaker_part(name) and not tables.sex(name) and not is_language(name)]
    return (
        2 <= len(names) <= MAX_WORDS
        and not is_numbered(names)
        and 2 * len(unexplained) > len(names)
        and len(level.of) >= max(2 * len(names), files / 2)
        and not all(map(names_a_speaker, names))
    )
