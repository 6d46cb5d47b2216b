"""Reads tables of recordings as text: CSV, TSV, JSON and JSON Lines, whatever the separator and the code page. What the
columns mean is decided in table_columns.py, whether their files exist in table_matching.py.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from xser_demo.corpora.custom import emotion_words, table_columns
from xser_demo.corpora.custom.table_encoding import decoded
from xser_demo.utils.csv_files import plain
from xser_demo.utils.errors import CorpusError

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")
JSON = (".jsonl", ".ndjson", ".json")
SPREADSHEETS = (".xlsx", ".xls", ".ods")  # not read
MAX_BYTES = 20 << 20
MAX_ROWS = 100_000
MAX_CELLS = 4_000_000
MAX_COLUMNS = 200  # of JSON Lines; 50 from each line
MAX_TITLE_LINES = 5
MAX_LETTERS = 4096  # of a cell
SEPARATORS = ",;\t|"
SEPARATOR_LINE = re.compile(r'\s*"?sep=([,;\t|: ])"?\r?\n', re.IGNORECASE)  # as Excel writes it
JSON_TABLE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*\{|\{[^\n]*\}\s*\n\s*\{)")  # a list, or an object on each line
SEXES = {
    "f": "f female feminine w woman women weiblich frau femme féminin donna femmina femminile mujer femenino femenina "
    "女 女性 여 여성 여자 ж жен женский женщина",
    "m": "m male masculine man men männlich mann homme masculin uomo maschio maschile hombre masculino "
    "男 男性 남 남성 남자 м муж мужской мужчина",
}
SEX_OF = {word: sex for sex, listed in SEXES.items() for word in listed.split()}


@dataclass(frozen=True)
class Table:
    """Cells without blanks around them; every row is as long as ``header``."""

    header: list[str]
    rows: list[list[str]]


def is_table(file: Path) -> bool:
    """Whether a file may be a table by its name; of JSON files only a list of objects, or lines of them."""
    if file.suffix.lower() != ".json":
        return file.suffix.lower() in SUFFIXES
    try:
        with file.open("rb") as stream:
            return JSON_TABLE.match(stream.read(4096)) is not None
    except OSError:
        return False


def read(file: Path) -> Table:
    """The table in a file. CorpusError, in words that follow the file's name, when it cannot be read as one."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CorpusError(f"is larger than {MAX_BYTES >> 20} MB, too large for a table")
        text = decoded(file.read_bytes(), _known)
    except OSError as error:
        raise CorpusError("cannot be opened; check who may read it") from error
    lines = _json(text) if file.suffix.lower() in JSON else _from_header(_separated(text))
    if not lines:
        raise CorpusError("is an empty table")
    if len(lines) > MAX_ROWS + 1 or len(lines) * len(lines[0]) > MAX_CELLS:
        raise CorpusError(f"has more than {MAX_ROWS:,} rows or {MAX_CELLS:,} cells; send a shorter table")
    header, *rows = ([cell.strip()[:MAX_LETTERS] for cell in line] for line in lines)
    width = len(header)
    return Table(header, [row[:width] + [""] * (width - len(row)) for row in rows])


def sex(word: str) -> str:
    """ "f", "m" or "" for a word in one of several languages; "female_feminine" is one too, "F_01" and "f_anna" are
    not."""
    found = {SEX_OF.get(part, "") for part in word.strip().casefold().split("_")}
    return found.pop() if len(found) == 1 else ""


def meanings(file: Path) -> dict[str, str]:
    """EmoBox explains the emotion letters of a corpus beside its table, in ``label_map.json``: letters -> word."""
    try:
        words = json.loads((file.parent / "label_map.json").read_bytes()[:MAX_BYTES])
    except (OSError, ValueError, RecursionError):
        return {}
    return {key: word for key, word in words.items() if isinstance(word, str)} if isinstance(words, dict) else {}


def _known(cell: str) -> bool:
    return bool(emotion_words.plain(cell) in emotion_words.TABLE or table_columns.is_known(cell) or sex(cell))


def _separated(text: str) -> list[list[str]]:
    """Cells of each line that is not blank; the separator is the most frequent one in the first line."""
    if told := SEPARATOR_LINE.match(text):
        separator, text = told[1], text[told.end() :]
    else:
        separator = max(SEPARATORS, key=text.lstrip("\r\n").partition("\n")[0].count)
    if strict := _parsed(text, separator, csv.QUOTE_MINIMAL, strict=True):
        return strict
    # A quotation mark may be a part of the text.
    loose = [_parsed(text, separator, quoting, strict=False) for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE)]
    if all(lines is None for lines in loose):
        raise CorpusError("is no table that can be read; save it as CSV in UTF-8")
    return max((lines or [] for lines in loose), key=_even)


def _from_header(lines: list[list[str]]) -> list[list[str]]:
    """Without the lines of a title above the names of the columns."""
    known = [sum(map(table_columns.is_known, line)) for line in lines[:MAX_TITLE_LINES]]
    return lines[known.index(max(known)) :] if known and not known[0] else lines


def _parsed(text: str, separator: str, quoting: int, strict: bool) -> list[list[str]] | None:
    """None when it cannot be parsed. Lines end with CR or LF only: other separators of Unicode occur inside texts."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting, strict=strict)
    try:
        cells = ([plain(cell) for cell in line] for line in lines if any(map(str.strip, line)))
        return list(islice(cells, MAX_ROWS + 2))
    except csv.Error:
        return None


def _even(lines: list[list[str]]) -> int:
    """Number of lines that are as long as the first."""
    return sum(len(line) == len(lines[0]) for line in lines)


def _json(text: str) -> list[list[str]]:
    """The same for JSON: first the names, then the values of each object. Lines without an object are left out."""
    objects = list(islice(_objects(text), MAX_ROWS + 2))
    names = list(dict.fromkeys(name for one in objects for name in islice(one, 50)))[:MAX_COLUMNS]
    return [names, *([one.get(name, "") for name in names] for one in objects)] if names else []


def _objects(text: str) -> Iterator[dict[str, str]]:
    """The objects of a JSON list, or those of each line."""
    whole = _parsed_json(text) if text.lstrip().startswith("[") else None
    for value in whole if isinstance(whole, list) else map(_parsed_json, text.split("\n")):
        if isinstance(value, dict):
            yield {name: str(cell) for name, cell in _flat(value) if isinstance(cell, str | int | float)}


def _parsed_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _flat(value: dict[str, object]) -> Iterator[tuple[str, object]]:
    """An object inside is taken apart: ``{"audio": {"path": "a.wav"}}`` has the column "audio.path"."""
    for name, cell in value.items():
        if isinstance(cell, dict):
            yield from ((f"{name}.{inner}", content) for inner, content in cell.items())
        else:
            yield name, cell
