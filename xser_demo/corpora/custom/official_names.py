"""Recordings with the file names of a known corpus, and what speaks against it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from xser_demo.corpora import CORPORA
from xser_demo.corpora.base import Corpus
from xser_demo.corpora.claims import Claim, claim
from xser_demo.corpora.custom import emotion_words
from xser_demo.corpora.custom.name_levels import Level
from xser_demo.utils.errors import CorpusError

MAX_CONTRADICTED = 0.05  # share of clips whose folder names another emotion
MENTIONED = 0.25  # share of names that must be those of a corpus before a doubt about it is worth a sentence


@dataclass(frozen=True)
class Official:
    """The corpus that the names are of. ``doubt``: why they are not taken for it, in a sentence; "" for no doubt."""

    claim: Claim
    contradicted: int  # clips whose folder names another emotion
    doubt: str

    @property
    def corpus(self) -> Corpus:
        return self.claim.corpus

    @property
    def counts(self) -> str:
        """The emotions of the names and their clips: "anger 6, sadness 4"."""
        found = Counter(clip.emotion for clip in self.claim.clips.values())
        return ", ".join(f"{emotion} {number:,}" for emotion, number in sorted(found.items()) if emotion)


def find(sounds: list[str], emotions: Level | None) -> Official | None:
    """The corpus that has most of the names; None when no name is of one. ``emotions``: the level of folders with
    emotion words."""
    paths = [Path(sound) for sound in sounds]
    claims = [claim(info, paths) for info in CORPORA.values()]
    best = max(claims, key=lambda one: (one.holds, len(one.clips)))
    if len(best.clips) < MENTIONED * len(paths):
        return None
    contradicted, compared = _contradicted(best, emotions)
    return Official(best, contradicted, _doubt(best, contradicted, compared))


def forced(key: str, sounds: list[str], emotions: Level | None) -> Official:
    """The names read as those of a corpus that the user named; CorpusError when no name is of it. A few folders of
    another emotion count, as in ``find``; where there are many, the names do."""
    found = claim(CORPORA[key], map(Path, sounds))
    if not found.clips:
        raise CorpusError(f"No file has a name of {found.corpus.name}; choose other labels with --labels-from.")
    contradicted, compared = _contradicted(found, emotions)
    return Official(found, contradicted if contradicted <= MAX_CONTRADICTED * compared else 0, "")


def folder_word(emotions: Level | None, path: str) -> str:
    """The emotion word of the file's folder; "" for none."""
    word = emotions.of.get(path, "") if emotions else ""
    return word if emotion_words.emotion(word) else ""


def advice(key: str) -> str:
    """How to choose other labels: on the page, and on the command line."""
    return f"to use these, choose them under Labels or with --labels-from {key}"


def _contradicted(found: Claim, emotions: Level | None) -> tuple[int, int]:
    """Number of clips whose folder names another emotion, and of those that could be compared."""
    if emotions and len(set(map(emotion_words.emotion, emotions.names)) - {None}) < 2:
        return 0, 0  # a single folder may have another name for another reason ("normal")
    compared = [path for path in found.clips if _in_folder(path, emotions) and found.clips[path].emotion]
    return sum(_in_folder(path, emotions) != found.clips[path].emotion for path in compared), len(compared)


def _in_folder(path: Path, emotions: Level | None) -> str | None:
    return emotion_words.emotion(folder_word(emotions, path.as_posix()))


def _doubt(found: Claim, contradicted: int, compared: int) -> str:
    name, key, clips = found.corpus.name, found.corpus.key, len(found.clips)
    if contradicted > MAX_CONTRADICTED * compared:
        return (
            f"Names of {name} would contradict the folders in {contradicted:,} of {compared:,} files, so the folders "
            f"count; {advice(key)}."
        )
    if found.outside and not found.holds:
        return (
            f"The names look like those of {name}, but {len(found.outside):,} of {clips + len(found.outside):,} are "
            f"impossible there ({found.outside[0].stem}), so they are not taken for it."
        )
    if found.holds and found.one_emotion:
        emotion = next(iter(found.clips.values())).emotion
        return f"As names of {name} they would all mean {emotion}, so they are not taken for it; {advice(key)}."
    return (
        "" if found.holds else f"Only {clips:,} of {found.files:,} names are of {name}, so they are not taken for it."
    )
