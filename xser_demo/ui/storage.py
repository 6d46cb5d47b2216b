"""Private folders for the recordings of a visit.

Each folder belongs to this user only (mode 0700), lies below one root, and is named after the process and the visit. It
is deleted by the visitor, two minutes after the page closes, after 30 idle minutes, or at the next start after a crash.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from weakref import WeakValueDictionary

from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.file_list import kind
from xser_demo.corpora.custom.recordings import Brought, Choices, FolderScan
from xser_demo.data.encode import utterance
from xser_demo.data.packs import Pack
from xser_demo.experiments.quick_look import QuickLook
from xser_demo.experiments.user_labels import Labels
from xser_demo.utils import files
from xser_demo.utils.errors import CorpusError

ROOT, CACHE = "xser-visits", "xser-served"  # in the folder for temporary files; the second with the user's number
IDLE_S = 1800  # seconds without use
MAX_NAME_BYTES = 200

# Weak references, so that leaving can delete what a visit still has.
_of_visit: "WeakValueDictionary[str, UserRecordings]" = WeakValueDictionary()


@dataclass(eq=False)
class UserRecordings:
    """The recordings that a visitor brought. ``packs``: by feature, once encoded."""

    folder: Path
    scan: FolderScan
    packs: dict[str, Pack] = field(default_factory=dict)
    target: str = "folder:DIR"  # what the command line would call them
    labels: Labels | None = None  # that the visitor gave a few clips
    look: QuickLook | None = None  # while and after they are encoded

    @property
    def there(self) -> bool:
        return self.folder.is_dir()

    @property
    def ready(self) -> bool:
        """Whether a model can be adapted to them."""
        return bool(self.packs)

    @property
    def brought(self) -> Brought:
        return Brought(self.target, self.scan)

    def touch(self) -> None:
        """Mark as used: the idle time starts again."""
        with contextlib.suppress(OSError):
            os.utime(self.folder)

    def mean(self, meanings: dict[str, str]) -> None:
        """Set the emotion of each unknown word ("" for none); encoded packs are relabelled."""
        self.scan = self.scan.mapped(meanings)
        self._relabel()

    def understand(self, choices: Choices) -> bool:
        """Read speakers and labels in another way; meanings of words stay. Packs stay too, unless other clips are used,
        which is the answer. SettingsError when it is not possible."""
        meanings = {row.word: row.emotion for row in self.scan.rows if row.word in self.scan.settled}
        before = self._paths()
        self.scan = ingest.understood(self.folder, choices, self.scan).mapped(meanings)
        others = self._paths() != before
        if others:
            self.packs.clear()
            self.labels = self.look = None
        self._relabel()
        return others

    def add(self, feature: str, pack: Pack) -> bool:
        """Keep a pack that was encoded, with speakers and labels as they are read by now. False, and not kept, where
        other clips are used by now."""
        if {clip.path for clip in pack.utterances} - self._paths():
            return False
        self.packs[feature] = pack
        self._relabel()
        return True

    def _paths(self) -> set[str]:
        return {row.path for row in self.scan.rows}

    def _relabel(self) -> None:
        rows = {row.path: row for row in self.scan.rows}
        self.packs = {
            feature: replace(
                pack,
                utterances=[utterance(rows[clip.path]) for clip in pack.utterances],
                card=pack.card | {"understood": asdict(self.scan.used)},
            )
            for feature, pack in self.packs.items()
        }

    def delete(self) -> None:
        self.packs.clear()
        self.labels = self.look = None
        delete(self.folder)


def place() -> Path:
    return Path(tempfile.gettempdir()) / ROOT


def root() -> Path:
    """The root folder, created when missing. CorpusError when it belongs to another user, who could read it."""
    return _private(place())


def fresh(visit: str) -> Path:
    """A new empty folder for a visit."""
    with _storing():
        return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-{_tag(visit)}-", dir=root()))


@dataclass(frozen=True)
class Upload:
    """A file in Gradio's cache and its private copy. ``known``: inode and time of the cached file when copied."""

    at: Path
    to: Path
    known: tuple[int, int]


def take(sent: Iterable[tuple[Path, str]], cache: Path, inbox: Path) -> list[Upload]:
    """Link uploaded files into the empty folder ``inbox``. ``sent``: (path in Gradio's ``cache``, name on the visitor's
    computer). Only files inside the cache are taken; missing ones stay in the list."""
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


def name(taken: list[Upload]) -> str:
    """What the command line would call an upload: a zip by its name; of single files it is not known where they are."""
    first, *others = (file.to for file in taken)
    return UserRecordings.target if others or kind(first) != "archive" else f"zip:{first.name}"


def forget(taken: Iterable[Upload]) -> None:
    """Delete the cached originals. Visitors who send the same file share one cached copy: one that was sent again
    meanwhile stays."""
    for one in taken:
        with contextlib.suppress(OSError):
            if one.known == _stamp(one.at):
                one.at.unlink()
                one.at.parent.rmdir()


def keep(visit: str, folder: Path, scan: FolderScan, target: str = UserRecordings.target) -> UserRecordings:
    """Register the recordings of a visit; they replace earlier ones. ``target``: what the command line calls them."""
    if before := _of_visit.pop(visit, None):
        before.delete()
    made = _of_visit[visit] = UserRecordings(folder, scan, target=target)
    made.touch()
    return made


def leave(visit: str) -> None:
    """Delete everything of a visit."""
    if left := _of_visit.pop(visit, None):
        left.delete()
    for folder in root().glob(f"{os.getpid()}-{_tag(visit)}-*"):
        delete(folder)


def move(before: str, after: str) -> None:
    """Hand the recordings of one visit to another; the rest of the first is deleted."""
    kept = _of_visit.pop(before, None)
    if kept:
        _of_visit[after] = kept
    for folder in root().glob(f"{os.getpid()}-{_tag(before)}-*"):
        if kept is None or folder != kept.folder:
            delete(folder)


def delete(folder: Path) -> None:
    """Delete a folder that ``fresh`` made; any other is left alone."""
    if folder.parent == root():
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Delete folders of ended processes and folders that were idle for 30 minutes."""
    for folder in root().iterdir():
        with contextlib.suppress(OSError):  # another process deleted it first
            idle = time.time() - folder.lstat().st_mtime
            if idle > IDLE_S or not _alive(folder.name.partition("-")[0]):
                delete(folder)


def touch_all() -> None:
    """Mark all folders as used."""
    for folder in root().iterdir():
        with contextlib.suppress(OSError):
            os.utime(folder)


def cache() -> Path:
    """A new folder for the files that Gradio serves in this process. Folders of killed processes are deleted here."""
    path = _private(Path(tempfile.gettempdir()) / f"{CACHE}-{os.getuid() if hasattr(os, 'getuid') else 0}")
    with _storing():
        for one in path.iterdir():
            if not _alive(one.name.partition("-")[0]):
                shutil.rmtree(one, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=path))


def _private(path: Path) -> Path:
    """A folder of this user, created when missing; CorpusError when it belongs to another user."""
    with _storing():
        try:
            return files.private_folder(path)
        except FileExistsError as error:
            raise CorpusError(
                "Recordings cannot be stored here in private: their folder belongs to another user."
            ) from error


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
    """A hash of the visit's name, which the browser chose and which must not become part of a path."""
    return hashlib.sha256(visit.encode("utf-8", "replace")).hexdigest()[:16]


def _plain(name: str) -> str:
    """A file name without folders; a long one is cut in the middle, so that its extension stays."""
    name = PurePosixPath(name.replace("\\", "/")).name.replace("\0", "") or "file"
    while len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
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
