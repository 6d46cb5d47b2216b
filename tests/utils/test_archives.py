"""Valid archives are unpacked unchanged; others are refused in one sentence, and nothing is written outside."""

import io
import stat
import struct
import tarfile
import zipfile
import zlib

import pytest

from xser_demo.utils.archives import Limits, unpack
from xser_demo.utils.errors import CorpusError

GOOD = {"wav/03a01Fa.wav": b"one", "wav/deep/er/ا ب.wav": b"two", "README": b""}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "into").mkdir()
    return tmp_path


def a_zip(folder, files, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(folder / "archive", "w", compression) as archive_file:
        for name, content in files:
            archive_file.writestr(name, content)
    return folder / "archive"


def a_tar(folder, members, files=()):
    with tarfile.open(folder / "archive", "w:gz") as archive_file:
        for info in members:
            archive_file.addfile(info)
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive_file.addfile(info, io.BytesIO(content))
    return folder / "archive"


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def unpacked(folder):
    return {
        file.relative_to(folder / "into").as_posix(): file.read_bytes()
        for file in (folder / "into").rglob("*")
        if file.is_file()
    }


def refused(archive, **limits) -> str:
    folder = archive.parent
    with pytest.raises(CorpusError) as caught:
        list(unpack(archive, folder / "into", Limits(**limits)))
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 200
    assert sorted(path.name for path in folder.iterdir()) == ["archive", "into"]  # nothing beside the folder
    assert not any(path.is_symlink() for path in (folder / "into").rglob("*"))
    return sentence


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip(folder, compression):
    done = list(unpack(a_zip(folder, [("wav/", ""), *GOOD.items()], compression), folder / "into"))
    assert unpacked(folder) == GOOD and done == [3, 6]


def test_tar(folder):
    folders = [special(name, tarfile.DIRTYPE) for name in (".", "./wav")]
    list(unpack(a_tar(folder, folders, GOOD.items()), folder / "into"))
    assert unpacked(folder) == GOOD


def test_an_archive_in_the_archive_stays_packed(folder):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive_file:
        archive_file.writestr("../out", "x")
    list(unpack(a_zip(folder, [("inner.zip", inner.getvalue())]), folder / "into"))
    assert unpacked(folder) == {"inner.zip": inner.getvalue()}


@pytest.mark.parametrize(
    "name",
    [
        "../out",
        "wav/../../out",
        "/tmp/out",
        "//host/out",
        "..\\out",
        "\\out",
        "C:\\out",
        "C:out",
        "a/../../../out",
        "..",
    ],
)
@pytest.mark.parametrize("make", [a_zip, lambda folder, files: a_tar(folder, [], files)], ids=["zip", "tar"])
def test_names_that_lead_out_of_the_folder(folder, make, name):
    assert "outside its folder" in refused(make(folder, [("fine", b"x"), (name, b"x")]))


@pytest.mark.parametrize("name", ["../out/", "/tmp/out/"])
def test_folders_that_lead_out_of_the_folder(folder, name):
    assert "outside its folder" in refused(a_zip(folder, [(name, "")]))
    assert "outside its folder" in refused(a_tar(folder, [special(name, tarfile.DIRTYPE)]))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_a_link_or_device_in_a_zip(folder, kind):
    info = zipfile.ZipInfo("link")
    info.external_attr = (kind | 0o777) << 16
    assert "link or a device" in refused(a_zip(folder, [(info, "/etc/passwd"), ("link/x", "x")]))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_a_link_or_device_in_a_tar(folder, kind):
    assert "link or a device" in refused(a_tar(folder, [special("a", kind, "/etc/passwd")], [("a/x", b"x")]))


@pytest.mark.parametrize("make", [a_zip, lambda folder, files: a_tar(folder, [], files)], ids=["zip", "tar"])
def test_a_bomb(folder, make):
    archive = make(folder, [(f"{n}.wav", bytes(1 << 20)) for n in range(30)])
    assert archive.stat().st_size < 100_000
    sentence = refused(archive, free=1 << 20)
    assert "unpacks to more than" in sentence
    assert sum(map(len, unpacked(folder).values())) < 8 << 20


def test_more_than_the_limits(folder):
    archive = a_zip(folder, [(f"{n}.wav", b"0123456789") for n in range(20)])
    assert "more than 19 files" in refused(archive, files=19)
    for file in (folder / "into").iterdir():
        file.unlink()
    assert "unpacks to more than" in refused(archive, total=199)


def test_a_tar_header_of_any_length_is_not_read_at_once(folder):
    long = special("x", tarfile.GNUTYPE_LONGNAME)
    long.size = 1 << 34
    with open(folder / "archive", "wb") as out, tarfile.open(fileobj=out, mode="w:gz") as archive_file:
        archive_file.fileobj.write(long.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    assert "unpack" in refused(folder / "archive")


def test_a_password(folder):
    archive = a_zip(folder, [("a.wav", b"x" * 100)])
    data = bytearray(archive.read_bytes())
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + flags] |= 1  # "encrypted"
    archive.write_bytes(data)
    assert "password" in refused(archive)


def test_a_part_of_a_split_archive(folder):
    archive = a_zip(folder, [("a.wav", b"x" * 100)])
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\1\2") + 34] = 1  # the file begins on the second disk
    archive.write_bytes(data)
    assert "split" in refused(archive)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_the_same_name(folder):
    assert "same name" in refused(a_zip(folder, [("a.wav", b"1"), ("a.wav", b"2")]))


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a")])
def test_a_file_that_is_also_a_folder(folder, names):
    assert "same name" in refused(a_zip(folder, [(name, b"x") for name in names]))


def test_a_name_that_the_disk_refuses(folder):
    assert "cannot be used here" in refused(a_zip(folder, [("x" * 5000, b"x")]))


@pytest.mark.parametrize("make", [a_zip, lambda folder, files: a_tar(folder, [], files)], ids=["zip", "tar"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
def test_a_truncated_archive(folder, make, share):
    archive = make(folder, [(f"{n}.wav", bytes(range(256)) * n) for n in range(40)])
    archive.write_bytes(archive.read_bytes()[: int(share * archive.stat().st_size)])
    assert "damaged" in refused(archive)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_altered_byte(folder, compression):
    archive = a_zip(folder, [("a.wav", bytes(range(256)) * 8)], compression)
    data = bytearray(archive.read_bytes())
    data[80] ^= 0xFF
    archive.write_bytes(data)
    assert "damaged" in refused(archive)


@pytest.mark.parametrize(
    "content", [b"", b"<html>no archive</html>", b"PK", b"\x1f\x8b", b"Rar!\x1a\x07\x01\x00", b"7z\xbc\xaf\x27\x1c"]
)
def test_no_archive(folder, content):
    (folder / "archive").write_bytes(content)
    assert "archive" in refused(folder / "archive")


# --- names and methods of other systems ------------------------------------------------------------------------------


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
@pytest.mark.parametrize("make", [a_zip, lambda folder, files: a_tar(folder, [], files)], ids=["zip", "tar"])
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
