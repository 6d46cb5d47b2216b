"""Valid archives are unpacked unchanged; others are refused in one sentence, and nothing is written outside."""

import io
import stat
import tarfile
import zipfile

import pytest
from uploads import a_zip

from xser_demo.utils.archives import Limits, unpack
from xser_demo.utils.errors import CorpusError

GOOD = {"wav/03a01Fa.wav": b"one", "wav/deep/er/ا ب.wav": b"two", "README": b""}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "into").mkdir()
    return tmp_path


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
    assert sorted(path.name for path in folder.iterdir()) == sorted([archive.name, "into"])  # nothing beside the folder
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
    assert "outside its folder" in refused(a_zip(folder, [(name, "")], name="archive"))
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
