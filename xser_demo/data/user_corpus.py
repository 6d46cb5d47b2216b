"""A user's own corpus for the command line and the library: ``zip:FILE`` or ``folder:DIR``, encoded into a pack."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xser_demo.corpora.base import Utterance
from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.recordings import Brought, Choices, FolderScan
from xser_demo.corpora.custom.scan import AUTOMATIC, scan
from xser_demo.data.encode import encode
from xser_demo.data.packs import Pack
from xser_demo.utils.errors import CorpusError
from xser_demo.utils.progress import Passing, Step

KINDS = ("zip", "folder")


@dataclass(frozen=True)
class UserCorpus:
    brought: Brought
    pack: Pack

    @property
    def scan(self) -> FolderScan:
        return self.brought.scan


def is_own(target: str) -> bool:
    return target.partition(":")[0] in KINDS and ":" in target


def encode_user_corpus(
    target: str, feature: str, report: Callable[[str], None] = lambda text: None, choices: Choices = AUTOMATIC
) -> UserCorpus:
    """Scan, decode and encode ``target``; ``report`` gets a line for every step.

    A folder is only read; a zip is unpacked to a temporary folder. CorpusError when it cannot be used, SettingsError
    when ``choices`` do not fit it.
    """
    with opened(target, feature, report, choices) as (recordings, _):
        return recordings


@contextmanager
def opened(
    target: str, feature: str, report: Callable[[str], None] = lambda text: None, choices: Choices = AUTOMATIC
) -> Iterator[tuple[UserCorpus, Callable[[Utterance], np.ndarray]]]:
    """``encode_user_corpus``, and a function that reads the samples of one of its utterances while this is open."""
    kind, _, name = target.partition(":")
    path = Path(name).expanduser()
    exists = path.is_dir() if kind == "folder" else path.is_file()
    if not name or not exists:
        raise CorpusError(
            f"There is no {kind} {name or 'named'}; write --target {kind}:{'DIR' if kind == 'folder' else 'FILE'}."
        )
    with _decoding(kind, path, choices) as (folder, steps):
        decoded = _last(steps, report)
        report(decoded.how)
        rows, reader = {row.path: row for row in decoded.rows}, ingest.Reader(folder, decoded.channel)
        pack = _last(encode(folder, decoded, feature), report)
        yield UserCorpus(Brought(target, decoded), pack), lambda u: reader.read(rows[u.path]).samples


@contextmanager
def _decoding(kind: str, path: Path, choices: Choices):
    """Folder of the recordings, and the steps that decode them."""
    if kind == "folder":
        yield path, ingest.decode(path, scan(path, choices))
        return
    with tempfile.TemporaryDirectory(prefix="xser-") as folder:
        yield Path(folder), ingest.ingest([path], Path(folder), choices=choices)


def _last(steps: Iterator, report: Callable[[str], None]):
    """Run a generator and return its last value."""
    for event in steps:
        if isinstance(event, Step):
            report(Passing(event.text))
    return event
