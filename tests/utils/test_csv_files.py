"""CSV files whose cells no spreadsheet computes, and which come back as they were."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xser_demo.utils import csv_files
from xser_demo.utils.errors import UserError

ORDINARY = ["a.wav", "anna-01.wav", "b/c=d.wav", "'quoted'.wav", "Ärger @home.wav", "", "1-2", " "]
FORMULAS = ["=1+2.wav", "+a.wav", "-a.wav", "@a.wav", '=HYPERLINK("http://a","b")', "\t=1", "\r", "＝1"]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_spreadsheet_computes_nothing(name):
    assert csv_files.safe(name) == f"'{name}" and csv_files.plain(f"'{name}") == name


def test_ordinary_names_and_numbers_stay_as_they_are():
    cells = [*ORDINARY, -3, -0.5, None, True]
    assert [csv_files.safe(cell) for cell in cells] == cells
    assert [csv_files.plain(name) for name in ORDINARY] == ORDINARY
    assert csv_files.to_csv([{"file": "a.wav", "gain": -0.5}, {"file": "b.wav"}]) == "file,gain\na.wav,-0.5\nb.wav,\n"


@given(st.text("=+-@'\t＝ab.,\"", max_size=8))
def test_every_text_comes_back(name):
    written = csv_files.safe(name)
    assert not written.startswith(csv_files.FORMULA) and csv_files.plain(written) == name


def test_a_table_comes_back(tmp_path):
    rows = [{"file": name, "=label": "-"} for name in [*ORDINARY, *FORMULAS]]
    file = tmp_path / "table.csv"
    file.write_text(csv_files.to_csv(rows), encoding="utf-8", newline="")
    assert not [
        cell for line in csv.reader(file.open(newline="")) for cell in line if cell.startswith(csv_files.FORMULA)
    ]
    assert [row["file"] for row in csv_files.read_rows(file, "file")] == [row["file"] for row in rows]


def test_what_is_no_table_is_said_in_a_sentence(tmp_path):
    file = tmp_path / "a.csv"
    for content in (b"", b"other\n1\n", b"\xff\xfe\x00"):
        file.write_bytes(content)
        with pytest.raises(UserError):
            csv_files.read_rows(file, "file")


def test_nothing_else_writes_csv():
    root = Path(csv_files.__file__).parents[1]
    for file in root.rglob("*.py"):
        if file != Path(csv_files.__file__):
            assert not re.search(
                r"csv\.(writer|DictWriter)|\b(?!csv_files)\w+\.to_csv\(", file.read_text(encoding="utf-8")
            ), file
