"""Files that are longer than a clip are cut at their pauses, up to a total."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from xser_demo.audio.io import load
from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.ingest import decode, summary
from xser_demo.corpora.custom.scan import scan
from xser_demo.utils import settings

RATE = settings.SAMPLE_RATE


@pytest.fixture(scope="module")
def long_voice() -> np.ndarray:
    """Seventy seconds of sentences with pauses of a second."""
    spoken = [load(file).samples for file in sorted(settings.EXAMPLES.glob("*.flac"))]
    sentences = [piece for voice in spoken for piece in (voice, np.zeros(RATE, np.float32))]
    return np.concatenate(sentences * 3)[: 70 * RATE]


def tree(root: Path, files: dict[str, np.ndarray]) -> Path:
    for name, samples in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / name, samples, RATE)
    return root


def test_a_long_file_is_cut_at_its_pauses(tmp_path, long_voice):
    short = long_voice[: 3 * RATE]
    names = ("anger/anna/long.flac", "anger/ben/a.wav", "anger/ben/b.wav", "sad/anna/c.wav", "sad/ben/d.wav")
    files = {name: long_voice if "long" in name else short for name in names}
    root = tree(tmp_path, files)
    *_, scanned = decode(root, scan(root))
    parts = [row for row in scanned.rows if row.cut]
    assert len(scanned.rows) == len(parts) + 4 and len(parts) >= 10 and not scanned.skipped
    assert {(row.emotion, row.speaker, row.file) for row in parts} == {("anger", "anna", "anger/anna/long.flac")}
    assert len({row.path for row in scanned.rows}) == len(scanned.rows)
    assert f"One file is longer than 60 s, cut at the pauses into {len(parts)} clips" in scanned.how
    for row in parts:
        samples = ingest.Reader(root, "mean").read(row).samples
        start = round(row.segment.start_s * RATE)
        assert 1 <= row.seconds <= 12 and len(samples) == pytest.approx(row.seconds * RATE, abs=1)
        assert np.array_equal(samples, load(root / row.file, max_seconds=80).samples[start : start + len(samples)])
    assert all(one.segment.end_s <= two.segment.start_s for one, two in pairwise(parts))
    assert summary(scanned).longest_s <= 12


def test_several_long_files_and_one_of_sixty_seconds(tmp_path, long_voice):
    root = tree(tmp_path, {"a.wav": long_voice, "b.wav": long_voice[::-1].copy(), "c.wav": long_voice[: 60 * RATE]})
    *_, scanned = decode(root, scan(root))
    assert "2 files are longer than 60 s" in scanned.how
    assert [row.seconds for row in scanned.rows if not row.cut] == [60.0], "it is one clip, as before"


def test_the_total_of_long_files_is_limited(tmp_path, long_voice, monkeypatch):
    root = tree(tmp_path, {f"{n}.wav": long_voice for n in range(4)} | {"short.wav": long_voice[:RATE]})
    monkeypatch.setattr(ingest, "MAX_CUT_S", 100.0)
    *_, scanned = decode(root, scan(root))
    assert {row.file for row in scanned.rows} == {"0.wav", "1.wav", "short.wav"}
    assert [one.path for one in scanned.skipped] == ["2.wav", "3.wav"]
    assert scanned.skipped[0].why.startswith("It is longer than 60 s, and such files are cut up to ")


def test_a_file_over_the_longest_is_skipped_and_counts(tmp_path, long_voice, monkeypatch):
    root = tree(tmp_path, {"0.wav": long_voice, "1.wav": long_voice[: 64 * RATE], "a.wav": long_voice[:RATE]})
    monkeypatch.setattr(ingest, "MAX_LONG_S", 65.0)
    monkeypatch.setattr(ingest, "MAX_CUT_S", 60.0)
    *_, scanned = decode(root, scan(root))
    assert [row.path for row in scanned.rows] == ["a.wav"]
    assert ["longer than 65 seconds" in one.why for one in scanned.skipped] == [True, False]
    assert "It is longer than 60 s" in scanned.skipped[1].why, "no more work once the total is reached"
