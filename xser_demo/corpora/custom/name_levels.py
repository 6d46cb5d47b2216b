"""Levels of names: the folders of paths at one depth, and the fields of file names at one place.

A level is counted from the top ("folder:1") or from the file ("folder:-1"), a field from the left ("name:1") or from
the right ("name:-1"). The second way is only used where depths or numbers of fields differ.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import PurePosixPath

from xser_demo.corpora.custom import name_words, tables

MAX_LEVELS = 8  # from each end
MOST = 0.9  # of the files have a field, or it is none


@dataclass(frozen=True)
class Level:
    """The names at one place of the paths."""

    name: str  # "folder:1", "name:-2", or two together: "name:1-2"
    of: dict[str, str]  # path -> the name there
    index: int  # from 0, or from -1 backwards
    before: str = ""  # of a field: the one before it, if it is always the same

    @property
    def names(self) -> Counter[str]:
        """Name -> number of files."""
        return Counter(self.of.values())

    @property
    def in_folders(self) -> bool:
        return self.name.startswith("folder")

    def of_clips(self, segments: dict[str, list[str]]) -> "Level":
        """The same for clips: what is said of a file is said of its ``segments`` (path of the file -> theirs)."""
        return replace(self, of={clip: name for path, name in self.of.items() for clip in segments.get(path, [path])})


def folders(paths: list[str]) -> list[Level]:
    """From the top, then from the file, each once; then a level of sexes together with the numbers below it."""
    levels = list(_levels("folder", {path: path.split("/")[:-1] for path in paths}))
    return levels + list(_with_sex(levels, "/"))


def fields(paths: list[str]) -> list[Level]:
    """Fields that nearly all file names have and that differ: from the left, then from the right, each once; then a
    field of sexes together with the number behind it."""
    levels = list(_levels("name", {path: name_words.pieces(PurePosixPath(path).stem) for path in paths}))
    levels = [level for level in levels if len(level.of) >= MOST * len(paths)]
    constant = {level.index: next(iter(level.of.values())) for level in levels if len(set(level.of.values())) == 1}
    levels = [
        Level(level.name, level.of, level.index, constant.get(level.index - 1, "") if level.index else "")
        for level in levels
        if level.index not in constant
    ]
    return levels + list(_with_sex(levels, "_"))


def _levels(kind: str, parts_of: dict[str, list[str]]) -> Iterator[Level]:
    depth = min(MAX_LEVELS, max(map(len, parts_of.values()), default=0))
    seen: list[dict[str, str]] = []
    for index in [*range(depth), *range(-1, -depth - 1, -1)]:
        of = {
            path: parts[index]
            for path, parts in parts_of.items()
            if (len(parts) > index if index >= 0 else len(parts) >= -index)
        }
        if of not in seen:
            seen.append(of)
            yield Level(f"{kind}:{index + 1 if index >= 0 else index}", of, index)


def _with_sex(levels: list[Level], between: str) -> Iterator[Level]:
    """Speakers that are numbered for each sex: "F" and "01"."""
    for level, below in pairwise(levels):
        if 0 <= level.index == below.index - 1 and all(map(tables.sex, level.names)):
            both = {path: f"{level.of[path]}{between}{number}" for path, number in below.of.items()}
            if all(number.isdigit() for number in below.names):
                yield Level(f"{level.name}-{below.index + 1}", both, below.index, level.before)
