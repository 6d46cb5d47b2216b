"""Names in archives of other systems, and methods of compression that only other programs read."""

import io
import struct
import tarfile
import zlib

import pytest
from uploads import a_zip

from xser_demo.utils.archives import unpack
from xser_demo.utils.errors import CorpusError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "into").mkdir()
    return tmp_path


def a_tar(folder, files):
    with tarfile.open(folder / "archive", "w:gz") as archive_file:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive_file.addfile(info, io.BytesIO(content))
    return folder / "archive"


def unpacked(folder):
    return {
        file.relative_to(folder / "into").as_posix(): file.read_bytes()
        for file in (folder / "into").rglob("*")
        if file.is_file()
    }


def refused(archive) -> str:
    with pytest.raises(CorpusError) as caught:
        list(unpack(archive, archive.parent / "into"))
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 200
    return sentence


def raw_zip(folder, names, field=None, method=0):
    """A zip whose names are these bytes without the UTF-8 flag. ``field``: names for the Unicode Path field, or None;
    ``method``: the number of the compression method that it claims."""
    body = central = b""
    for raw, told in zip(names, field or [None] * len(names), strict=True):
        extra = b""
        if told is not None:
            told = told if isinstance(told, bytes) else struct.pack("<BI", 1, zlib.crc32(raw)) + told.encode()
            extra = struct.pack("<HH", 0x5455, 5) + bytes(5) + struct.pack("<HH", 0x7075, len(told)) + told
        sizes = struct.pack("<HHIIIHH", 0, 0x5000, zlib.crc32(b"sound"), 5, 5, len(raw), len(extra))
        place = len(body)
        body += struct.pack("<4sHHH", b"PK\3\4", 20, 0, method) + sizes + raw + extra + b"sound"
        central += struct.pack("<4sHHHH", b"PK\1\2", 20, 20, 0, method) + sizes
        central += struct.pack("<HHHII", 0, 0, 0, 0, place) + raw + extra
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, len(names), len(names), len(central), len(body), 0)
    (folder / "archive").write_bytes(body + central + end)
    return folder / "archive"


CHINESE = ["愤怒", "高兴", "中性", "悲伤"]
NAMES = [
    ("gbk", CHINESE),
    ("gbk", ["张三/生气/01.wav", "李四/开心/录音 (2).wav", "王五/害怕/a.wav"]),
    ("big5", ["憤怒", "高興", "中性", "悲傷"]),
    ("cp950", ["生氣", "開心", "難過", "陳小明_錄音01.wav"]),
    ("cp932", ["怒り", "喜び", "平静", "悲しみ"]),
    ("cp932", ["アンガー/田中さん_テスト01.wav", "ハッピー/1.wav"]),
    ("euc-kr", ["분노", "기쁨", "중립", "슬픔"]),
    ("cp949", ["김철수_녹음1.wav", "행복/2.wav", "화남/3.wav"]),
    ("cp866", ["злость", "радость", "нейтрально", "грусть"]),
    ("cp1251", ["злость", "радость", "нейтрально", "грусть"]),
    ("cp866", ["ГНЕВ", "РАДОСТЬ", "ПЕЧАЛЬ"]),
    ("cp1251", ["Анна_страх.wav", "Гнев 01.wav"]),
    ("cp1251", ["гнів", "радість", "їжак", "смуток"]),
    ("cp1252", ["Colère", "Joie", "Neutre", "Dégoût"]),
    ("cp850", ["Wut", "Fröhlich", "Ärger", "Traurig"]),
    ("cp1252", ["Wut", "Fröhlich", "Ärger", "Traurig"]),
    ("cp850", ["emoções", "não"]),
    ("utf-8", ["Colère", "悲伤", "злость"]),
]


@pytest.mark.parametrize(("codec", "names"), NAMES, ids=[f"{codec}-{names[0]}" for codec, names in NAMES])
def test_names_in_the_code_page_of_a_country(folder, codec, names):
    list(unpack(raw_zip(folder, [name.encode(codec) for name in names]), folder / "into"))
    assert unpacked(folder) == dict.fromkeys(names, b"sound")


@pytest.mark.parametrize(("codec", "name"), [("gbk", "愤怒_高兴"), ("cp932", "怒り_喜び"), ("latin-1", "Fröhlich")])
def test_names_in_a_tar_that_are_not_utf8(folder, codec, name):
    raw = name.encode(codec).decode("utf-8", "surrogateescape")
    with tarfile.open(folder / "archive", "w:gz", format=tarfile.GNU_FORMAT, encoding="utf-8") as archive_file:
        for file in ("plain", raw):
            info = tarfile.TarInfo(f"{file}.wav")
            info.size = 1
            archive_file.addfile(info, io.BytesIO(b"x"))
    list(unpack(folder / "archive", folder / "into"))
    assert unpacked(folder) == {"plain.wav": b"x", f"{name}.wav": b"x"}


def test_the_unicode_path_field_says_the_name(folder):
    names = [*CHINESE, "Спокойствие"]
    list(unpack(raw_zip(folder, [f"{n}?".encode() for n in range(5)], names), folder / "into"))
    assert unpacked(folder) == dict.fromkeys(names, b"sound")


@pytest.mark.parametrize(
    "field", [b"", b"\1", struct.pack("<BI", 1, 7) + b"of another name", struct.pack("<BI", 2, 7) + b"x"]
)
def test_a_unicode_path_field_that_is_not_of_this_name_is_ignored(folder, field):
    list(unpack(raw_zip(folder, [b"right.wav"], [field]), folder / "into"))
    assert unpacked(folder) == {"right.wav": b"sound"}


def test_the_unicode_path_field_leads_nowhere_else(folder):
    assert "outside its folder" in refused(raw_zip(folder, [b"fine.wav"], ["../out"]))


@pytest.mark.parametrize("name", ["rec 12:05:05.wav", "12:05/a.wav", "Re: test.wav", "1:2", "anna/b:c.wav"])
@pytest.mark.parametrize("make", [a_zip, a_tar], ids=["zip", "tar"])
def test_a_colon_is_no_drive_letter(folder, make, name):
    list(unpack(make(folder, [(name, b"x")]), folder / "into"))
    assert unpacked(folder) == {name: b"x"}


@pytest.mark.parametrize(
    ("method", "says"),
    [
        (9, "'a.wav' is compressed with method 9 (Deflate64), which cannot be read"),
        (93, "method 93 (Zstandard)"),
        (98, "method 98 (PPMd)"),
        (77, "method 77, which"),
        (99, "a file in it has a password"),
    ],
)
def test_another_method_of_compression_is_named(folder, method, says):
    assert says in refused(raw_zip(folder, [b"a.wav"], method=method))
