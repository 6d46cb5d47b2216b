"""Checks whether a copy of a corpus is complete and unaltered; public copies often are not.

``official_checksums/<key>.tsv`` holds clip id, start of the hash and size of the official files; its first line says
from how many public copies it was made. The list of ESD Mandarin has half of the speakers; ESD English, IEMOCAP and
ShEMO have no list. Clips that are not listed are recognised by their name only.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import soundfile

from xser_demo.corpora import CORPORA, corpus
from xser_demo.corpora.base import Corpus
from xser_demo.corpora.locate import audio_files, find, is_stub
from xser_demo.corpora.manifest import NAME as MANIFEST
from xser_demo.corpora.manifest import read_manifest
from xser_demo.utils.files import checksum

FOLDER = Path(__file__).parent / "official_checksums"
HEX_DIGITS = 16  # 64 bits of the hash: enough against accidents, and the lists stay small
EQUAL_SHARE = 0.8  # all clips of a cut copy are equally long; in URDU, which is not cut, half of them have 2.0 s
EQUAL_CLIPS = 20  # fewer clips than this may be equally long by chance


@dataclass(frozen=True)
class Report:
    """Result of a check; lists hold clip ids (paths for unknown files), sorted."""

    key: str
    root: Path
    expected: int  # readable clips of the official release
    found: int  # of these, in the copy
    missing: list[str]  # listed clips only
    unknown: list[str]  # audio files that are not part of the release
    repeated: list[str]  # clips with several files; one of them is read
    duplicates: list[tuple[str, str]]  # different names, same content, other than in the release
    unreadable: list[str]  # files without audio
    altered: list[str]  # content differs from the official file
    listed: bool  # whether official files are known to compare with
    compared: int  # clips compared with the official file; 0 if all files were converted
    equal_length_s: float | None  # seconds, if nearly all clips are equally long because they were cut

    @property
    def complete(self) -> bool:
        """Every official clip is there, readable and not known to be altered."""
        faults = self.missing or self.unreadable or self.altered or self.equal_length_s
        return self.found >= self.expected and not faults

    @property
    def verdict(self) -> str:
        """The report in one sentence."""
        info = CORPORA[self.key]
        advice = f"; get the official files from {info.url}."
        if self.equal_length_s:
            return f"{info.name}: do not use this copy, its clips were all cut to {self.equal_length_s:g} s{advice}"
        if not self.listed:
            comparison = "; contents could not be compared, since no list of the official files is known"
        elif not self.compared:
            comparison = " but were converted, so that only names could be compared, not contents"
        elif self.compared < self.found:
            comparison = f"; {self.compared} of them could be compared with the official files"
        else:
            comparison = " and were compared with the official files"
        faults = {
            "missing": self.missing,
            "without readable audio": self.unreadable,
            "different from the official file": self.altered,
            "a copy of another clip": ["=".join(pair) for pair in self.duplicates],
            "there more than once (read once)": self.repeated,
            "not part of the release": self.unknown,
        }
        details = "".join(f"; {len(names)} {fault} ({_first(names)})" for fault, names in faults.items() if names)
        end = "." if self.complete else advice
        return f"{info.name}: {self.found} of {self.expected} clips are there{comparison}{details}{end}"


def check(key: str, corpora_dir: Path | None) -> Report:
    """Compare the copy in ``corpora_dir`` with the official release; reads every file once. CorpusError when there is
    no copy."""
    info, root = corpus(key), find(key, corpora_dir)
    algorithm, official = official_files(key)
    all_listed = len(official) == info.clips
    manifest = (root / MANIFEST).is_file()
    labels = info.labels(root) if info.labels and not manifest else None
    if manifest:
        paths = [Path(utterance.path) for utterance in read_manifest(root, key)]
        paths = [path for path in paths if (root / path).is_file()]
    else:
        # A stub that the official list leaves out is part of the release (AESDD), not a fault of the copy.
        paths = list(audio_files(root))
        paths = [path for path in paths if not all_listed or info.clip_id(path) in official or not is_stub(root / path)]

    def belongs(path: Path) -> bool:
        if all_listed:
            return info.clip_id(path) in official
        return manifest or (info.parse(path) is not None and (labels is None or info.clip_id(path) in labels))

    clips: dict[str, Path] = {}
    for path in sorted(filter(belongs, paths), key=lambda path: (len(path.parts), path.as_posix())):
        clips.setdefault(info.clip_id(path), path)  # the file that locate.read takes
    names = sorted(clips)

    lengths: dict[str, float] = {}  # seconds
    digests: dict[str, str] = {}
    for name in names:
        file = root / clips[name]
        digests[name] = checksum(file, algorithm)[:HEX_DIGITS]
        try:
            header = soundfile.info(file)
        except soundfile.LibsndfileError:
            continue
        if header.frames:
            lengths[name] = header.duration
    comparable = [name for name in names if name in official and clips[name].suffix.lower() == ".wav"]
    times = Counter(info.clip_id(path) for path in paths if belongs(path))
    return Report(
        key=key,
        root=root,
        expected=info.clips,
        found=len(names),
        missing=sorted(set(official) - set(clips)),
        unknown=sorted(p.as_posix() for p in paths if not belongs(p) and not re.fullmatch(info.other_audio, p.stem)),
        repeated=[name for name in names if times[name] > 1],
        duplicates=_duplicates(digests, info),
        unreadable=[name for name in names if name not in lengths],
        altered=[name for name in comparable if name in lengths and digests[name] != official[name]],
        listed=all_listed or any(name in official for name in names),
        compared=len(comparable),
        equal_length_s=_equal_length(list(lengths.values())),
    )


def official_files(key: str) -> tuple[str, dict[str, str]]:
    """Name of the hash function, and clip id -> start of the hash; empty if no list is known."""
    algorithm, rows = _official(key)
    return algorithm, {name: digest for name, digest, _ in rows}


def official_bytes(key: str) -> int | None:
    """Total size of all recordings; None if not all of them are listed."""
    rows = _official(key)[1]
    return sum(int(size) for *_, size in rows) if len(rows) == corpus(key).clips else None


def _official(key: str) -> tuple[str, list[list[str]]]:
    """Name of the hash function, and the rows of the list."""
    file = FOLDER / f"{key}.tsv"
    if not file.is_file():
        return "sha256", []
    _, head, *rows = file.read_text(encoding="utf-8").splitlines()
    return head.split("\t")[1], [row.split("\t") for row in rows]


def _duplicates(digests: dict[str, str], info: Corpus) -> list[tuple[str, str]]:
    """Pairs of names with the same content; each further copy is paired with the first."""
    first: dict[str, str] = {}
    pairs = [(first.setdefault(digest, name), name) for name, digest in digests.items()]
    return [pair for pair in pairs if pair[0] != pair[1] and pair not in info.identical]


def _equal_length(lengths_s: list[float]) -> float | None:
    """Common length in seconds, if nearly all clips are within 10 ms of it."""
    if len(lengths_s) < EQUAL_CLIPS:
        return None
    middle = median(lengths_s)
    equal = sum(abs(length - middle) <= 0.01 for length in lengths_s)
    return round(middle, 2) if equal >= EQUAL_SHARE * len(lengths_s) else None


def _first(names: list[str]) -> str:
    """The first three names."""
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
