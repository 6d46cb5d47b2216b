"""Weights of the bigger encoders: downloaded on request, kept in one folder, verified at every load.

If the SHA-256 of a file is known (registry.py), only that file is accepted. Otherwise the first file is trusted: its
checksum is written beside it, and a file that has changed since is refused. This protects against damage and later
replacement, not against a wrong first file.
"""

import errno
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit

from filelock import FileLock, Timeout

from xser_demo.features.encoders.registry import Encoder
from xser_demo.utils import files, settings
from xser_demo.utils.errors import CorpusError, ModelError
from xser_demo.utils.files import sha256
from xser_demo.utils.http import download, megabytes
from xser_demo.utils.progress import Step

TORCHAUDIO = "https://download.pytorch.org/torchaudio/models/"
TOLERANCE = 1.25  # a file of uncertain size may be larger by this factor


def address(encoder: Encoder) -> str:
    return urljoin(TORCHAUDIO, encoder.file)


def place(encoder: Encoder) -> Path:
    """Path of the file, whether it exists or not; without a network it can be put there by hand."""
    return settings.ENCODERS / (encoder.id + PurePosixPath(urlsplit(address(encoder)).path).suffix)


def here(encoder: Encoder) -> bool:
    return place(encoder).is_file()


def fetch(encoder: Encoder) -> Iterator[Step]:
    """Download the file unless it is here; yields steps, several a second. Closing the generator keeps the received
    bytes, and the next call continues from there. ModelError when it fails; then no file has the final name."""
    path = place(encoder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / "lock", thread_local=False).acquire(timeout=0):
            if path.is_file():
                checked(encoder)
            else:
                yield from _fetch(encoder, path)
    except Timeout as error:
        raise ModelError("Weights are being downloaded; try again when that is finished.") from error
    except CorpusError as error:  # raised by the download
        raise ModelError(str(error)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ModelError(f"The disk that holds {path.parent} is full; free some space and try again.") from error
        raise ModelError(f"{path.parent} cannot be written to ({error.strerror}); set XSER_ENCODERS.") from error


def _fetch(encoder: Encoder, path: Path) -> Iterator[Step]:
    partial = path.with_name(path.name + ".partial")
    exact = encoder.size if encoder.sha256 else None
    for done, total in download(address(encoder), partial, exact, round(TOLERANCE * encoder.size)):
        total = total or encoder.size
        yield Step(f"Downloading {encoder.title}: {megabytes(done)} of {megabytes(total)}.", min(1.0, done / total))
    yield Step("Computing the checksum.")
    digest = sha256(partial)
    if encoder.sha256 not in (None, digest):
        partial.unlink()
        raise ModelError(f"The file for {encoder.title} is another file (its checksum differs); it was deleted.")
    files.atomic_write(_checksum_file(path), digest.encode())  # first, so that a file with the final name has one
    partial.replace(path)


def checked(encoder: Encoder) -> tuple[Path, str]:
    """The file and its SHA-256; ModelError when it is missing or not the expected one."""
    path = place(encoder)
    if not path.is_file():
        raise ModelError(
            f"The weights of {encoder.title} are not here; download them ({megabytes(encoder.size)}) with: "
            f"xser encoders get {encoder.id}"
        )
    digest, note = sha256(path), _checksum_file(path)
    expected = encoder.sha256 or (note.read_text(encoding="utf-8").strip() if note.is_file() else None)
    if expected is None:
        try:
            files.atomic_write(note, digest.encode())
        except OSError as error:
            raise ModelError(f"{note} cannot be written ({error.strerror}); set XSER_ENCODERS.") from error
    elif digest != expected:
        raise ModelError(
            f"The weights of {encoder.title} are not the expected file (the checksum of {path.name} "
            f"differs); delete it and {note.name} in {path.parent} and get them again."
        )
    return path, digest


def _checksum_file(path: Path) -> Path:
    """Holds the checksum that the file had after its download."""
    return path.with_name(path.name + ".sha256")
