"""Is this copy of a corpus complete and unaltered? Public copies often are not.

``official/<key>.tsv`` holds base name, start of the hash and size of every official file. The hash is sha256
where two independent copies agreed (RAVDESS, EmoDB), sha1 of one public copy otherwise.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import soundfile

from xser_demo.corpora import CORPORA, MANIFEST, audio_files, corpus, find, is_stub
from xser_demo.corpora.base import Corpus
from xser_demo.corpora.manifest import read_manifest

FOLDER = Path(__file__).parent / "official"
HEX_DIGITS = 16  # 64 bits of the hash: enough against accidents, and the lists stay small
EQUAL_SHARE = 0.8  # cut copies are equal in length altogether; URDU honestly has half of its clips at 2.0 s
EQUAL_CLIPS = 20  # fewer clips than this may be equal by chance


@dataclass(frozen=True)
class Report:
    """What was found; lists hold base names (paths for unknown files), sorted."""

    key: str
    root: Path
    expected: int  # readable clips of the official release
    found: int  # of these, how many are there
    missing: list[str]
    unknown: list[str]  # audio files that are not part of the release
    repeated: list[str]  # base names that are there more than once; one copy is read
    duplicates: list[tuple[str, str]]  # different names, same content, other than in the release
    unreadable: list[str]  # no audio in it
    altered: list[str]  # content differs from the official file
    compared: bool  # False where all files were converted, so that contents cannot be compared
    equal_length_s: float | None  # seconds, when nearly all clips are equally long: a copy that was cut

    @property
    def complete(self) -> bool:
        """Every official clip is there, readable and not known to be altered."""
        return not (self.missing or self.unreadable or self.altered or self.equal_length_s)

    @property
    def verdict(self) -> str:
        """The report in one sentence."""
        known = CORPORA[self.key]
        again = f"; get the official files from {known.url}."
        if self.equal_length_s:
            return f"{known.name}: do not use this copy, its clips were all cut to {self.equal_length_s:g} s{again}"
        how = (
            "and were compared with the official files"
            if self.compared
            else "but were converted, so that only names could be compared, not contents"
        )
        faults = {
            "missing": self.missing,
            "without readable audio": self.unreadable,
            "different from the official file": self.altered,
            "a copy of another clip": ["=".join(pair) for pair in self.duplicates],
            "there more than once (read once)": self.repeated,
            "not part of the release": self.unknown,
        }
        told = "".join(f"; {len(names)} {what} ({_some(names)})" for what, names in faults.items() if names)
        return f"{known.name}: {self.found} of {self.expected} clips are there {how}{told}" + (
            "." if self.complete else again
        )


def check(key: str, corpora_dir: Path | None) -> Report:
    """Compare the copy in ``corpora_dir`` with the official release; reads every file once."""
    known, root = corpus(key), find(key, corpora_dir)
    algorithm, official = _official(key)
    if (root / MANIFEST).is_file():
        paths = [Path(utterance.path) for utterance in read_manifest(root, key)]
        paths = [path for path in paths if (root / path).is_file()]
    else:
        # A stub that the official list leaves out is part of the release (AESDD) and no fault of the copy.
        paths = [path for path in audio_files(root) if path.stem in official or not is_stub(root / path)]
    clips: dict[str, Path] = {}
    for path in sorted(paths, key=lambda path: (len(path.parts), path.as_posix())):
        clips.setdefault(path.stem, path)  # the copy that corpora.read takes
    names = sorted(set(clips) & set(official))

    lengths: dict[str, float] = {}  # seconds
    digests: dict[str, str] = {}
    for name in names:
        file = root / clips[name]
        digests[name] = _digest(file, algorithm)
        try:
            info = soundfile.info(file)
        except soundfile.LibsndfileError:
            continue
        if info.frames:
            lengths[name] = info.duration
    comparable = [name for name in names if clips[name].suffix.lower() == ".wav"]
    return Report(
        key=key,
        root=root,
        expected=known.clips,
        found=len(names),
        missing=sorted(set(official) - set(clips)),
        unknown=sorted(path.as_posix() for path in paths if path.stem not in official),
        repeated=sorted(name for name, n in Counter(path.stem for path in paths).items() if n > 1),
        duplicates=_duplicates(digests, known),
        unreadable=[name for name in names if name not in lengths],
        altered=[name for name in comparable if name in lengths and digests[name] != official[name]],
        compared=bool(comparable),
        equal_length_s=_equal_length(list(lengths.values())),
    )


def _official(key: str) -> tuple[str, dict[str, str]]:
    """Name of the hash function, and base name -> start of the hash."""
    _, head, *rows = (FOLDER / f"{key}.tsv").read_text(encoding="utf-8").splitlines()
    return head.split("\t")[1], {name: digest for name, digest, _ in (row.split("\t") for row in rows)}


def _digest(file: Path, algorithm: str) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()[:HEX_DIGITS]


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
