"""Corpora from their owners: where each is handed out, and getting those that lie there as an archive.

download -> checksum of the archive, where one is known -> unpack -> ``check`` against the official list of recordings
-> moved to its place in one step. Only the download may be left half done, in ``<folder>/.fetching``.
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
from xser_demo.utils.http import EVERY_S, download, length, megabytes, on_disk
from xser_demo.utils.progress import Step

WORK = ".fetching"  # folder beside the corpora; no corpus is looked for in it


@dataclass(frozen=True)
class Archive:
    """``size`` (bytes) and ``md5`` only where they are certain; what is in it is compared with the official list."""

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
    """What is said before anything is downloaded. Sizes in bytes, None where nobody says."""

    key: str
    name: str
    address: str
    size: int | None
    unpacked: int | None  # all recordings of the official list
    licence: str
    terms: str

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """(what, text) in the order in which they are read."""
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
    """Its archive; CorpusError that says how else it is had."""
    known = corpus(key)
    if key not in ARCHIVES:
        raise CorpusError(f"{known.name} cannot be downloaded from here. {BY_HAND.get(key, PAGE)}: {known.url}")
    return ARCHIVES[key]


def offer(key: str) -> Offer:
    """Asks the owners' server for the size where it is not known; that is the only word to it before a yes."""
    known, archive = corpus(key), direct(key)
    size = archive.size or length(archive.url)
    return Offer(key, known.name, archive.url, size, verify.official_bytes(key), known.licence, known.terms)


def here(key: str, folder: Path | None) -> Path | None:
    """Where the corpus lies already, if it does."""
    with contextlib.suppress(CorpusError):
        return find(key, folder)
    return None


def fetch(key: str, folder: Path) -> Iterator[Step | Fetched]:
    """Steps, several a second while data flows, and at the end where it lies: ``<folder>/<key>``. One at a time in a
    folder. Closing the generator stops it and keeps what was downloaded. CorpusError says what went wrong."""
    known, archive = corpus(key), direct(key)
    try:
        (folder / WORK).mkdir(parents=True, exist_ok=True)
        # Not bound to a thread: a page runs each step of a generator in whichever thread is free.
        with FileLock(folder / WORK / "lock", thread_local=False).acquire(timeout=0):
            if found := here(key, folder):
                raise CorpusError(f"{known.name} is in {found} already.")
            if (folder / key).exists():
                raise CorpusError(f"{folder / key} is there already but is not {known.name}; move it away first.")
            yield from _fetch(key, archive, folder)
    except Timeout as error:
        raise CorpusError("Another corpus is being fetched just now; try again when it is here.") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CorpusError(f"The disk that holds {folder} is full; make room and try again.") from error
        raise CorpusError(f"{folder} cannot be written to ({error.strerror}); choose another folder.") from error


def kept(key: str, folder: Path) -> str:
    """What is said when somebody stops it."""
    came = on_disk(_partial(key, folder))
    if not came:
        return "Stopped. Nothing was kept."
    return f"Stopped. {megabytes(came)} have come and are kept; the next time it goes on from there."


def _partial(key: str, folder: Path) -> Path:
    return folder / WORK / f"{key}.partial"


def _fetch(key: str, archive: Archive, folder: Path) -> Iterator[Step | Fetched]:
    name, partial, fresh = corpus(key).name, _partial(key, folder), folder / WORK / "unpacked"
    shutil.rmtree(fresh, ignore_errors=True)  # of a process that was killed
    yield Step(f"Asking {urlsplit(archive.url).hostname} for {name}.")
    for done, total in download(archive.url, partial, archive.size):
        yield _measured(f"Downloading {name}", done, total)
    try:
        if archive.md5:
            yield Step("Comparing the archive's checksum.")
            _same(partial, archive.md5, name)
        (fresh / key).mkdir(parents=True)
        whole, told = verify.official_bytes(key), time.monotonic()
        for done in unpack(partial, fresh / key):
            if time.monotonic() > told + EVERY_S:
                told = time.monotonic()
                yield _measured(f"Unpacking {name}", done, whole)
        yield Step(f"Comparing the {corpus(key).clips:,} recordings of {name} with the official list.")
        verdict = _recognised(key, fresh)
        (fresh / key).replace(folder / key)
        partial.unlink()
        yield Fetched(key, folder / key, verdict)
    except CorpusError:
        partial.unlink(missing_ok=True)  # the same archive again would be refused again
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _measured(what: str, done: int, total: int | None) -> Step:
    if not total:
        return Step(f"{what}: {megabytes(done)}.")
    done = min(done, total)  # an archive may hold more than the recordings
    share = done / total
    return Step(f"{what}: {megabytes(done)} of {megabytes(total)}, {100 * share:.0f}%.", share)


def _same(file: Path, md5: str, name: str) -> None:
    if checksum(file, "md5") != md5:
        raise CorpusError(f"The archive of {name} is not the one of its owners: its checksum differs. It was deleted.")


def _recognised(key: str, folder: Path) -> str:
    """The verdict on a whole, unaltered copy; CorpusError for any other."""
    name = corpus(key).name
    if not here(key, folder):
        raise CorpusError(f"The archive holds no recording of {name}; it was deleted.")
    if (folder / key / MANIFEST).exists():
        raise CorpusError(f"The archive brings a table of labels, which {name} does not have; it was deleted.")
    report = verify.check(key, folder)
    if not report.complete or report.duplicates:
        raise CorpusError(f"The archive differs from the list of official recordings; it was deleted. {report.verdict}")
    if report.compared < report.found:
        raise CorpusError(f"The archive holds converted recordings of {name}, not its owners'; it was deleted.")
    return report.verdict
