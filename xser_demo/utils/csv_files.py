"""CSV files: the one writer of the project, whose cells no spreadsheet computes, and the reader that undoes it.

Spreadsheets take a text that begins with "=", "+", "-" or "@" for a formula, and file names come from other people.
Such a text gets an apostrophe in front (OWASP, "CSV Injection"); numbers and all other texts stay as they are.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from xser_demo.utils.errors import UserError

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
APOSTROPHE = "'"


def write_rows(file: TextIO, lines: Iterable[Sequence[object]]) -> None:
    """Write lines of cells to a file that was opened with ``newline=""``."""
    csv.writer(_Unix(file), lineterminator="\r\n").writerows([safe(cell) for cell in line] for line in lines)


class _Unix:
    """Lines end with LF. Python's writer quotes a CR in a cell only where its own lines end with one, too."""

    def __init__(self, file: TextIO):
        self.file = file

    def write(self, line: str) -> None:
        self.file.write(line.removesuffix("\r\n") + "\n")


def to_csv(table: Sequence[Mapping[str, object]]) -> str:
    """Rows by column, the names first; a column that a row lacks is empty there."""
    columns = list(dict.fromkeys(name for row in table for name in row))
    text = io.StringIO(newline="")
    write_rows(text, [columns, *([row.get(name, "") for name in columns] for row in table)])
    return text.getvalue()


def read_rows(file: Path, *needed: str) -> list[dict[str, str]]:
    """The rows of a CSV file with these columns. UserError when it cannot be read, has none, or no such columns."""
    try:
        with open(file, newline="", encoding="utf-8-sig") as lines:
            found = list(rows(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file} cannot be read ({error}); give a CSV file in UTF-8.") from None
    if not found or any(name not in found[0] for name in needed):
        raise UserError(f"{file} needs rows with the columns: {', '.join(needed)}.")
    return found


def rows(file: TextIO) -> Iterator[dict[str, str]]:
    """The rows of an open CSV file by column; cells beyond the last column are left out."""
    for row in csv.DictReader(file, restval=""):
        yield {name: plain(cell) for name, cell in row.items() if name is not None}


def safe(cell: object) -> object:
    """A cell as it is written. ``plain`` undoes it for every text."""
    return APOSTROPHE + cell if isinstance(cell, str) and _computed(cell) else cell


def plain(cell: str) -> str:
    """A cell as it was before ``safe``."""
    return cell[1:] if cell.startswith(APOSTROPHE) and _computed(cell) else cell


def _computed(cell: str) -> bool:
    """Whether a spreadsheet may compute it, apostrophes aside."""
    return cell.lstrip(APOSTROPHE).startswith(FORMULA)
