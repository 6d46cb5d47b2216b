"""Finds the recording that a cell of a table names: beside the table, from the top, or by the end of its path."""

import posixpath
import re
import unicodedata
from collections import Counter
from pathlib import PurePosixPath
from urllib.parse import unquote

MAX_PARTS = 12  # of a path, compared from its end
ELSEWHERE = re.compile(r"([a-z][a-z\d+.-]+://|[a-z]:)", re.IGNORECASE)  # an address or a drive


class FileIndex:
    """Recordings by the ends of their paths, as long as these are unique. Only ``sounds`` are ever returned."""

    def __init__(self, sounds: list[str]):
        self.exact = set(sounds)
        self.names = {form for path in sounds for form in _forms(path.rsplit("/", 1)[-1])}
        self.ends: dict[str, str | None] = {}  # None: more than one file
        for path in sounds:
            parts = path.split("/")
            for start in range(max(0, len(parts) - MAX_PARTS), len(parts)):
                for form in _forms("/".join(parts[start:])):
                    self.ends[form] = path if self.ends.get(form, path) == path else None

    def names_file(self, listed: str) -> bool:
        """Whether the name at the end of a path is that of a recording."""
        return any(not self.names.isdisjoint(_forms(way.rsplit("/", 1)[-1])) for way in _ways(listed))

    def find(self, listed: str, folder: PurePosixPath, shared: int, listed_ends: Counter[str]) -> str | None:
        """The recording that a table in ``folder`` names; None when it is not here.

        ``shared``: number of leading folders that all paths of the table have in common, which may be those of another
        computer. ``listed_ends``: how many paths in tables have an end (``ends``).
        """
        for way in _ways(listed):
            beside = posixpath.normpath(f"{folder}/{way}")
            if beside in self.exact:
                return beside
            parts = parts_of(way)
            whole = ["/".join(parts[start:]) for start in range(min(shared + 1, len(parts)))]
            for end in [*whole, *(end for end in ends(way) if listed_ends[folded(end)] == 1)]:
                for form in _forms(end):
                    if found := self.ends.get(form):
                        return found
        return None


def ends(listed: str) -> list[str]:
    """The ends of a path by which a file may be found if no other path in a table has them: of a path on another
    computer all, the longest first; else the name, since other folders are other files."""
    parts = parts_of(listed)
    first = max(0, len(parts) - MAX_PARTS) if outside(listed) else len(parts) - 1
    return ["/".join(parts[start:]) for start in range(max(0, first), len(parts))]


def outside(listed: str) -> bool:
    """True for an absolute path, a drive, an address, or a path that goes up."""
    path = listed.replace("\\", "/")
    return bool(path.startswith("/") or ELSEWHERE.match(path) or ".." in path.split("/") or "\0" in path)


def parts_of(listed: str) -> list[str]:
    """Folders and name, without a drive, an address and what leads up."""
    path = posixpath.normpath(ELSEWHERE.sub("", listed.replace("\\", "/"), count=1))
    return [part for part in path.split("/") if part not in ("", ".", "..")]


def _ways(listed: str) -> list[str]:
    """A path as it is written and, if some letters are written as in an address ("%20"), as it is meant."""
    path = listed.replace("\\", "/")
    return [path, unquote(path)] if "%" in path else [path]


def folded(path: str) -> str:
    """Case and Unicode form removed: tables and disks often differ in both."""
    return unicodedata.normalize("NFC", path).casefold()


def _forms(path: str) -> list[str]:
    """With and without its suffix, since recordings are often converted after the table was made; a number also without
    the zeros in front, which spreadsheets remove. The marks keep "a" from meeting a file "a"."""
    path = folded(path)
    folder, slash, last = path.rpartition("/")
    stem = last.rsplit(".", 1)[0] if "." in last[1:] else last
    number = [f"{folder}{slash}{stem.lstrip('0')}\0\0"] if stem.isdecimal() else []
    return [path, f"{folder}{slash}{stem}\0", *number]
