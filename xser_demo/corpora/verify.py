"""Is this copy of a corpus complete and unaltered? Public copies often are not.

``official/<key>.tsv`` holds clip id, start of the hash and size of the official files; its first line says how many
public copies it was made of. The list of ESD Mandarin has half of the speakers; ESD English, IEMOCAP and ShEMO have
none. What is not listed is known by its name only.
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

FOLDER = Path(__file__).parent / "official"
HEX_DIGITS = 16  # 64 bits of the hash: enough against accidents, and the lists stay small
EQUAL_SHARE = 0.8  # cut copies are equal in length altogether; URDU honestly has half of its clips at 2.0 s
EQUAL_CLIPS = 20  # fewer clips than this may be equal by chance


@dataclass(frozen=True)
class Report:
    """What was found; lists hold clip ids (paths for unknown files), sorted."""

    key: str
    root: Path
    expected: int  # readable clips of the official release
    found: int  # of these, how many are there
    missing: list[str]  # of those that are listed
    unknown: list[str]  # audio files that are not part of the release
    repeated: list[str]  # clips that are there more than once; one copy is read
    duplicates: list[tuple[str, str]]  # different names, same content, other than in the release
    unreadable: list[str]  # no audio in it
    altered: list[str]  # content differs from the official file
    listed: bool  # False where no official files are known to compare with
    compared: int  # clips compared with the official file; 0 where all files were converted
    equal_length_s: float | None  # seconds, when nearly all clips are equally long: a copy that was cut

    @property
    def complete(self) -> bool:
        """Every official clip is there, readable and not known to be altered."""
        faults = self.missing or self.unreadable or self.altered or self.equal_length_s
        return self.found >= self.expected and not faults

    @property
    def verdict(self) -> str:
        """The report in one sentence."""
        known = CORPORA[self.key]
        again = f"; get the official files from {known.url}."
        if self.equal_length_s:
            return f"{known.name}: do not use this copy, its clips were all cut to {self.equal_length_s:g} s{again}"
        if not self.listed:
            how = "; contents could not be compared, since no list of the official files is known"
        elif not self.compared:
            how = " but were converted, so that only names could be compared, not contents"
        elif self.compared < self.found:
            how = f"; {self.compared} of them could be compared with the official files"
        else:
            how = " and were compared with the official files"
        faults = {
            "missing": self.missing,
            "without readable audio": self.unreadable,
            "different from the official file": self.altered,
            "a copy of another clip": ["=".join(pair) for pair in self.duplicates],
            "there more than once (read once)": self.repeated,
            "not part of the release": self.unknown,
        }
        told = "".join(f"; {len(names)} {what} ({_some(names)})" for what, names in faults.items() if names)
        return f"{known.name}: {self.found} of {self.expected} clips are there{how}{told}" + (
            "." if self.complete else again
        )


def check(key: str, corpora_dir: Path | None) -> Report:
    """Compare the copy in ``corpora_dir`` with the official release; reads every file once."""
    known, root = corpus(key), find(key, corpora_dir)
    algorithm, official = official_files(key)
    whole = len(official) == known.clips
    manifest = (root / MANIFEST).is_file()
    labels = known.labels(root) if known.labels and not manifest else None
    if manifest:
        paths = [Path(utterance.path) for utterance in read_manifest(root, key)]
        paths = [path for path in paths if (root / path).is_file()]
    else:
        # A stub that the official list leaves out is part of the release (AESDD) and no fault of the copy.
        paths = list(audio_files(root))
        paths = [path for path in paths if not whole or known.clip_id(path) in official or not is_stub(root / path)]

    def belongs(path: Path) -> bool:
        if whole:
            return known.clip_id(path) in official
        return manifest or (known.parse(path) is not None and (labels is None or known.clip_id(path) in labels))

    clips: dict[str, Path] = {}
    for path in sorted(filter(belongs, paths), key=lambda path: (len(path.parts), path.as_posix())):
        clips.setdefault(known.clip_id(path), path)  # the copy that corpora.read takes
    names = sorted(clips)

    lengths: dict[str, float] = {}  # seconds
    digests: dict[str, str] = {}
    for name in names:
        file = root / clips[name]
        digests[name] = checksum(file, algorithm)[:HEX_DIGITS]
        try:
            info = soundfile.info(file)
        except soundfile.LibsndfileError:
            continue
        if info.frames:
            lengths[name] = info.duration
    comparable = [name for name in names if name in official and clips[name].suffix.lower() == ".wav"]
    times = Counter(known.clip_id(path) for path in paths if belongs(path))
    return Report(
        key=key,
        root=root,
        expected=known.clips,
        found=len(names),
        missing=sorted(set(official) - set(clips)),
        unknown=sorted(p.as_posix() for p in paths if not belongs(p) and not re.fullmatch(known.besides, p.stem)),
        repeated=[name for name in names if times[name] > 1],
        duplicates=_duplicates(digests, known),
        unreadable=[name for name in names if name not in lengths],
        altered=[name for name in comparable if name in lengths and digests[name] != official[name]],
        listed=whole or any(name in official for name in names),
        compared=len(comparable),
        equal_length_s=_equal_length(list(lengths.values())),
    )


def official_files(key: str) -> tuple[str, dict[str, str]]:
    """Name of the hash function, and clip id -> start of the hash; empty where no list is known."""
    algorithm, rows = _official(key)
    return algorithm, {name: digest for name, digest, _ in rows}


def official_bytes(key: str) -> int | None:
    """Size of all recordings together; None where not all of them are listed."""
    rows = _official(key)[1]
    return sum(int(size) for *_, size in rows) if len(rows) == corpus(key).clips else None


def _official(key: str) -> tuple[str, list[list[str]]]:
    """Name of the hash function, and the rows of the list."""
    file = FOLDER / f"{key}.tsv"
    if not file.is_file():
        return "sha256", []
    _, head, *rows = file.read_text(encoding="utf-8").splitlines()
    return head.split("\t")[1], [row.split("\t") for row in rows]


def _duplicates(digests: dict[str, str], known: Corpus) -> list[tuple[str, str]]:
    """Pairs of names with the same content; each further copy is paired with the first."""
    first: dict[str, str] = {}
    pairs = [(first.setdefault(digest, name), name) for name, digest in digests.items()]
    return [pair for pair in pairs if pair[0] != pair[1] and pair not in known.identical]


def _equal_length(lengths_s: list[float]) -> float | None:
    """The common length in seconds when nearly all clips are within 10 ms of it."""
    if len(lengths_s) < EQUAL_CLIPS:
        return None
    middle = median(lengths_s)
    equal = sum(abs(length - middle) <= 0.01 for length in lengths_s)
    return round(middle, 2) if equal >= EQUAL_SHARE * len(lengths_s) else None


def _some(names: list[str]) -> str:
    """The first three names."""
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
