"""Matches the rows of tables to recordings, and merges what several tables say about one of them.

A path in a table is looked up beside the table, from the top, and by its end (tables often name other folders than
the files are in). It is never followed out of the folder.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path, PurePosixPath

from xser_demo.corpora.custom import emotion_words, file_index, folder_names, table_columns, tables
from xser_demo.corpora.custom.file_index import FileIndex
from xser_demo.corpora.custom.segments import Segment, Times
from xser_demo.corpora.custom.table_columns import FACTS
from xser_demo.corpora.custom.tables import Table
from xser_demo.utils.errors import CorpusError

MAX_NAMED = 50  # missing files that are listed one by one for each table
MAX_LETTERS = 200  # of a fact
MAX_COLUMNS_NAMED = 12  # in a message

Problems = list[tuple[str, str]]  # (path as listed, why it is not used)


@dataclass
class UsedTable:
    """A table and what its columns say. ``files``: the column that names files; None in a table of speakers."""

    path: str
    table: Table
    files: int | None
    columns: dict[str, int]  # key of FACTS, "start" or "end" -> column
    meanings: dict[str, str]  # emotion as written -> word

    def cell(self, row: list[str], key: str) -> str:
        """A fact, or "" when it is not stated."""
        text = row[self.columns[key]][:MAX_LETTERS] if key in self.columns else ""
        return tables.sex(text) if key == "sex" else self.meanings.get(text, text) if key == "emotion" else text


@dataclass
class TableFacts:
    """``facts``: path of a recording or of a segment -> its values by FACTS. ``segments``: path of a file -> its parts
    that are used instead of it. ``speakers``: speaker -> sex and language, once ``with_speakers`` was called."""

    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    segments: dict[str, list[Segment]] = field(default_factory=dict)
    speakers: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: Problems = field(default_factory=list)
    used: list[UsedTable] = field(default_factory=list)
    of_speakers: list[UsedTable] = field(default_factory=list)  # with one row per speaker

    @property
    def how(self) -> str:
        """The tables and columns that were used, in one or two sentences; "" when none was."""
        return _how(self.used) if self.used else ""

    @property
    def labelled(self) -> bool:
        """Whether a table of recordings has a column of emotions."""
        return any("emotion" in one.columns for one in self.used if one.files is not None)

    @property
    def known(self) -> bool:
        """Whether any emotion that the tables give is understood."""
        return any(emotion_words.emotion(facts["emotion"]) for facts in self.facts.values())


def match_tables(root: Path, sheets: list[str], sounds: list[str]) -> TableFacts:
    """What the tables ``sheets`` say about the recordings ``sounds``; all paths are relative to ``root``. Tables of
    speakers wait for ``with_speakers``."""
    result, index = TableFacts(), FileIndex(sounds)
    read = [one for path in sheets if (one := _read(root, path, index, result.problems))]
    listed = {row[one.files] for one in read if one.files is not None for row in one.table.rows}
    ends = Counter(file_index.folded(end) for path in listed for end in file_index.ends(path))
    for one in (one for one in read if one.files is not None):
        matched, missing = _match(one, index, ends)
        if matched:
            result.used.append(one)
            _add_all(result, root, one, matched)
            result.problems += _shortened(missing, one.path, "files are not there")
        elif one.table.rows:
            result.problems.append((one.path, "A table, but no file that it names is here."))
    _fill_segments(result)
    _leave_out_different(result)
    for facts in result.facts.values():
        facts["language"] = folder_names.language(facts["language"])
    return replace(result, of_speakers=[one for one in read if one.files is None])


def with_speakers(tables_say: TableFacts, known: set[str]) -> TableFacts:
    """The same with sex and language from the tables of speakers that name one of those ``known`` to speak here."""
    result = replace(tables_say, used=[*tables_say.used], problems=[*tables_say.problems], of_speakers=[])
    for one in tables_say.of_speakers:
        rows = {one.cell(row, "speaker"): _about_speaker(one, row) for row in one.table.rows}
        if (known & rows.keys()) - {""}:
            result.speakers = result.speakers | rows
            result.used.append(one)
        else:
            result.problems.append((one.path, "A table of speakers, but none of them is known to speak here."))
    return result


def _read(root: Path, path: str, index: FileIndex, problems: Problems) -> UsedTable | None:
    """A table with its columns; None, and a problem, when it says nothing about the recordings."""
    try:
        table = tables.read(root / path)
    except CorpusError as error:
        problems.append((path, f"It {error}."))
        return None
    of_files = table_columns.of_files(table.header, table.rows, index.names_file, len(index.exact))
    files = of_files[0] if of_files else None
    if files is not None and index.names_file(table.header[files]):  # no header
        header = [f"column {number}" for number in range(1, len(table.header) + 1)]
        table = Table(header, [table.header, *table.rows])
    columns = table_columns.facts(table.header, table.rows, set(of_files[:1]))
    start, end = table_columns.named("start", table.header), table_columns.named("end", table.header)
    if files is not None and columns and start and end:
        columns |= {"start": start[0], "end": end[0]}
    said = _quoted(table.header)
    if files is None and not _one_row_per_speaker(table, columns):
        problems.append((path, f"A table, but no column names files that are here; its columns are {said}."))
        return None
    if not columns:
        problems.append((path, f"A table that says no emotion, speaker, language or sex; its columns are {said}."))
        return None
    return UsedTable(path, table, files, columns, tables.meanings(root / path))


def _one_row_per_speaker(table: Table, columns: dict[str, int]) -> bool:
    if "speaker" not in columns or not columns.keys() & {"sex", "language"}:
        return False
    return 0 < len(table.rows) == len({row[columns["speaker"]] for row in table.rows})


def _match(one: UsedTable, index: FileIndex, ends: Counter[str]) -> tuple[list[tuple[str, list[str]]], Problems]:
    """(file, row) of the rows whose file is here, and (path as listed, reason) of the others."""
    matched, missing, folder = [], [], PurePosixPath(one.path).parent
    rows = [(row[one.files], row) for row in one.table.rows if row[one.files]]
    levels = zip(*(file_index.parts_of(path)[:-1] for path, _ in rows), strict=False)
    shared = len(list(takewhile(lambda names: len(set(names)) == 1, levels)))
    for path, row in rows:
        if file := index.find(path, folder, shared, ends):
            matched.append((file, row))
        elif file_index.outside(path):
            missing.append((path, "Its path leads out of the folder, so it was not followed."))
        else:
            missing.append((path, f"{one.path} lists it, but it is not there."))
    return matched, missing


def _add_all(result: TableFacts, root: Path, one: UsedTable, matched: list[tuple[str, list[str]]]) -> None:
    """Add what a table says of its recordings, or of their segments."""
    times = Times([(file, one.cell(row, "start"), one.cell(row, "end")) for file, row in matched], root)
    if times.ignored:
        which = _quoted([one.table.header[one.columns.pop(key)] for key in ("start", "end")])
        result.problems.append((one.path, f"The times in {which} were ignored: {times.ignored}."))
    wrong: Problems = []
    for file, row in matched:
        try:
            part = times.segment(file, one.cell(row, "start"), one.cell(row, "end"))
        except ValueError as error:
            wrong.append((file, f"{one.path} lists a part that was left out: {error}."))
            continue
        if part and part.path not in result.facts:
            result.segments.setdefault(file, []).append(part)
        _add(result, part.path if part else file, {key: one.cell(row, key) for key in FACTS})
    result.problems += _shortened(wrong, one.path, "parts were left out")


def _add(result: TableFacts, path: str, row: dict[str, str]) -> None:
    """Fill blanks from a row; two different emotions become None."""
    facts = result.facts.setdefault(path, dict.fromkeys(FACTS, ""))
    for key in FACTS:
        value = row[key]
        if key == "emotion" and value and facts[key] != "" and _meaning(facts[key]) != _meaning(value):
            facts[key] = None
        elif facts[key] == "":
            facts[key] = value


def _fill_segments(result: TableFacts) -> None:
    """What is said of a whole file is said of its segments; the file itself is not used then."""
    for file, parts in result.segments.items():
        if whole := result.facts.pop(file, None):
            for part in parts:
                facts = result.facts[part.path]
                facts |= {key: whole[key] or "" for key in FACTS if facts[key] == ""}


def _about_speaker(one: UsedTable, row: list[str]) -> dict[str, str]:
    return {"sex": one.cell(row, "sex"), "language": folder_names.language(one.cell(row, "language"))}


def _leave_out_different(result: TableFacts) -> None:
    different = [path for path, facts in result.facts.items() if facts["emotion"] is None]
    result.problems += [(path, "The tables give it different emotions.") for path in different]
    for path in different:
        del result.facts[path]


def _shortened(problems: Problems, table: str, what: str) -> Problems:
    """The first problems one by one, the others as a count: a table of a whole corpus may come with few files."""
    more = len(problems) - MAX_NAMED
    return problems[:MAX_NAMED] + ([(table, f"{more:,} more of its {what}.")] if more > 0 else [])


def _meaning(word: str | None) -> str | None:
    return word and (emotion_words.emotion(word) or word)


def _how(used: list[UsedTable]) -> str:
    names, unused = [], []
    for one in used:
        columns = {one.files, *one.columns.values()}
        names += [one.table.header[column] for column in sorted(columns - {None})]
        unused += [name for column, name in enumerate(one.table.header) if column not in columns]
    which = used[0].path + (f" and {len(used) - 1} more" if len(used) > 1 else "")
    rest = f" Columns not used: {_quoted(unused)}." if any(unused) else ""
    return f"As {which} says (columns {_quoted(names)}).{rest}"


def _quoted(names: list[str]) -> str:
    """Names of columns for a message."""
    listed = list(dict.fromkeys("".join(filter(str.isprintable, name[:40])) or "(no name)" for name in names))
    more = len(listed) - MAX_COLUMNS_NAMED
    return ", ".join(listed[:MAX_COLUMNS_NAMED]) + (f" and {more} more" if more > 0 else "")
