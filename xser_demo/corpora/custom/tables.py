"""Tables that say what each sound file is: CSV, TSV and JSON Lines, with the column names of several makers (ours,
EmoBox, audformat and common others). Only what a table says is read here; whether its files exist is for layouts.py.
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
MOST_BYTES = 20 << 20
MOST_ROWS = 100_000
MOST_LETTERS = 200  # of a value; a path may be longer
FINE_PATH = 4096
# What a column may be called, the first match counts; compared without case, blanks and punctuation.
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
    """``rows`` have the keys of ``columns``, which are those of NAMES; a blank is ""."""

    columns: dict[str, str]  # key -> as the table writes it
    rows: list[dict[str, str]]


def read(file: Path) -> Table:
    """CorpusError, in words that follow the file's name, when it is no such table."""
    if file.stat().st_size > MOST_BYTES:
        raise CorpusError(f"is larger than {MOST_BYTES >> 20} MB, too large for a table")
    text = _text(file.read_bytes())
    try:
        lines = _json_lines(text) if file.suffix.lower() in (".jsonl", ".ndjson") else _separated(text)
        header = next(lines, [])
        columns = _columns(header)
        if "path" not in columns and not ("speaker" in columns and len(columns) > 1):
            raise CorpusError("is a table without a column for the files; call it path, file or filename")
        places = {key: header.index(name) for key, name in columns.items()}
        rows = [
            {key: _value(key, row[place]) if place < len(row) else "" for key, place in places.items()}
            for row in islice(lines, MOST_ROWS)
        ]
    except csv.Error as error:
        raise CorpusError("is no table that can be read; save it as CSV in UTF-8") from error
    return Table(columns, _translated(rows, file) if file.suffix.lower() in (".jsonl", ".ndjson") else rows)


def sex(word: str) -> str:
    """ "f", "m" or "" for a word of several languages."""
    return SEX_OF.get(word.strip().casefold(), "")


def _text(data: bytes) -> str:
    """UTF-8, or UTF-16 with its mark (Excel's "Unicode text"), else what Western Windows writes."""
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    return data.decode("cp1252", errors="replace")


def _separated(text: str) -> Iterator[list[str]]:
    """Cells of each line; the separator is the one that the first line has most of."""
    lines = text.splitlines()
    first = lines[0] if lines else ""
    return csv.reader(lines, delimiter=max(",;\t|", key=first.count))


def _json_lines(text: str) -> Iterator[list[str]]:
    """The same of JSON Lines: first the names, then the values of each line. What is no object is left out."""
    objects = []
    for line in islice(text.splitlines(), MOST_ROWS):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            objects.append(found)
    names = list(dict.fromkeys(name for one in objects for name in islice(one, 50)))[:200]
    yield names
    for one in objects:
        values = (one.get(name) for name in names)
        yield [str(value) if isinstance(value, str | int | float) else "" for value in values]


def _columns(header: list[str]) -> dict[str, str]:
    plain = {}
    for name in header:
        plain.setdefault(re.sub(r"[\W_]+", "", name.casefold()), name)
    found = {}
    for key, names in NAMES.items():
        match = next((plain[name] for name in names.split() if name in plain), None)
        if match is not None:
            found[key] = match
    return found


def _value(key: str, text: str) -> str:
    text = text.strip()
    if key == "sex":
        return sex(text)
    return text[: FINE_PATH if key == "path" else MOST_LETTERS]


def _translated(rows: list[dict[str, str]], file: Path) -> list[dict[str, str]]:
    """EmoBox keeps the words of a corpus' letters beside its table, in ``label_map.json``."""
    try:
        words = json.loads(_text((file.parent / "label_map.json").read_bytes()[:MOST_BYTES]))
    except (OSError, ValueError, RecursionError):
        return rows
    if not isinstance(words, dict):
        return rows
    known = {letters: word for letters, word in words.items() if isinstance(word, str)}
    return [row | {"emotion": known.get(row["emotion"], row["emotion"])} if "emotion" in row else row for row in rows]
