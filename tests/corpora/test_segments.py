"""Parts of recordings that a table lists with start and end are clips of their own."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.recordings import FolderScan
from xser_demo.corpora.custom.scan import scan
from xser_demo.corpora.custom.segments import Segment, seconds
from xser_demo.data.encode import encode, utterance
from xser_demo.utils.errors import CorpusError

RATE = 16_000


@pytest.fixture
def folder(tmp_path) -> Path:
    """A recording of 6 s whose level rises every second, and one of 1 s."""
    wave = np.random.default_rng(0).uniform(-1, 1, 6 * RATE) * np.repeat([0.01, 0.02, 0.04, 0.08, 0.16, 0.32], RATE)
    soundfile.write(tmp_path / "long.wav", wave, RATE)
    soundfile.write(tmp_path / "short.wav", wave[-RATE:], RATE)
    return tmp_path


def scanned(folder: Path, table: str, **more: str) -> FolderScan:
    (folder / "db.emotion.csv").write_text(table)
    for name, text in more.items():
        (folder / f"{name}.csv").write_text(text)
    return scan(folder)


def test_segments_of_audformat(folder):
    table = (
        "file,start,end,emotion\nlong.wav,0 days 00:00:01,0 days 00:00:02,anger\n"
        "long.wav,0 days 00:00:05.000000,NaT,fear\nshort.wav,0 days,NaT,neutral\n"
    )
    found = scanned(folder, table, files="file,speaker,gender\nlong.wav,anna,female\nshort.wav,ben,male\n")
    assert [(row.path, row.emotion, row.speaker, row.sex) for row in found.rows] == [
        ("long.wav#t=1,2", "anger", "anna", "f"),
        ("long.wav#t=5", "fear", "anna", "f"),
        ("short.wav", "neutral", "ben", "m"),
    ]
    assert found.rows[0].segment == Segment("long.wav", 1.0, 2.0) and found.rows[2].segment is None
    assert found.skipped == () and "columns file, start, end, emotion" in found.how
    *_, measured = ingest.decode(folder, found)
    assert [row.seconds for row in measured.rows] == [1.0, 1.0, 1.0]
    assert [round(row.level_dbfs - measured.rows[0].level_dbfs) for row in measured.rows] == [0, 24, 24]


@pytest.mark.parametrize(("start", "end"), [("Begin", "Stop"), ("start_time", "end_time"), ("开始", "结束")])
def test_names_of_start_and_end(start, end, folder):
    found = scanned(
        folder, f"file;{start};{end};emotion\nlong.wav;1,5;2,25 s;anger\nlong.wav;00:02.5;00:00:03,5;fear\n"
    )
    assert [row.path for row in found.rows] == ["long.wav#t=1.5,2.25", "long.wav#t=2.5,3.5"]


def test_times_of_another_recording_are_ignored_and_named(folder):
    """MELD gives the times in the episode that its clips were cut from."""
    table = "file,StartTime,EndTime,Emotion\nlong.wav,00:16:16,00:16:21,anger\nshort.wav,00:17:01,00:17:02,sadness\n"
    found = scanned(folder, table)
    assert [(row.path, row.emotion) for row in found.rows] == [("long.wav", "anger"), ("short.wav", "sadness")]
    (problem,) = found.skipped
    assert problem.path == "db.emotion.csv" and problem.why.startswith("The times in StartTime, EndTime were ignored: ")
    assert "Columns not used: StartTime, EndTime." in found.how


def test_one_wrong_segment_is_left_out(folder):
    table = "file,start,end,emotion\nlong.wav,2,1,anger\nlong.wav,1,2,fear\nlong.wav,2,3,joy\nlong.wav,3,x,joy\n"
    found = scanned(folder, table)
    assert [row.path for row in found.rows] == ["long.wav#t=1,2", "long.wav#t=2,3"]
    assert [one.why for one in found.skipped if one.path == "long.wav"] == [
        f"db.emotion.csv lists a part that was left out: '{start}' to '{end}' are no times in order."
        for start, end in ((2, 1), (3, "x"))
    ]


def test_the_same_segment_with_two_emotions_is_left_out(folder):
    found = scanned(folder, "file,start,end,emotion\nlong.wav,0,1,anger\nlong.wav,0,1,fear\nlong.wav,1,2,fear\n")
    assert [row.path for row in found.rows] == ["long.wav#t=1,2"]
    assert ("long.wav#t=0,1", "The tables give it different emotions.") in [
        (one.path, one.why) for one in found.skipped
    ]


def test_segments_without_emotions_keep_those_of_the_folder(tree):
    root = tree("anger/a.wav", "sad/b.wav", seconds=2.0)
    (root / "turns.csv").write_text("file,start,end,speaker\na.wav,0,1,anna\na.wav,1,1.5,ben\n")
    assert [(row.path, row.emotion, row.speaker) for row in scan(root).rows] == [
        ("anger/a.wav#t=0,1", "anger", "anna"),
        ("anger/a.wav#t=1,1.5", "anger", "ben"),
        ("sad/b.wav", "sadness", ""),
    ]


def test_segments_are_encoded_as_clips(folder):
    rows = "".join(f"long.wav,{n / 2},{n / 2 + 0.5},{('anger', 'fear')[n % 2]}\n" for n in range(2, 12))
    *_, measured = ingest.decode(folder, scanned(folder, "file,start,end,emotion\n" + rows))
    *_, pack = encode(folder, measured)
    assert len({clip.path for clip in pack.utterances}) == len(pack.utterances) == 10
    assert Counter(clip.emotion for clip in pack.utterances) == {"anger": 5, "fear": 5}
    assert pack.utterances == sorted(map(utterance, measured.rows), key=lambda clip: clip.path)


def test_segments_that_are_too_short_are_named(folder):
    rows = "".join(f"long.wav,{n},{n + (0.1 if n else 1)},joy\n" for n in range(6))
    *_, measured = ingest.decode(folder, scanned(folder, "file,start,end,emotion\n" + rows))
    assert [row.path for row in measured.rows] == ["long.wav#t=0,1"]
    with pytest.raises(
        CorpusError, match=r"there are 1 \(6 could not be used; long.wav#t=1,1.1: The clip lasts only 0.1"
    ):
        list(encode(folder, measured))


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), ("1,5 s", 1.5), ("0 days 00:01:00.25", 60.25), ("1 day 0:00:01", 86401), ("16:21,7", 981.7),
     ("2e-1", 0.2), ("-1", None), ("nan", None), ("inf", None), ("", None), ("soon", None), ("0 days", 0)],
)  # fmt: skip
def test_times(text, value):
    assert seconds(text) == (value if value is None else pytest.approx(value))


@given(st.text(max_size=12))
def test_any_text_is_a_time_or_none(text):
    assert (value := seconds(text)) is None or value >= 0
