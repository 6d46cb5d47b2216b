"""Unpacks untrusted archives: .zip and .tar.gz, plain files and folders only, within limits.

Nothing is written outside the folder: an archive with names that lead out of it, links, devices or passwords is refused
as a whole. Bytes are counted as they are written, because an archive may state wrong sizes. Archives inside the archive
stay packed.
"""

import errno
import gzip
import io
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from xser_demo.utils.errors import CorpusError
from xser_demo.utils.file_names import decoder, readable, zip_names

BLOCK = 1 << 20  # bytes
MAX_LEVELS = 32  # of nested folders
MAX_DIRECTORY = 32 << 20  # bytes of a zip's list of files, which zipfile reads at once; 10,000 files need a few MB
DRIVE = re.compile(r"[A-Za-z]:")  # of Windows; "12:05" is a time
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
OTHER_METHODS = {
    1: "Shrink", 6: "Implode", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 96: "JPEG", 97: "WavPack", 98: "PPMd",
}  # fmt: skip
AES = 99
DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError,
    ValueError,
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    files: int = 50_000
    packed: int = 2 << 30  # bytes of the archive
    total: int = 2 << 30  # bytes, unpacked
    ratio: int = 60  # unpacked to packed; speech reaches 4, silence 20
    free: int = 16 << 20  # bytes to which the ratio does not apply


@dataclass(frozen=True)
class Member:
    """A file in an archive."""

    name: str  # as the archive has it
    stream: Callable[[], IO[bytes]]


def unpack(archive: Path, into: Path, limits: Limits = Limits()) -> Iterator[int]:
    """Write all files of the archive below the empty folder ``into``; yields the bytes written so far.

    CorpusError when it is not an archive, is damaged or breaks a rule; the caller then removes the files written so
    far.
    """
    if archive.stat().st_size > limits.packed:
        raise _refuse(f"it has more than {limits.packed >> 20:,} MB")
    max_bytes = min(limits.total, limits.free + limits.ratio * archive.stat().st_size)
    written = 0
    try:
        for number, member in enumerate(_members(archive, max_bytes, limits.files)):
            if number >= limits.files:
                raise _too_many(limits.files)
            file = into.joinpath(*safe(member.name))
            file.parent.mkdir(parents=True, exist_ok=True)
            with member.stream() as source, file.open("xb") as target:
                while block := source.read(BLOCK):
                    written += len(block)
                    if written > max_bytes:
                        raise _refuse(f"it unpacks to more than {max_bytes >> 20:,} MB")
                    target.write(block)
                    yield written
    except CorpusError:  # also a ValueError
        raise
    except DAMAGE as error:
        raise CorpusError(f"The archive is damaged and cannot be unpacked ({_brief(error)}).") from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise _refuse("it holds two files of the same name") from error
    except RuntimeError as error:  # raised by zipfile for a password
        raise _password() from error
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ):
            raise _refuse("a file in it has a name that cannot be used here") from error
        if error.errno is None:  # raised by bz2 for damage; errors of the disk have a number
            raise CorpusError(f"The archive is damaged and cannot be unpacked ({_brief(error)}).") from error
        raise


def safe(name: str) -> tuple[str, ...]:
    """Parts of a relative path that stays inside its folder; CorpusError for any other path."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name or DRIVE.match(path.parts[0]):
        raise _refuse(f"it has a file that would lie outside its folder ({name[:80]!r})")
    if len(path.parts) > MAX_LEVELS:
        raise _refuse(f"it holds more than {MAX_LEVELS} folders in each other")
    return path.parts


def _members(archive: Path, max_bytes: int, files: int) -> Iterator[Member]:
    with archive.open("rb") as file:
        start = file.read(4)
    if start[:2] == b"PK":
        return _zip(archive, files)
    if start[:2] == b"\x1f\x8b":
        return _tar(archive, max_bytes)
    raise CorpusError("The file is not a .zip or .tar.gz archive.")


def _zip(archive: Path, files: int) -> Iterator[Member]:
    with _LimitedFile(archive) as file, zipfile.ZipFile(file) as opened:
        entries = opened.infolist()
        if sum(not info.is_dir() for info in entries) > files:
            raise _too_many(files)
        if any(info.volume for info in entries):
            raise _refuse("it is one part of an archive that was split")
        for info, name in zip(entries, zip_names(entries), strict=True):
            _check_method(info.compress_type, name)
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refuse(f"it holds a link or a device ({name[:80]!r})")
            if info.is_dir():
                safe(name)
            else:
                yield Member(name, lambda info=info: opened.open(info))


class _LimitedFile(io.FileIO):
    """A zip file that refuses to read an implausibly long list of files."""

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY:
            raise _refuse("its list of files is too long")
        return super().read(size)


def _check_method(method: int, name: str) -> None:
    if method == AES:
        raise _password()
    if method not in METHODS:
        known = f" ({OTHER_METHODS[method]})" if method in OTHER_METHODS else ""
        raise _refuse(f"{name[:80]!r} is compressed with method {method}{known}, which cannot be read")


def _tar(archive: Path, max_bytes: int) -> Iterator[Member]:
    with (
        gzip.open(archive) as packed,
        tarfile.open(fileobj=_LimitedStream(packed, max_bytes), mode="r:", encoding="utf-8") as opened,
    ):
        decode = None
        for info in opened:
            name = info.name
            if name != readable(name):  # not UTF-8: the first such name decides, since a tar is read only once
                raw = name.encode("utf-8", "surrogateescape")
                decode = decode or decoder([raw])
                name = decode(raw)
            if info.isdir():
                if name not in (".", ""):
                    safe(name)
            elif info.isreg():
                yield Member(name, lambda info=info: opened.extractfile(info))
            else:
                raise _refuse(f"it holds a link or a device ({name[:80]!r})")


class _LimitedStream:
    """An unpacked tar stream with a limit, since tarfile reads headers of any length and skips files by unpacking."""

    def __init__(self, stream: IO[bytes], max_bytes: int):
        self.stream, self.max_bytes = stream, 2 * max_bytes + BLOCK  # with headers and padding

    def read(self, size: int) -> bytes:
        if size > BLOCK or self.stream.tell() > self.max_bytes:
            raise _refuse("it unpacks to more than it should")
        return self.stream.read(size)

    def seek(self, position: int) -> int:
        if position > self.max_bytes:
            raise _refuse("it unpacks to more than it should")
        return self.stream.seek(position)

    def tell(self) -> int:
        return self.stream.tell()


def _too_many(files: int) -> CorpusError:
    return _refuse(f"it holds more than {files:,} files")


def _password() -> CorpusError:
    return _refuse("a file in it has a password")


def _refuse(reason: str) -> CorpusError:
    return CorpusError(f"The archive was not unpacked: {reason}.")


def _brief(error: Exception) -> str:
    return (str(error) or type(error).__name__).rstrip(".")[:80]
