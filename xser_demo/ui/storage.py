"""A visitor's own corpus, and the private folders where its recordings lie until the visit ends.

Every folder is this user's alone (mode 0700), below one root, and named after the process and the visit. It goes when
it is deleted, two minutes after the visitor left, after half an hour without use, or with the next start after a crash.
Knows nothing of Gradio.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from weakref import WeakValueDictionary

from xser_demo.corpora.custom.scan import FolderScan
from xser_demo.data.encode import utterance
from xser_demo.data.packs import Pack
from xser_demo.utils.errors import CorpusError

ROOT, CACHE = "xser-visits", "xser-served"  # in the folder for temporary files; the second with the user's number
IDLE_S = 1800  # seconds without use
LONGEST_NAME = 200  # bytes

# Holds nothing: only so that leaving can delete.
_of_visit: "WeakValueDictionary[str, UserRecordings]" = WeakValueDictionary()


@dataclass(eq=False)
class UserRecordings:
    """``packs`` by feature, once they are encoded."""

    folder: Path
    scan: FolderScan
    packs: dict[str, Pack] = field(default_factory=dict)

    @property
    def there(self) -> bool:
        return self.folder.is_dir()

    @property
    def ready(self) -> bool:
        """Whether it can be adapted to."""
        return bool(self.packs)

    def touch(self) -> None:
        """It is used: the half hour begins again."""
        with contextlib.suppress(OSError):
            os.utime(self.folder)

    def mean(self, meanings: dict[str, str]) -> None:
        """Emotions that the visitor gives to words, "" for none of them; packs that are there follow."""
        self.scan = self.scan.mapped(meanings)
        rows = {row.path: row for row in self.scan.rows}
        self.packs = {
            feature: replace(pack, utterances=[utterance(rows[clip.path]) for clip in pack.utterances])
            for feature, pack in self.packs.items()
        }

    def delete(self) -> None:
        self.packs.clear()
        delete(self.folder)


def place() -> Path:
    return Path(tempfile.gettempdir()) / ROOT


def root() -> Path:
    """Made when it is missing. CorpusError when it is somebody else's, who could then read what is put there."""
    return _private(place())


def fresh(visit: str) -> Path:
    """A new empty folder of a visit."""
    with _storing():
        return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-{_tag(visit)}-", dir=root()))


@dataclass(frozen=True)
class Upload:
    """A file in the page's cache, and where it lies in private. ``known``: what tells whether it is still the same."""

    at: Path
    to: Path
    known: tuple[int, int]


def take(sent: Iterable[tuple[Path, str]], cache: Path, inbox: Path) -> list[Upload]:
    """Put what was uploaded, (path in the page's ``cache``, name that the visitor's computer gave), into the empty
    folder ``inbox``. Only files of the cache are taken; what is not there any more is in the list all the same."""
    taken = []
    for number, (at, name) in enumerate(dict(sent).items()):
        to, known = inbox / str(number) / _plain(name or at.name), (0, 0)
        if not at.is_symlink() and at.is_file() and at.resolve().parent.parent == cache.resolve():
            with _storing():
                to.parent.mkdir()
                known = _stamp(at)
                try:
                    os.link(at, to)
                except OSError:  # another disk
                    shutil.copyfile(at, to)
        taken.append(Upload(at, to, known))
    return taken


def forget(taken: Iterable[Upload]) -> None:
    """Delete the cache's copies. Whoever sends the same file at the same time gets the same place in the cache: one
    that has been sent again since is left to them."""
    for one in taken:
        with contextlib.suppress(OSError):
            if one.known == _stamp(one.at):
                one.at.unlink()
                one.at.parent.rmdir()


def keep(visit: str, folder: Path, survey: FolderScan) -> UserRecordings:
    """The corpus of a visit, which replaces the one before."""
    if before := _of_visit.pop(visit, None):
        before.delete()
    made = _of_visit[visit] = UserRecordings(folder, survey)
    made.touch()
    return made


def leave(visit: str) -> None:
    """Delete all that a visit has here."""
    if left := _of_visit.pop(visit, None):
        left.delete()
    for folder in root().glob(f"{os.getpid()}-{_tag(visit)}-*"):
        delete(folder)


def move(before: str, after: str) -> None:
    """The corpus of one visit becomes another's; what else the first had goes."""
    kept = _of_visit.pop(before, None)
    if kept:
        _of_visit[after] = kept
    for folder in root().glob(f"{os.getpid()}-{_tag(before)}-*"):
        if kept is None or folder != kept.folder:
            delete(folder)


def delete(folder: Path) -> None:
    """A folder that ``fresh`` made; any other is left alone."""
    if folder.parent == root():
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Delete what nobody uses: folders of processes that have ended, and those without use for half an hour."""
    for folder in root().iterdir():
        with contextlib.suppress(OSError):  # another process was faster
            idle = time.time() - folder.lstat().st_mtime
            if idle > IDLE_S or not _alive(folder.name.partition("-")[0]):
                delete(folder)


def touch_all() -> None:
    """All folders are as if just used."""
    for folder in root().iterdir():
        with contextlib.suppress(OSError):
            os.utime(folder)


def cache() -> Path:
    """A new folder for what Gradio serves of this process's visits, and no other process's: one that was killed cannot
    tidy up, so whoever starts next deletes what it left."""
    path = _private(Path(tempfile.gettempdir()) / f"{CACHE}-{os.getuid() if hasattr(os, 'getuid') else 0}")
    with _storing():
        for one in path.iterdir():
            if not _alive(one.name.partition("-")[0]):
                shutil.rmtree(one, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=path))


def _private(path: Path) -> Path:
    """This user's folder, made when it is missing; CorpusError when it is somebody else's."""
    with _storing():
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
    if hasattr(os, "getuid") and (not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid()):
        raise CorpusError("Recordings cannot be stored here in private: their folder belongs to another user.")
    path.chmod(0o700)
    return path


@contextlib.contextmanager
def _storing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CorpusError(f"Nothing can be stored on the computer that serves this page ({error.strerror}).") from error


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_ino, found.st_mtime_ns


def _tag(visit: str) -> str:
    """A browser names its visit; that name must not become part of a path."""
    return hashlib.sha256(visit.encode("utf-8", "replace")).hexdigest()[:16]


def _plain(name: str) -> str:
    """A file name without a way to elsewhere; its ending stays when it is too long."""
    name = PurePosixPath(name.replace("\\", "/")).name.replace("\0", "") or "file"
    while len(name.encode("utf-8", "replace")) > LONGEST_NAME:
        middle = len(name) // 2
        name = name[: middle - 1] + name[middle:]
    return "file" if name in (".", "..") else name


def _alive(process: str) -> bool:
    if not process.isdecimal() or os.name != "posix":  # elsewhere asking could end it
        return process.isdecimal()
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
