"""Atomic files and folders, and checksums. A reader sees the old content or the new one, never a part."""

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def atomic_write(file: Path, data: bytes) -> None:
    """Write a file, and its folder if it is missing. If several write the same file, the last one wins."""
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
    """Yields an empty folder; it replaces ``target`` when the block ends without an error.

    A non-empty folder cannot be replaced in one step: a process that is killed between the two steps leaves the old one
    beside it, as .NAME.(...).old.
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


def private_folder(path: Path) -> Path:
    """A folder that only this user can read, created when missing. FileExistsError when it belongs to another user."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if hasattr(os, "getuid") and (not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid()):
        raise FileExistsError(f"{path} belongs to another user")
    path.chmod(0o700)
    return path


def _beside(target: Path, kind: str) -> Path:
    """A hidden, random name; a process id would not be unique, since two machines may share the disk."""
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.{kind}")


def sha256(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    return checksum(file, "sha256")


def checksum(file: Path, algorithm: str) -> str:
    """Hexadecimal digits; ``algorithm`` is "sha256", or "md5" when the owners of a corpus publish that."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with open(file, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
