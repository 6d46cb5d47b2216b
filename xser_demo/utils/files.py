"""Files and folders that appear whole or not at all, however their writer ends; until then what was there stays."""

import hashlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def atomic_write(file: Path, data: bytes) -> None:
    """The folder is made when it is missing. Several may write the same file; the last one stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = _beside(file, "partial")
    try:
        partial.write_bytes(data)
        partial.replace(file)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """An empty folder to fill; it takes the place of ``target`` when the block ends without an error.

    A folder that holds something cannot be replaced at a stroke: whoever is killed between the two strokes leaves the
    old one beside it, as .NAME.(...).old.
    """
    partial, old = _beside(target, "partial"), _beside(target, "old")
    partial.mkdir(parents=True)
    try:
        yield partial
        if target.exists():
            target.rename(old)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _beside(target: Path, kind: str) -> Path:
    """A hidden name that nobody else takes: process ids of two machines can be alike."""
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.{kind}")


def sha256(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    return checksum(file, "sha256")


def checksum(file: Path, algorithm: str) -> str:
    """Hexadecimal digits; ``algorithm`` is "sha256", or "md5" where the owners of a corpus publish that."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with open(file, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
