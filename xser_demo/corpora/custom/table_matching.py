"""From tables to the files that are there: which row speaks of which recording, and what all of them say together.

A path in a table is looked for beside the table, from the top, and by its end (tables often come with other folders
than the files). It is never followed out of the folder.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path, PurePosixPath, PureWindowsPath

from xser_demo.corpora.custom import emotion_words, folder_names, tables
from xser_demo.corpora.custom.tables import Table
from xser_demo.utils.errors import CorpusError

MOST_NAMED = 50  # files of a table that are not there
DEEPEST = 12  # parts of a path that are compared from its end
FACTS = ("emotion", "speaker", "language", "sex")


@dataclass(frozen=True)
class Listed:
    path: str  # of the table
    table: Table


@dataclass
class Found:
    """``facts``: path -> what the tables say. ``problems``: (path as listed, why it is skipped)."""

    how: str = ""  # "" where no table says anything about a file that is here
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    labelled: bool = False  # there is a column of emotions


def listed(root: Path, sheets: list[str], sounds: list[str]) -> Found:
    """What the tables ``sheets`` say about the recordings ``sounds``, all paths relative to ``root``."""
    found, read = Found(), []
    for path in sheets:
        try:
            read.append(Listed(path, tables.read(root / path)))
        except CorpusError as error:
            found.problems.append((path, f"It {error}."))
    read = [one for one in read if len(one.table.columns) > 1] or read  # a mere list beside tables says nothing more
    index, used = _Index(sounds), []
    names = Counter(_name(row["path"]) for one in read for row in one.table.rows if "path" in row)
    for one in (one for one in read if "path" in one.table.columns):
        matched, missing = _match(one, index, names)
        for file, row in matched:
            _add(found, file, row)
        if matched:
            used.append(one)
            found.problems += _brief(missing, one.path)
        elif one.table.rows:
            found.problems.append((one.path, "A table, but no file that it names is here."))
    people = {
        row["speaker"]: row
        for one in read
        if "path" not in one.table.columns
        for row in one.table.rows
        if row["speaker"]
    }
    for facts in found.facts.values():
        facts |= {key: facts[key] or people.get(facts["speaker"], {}).get(key, "") for key in ("sex", "language")}
        facts["language"] = folder_names.language(facts["language"])
    several = [path for path, facts in found.facts.items() if facts["emotion"] is None]
    found.problems += [(path, "The tables give it different emotions.") for path in several]
    found.facts = {path: facts for path, facts in found.facts.items() if facts["emotion"] is not None}
    found.labelled = any("emotion" in one.table.columns for one in used)
    found.how = _how(used) if used else ""
    return found


def _match(one: Listed, index: "_Index", names: Counter[str]) -> tuple[list[tuple[str, dict]], list[tuple[str, str]]]:
    """(file, row) of the rows whose file is here, and (path as listed, why not) of the others."""
    matched, missing, folder = [], [], PurePosixPath(one.path).parent
    paths = [row["path"].replace("\\", "/") for row in one.table.rows]
    levels = zip(*(PurePosixPath(path).parts[:-1] for path in paths if path), strict=False)
    shared = len(list(takewhile(lambda names: len(set(names)) == 1, levels)))
    for row, path in zip(one.table.rows, paths, strict=True):
        if _outside(path):
            missing.append((path, "Its path leads out of the folder, so it was not followed."))
        elif path and (file := index.file(path, folder, shared, names[_name(path)] == 1)):
            matched.append((file, row))
        elif path:
            missing.append((path, f"{one.path} lists it, but it is not there."))
    return matched, missing


def _brief(missing: list[tuple[str, str]], table: str) -> list[tuple[str, str]]:
    """A table of a whole corpus may come with a part of the files: some are named, the others counted."""
    more = len(missing) - MOST_NAMED
    return missing[:MOST_NAMED] + ([(table, f"{more:,} more of its files are not there.")] if more > 0 else [])


def _add(found: Found, file: str, row: dict[str, str]) -> None:
    """Blanks are filled; two different emotions make it None."""
    facts = found.facts.setdefault(file, dict.fromkeys(FACTS, ""))
    for key in FACTS:
        value = row.get(key, "")
        if key == "emotion" and value and facts[key] != "" and _meaning(facts[key]) != _meaning(value):
            facts[key] = None
        elif facts[key] == "":
            facts[key] = value


def _meaning(word: str | None) -> str | None:
    return word and (emotion_words.emotion(word) or word)


def _how(used: list[Listed]) -> str:
    columns = list(dict.fromkeys(name for one in used for name in one.table.columns.values()))
    which = used[0].path + (f" and {len(used) - 1} more" if len(used) > 1 else "")
    return f"As {which} says (columns {', '.join(columns)})."


def _outside(listed: str) -> bool:
    """An absolute path, one with a drive or an address, or one that goes up."""
    path = PureWindowsPath(listed)
    return bool(path.drive or path.root) or ".." in path.parts or "://" in listed or "\0" in listed


def _name(listed: str) -> str:
    return _folded(listed.replace("\\", "/").rsplit("/", 1)[-1])


def _folded(path: str) -> str:
    """Without case, and accents in one way: tables and disks often differ in both."""
    return unicodedata.normalize("NFC", path).casefold()


class _Index:
    """Files by the ends of their paths, where these are unique."""

    def __init__(self, sounds: list[str]):
        self.exact = set(sounds)
        self.ends: dict[str, str | None] = {}  # None: more than one file
        for path in sounds:
            parts = path.split("/")
            for start in range(max(0, len(parts) - DEEPEST), len(parts)):
                for form in _forms("/".join(parts[start:])):
                    self.ends[form] = path if self.ends.get(form, path) == path else None

    def file(self, listed: str, folder: PurePosixPath, shared: int, unique: bool) -> str | None:
        """The file that is meant. ``shared``: how many first folders all paths of the table have in common, which may
        be those of another computer; ``unique``: no other row names a file so."""
        beside = (folder / listed).as_posix()
        if beside in self.exact:
            return beside
        parts = PurePosixPath(listed).parts
        for start in [*range(min(shared, DEEPEST) + 1), *([len(parts) - 1] if unique else [])]:
            for form in _forms("/".join(parts[start:])):
                if self.ends.get(form):
                    return self.ends[form]
        return None


def _forms(path: str) -> tuple[str, str]:
    """As it is and without its ending, since recordings are often converted after the table was made."""
    path = _folded(path)
    stem = path.rsplit(".", 1)[0] if "." in path.rsplit("/", 1)[-1][1:] else path
    return path, stem + "\0"  # the mark keeps "a" from meeting a file "a"
