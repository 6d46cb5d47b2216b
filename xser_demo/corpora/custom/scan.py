"""A folder of somebody's recordings, understood without configuration: a table, the official names of a known corpus,
a folder for each emotion, or a bare pile. Nothing is decoded, written or followed out of the folder here.
"""

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from xser_demo.corpora import CORPORA
from xser_demo.corpora.base import Corpus
from xser_demo.corpora.custom import emotion_words, folder_names, table_matching, tables
from xser_demo.corpora.labels import EMOTIONS
from xser_demo.utils.errors import CorpusError

SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".webm", ".aac", ".aif", ".aiff", ".amr")
STARTS = {
    "sound": (b"RIFF", b"RF64", b"RIFX", b"riff", b"fLaC", b"OggS", b"ID3", b"FORM", b"caff", b".snd", b"#!AMR",
              b"\x1aE\xdf\xa3", b"\x30\x26\xb2\x75", *(b"\xff" + bytes([n]) for n in b"\xfb\xfa\xf3\xf2\xf1\xf9")),
    "archive": (b"PK\3\4", b"PK\5\6", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ"),
}  # fmt: skip
NOISE = {"__MACOSX", "Thumbs.db", "desktop.ini", "Desktop.ini", "$RECYCLE.BIN", "System Volume Information"}


@dataclass(frozen=True)
class Recording:
    """One recording; what is not known is "" or None. The figures are those of intake.py."""

    path: str  # relative to the folder, with "/"
    word: str = ""  # the emotion as it is written there
    emotion: str = ""  # a name of labels.EMOTIONS
    speaker: str = ""
    language: str = ""  # ISO 639
    sex: str = ""  # "f" or "m"
    seconds: float | None = None
    level_dbfs: float | None = None  # RMS without the silence before and after
    speech_s: float | None = None  # from the first to the last loud moment
    band_hz: int | None = None  # of some clips only


@dataclass(frozen=True)
class Skipped:
    path: str
    why: str  # one sentence


@dataclass(frozen=True)
class FolderScan:
    how: str  # in which way the folder was understood, in a sentence or two
    rows: tuple[Recording, ...]
    skipped: tuple[Skipped, ...]
    corpus: str = ""  # key of the corpus whose official names these are
    settled: frozenset[str] = frozenset()  # words whose meaning the user gave

    @property
    def channel(self) -> str:
        """What to make of files with two channels."""
        return CORPORA[self.corpus].channel if self.corpus else "mean"

    @property
    def unknown(self) -> dict[str, int]:
        """Words that mean no emotion known here, and how many recordings have them; the most frequent first."""
        found = Counter(row.word for row in self.rows if row.word and not row.emotion and row.word not in self.settled)
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def mapped(self, meanings: dict[str, str]) -> "FolderScan":
        """The same, with the emotions that the user gives to words as they are written; "" for none of them."""
        for word, emotion in meanings.items():
            if emotion and emotion not in EMOTIONS:
                raise CorpusError(f"'{word}' cannot mean '{emotion}' here; choose one of {', '.join(EMOTIONS)}.")
        rows = tuple(
            replace(row, emotion=meanings.get(row.word, row.emotion)) if row.word else row for row in self.rows
        )
        return replace(self, rows=rows, settled=self.settled | set(meanings))


def scan(root: Path) -> FolderScan:
    """What the folder holds. CorpusError when there is no recording in it."""
    sounds, sheets, skipped = _sorted_out(root)
    if not sounds:
        raise CorpusError(
            "There is no recording in what came (WAV, FLAC, MP3, OGG, M4A or WebM)"
            + (f"; {skipped[0].path}: {skipped[0].why}" if skipped else ".")
        )
    base = _official(root, sounds) or _by_folders(sounds)
    return _joined(sounds, base, table_matching.listed(root, sheets, sounds), skipped)


def _joined(sounds: list[str], base: FolderScan, found: table_matching.Found, skipped: list[Skipped]) -> FolderScan:
    """What tables say comes before what names and folders say. Where they say emotions, only what they list counts."""
    skipped = skipped + [Skipped(path, why) for path, why in found.problems]
    said = {row.path: row for row in base.rows}
    if not found.labelled:
        rows = [_told(row, found.facts.get(row.path, {})) for row in base.rows]
        return replace(base, how=f"{found.how} {base.how}".strip(), rows=tuple(rows), skipped=(*base.skipped, *skipped))
    told = {one.path for one in skipped}
    skipped += [Skipped(p, "The table does not list it.") for p in sounds if p not in found.facts and p not in told]
    rows = []
    for path in sounds:
        if facts := found.facts.get(path):
            word = facts["emotion"]
            row = replace(said.get(path, Recording(path)), word=word, emotion=emotion_words.emotion(word) or "")
            rows.append(_told(row, facts))
    return FolderScan(found.how, tuple(rows), tuple(skipped), base.corpus)


def _told(row: Recording, facts: dict[str, str]) -> Recording:
    return replace(row, **{key: facts[key] for key in ("speaker", "sex", "language") if facts.get(key)})


def _sorted_out(root: Path) -> tuple[list[str], list[str], list[Skipped]]:
    """Paths of recordings and of tables, sorted, and what is neither. Hidden files and those that systems leave behind
    are not mentioned."""
    sounds, sheets, skipped = [], [], []
    for folder, inside, files in os.walk(root):
        at = Path(folder)
        for name in inside + files:
            if (at / name).is_symlink() and not name.startswith("."):
                skipped.append(Skipped((at / name).relative_to(root).as_posix(), "A link; links are not followed."))
        inside[:] = sorted(name for name in inside if not name.startswith(".") and name not in NOISE)
        for name in files:
            file = at / name
            if name.startswith(".") or name in NOISE or file.is_symlink():
                continue
            path, suffix = file.relative_to(root).as_posix(), file.suffix.lower()
            what = kind(file)
            if suffix in tables.SUFFIXES and not what:
                sheets.append(path)
            elif what == "sound" or (suffix in SOUNDS and what != "archive"):
                sounds.append(path)
            elif what == "archive":
                skipped.append(Skipped(path, "An archive inside; archives in archives are not opened."))
            else:
                skipped.append(Skipped(path, "Not a recording."))
    return sorted(sounds), sorted(sheets), sorted(skipped, key=lambda one: one.path)


def kind(file: Path) -> str:
    """ "sound", "archive" or "" by the first bytes, whatever the name says."""
    try:
        with file.open("rb") as stream:
            start = stream.read(12)
    except OSError:
        return ""
    if start[4:8] == b"ftyp":
        return "sound"
    if start.isascii() and start.decode().isprintable():
        return ""  # a text that begins with such letters
    return next((kind for kind, starts in STARTS.items() if start.startswith(starts)), "")


def _official(root: Path, sounds: list[str]) -> FolderScan | None:
    """The corpus whose official names most of the files have."""
    best, parsed, paths = None, {}, {path: PurePosixPath(path) for path in sounds}
    for known in CORPORA.values():
        found = {path: clip for path in sounds if (clip := known.parse(paths[path]))}
        if 2 * len(found) > len(sounds) and len(found) > len(parsed):
            best, parsed = known, found
    if not best:
        return None
    labels = _labels(best, root)
    first: dict[str, str] = {}
    rows, skipped = [], []
    for path in sorted(sounds, key=lambda path: (path.count("/"), path)):
        clip, name = parsed.get(path), best.clip_id(paths[path])
        if not clip:
            skipped.append(Skipped(path, f"Its name is none of {best.name}."))
        elif first.setdefault(name, path) != path:
            skipped.append(Skipped(path, f"The same clip as {first[name]}."))
        else:
            emotion = labels.get(name, "") if best.labels else clip.emotion
            rows.append(Recording(path, emotion, emotion, clip.speaker, clip.language, clip.sex))
    how = f"These are file names of {best.name}: labels, speakers and language are that corpus's own."
    return FolderScan(how, tuple(sorted(rows, key=lambda row: row.path)), tuple(skipped), best.key)


def _labels(known: Corpus, root: Path) -> dict[str, str]:
    try:
        return known.labels(root) if known.labels else {}
    except CorpusError:  # the files with them are not here: the clips are unlabelled
        return {}


def _by_folders(sounds: list[str]) -> FolderScan:
    found = folder_names.understand(sounds)
    rows = tuple(
        Recording(
            path,
            found.word.get(path, ""),
            emotion_words.emotion(found.word.get(path, "")) or "",
            found.speaker.get(path, ""),
            found.language.get(path, ""),
            found.sex.get(path, ""),
        )
        for path in sounds
    )
    return FolderScan(found.how, rows, ())
