"""Reads tables of recordings: CSV, TSV and JSON Lines, with the column names of this project, EmoBox, audformat and
common others. Whether their files exist is checked in table_matching.py.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from xser_demo.utils.errors import CorpusError

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")
MAX_BYTES = 20 << 20
MAX_ROWS = 100_000
MAX_COLUMNS = 200  # of JSON Lines; 50 from each line
MAX_LETTERS = 200  # of a value
MAX_PATH_LETTERS = 4096
# Names that a column may have; the first match counts, compared without case, blanks and punctuation.
NAMES = {
    "path": "path file filepath filename wav wavpath audio audiopath audiofile audiofilename sound clip clippath "
    "recording utterance name key id uttid utteranceid",
    "emotion": "emotion emo emotions emotionlabel emotionclass emotioncategory emotionname label labels class category",
    "speaker": "speaker spk speakerid spkid speakername actor actorid subject subjectid participant participantid "
    "clientid",
    "language": "language lang languagecode locale",
    "sex": "sex gender speakersex speakergender",
}
SEXES = {
    "f": "f female w woman women weiblich frau femme féminin donna femmina femminile mujer femenino femenina 女",
    "m": "m male man men männlich mann homme masculin uomo maschio maschile hombre masculino 男",
}
SEX_OF = {word: sex for sex, listed in SEXES.items() for word in listed.split()}


@dataclass(frozen=True)
class Table:
    """``rows`` have the keys of ``columns``, which are keys of NAMES; a blank is ""."""

    columns: dict[str, str]  # key -> name in the table
    rows: list[dict[str, str]]


def read(file: Path) -> Table:
    """The table in a file. CorpusError, in words that follow the file's name, when it cannot be read as one."""
    if file.stat().st_size > MAX_BYTES:
        raise CorpusError(f"is larger than {MAX_BYTES >> 20} MB, too large for a table")
    text = _text(file.read_bytes())
    json_lines = file.suffix.lower() in (".jsonl", ".ndjson")
    try:
        lines = _json_lines(text) if json_lines else _separated(text)
        header = next(lines, [])
        columns = _columns(header)
        if "path" not in columns and not ("speaker" in columns and len(columns) > 1):
            raise CorpusError("is a table without a column for the files; call it path, file or filename")
        index_of = {key: header.index(name) for key, name in columns.items()}
        rows = [
            {key: _value(key, row[index]) if index < len(row) else "" for key, index in index_of.items()}
            for row in islice(lines, MAX_ROWS)
        ]
    except csv.Error as error:
        raise CorpusError("is no table that can be read; save it as CSV in UTF-8") from error
    return Table(columns, _translated(rows, file) if json_lines else rows)


def sex(word: str) -> str:
    """ "f", "m" or "" for a word in one of several languages."""
    return SEX_OF.get(word.strip().casefold(), "")


def _text(data: bytes) -> str:
    """UTF-8, or UTF-16 with a byte order mark (Excel's "Unicode text"), else Windows-1252."""
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    return data.decode("cp1252", errors="replace")


def _separated(text: str) -> Iterator[list[str]]:
    """Cells of each line; the separator is the most frequent one in the first line."""
    lines = text.splitlines()
    first = lines[0] if lines else ""
    return csv.reader(lines, delimiter=max(",;\t|", key=first.count))


def _json_lines(text: str) -> Iterator[list[str]]:
    """The same for JSON Lines: first the names, then the values of each line. Lines without an object are left out."""
    objects = []
    for line in islice(text.splitlines(), MAX_ROWS):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            objects.append(value)
    names = list(dict.fromkeys(name for one in objects for name in islice(one, 50)))[:MAX_COLUMNS]
    yield names
    for one in objects:
        values = (one.get(name) for name in names)
        yield [str(value) if isinstance(value, str | int | float) else "" for value in values]


def _columns(header: list[str]) -> dict[str, str]:
    """Key of NAMES -> name in the header."""
    plain = {}
    for name in header:
        plain.setdefault(re.sub(r"[\W_]+", "", name.casefold()), name)
    columns = {}
    for key, names in NAMES.items():
        match = next((plain[name] for name in names.split() if name in plain), None)
        if match is not None:
            columns[key] = match
    return columns


def _value(key: str, text: str) -> str:
    text = text.strip()
    if key == "sex":
        return sex(text)
    return text[: MAX_PATH_LETTERS if key == "path" else MAX_LETTERS]


def _translated(rows: list[dict[str, str]], file: Path) -> list[dict[str, str]]:
    """EmoBox explains the emotion letters of a corpus beside its table, in ``label_map.json``."""
    try:
        words = json.loads(_text((file.parent / "label_map.json").read_bytes()[:MAX_BYTES]))
    except (OSError, ValueError, RecursionError):
        return rows
    if not isinstance(words, dict):
        return rows
    meanings = {letters: word for letters, word in words.items() if isinstance(word, str)}
    return [
        row | {"emotion": meanings.get(row["emotion"], row["emotion"])} if "emotion" in row else row for row in rows
    ]
