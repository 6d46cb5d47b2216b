"""Matches the rows of tables to recordings, and merges what several tables say about one of them.

A path in a table is looked up beside the table, from the top, and by its end (tables often name other folders than
the files are in). It is never followed out of the folder.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path, PurePosixPath, PureWindowsPath

from xser_demo.corpora.custom import emotion_words, folder_names, tables
from xser_demo.corpora.custom.tables import Table
from xser_demo.utils.errors import CorpusError

MAX_NAMED = 50  # missing files that are listed one by one for each table
MAX_PARTS = 12  # of a path, compared from its end
FACTS = ("emotion", "speaker", "language", "sex")


@dataclass(frozen=True)
class TableFile:
    path: str
    table: Table


@dataclass
class TableFacts:
    """``facts``: path -> its values by FACTS. ``problems``: (path as listed, why it is skipped)."""

    how: str = ""  # the tables and columns that were used, in one sentence; "" when none was
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    labelled: bool = False  # a table that was used has a column of emotions


def match_tables(root: Path, sheets: list[str], sounds: list[str]) -> TableFacts:
    """What the tables ``sheets`` say about the recordings ``sounds``; all paths are relative to ``root``."""
    result, read = TableFacts(), []
    for path in sheets:
        try:
            read.append(TableFile(path, tables.read(root / path)))
        except CorpusError as error:
            result.problems.append((path, f"It {error}."))
    read = [one for one in read if len(one.table.columns) > 1] or read  # a mere file list adds nothing to other tables
    index, used = _Index(sounds), []
    names = Counter(_name(row["path"]) for one in read for row in one.table.rows if "path" in row)
    for one in (one for one in read if "path" in one.table.columns):
        matched, missing = _match(one, index, names)
        for file, row in matched:
            _add(result, file, row)
        if matched:
            used.append(one)
            result.problems += _shortened(missing, one.path)
        elif one.table.rows:
            result.problems.append((one.path, "A table, but no file that it names is here."))
    _add_speakers(result, [one.table for one in read if "path" not in one.table.columns])
    several = [path for path, facts in result.facts.items() if facts["emotion"] is None]
    result.problems += [(path, "The tables give it different emotions.") for path in several]
    result.facts = {path: facts for path, facts in result.facts.items() if facts["emotion"] is not None}
    result.labelled = any("emotion" in one.table.columns for one in used)
    result.how = _how(used) if used else ""
    return result


def _add_speakers(result: TableFacts, speaker_tables: list[Table]) -> None:
    """Sex and language from tables with one row per speaker; languages as ISO 639 codes."""
    by_speaker = {row["speaker"]: row for table in speaker_tables for row in table.rows if row["speaker"]}
    for facts in result.facts.values():
        row = by_speaker.get(facts["speaker"], {})
        facts |= {key: facts[key] or row.get(key, "") for key in ("sex", "language")}
        facts["language"] = folder_names.language(facts["language"])


def _match(
    one: TableFile, index: "_Index", names: Counter[str]
) -> tuple[list[tuple[str, dict]], list[tuple[str, str]]]:
    """(file, row) of the rows whose file is here, and (path as listed, reason) of the others."""
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


def _shortened(missing: list[tuple[str, str]], table: str) -> list[tuple[str, str]]:
    """The first missing files by name, the others as a count: a table of a whole corpus may come with few files."""
    more = len(missing) - MAX_NAMED
    return missing[:MAX_NAMED] + ([(table, f"{more:,} more of its files are not there.")] if more > 0 else [])


def _add(result: TableFacts, file: str, row: dict[str, str]) -> None:
    """Fill blanks from a row; two different emotions become None."""
    facts = result.facts.setdefault(file, dict.fromkeys(FACTS, ""))
    for key in FACTS:
        value = row.get(key, "")
        if key == "emotion" and value and facts[key] != "" and _meaning(facts[key]) != _meaning(value):
            facts[key] = None
        elif facts[key] == "":
            facts[key] = value


def _meaning(word: str | None) -> str | None:
    return word and (emotion_words.emotion(word) or word)


def _how(used: list[TableFile]) -> str:
    columns = list(dict.fromkeys(name for one in used for name in one.table.columns.values()))
    which = used[0].path + (f" and {len(used) - 1} more" if len(used) > 1 else "")
    return f"As {which} says (columns {', '.join(columns)})."


def _outside(listed: str) -> bool:
    """True for an absolute path, a drive, an address, or a path that goes up."""
    path = PureWindowsPath(listed)
    return bool(path.drive or path.root) or ".." in path.parts or "://" in listed or "\0" in listed


def _name(listed: str) -> str:
    return _folded(listed.replace("\\", "/").rsplit("/", 1)[-1])


def _folded(path: str) -> str:
    """Case and Unicode form removed: tables and disks often differ in both."""
    return unicodedata.normalize("NFC", path).casefold()


class _Index:
    """Files by the ends of their paths, as long as these are unique."""

    def __init__(self, sounds: list[str]):
        self.exact = set(sounds)
        self.ends: dict[str, str | None] = {}  # None: more than one file
        for path in sounds:
            parts = path.split("/")
            for start in range(max(0, len(parts) - MAX_PARTS), len(parts)):
                for form in _forms("/".join(parts[start:])):
                    self.ends[form] = path if self.ends.get(form, path) == path else None

    def file(self, listed: str, folder: PurePosixPath, shared: int, unique: bool) -> str | None:
        """The file that a table names; None when it is not here.

        ``shared``: number of leading folders that all paths of the table have in common, which may be those of another
        computer. ``unique``: no other row has this file name.
        """
        beside = (folder / listed).as_posix()
        if beside in self.exact:
            return beside
        parts = PurePosixPath(listed).parts
        for start in [*range(min(shared, MAX_PARTS) + 1), *([len(parts) - 1] if unique else [])]:
            for form in _forms("/".join(parts[start:])):
                if self.ends.get(form):
                    return self.ends[form]
        return None


def _forms(path: str) -> tuple[str, str]:
    """With and without its suffix, since recordings are often converted after the table was made."""
    path = _folded(path)
    stem = path.rsplit(".", 1)[0] if "." in path.rsplit("/", 1)[-1][1:] else path
    return path, stem + "\0"  # the mark keeps "a" from meeting a file "a"
