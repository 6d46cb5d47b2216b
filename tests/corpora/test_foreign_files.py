"""Archives and folders as other programs, systems and countries write them."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from uploads import a_zip, tone

from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.ingest import decode
from xser_demo.corpora.custom.scan import FolderScan, scan
from xser_demo.utils.errors import CorpusError

TONE = tone()


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "private").mkdir()
    return tmp_path / "private"


def ingested(files, folder: Path) -> FolderScan:
    *_, last = ingest.ingest(files, folder)
    return last


def refused(files, folder: Path) -> None:
    with pytest.raises(CorpusError) as caught:
        list(ingest.ingest(files, folder))
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence and 20 < len(sentence) < 300
    assert list(folder.iterdir()) == []


SOUNDS = {f"{word}/{n}.wav": TONE for word in ("angry", "sad") for n in range(3)}


@pytest.mark.parametrize(
    "named",
    [
        lambda name: f"set\\{name.replace('/', chr(92))}",
        lambda name: f"a/b/c/d/e/{name}",
        lambda name: f"./{name}",
        lambda name: f"set/{name}",
    ],
    ids=["backslashes", "deep", "dot first", "in a folder"],
)
def test_paths_as_other_programs_write_them(tmp_path, folder, named):
    rest = {"__MACOSX/set/angry/._0.wav": b"\0\5\26\7", "set/.DS_Store": b"\0\0\0\1Bud1", "set/fear/": b""}
    upload = a_zip(tmp_path, {named(name): sound for name, sound in SOUNDS.items()} | rest)
    scanned = ingested([upload], folder)
    assert [row.emotion for row in scanned.rows] == ["anger"] * 3 + ["sadness"] * 3 and not scanned.skipped


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_can_be_read_and_sizes_in_64_bits(tmp_path, folder, compression):
    with zipfile.ZipFile(tmp_path / "mine.zip", "w", compression) as archive:
        for name, sound in SOUNDS.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(sound)
    assert len(ingested([tmp_path / "mine.zip"], folder).rows) == 6


@pytest.mark.parametrize("mode", ["gz", "bz2", "xz", ""])
@pytest.mark.parametrize("link", [None, tarfile.LNKTYPE, tarfile.SYMTYPE])
def test_a_tar_is_unpacked_if_it_is_gzipped_and_has_no_links(tmp_path, folder, mode, link):
    upload = tmp_path / f"set.tar.{mode}".rstrip(".")
    with tarfile.open(upload, f"w:{mode}") as archive:
        for name, sound in SOUNDS.items():
            info = tarfile.TarInfo(f"./set/{name}")
            info.size = len(sound)
            archive.addfile(info, io.BytesIO(sound))
        if link:
            info = tarfile.TarInfo("./set/angry/link.wav")
            info.type, info.linkname = link, "./set/angry/0.wav"
            archive.addfile(info)
    if mode == "gz" and not link:
        assert len(ingested([upload], folder).rows) == 6
    else:
        refused([upload], folder)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["/home/me/set/angry/0.wav", "set/../set/angry/0.wav", "angry/0.wav"])
def test_absolute_paths_paths_with_dots_and_equal_ones_are_refused(tmp_path, folder, name):
    refused([a_zip(tmp_path, [*SOUNDS.items(), (name, TONE)])], folder)


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        ("gbk", ["愤怒", "高兴", "中性", "悲伤"]),
        ("cp1252", ["Colère", "Joie", "Neutre", "Dégoût"]),
        ("cp850", ["Wut", "Fröhlich", "Neutral", "Traurig"]),
    ],
)
def test_emotions_in_the_code_page_of_a_country(tmp_path, folder, codec, words):
    """``writestr`` writes the UTF-8 flag for such names; CP437 characters of the same bytes are written without."""
    names = [word.encode(codec).decode("cp437") for word in words]
    upload = tmp_path / "mine.zip"
    with zipfile.ZipFile(upload, "w") as archive:
        for number in range(8):
            archive.writestr(_Unflagged(f"{names[number % 4]}/{number}.wav"), TONE)
    scanned = ingested([upload], folder)
    assert {row.word for row in scanned.rows} == set(words)
    assert len({row.emotion for row in scanned.rows if row.emotion}) == 4


class _Unflagged(zipfile.ZipInfo):
    """A name in CP437 without the UTF-8 flag."""

    def _encodeFilenameFlags(self):
        return self.filename.encode("cp437"), self.flag_bits


NOT_UTF8 = (b"W\xfctend", "生气".encode("gbk"), "злость".encode("cp1251"), b"\x80\xff\xfe")


@pytest.mark.parametrize("raw", NOT_UTF8)
def test_a_folder_name_that_is_not_utf8(tmp_path, raw):
    for name in (b"sad", raw, b"happy"):
        os.mkdir(os.fsencode(tmp_path) + b"/" + name)
        for n in range(3):
            with open(os.fsencode(tmp_path) + b"/" + name + b"/%d.wav" % n, "wb") as file:
                file.write(TONE)
    *_, scanned = decode(tmp_path, scan(tmp_path))
    assert len(scanned.rows) == 9 and not scanned.skipped
    assert {"happiness", "sadness"} <= {row.emotion for row in scanned.rows}
    if raw in NOT_UTF8[:2]:
        assert "anger" in {row.emotion for row in scanned.rows}
    assert str(scanned.rows).encode() and len({row.path for row in scanned.rows}) == 9


def test_two_names_that_look_the_same_stay_two(tmp_path):
    for name in ("Wütend".encode(), b"W\xfctend"):
        os.mkdir(os.fsencode(tmp_path) + b"/" + name)
        with open(os.fsencode(tmp_path) + b"/" + name + b"/a.wav", "wb") as file:
            file.write(TONE)
    *_, scanned = decode(tmp_path, scan(tmp_path))
    assert {row.path for row in scanned.rows} == {"Wütend/a.wav", "W\\xfctend/a.wav"}
