"""The check distinguishes complete copies from incomplete, altered and cut ones."""

import hashlib
import shutil
from dataclasses import replace

import pytest

from xser_demo.corpora import CORPORA, verify
from xser_demo.utils.errors import CorpusError

NAMES = [f"03a0{text}{emotion}a" for text in range(1, 5) for emotion in "WLEAFTN"]  # 28 clips


@pytest.fixture
def official(tree, tmp_path_factory, monkeypatch):
    """A generated EmoDB whose official list says exactly what is there; returns its wav folder."""
    folder = tree(*(f"emodb/wav/{name}.wav" for name in NAMES)) / "emodb" / "wav"
    lists = tmp_path_factory.mktemp("official")
    rows = [f"{file.stem}\t{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}\t0\n" for file in folder.iterdir()]
    (lists / "emodb.tsv").write_text("# made by the test\nname\tsha256\tbytes\n" + "".join(rows))
    monkeypatch.setattr(verify, "FOLDER", lists)
    monkeypatch.setitem(CORPORA, "emodb", replace(CORPORA["emodb"], clips=len(NAMES)))
    return folder


def checked(folder):
    report = verify.check("emodb", folder.parents[1])
    assert report.verdict.endswith(".") and "\n" not in report.verdict
    return report


@pytest.mark.parametrize("key", ["ravdess", "emodb", "emovo", "urdu", "aesdd"])
def test_real_corpus_is_complete(key, corpora_dir):
    report = verify.check(key, corpora_dir)
    assert report.complete and report.found == report.expected == CORPORA[key].clips
    assert not (report.unknown or report.repeated or report.duplicates)
    assert not report.compared and "only names could be compared" in report.verdict


def test_unaltered_copy(official):
    report = checked(official)
    assert report.complete and report.compared and report.found == len(NAMES)
    assert "were compared with the official files" in report.verdict


def test_missing_unknown_and_repeated(official):
    (official / f"{NAMES[0]}.wav").unlink()
    shutil.copy(official / f"{NAMES[1]}.wav", official / "16b10Nz.wav")
    (official / "again").mkdir()
    shutil.copy(official / f"{NAMES[2]}.wav", official / "again")
    report = checked(official)
    assert not report.complete and report.missing == [NAMES[0]]
    assert report.unknown == ["wav/16b10Nz.wav"] and report.repeated == [NAMES[2]]
    assert f"1 missing ({NAMES[0]})" in report.verdict and "bilderbar" in report.verdict


def test_altered_duplicate_and_unreadable(official):
    shutil.copy(official / f"{NAMES[1]}.wav", official / f"{NAMES[2]}.wav")
    (official / f"{NAMES[3]}.wav").write_bytes(b"no audio" * 20)
    (official / f"{NAMES[4]}.wav").write_bytes(b"")
    report = checked(official)
    assert report.altered == [NAMES[2]] and not report.complete
    assert report.duplicates == [tuple(sorted(NAMES[1:3]))]
    assert report.unreadable == sorted(NAMES[3:5])


def test_cut_copy_is_refused(official, tree):
    tree(*(f"emodb/wav/{name}.wav" for name in NAMES), seconds=2.0)
    report = checked(official)
    assert report.equal_length_s == 2.0 and not report.complete
    assert "do not use this copy" in report.verdict and "cut to 2 s" in report.verdict


def test_stub_of_aesdd_is_no_fault(tree):
    folder = tree("aesdd/anger/a01 (1).wav")
    (folder / "aesdd/sadness").mkdir()
    (folder / "aesdd/sadness/s05 (3).wav").write_bytes(b"RIFF" + bytes(32))
    report = verify.check("aesdd", folder)
    assert report.found == 1 and report.unknown == [] and report.altered == ["a01 (1)"]


def test_missing_corpus(tmp_path):
    with pytest.raises(CorpusError, match="URDU is not in"):
        verify.check("urdu", tmp_path)
