"""Downloads corpora from their owners: where each is available, and fetching those that are available as an archive.

download -> checksum of the archive, if one is known -> unpack -> ``check`` against the official list of recordings
-> move to the final folder in one step. Only the download can remain incomplete, in ``<folder>/.fetching``.
"""

import contextlib
import errno
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from xser_demo.corpora import corpus, verify
from xser_demo.corpora.locate import find
from xser_demo.corpora.manifest import NAME as MANIFEST
from xser_demo.utils.archives import unpack
from xser_demo.utils.errors import CorpusError
from xser_demo.utils.files import checksum
from xser_demo.utils.http import INTERVAL_S, download, length, megabytes, on_disk
from xser_demo.utils.progress import Step

WORK = ".fetching"  # folder beside the corpora, not searched for corpora


@dataclass(frozen=True)
class Archive:
    """``size`` (bytes) and ``md5`` only if they are certain; the contents are compared with the official list."""

    url: str
    size: int | None = None
    md5: str | None = None


# Size and md5 of RAVDESS are those of its Zenodo record, confirmed by several public reports of a download.
ARCHIVES = {
    "emodb": Archive("http://emodb.bilderbar.info/download/download.zip"),
    "ravdess": Archive(
        "https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1",
        208_468_073,
        "bc696df654c87fed845eb13823edef8a",
    ),
    "urdu": Archive("https://github.com/siddiquelatif/URDU-Dataset/archive/refs/heads/master.zip"),
}
PAGE = "Its owners hand it out on their page, where a person has to choose it"
FORM = "Its owners hand it out to those who fill in their form"
BY_HAND = {
    "crema_d": "Its owners keep the recordings in Git LFS, which GitHub's archives leave out; clone it with git-lfs",
    "savee": "Its owners hand it out to those who register",
    "iemocap": FORM,
    "esd_en": FORM,
    "esd_zh": FORM,
    "casia": FORM,
}  # all others: PAGE


@dataclass(frozen=True)
class Offer:
    """What the user reads before anything is downloaded. Sizes in bytes, None if unknown."""

    key: str
    name: str
    address: str
    size: int | None
    unpacked: int | None  # total size of the official recordings
    licence: str
    terms: str

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """(title, text) in reading order."""
        packed = f"{megabytes(self.size)} to download" if self.size else "not said by the server"
        unpacked = f", {megabytes(self.unpacked)} unpacked" if self.unpacked else ""
        return (
            ("From", self.address),
            ("Size", packed + unpacked),
            ("Licence", self.licence),
            ("Terms", self.terms),
        )


@dataclass(frozen=True)
class Fetched:
    key: str
    folder: Path
    verdict: str  # of ``check``


def direct(key: str) -> Archive:
    """The archive of a corpus; CorpusError with the way to get it when there is none."""
    info = corpus(key)
    if key not in ARCHIVES:
        raise CorpusError(f"{info.name} cannot be downloaded from here. {BY_HAND.get(key, PAGE)}: {info.url}")
    return ARCHIVES[key]


def offer(key: str) -> Offer:
    """What a download of the corpus would bring. Asks the owners' server for the size if it is unknown, and for nothing
    else before the user agrees."""
    info, archive = corpus(key), direct(key)
    size = archive.size or length(archive.url)
    return Offer(key, info.name, archive.url, size, verify.official_bytes(key), info.licence, info.terms)


def here(key: str, folder: Path | None) -> Path | None:
    """Root folder of a corpus that is on this disk, else None."""
    with contextlib.suppress(CorpusError):
        return find(key, folder)
    return None


def fetch(key: str, folder: Path) -> Iterator[Step | Fetched]:
    """Download a corpus to ``<folder>/<key>``. Yields steps, several a second, and last the result. Only one download
    at a time in a folder. Closing the generator stops it and keeps the downloaded bytes. CorpusError when it fails."""
    info, archive = corpus(key), direct(key)
    try:
        (folder / WORK).mkdir(parents=True, exist_ok=True)
        # Not bound to a thread: the page runs each step of a generator in any free thread.
        with FileLock(folder / WORK / "lock", thread_local=False).acquire(timeout=0):
            if root := here(key, folder):
                raise CorpusError(f"{info.name} is in {root} already.")
            if (folder / key).exists():
                raise CorpusError(f"{folder / key} exists but is not {info.name}; move it away first.")
            yield from _fetch(key, archive, folder)
    except Timeout as error:
        raise CorpusError("Another corpus is being downloaded; try again when that is finished.") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CorpusError(f"The disk that holds {folder} is full; free some space and try again.") from error
        raise CorpusError(f"{folder} cannot be written to ({error.strerror}); choose another folder.") from error


def kept(key: str, folder: Path) -> str:
    """The message after a download was stopped: how much of it is kept."""
    received = on_disk(_partial(key, folder))
    if not received:
        return "Stopped. Nothing was kept."
    return f"Stopped. {megabytes(received)} were received and are kept; the next download continues from there."


def _partial(key: str, folder: Path) -> Path:
    return folder / WORK / f"{key}.partial"


def _fetch(key: str, archive: Archive, folder: Path) -> Iterator[Step | Fetched]:
    name, partial, unpacked = corpus(key).name, _partial(key, folder), folder / WORK / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)  # left by a process that was killed
    yield Step(f"Asking {urlsplit(archive.url).hostname} for {name}.")
    for done, total in download(archive.url, partial, archive.size):
        yield _progress(f"Downloading {name}", done, total)
    try:
        if archive.md5:
            yield Step("Comparing the archive's checksum.")
            _require_md5(partial, archive.md5, name)
        (unpacked / key).mkdir(parents=True)
        total, reported = verify.official_bytes(key), time.monotonic()
        for done in unpack(partial, unpacked / key):
            if time.monotonic() > reported + INTERVAL_S:
                reported = time.monotonic()
                yield _progress(f"Unpacking {name}", done, total)
        yield Step(f"Comparing the {corpus(key).clips:,} recordings of {name} with the official list.")
        verdict = _verified(key, unpacked)
        (unpacked / key).replace(folder / key)
        partial.unlink()
        yield Fetched(key, folder / key, verdict)
    except CorpusError:
        partial.unlink(missing_ok=True)  # the same archive would be refused again
        raise
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _progress(action: str, done: int, total: int | None) -> Step:
    if not total:
        return Step(f"{action}: {megabytes(done)}.")
    done = min(done, total)  # an archive may hold more than the recordings
    share = done / total
    return Step(f"{action}: {megabytes(done)} of {megabytes(total)}, {100 * share:.0f}%.", share)


def _require_md5(file: Path, md5: str, name: str) -> None:
    if checksum(file, "md5") != md5:
        raise CorpusError(f"The archive of {name} is not the one of its owners: its checksum differs. It was deleted.")


def _verified(key: str, folder: Path) -> str:
    """The verdict on a complete, unaltered copy; CorpusError for any other."""
    name = corpus(key).name
    if not here(key, folder):
        raise CorpusError(f"The archive holds no recording of {name}; it was deleted.")
    if (folder / key / MANIFEST).exists():
        raise CorpusError(f"The archive has a table of labels, which {name} does not have; it was deleted.")
    report = verify.check(key, folder)
    if not report.complete or report.duplicates:
        raise CorpusError(f"The archive differs from the list of official recordings; it was deleted. {report.verdict}")
    if report.compared < report.found:
        raise CorpusError(f"The archive holds converted recordings of {name}, not its owners'; it was deleted.")
    return report.verdict
