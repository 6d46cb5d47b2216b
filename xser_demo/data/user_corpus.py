"""A corpus of one's own for the command line: ``zip:FILE`` or ``folder:DIR``, from what lies there to features."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.scan import FolderScan, scan
from xser_demo.data.encode import encode
from xser_demo.data.packs import Pack
from xser_demo.utils.errors import CorpusError
from xser_demo.utils.progress import Step

KINDS = ("zip", "folder")


@dataclass(frozen=True)
class UserCorpus:
    survey: FolderScan
    pack: Pack


def is_own(target: str) -> bool:
    return target.partition(":")[0] in KINDS and ":" in target


def encode_user_corpus(target: str, feature: str, tell: Callable[[str], None] = lambda text: None) -> UserCorpus:
    """``tell`` hears of every step. A folder is read where it is, a zip unpacked to a place that is deleted afterwards.
    CorpusError says what is wrong with it."""
    kind, _, place = target.partition(":")
    path = Path(place).expanduser()
    there = path.is_dir() if kind == "folder" else path.is_file()
    if not place or not there:
        raise CorpusError(
            f"There is no {kind} {place or 'named'}; write --target {kind}:{'DIR' if kind == 'folder' else 'FILE'}."
        )
    with _laid_out(kind, path) as (folder, steps):
        found = _last(steps, tell)
        return UserCorpus(found, _last(encode(folder, found, feature), tell))


@contextmanager
def _laid_out(kind: str, path: Path):
    """Folder of the recordings, and what surveys it."""
    if kind == "folder":
        yield path, ingest.decode(path, scan(path))
        return
    with tempfile.TemporaryDirectory(prefix="xser-") as folder:
        yield Path(folder), ingest.ingest([path], Path(folder))


def _last(steps: Iterator, tell: Callable[[str], None]):
    for event in steps:
        if isinstance(event, Step):
            tell(event.text)
    return event
