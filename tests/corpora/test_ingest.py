"""Uploads are stored, decoded and measured; a refused upload leaves nothing."""

import stat
import struct
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uploads import a_zip, tone

from xser_demo.corpora.custom import ingest, reference_levels
from xser_demo.corpora.custom.ingest import decode, summary
from xser_demo.corpora.custom.recordings import FolderScan
from xser_demo.corpora.custom.scan import scan
from xser_demo.corpora.custom.upload_limits import FILES, LOCAL
from xser_demo.utils.errors import AudioError, CorpusError
from xser_demo.utils.progress import Step

TONE = tone()


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "private").mkdir()
    return tmp_path / "private"


def ingested(files, folder: Path, limits=LOCAL) -> FolderScan:
    *steps, last = ingest.ingest(files, folder, limits)
    assert all(isinstance(step, Step) and (step.share is None or 0 <= step.share <= 1) for step in steps)
    return last


def refused(files, folder: Path, limits=LOCAL) -> str:
    beside = sorted(folder.parent.iterdir())
    with pytest.raises(CorpusError) as caught:
        list(ingest.ingest(files, folder, limits))
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence and 20 < len(sentence) < 300
    assert list(folder.iterdir()) == [] and sorted(folder.parent.iterdir()) == beside
    return sentence


# --- good things ---------------------------------------------------------------------------------------------------


def test_a_zip_of_folders(tmp_path, folder):
    upload = a_zip(tmp_path, {f"mine/{e}/{n}.wav": TONE for e in ("Wut", "Freude") for n in range(3)})
    scanned = ingested([upload], folder)
    assert [row.emotion for row in scanned.rows] == 3 * ["happiness"] + 3 * ["anger"]
    assert {(row.seconds, row.speech_s) for row in scanned.rows} == {(0.5, 0.5)}
    assert {row.level_dbfs for row in scanned.rows} == {-20.0} and all(row.band_hz == 8000 for row in scanned.rows)
    total = summary(scanned)
    assert total.labels == {"anger": 3, "happiness": 3} and (total.clips, total.seconds, total.speakers) == (6, 3.0, 0)


def test_single_files_with_a_table_and_equal_names(tmp_path, folder):
    upload = [tmp_path / "a" / "x.wav", tmp_path / "b" / "x.wav", tmp_path / "愤怒 ا.wav", tmp_path / "t.csv"]
    for file in upload[:3]:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(TONE)
    upload[3].write_text("path,emotion\nwav/x.wav,anger\nwav/x (2).wav,fear\nwav/愤怒 ا.wav,joy\n", encoding="utf-8")
    scanned = ingested(upload, folder)
    assert {row.path: row.emotion for row in scanned.rows} == {
        "x.wav": "anger", "x (2).wav": "fear", "愤怒 ا.wav": "happiness",
    }  # fmt: skip
    assert all(file.is_file() for file in upload)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.txt", "a"])
def test_formats_are_detected_by_content(kind, name, tmp_path, folder):
    scanned = ingested([a_zip(tmp_path, {f"angry/{name}": tone(kind=kind), "sad/b.wav": TONE})], folder)
    assert [row.emotion for row in scanned.rows] == ["anger", "sadness"]
    assert scanned.rows[0].seconds == pytest.approx(0.5, abs=0.1)


def test_mixed_rates_and_channels_and_unusable_clips(tmp_path, folder):
    files = {
        "8k.wav": tone(rate=8_000), "48k.wav": tone(rate=48_000, channels=2), "six.wav": tone(channels=6),
        "long.flac": tone(61, kind="FLAC"), "short.wav": tone(0.1), "text.wav": b"hello", "stub.wav": TONE[:44],
        "cut.flac": tone(kind="FLAC")[:40], "silent.wav": tone(amplitude=0.0), "inner.zip": b"PK\3\4",
        "a.pdf": b"%PDF-1",
    }  # fmt: skip
    scanned = ingested([a_zip(tmp_path, files)], folder)
    assert {row.path: row.band_hz for row in scanned.rows} == {"48k.wav": 7875, "8k.wav": 4000, "six.wav": 8000}
    why = {one.path: one.why for one in scanned.skipped}
    assert set(why) == set(files) - {"8k.wav", "48k.wav", "six.wav"} and all(
        text.endswith(".") for text in why.values()
    )
    assert "No utterance of a second" in why["long.flac"] and "silent" in why["silent.wav"]
    assert "archives in archives" in why["inner.zip"]
    assert sum(summary(scanned).skipped.values()) == 8


def test_macos_names_without_the_utf8_flag(tmp_path, folder):
    upload = a_zip(tmp_path, {"Ärger/a.wav": TONE, "悲伤/b.wav": TONE})
    data = bytearray(upload.read_bytes())
    for signature, flags in ((b"PK\3\4", 7), (b"PK\1\2", 9)):
        at = -1
        while (at := data.find(signature, at + 1)) >= 0:
            data[at + flags] &= ~0x08
    upload.write_bytes(data)
    assert {row.word for row in ingested([upload], folder).rows} == {"Ärger", "悲伤"}


@given(name=st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1, max_size=40))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_names_in_any_script_are_stored_or_refused(name, tmp_path, folder):
    ingest.empty(folder)
    upload = a_zip(tmp_path, {f"x/{name}.wav": TONE, "x/other/b.wav": TONE}, compression=zipfile.ZIP_STORED)
    try:
        scanned = ingested([upload], folder)
    except CorpusError:
        assert list(folder.iterdir()) == []
        return
    assert all((folder / row.path).is_file() for row in scanned.rows)
    assert all(folder in file.parents for file in folder.rglob("*"))


def test_a_local_folder_is_only_read(tree):
    root = tree("angry/a.wav", "sad/b.wav", seconds=0.5)
    before = sorted(root.rglob("*"))
    *_, scanned = decode(root, scan(root))
    assert len(scanned.rows) == 2 and sorted(root.rglob("*")) == before
    (root / "angry/a.wav").write_bytes(b"")
    (root / "sad/b.wav").write_bytes(b"")
    with pytest.raises(CorpusError, match="None of the 2 recordings can be used"):
        list(decode(root, scan(root)))
    assert len(list(root.rglob("*.wav"))) == 2


# --- stopping ------------------------------------------------------------------------------------------------------


def test_closing_stops_it_and_empties_the_folder(tmp_path, folder, monkeypatch):
    upload = a_zip(tmp_path, {f"{n}.flac": tone(2, kind="FLAC") for n in range(60)}, compression=zipfile.ZIP_STORED)
    calls = []

    def slow(*arguments):
        calls.append(arguments)
        time.sleep(0.01)
        raise AudioError("Slow.")

    monkeypatch.setattr(ingest, "_load", slow)
    steps = ingest.ingest([upload], folder)
    while "Decoding" not in next(steps).text:
        pass
    steps.close()
    assert list(folder.iterdir()) == []
    count = len(calls)
    time.sleep(0.2)
    assert len(calls) == count < 60


def test_steps_come_several_a_second(tmp_path, folder, monkeypatch):
    upload = a_zip(tmp_path, {f"{n}.wav": TONE for n in range(30)})
    monkeypatch.setattr(ingest, "INTERVAL_S", 0.0)
    texts = [step.text for step in ingest.ingest([upload], folder) if isinstance(step, Step)]
    assert texts[0] == "Unpacking: 0.0 MB." and "Scanning the files." in texts
    assert texts[-1] == "Decoding recording 30 of 30." and len(texts) >= 60


# --- bad things ----------------------------------------------------------------------------------------------------

LINK = zipfile.ZipInfo("link.wav")
LINK.external_attr = (stat.S_IFLNK | 0o777) << 16
PIPE = zipfile.ZipInfo("pipe.wav")
PIPE.external_attr = (stat.S_IFIFO | 0o666) << 16
GOOD = ("angry/a.wav", TONE)


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ([GOOD, ("../out.wav", TONE)], "outside its folder"),
        ([GOOD, ("a/../../out.wav", TONE)], "outside its folder"),
        ([GOOD, ("/tmp/out.wav", TONE)], "outside its folder"),
        ([GOOD, ("..\\out.wav", TONE)], "outside its folder"),
        ([GOOD, ("C:\\out.wav", TONE)], "outside its folder"),
        ([GOOD, ("../out/", b"")], "outside its folder"),
        ([GOOD, (LINK, "/etc/passwd")], "link or a device"),
        ([GOOD, (PIPE, b"")], "link or a device"),
        ([GOOD, ("angry/a.wav", TONE)], "same name"),
        ([GOOD, ("angry", TONE)], "same name"),
        ([GOOD, ("a/" * 40 + "x.wav", TONE)], "folders in each other"),
        ([GOOD, ("x" * 300 + ".wav", TONE)], "name that cannot be used"),
        ([GOOD, ("zeros.wav", bytes(40 << 20))], "unpacks to more than"),
        ([], "No recording"),
        ([("readme.txt", b"hello")], "No recording"),
        ([("inner.zip", b"PK\3\4")], "No recording"),
        ([("a.wav", b"RIFF"), ("b.wav", b"hello")], "None of the 2 recordings"),
        ([("a.wav", tone(61)), ("b.wav", tone(0.1))], "None of the 2 recordings"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_bad_zips(files, word, tmp_path, folder):
    assert word in refused([a_zip(tmp_path, files)], folder)


def test_a_zip_with_a_password(tmp_path, folder):
    upload = a_zip(tmp_path, [GOOD])
    data = bytearray(upload.read_bytes())
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + flags] |= 1
    upload.write_bytes(data)
    assert "password" in refused([upload], folder)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_zip_that_was_cut(share, tmp_path, folder):
    upload = a_zip(tmp_path, {f"{n}.wav": TONE for n in range(20)})
    upload.write_bytes(upload.read_bytes()[: int(share * upload.stat().st_size)])
    assert "damaged" in refused([upload], folder)


def test_a_zip_with_a_wrong_checksum(tmp_path, folder):
    upload = a_zip(tmp_path, [GOOD], compression=zipfile.ZIP_STORED)
    data = bytearray(upload.read_bytes())
    data[200] ^= 1
    upload.write_bytes(data)
    assert "damaged" in refused([upload], folder)


def test_a_zip_bomb_of_overlapping_files(tmp_path, folder):
    """A bomb without a great ratio in any file: all entries point at the same packed bytes."""
    upload = a_zip(tmp_path, {"00.wav": bytes(10 << 20)})
    data = upload.read_bytes()
    directory = data.index(b"PK\1\2")
    entry = data[directory : data.index(b"PK\5\6")]
    entries = b"".join(entry.replace(b"00.wav", b"%02d.wav" % n) for n in range(50))
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 50, 50, len(entries), directory, 0)
    upload.write_bytes(data[:directory] + entries + end)
    assert "not unpacked" in refused([upload], folder) or "damaged" in refused([upload], folder)


def test_files_that_are_not_zips(tmp_path, folder):
    for name, content in (("x.rar", b"Rar!\x1a\7"), ("x.7z", b"7z\xbc\xaf\x27\x1c"), ("x.zip", b"\x1f\x8bnothing")):
        (tmp_path / name).write_bytes(content)
        assert "plain .zip" in refused([tmp_path / name], folder)
    (tmp_path / "x.zip").write_bytes(b"hello")
    assert "No recording" in refused([tmp_path / "x.zip"], folder)
    (tmp_path / "empty.zip").write_bytes(b"")
    assert "No recording" in refused([tmp_path / "empty.zip"], folder)


def test_no_files_too_many_files_and_missing_files(tmp_path, folder):
    zips = [a_zip(tmp_path, [GOOD], name=name) for name in ("1.zip", "2.zip")]
    assert "No file was sent" in refused([], folder)
    assert "one zip" in refused(zips, folder)
    assert "not there any more" in refused([tmp_path / "gone.wav", *zips], folder)
    (tmp_path / "a.wav").write_bytes(TONE)
    several = [tmp_path / "a.wav"] * 3
    assert "More than 2 files" in refused(several, folder, replace(LOCAL, files=2))
    assert "in total" in refused(several, folder, replace(LOCAL, packed=2 * len(TONE)))
    assert "0 MB" in refused(zips[:1], folder, replace(LOCAL, packed=100))
    assert "unpacks to more" in refused(zips[:1], folder, replace(LOCAL, total=1000))


def test_too_many_files_are_refused_immediately(tmp_path, folder):
    upload = a_zip(tmp_path, {f"{n}.wav": b"RIFF" for n in range(FILES + 1)}, compression=zipfile.ZIP_STORED)
    started = time.process_time()
    assert "more than 10,000 files" in refused([upload], folder)
    assert time.process_time() - started < 3


@pytest.mark.more
def test_the_maximum_number_of_files(tmp_path, folder):
    """Half a second of sound in 100 of 10,000 files: the others are skipped, each with its reason."""
    bad = {0: TONE, 1: b"RIFF", 2: b"hello"}
    files = {f"{n % 7}/{n}.wav": bad.get(n % 100, b"") for n in range(FILES)}
    upload = a_zip(tmp_path, files, compression=zipfile.ZIP_STORED)
    started = time.process_time()
    scanned = ingested([upload], folder)
    assert len(scanned.rows) == 100 and len(scanned.skipped) == 9900
    assert time.process_time() - started < 20


def test_a_zip_directory_that_is_too_large(tmp_path, folder, monkeypatch):
    monkeypatch.setattr("xser_demo.utils.archives.MAX_DIRECTORY", 1000)
    upload = a_zip(tmp_path, {f"{n}.wav": TONE for n in range(50)})
    assert "list of files is too long" in refused([upload], folder)


# --- beside the corpora of the table -------------------------------------------------------------------------------


def test_level_and_band_of_a_corpus_are_those_of_its_recordings(corpora_dir):
    assert set(reference_levels.table()) >= {"ravdess", "emodb", "emovo", "urdu"}
    assert reference_levels.measure("urdu", corpora_dir) == reference_levels.table()["urdu"]
