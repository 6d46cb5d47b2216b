"""Weights of the bigger encoders: fetched when somebody asks, kept in one folder, compared at every load.

Where the file's SHA-256 is known (registry.py) only that file is taken. Where it is not, the first one is
trusted: its checksum is written beside it, and a file that has changed since is refused. That guards against damage and
later exchange, not against a first file that is wrong.
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
ROOM = 1.25  # a file whose size is not certain may be that much larger than is thought


def address(encoder: Encoder) -> str:
    return urljoin(TORCHAUDIO, encoder.file)


def place(encoder: Encoder) -> Path:
    """Where the file lies, or will; somebody without a network may put it there by hand."""
    return settings.ENCODERS / (encoder.id + PurePosixPath(urlsplit(address(encoder)).path).suffix)


def here(encoder: Encoder) -> bool:
    return place(encoder).is_file()


def fetch(encoder: Encoder) -> Iterator[Step]:
    """Download the file unless it is here; steps, several a second. Closing the generator keeps what has come, and the
    next call goes on from there. ModelError in one sentence, and then no file has the final name."""
    path = place(encoder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / "lock", thread_local=False).acquire(timeout=0):
            if path.is_file():
                checked(encoder)
            else:
                yield from _fetch(encoder, path)
    except Timeout as error:
        raise ModelError("Weights are being fetched just now; try again when they are here.") from error
    except CorpusError as error:  # of the download
        raise ModelError(str(error)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ModelError(f"The disk that holds {path.parent} is full; make room and try again.") from error
        raise ModelError(f"{path.parent} cannot be written to ({error.strerror}); set XSER_ENCODERS.") from error


def _fetch(encoder: Encoder, path: Path) -> Iterator[Step]:
    partial = path.with_name(path.name + ".partial")
    exact, most = (encoder.size, encoder.size) if encoder.sha256 else (None, round(ROOM * encoder.size))
    for done, total in download(address(encoder), partial, exact, most):
        of = total or encoder.size
        yield Step(f"Downloading {encoder.title}: {megabytes(done)} of {megabytes(of)}.", min(1.0, done / of))
    yield Step("Computing the checksum.")
    found = sha256(partial)
    if encoder.sha256 not in (None, found):
        partial.unlink()
        raise ModelError(f"What came for {encoder.title} is another file (its checksum differs); it was deleted.")
    files.atomic_write(_note(path), found.encode())  # first: a file with the final name has one whenever this is killed
    partial.replace(path)


def checked(encoder: Encoder) -> tuple[Path, str]:
    """The file and its SHA-256; ModelError when it is not here or not the one that it should be."""
    path = place(encoder)
    if not path.is_file():
        raise ModelError(
            f"The weights of {encoder.title} are not here; fetch them ({megabytes(encoder.size)}) with: "
            f"xser encoders get {encoder.id}"
        )
    found, note = sha256(path), _note(path)
    expected = encoder.sha256 or (note.read_text(encoding="utf-8").strip() if note.is_file() else None)
    if expected is None:
        try:
            files.atomic_write(note, found.encode())
        except OSError as error:
            raise ModelError(f"{note} cannot be written ({error.strerror}); set XSER_ENCODERS.") from error
    elif found != expected:
        raise ModelError(
            f"The weights of {encoder.title} are not the file that they should be (the checksum of {path.name} "
            f"differs); delete it and {note.name} in {path.parent} and get them again."
        )
    return path, found


def _note(path: Path) -> Path:
    """Holds the checksum that the file had when it came."""
    return path.with_name(path.name + ".sha256")
