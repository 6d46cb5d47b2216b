"""Scans a folder of recordings of unknown layout: a table, the official names of a known corpus, a folder for each
emotion, or unlabelled files. Decodes and writes nothing, and follows no links.
"""

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from xser_demo.corpora import CORPORA
from xser_demo.corpora.base import Corpus
from xser_demo.corpora.custom import emotion_words, folder_names, table_matching, tables
from xser_demo.corpora.custom.segments import Segment
from xser_demo.corpora.labels import EMOTIONS
from xser_demo.utils.errors import CorpusError

AUDIO_SUFFIXES = (
    ".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".webm", ".aac", ".aif", ".aiff", ".amr",
)  # fmt: skip
SIGNATURES = {  # kind -> first bytes of a file
    "sound": (b"RIFF", b"RF64", b"RIFX", b"riff", b"fLaC", b"OggS", b"ID3", b"FORM", b"caff", b".snd", b"#!AMR",
              b"\x1aE\xdf\xa3", b"\x30\x26\xb2\x75", *(b"\xff" + bytes([n]) for n in b"\xfb\xfa\xf3\xf2\xf1\xf9")),
    "archive": (b"PK\3\4", b"PK\5\6", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ"),
}  # fmt: skip
SYSTEM_FILES = {"__MACOSX", "Thumbs.db", "desktop.ini", "Desktop.ini", "$RECYCLE.BIN", "System Volume Information"}


@dataclass(frozen=True)
class Recording:
    """One recording; unknown values are "" or None. ``ingest.measured`` adds the numbers."""

    path: str  # relative to the folder, with "/"; that of a segment ends with its times
    word: str = ""  # the emotion as folder or table write it
    emotion: str = ""  # a name of labels.EMOTIONS
    speaker: str = ""
    language: str = ""  # ISO 639
    sex: str = ""  # "f" or "m"
    seconds: float | None = None
    level_dbfs: float | None = None  # RMS without the silence before and after
    speech_s: float | None = None  # from the first to the last loud moment
    band_hz: int | None = None  # upper edge of the band, measured for some clips only
    segment: Segment | None = None  # the part of a file that this is; None for a whole file


@dataclass(frozen=True)
class Skipped:
    """A file that is not used."""

    path: str
    why: str  # one sentence


@dataclass(frozen=True)
class FolderScan:
    """The recordings of a folder, with labels and speakers where they are known."""

    how: str  # where labels and speakers come from, in a sentence or two
    rows: tuple[Recording, ...]
    skipped: tuple[Skipped, ...]
    corpus: str = ""  # key of the corpus whose official names these are
    settled: frozenset[str] = frozenset()  # words whose meaning the user gave

    @property
    def channel(self) -> str:
        """How to read files with two channels: "mean" or "first"."""
        return CORPORA[self.corpus].channel if self.corpus else "mean"

    @property
    def unknown(self) -> dict[str, int]:
        """Words without a known meaning -> number of recordings, the most frequent first."""
        counts = Counter(row.word for row in self.rows if row.word and not row.emotion and row.word not in self.settled)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def mapped(self, meanings: dict[str, str]) -> "FolderScan":
        """A copy with the user's meanings: word as written -> emotion, or "" for none. CorpusError for an unknown
        emotion."""
        for word, emotion in meanings.items():
            if emotion and emotion not in EMOTIONS:
                raise CorpusError(f"'{word}' cannot mean '{emotion}' here; choose one of {', '.join(EMOTIONS)}.")
        rows = tuple(
            replace(row, emotion=meanings.get(row.word, row.emotion)) if row.word else row for row in self.rows
        )
        return replace(self, rows=rows, settled=self.settled | set(meanings))


def scan(root: Path) -> FolderScan:
    """The recordings below ``root``. CorpusError when there are none."""
    sounds, sheets, skipped = _list_files(root)
    if not sounds:
        raise CorpusError(
            "No recording was found (WAV, FLAC, MP3, OGG, M4A or WebM)"
            + (f"; {skipped[0].path}: {skipped[0].why}" if skipped else ".")
        )
    by_names = _official(root, sounds) or _by_folders(sounds)
    speakers = {row.speaker for row in by_names.rows}
    return _with_tables(sounds, by_names, table_matching.match_tables(root, sheets, sounds, speakers), skipped)


def _with_tables(
    sounds: list[str], by_names: FolderScan, tables_say: table_matching.TableFacts, skipped: list[Skipped]
) -> FolderScan:
    """Tables take precedence over names and folders. If they have emotions, only files that they list are used;
    where none of these is known, those of the names are."""
    skipped = skipped + [Skipped(path, why) for path, why in tables_say.problems]
    if not tables_say.labelled or (any(row.emotion for row in by_names.rows) and not tables_say.known):
        rows = [_filled_in(part, tables_say) for row in by_names.rows for part in _parts(row, tables_say)]
        how = f"{tables_say.how} {by_names.how}".strip()
        return replace(by_names, how=how, rows=tuple(rows), skipped=(*by_names.skipped, *skipped))
    explained = {one.path for one in skipped}
    skipped += [
        Skipped(path, "The table does not list it.")
        for path in sounds
        if path not in tables_say.facts and path not in tables_say.segments and path not in explained
    ]
    named = {row.path: row for row in by_names.rows}
    rows = []
    for row in (part for path in sounds for part in _parts(named.get(path, Recording(path)), tables_say)):
        if facts := tables_say.facts.get(row.path):
            word = facts["emotion"]
            row = replace(row, word=word, emotion=emotion_words.emotion(word) or "")
            rows.append(_filled_in(row, tables_say))
    return FolderScan(tables_say.how, tuple(rows), tuple(skipped), by_names.corpus)


def _parts(row: Recording, tables_say: table_matching.TableFacts) -> list[Recording]:
    """The segments that tables list of a file; the file itself where they list none."""
    segments = tables_say.segments.get(row.path, [])
    return [replace(row, path=one.path, segment=one) for one in segments] or [row]


def _filled_in(row: Recording, tables_say: table_matching.TableFacts) -> Recording:
    facts = tables_say.facts.get(row.path, {})
    row = replace(row, **{key: facts[key] for key in ("speaker", "sex", "language") if facts.get(key)})
    about = tables_say.speakers.get(row.speaker, {}) if row.speaker else {}
    return replace(row, sex=row.sex or about.get("sex", ""), language=row.language or about.get("language", ""))


def _list_files(root: Path) -> tuple[list[str], list[str], list[Skipped]]:
    """Paths of recordings, paths of tables, and the other files; sorted. Hidden files and those of operating systems
    are ignored."""
    sounds, sheets, skipped = [], [], []
    for folder, subfolders, names in os.walk(root):
        directory = Path(folder)
        for name in subfolders + names:
            if (directory / name).is_symlink() and not name.startswith("."):
                path = (directory / name).relative_to(root).as_posix()
                skipped.append(Skipped(path, "A link; links are not followed."))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(".") and name not in SYSTEM_FILES)
        for name in names:
            file = directory / name
            if name.startswith(".") or name in SYSTEM_FILES or file.is_symlink():
                continue
            path, suffix, content = file.relative_to(root).as_posix(), file.suffix.lower(), kind(file)
            if not content and tables.is_table(file):
                sheets.append(path)
            elif content == "sound" or (suffix in AUDIO_SUFFIXES and content != "archive"):
                sounds.append(path)
            elif suffix in tables.SPREADSHEETS:
                skipped.append(Skipped(path, "A table that is not read here; save it as CSV."))
            elif content == "archive":
                skipped.append(Skipped(path, "An archive inside; archives in archives are not opened."))
            else:
                skipped.append(Skipped(path, "Not a recording."))
    return sorted(sounds), sorted(sheets), sorted(skipped, key=lambda one: one.path)


def kind(file: Path) -> str:
    """ "sound", "archive" or "" by the first bytes, not by the name."""
    try:
        with file.open("rb") as stream:
            start = stream.read(12)
    except OSError:
        return ""
    if start[4:8] == b"ftyp":
        return "sound"
    if start.isascii() and start.decode().isprintable():
        return ""  # a text that begins with such letters
    return next((kind for kind, signatures in SIGNATURES.items() if start.startswith(signatures)), "")


def _official(root: Path, sounds: list[str]) -> FolderScan | None:
    """Read as the corpus whose official names most of the files have; None when there is none."""
    best, parsed, paths = None, {}, {path: PurePosixPath(path) for path in sounds}
    for candidate in CORPORA.values():
        clips = {path: clip for path in sounds if (clip := candidate.parse(paths[path]))}
        if 2 * len(clips) > len(sounds) and len(clips) > len(parsed):
            best, parsed = candidate, clips
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


def _labels(info: Corpus, root: Path) -> dict[str, str]:
    try:
        return info.labels(root) if info.labels else {}
    except CorpusError:  # no label files: the clips are unlabelled
        return {}


def _by_folders(sounds: list[str]) -> FolderScan:
    levels = folder_names.interpret(sounds)
    rows = tuple(
        Recording(
            path,
            levels.word.get(path, ""),
            emotion_words.emotion(levels.word.get(path, "")) or "",
            levels.speaker.get(path, ""),
            levels.language.get(path, ""),
            levels.sex.get(path, ""),
        )
        for path in sounds
    )
    return FolderScan(levels.how, rows, ())
