"""Finished cells on disk: one small file each, moved into one archive per group when a run ends.

    DIR/ravdess-emodb/four-all-mmd-seed0.npz   a finished cell
    DIR/ravdess-emodb.zip                      the cells of a group, the same files; the folder stays, empty
    DIR/sources/....safetensors                source models that cells share; can be computed again
    DIR/settings.json                          network, schedule and packs that all cells depend on
    DIR/log.txt                                a line for each computed cell

Files are written atomically, so that a run can be killed at any moment and resumed. Several runs may share a folder; at
worst a cell is computed twice.
"""

import errno
import io
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from filelock import FileLock

from xser_demo.benchmark import grid
from xser_demo.features import front_end
from xser_demo.utils import files
from xser_demo.utils.errors import SettingsError, UserError

ABANDONED_S = 3600  # age of a partial file that a killed run left; writing one takes less than a second

Record = dict[str, np.ndarray | dict]  # arrays, and "about": JSON values


class Store:
    """A folder of finished cells."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._archives: dict[str, tuple[zipfile.ZipFile, set[str]]] = {}

    def file(self, cell: grid.Cell) -> Path:
        return self.folder / grid.group(cell) / f"{grid.name(cell)}.npz"

    def finished(self, cell: grid.Cell) -> bool:
        return self.file(cell).exists() or f"{grid.name(cell)}.npz" in self._members(grid.group(cell))

    def read(self, cell: grid.Cell) -> Record:
        """The record of a finished cell. KeyError if it is not finished."""
        return self.read_named(grid.group(cell), grid.name(cell))

    def names(self) -> list[tuple[str, str]]:
        """Group and name of every finished cell, in order."""
        names = {(file.parent.name, file.stem) for file in self.folder.glob("*/*.npz")}
        for archive in self.folder.glob("*.zip"):
            names |= {(archive.stem, Path(member).stem) for member in self._members(archive.stem)}
        return sorted(names)

    def read_named(self, group: str, name: str) -> Record:
        """The record of a finished cell by group and name. KeyError if it is not finished."""
        file = self.folder / group / f"{name}.npz"
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            if file.name not in self._members(group):
                raise KeyError(f"{group}/{name}") from None
            data = self._archives[group][0].read(file.name)
        return decode(data)

    def write(self, cell: grid.Cell, record: Record) -> None:
        """Write the record of a cell atomically. UserError if the disk is full."""
        about = np.frombuffer(json.dumps(record["about"], sort_keys=True).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **(record | {"about": about}))
        atomic_write(self.file(cell), buffer.getvalue())

    def log(self, line: str) -> None:
        with disk_errors(self.folder), open(self.folder / "log.txt", "a") as log:
            log.write(f"{line}\n")  # one short write: lines of several workers do not mix

    def archive(self) -> None:
        """Move the loose files of all groups into their archives."""
        for group in sorted({file.parent.name for file in self.folder.glob("*/*.npz")}):
            with FileLock(self.folder / "archive.lock"):  # one run at a time; a killed process releases it
                self._archive_group(group)

    def update_settings(self, settings: dict) -> None:
        """Store the settings that all cells of the folder depend on, adding new ones. SettingsError if they differ from
        the stored ones, so that no table mixes two settings."""
        known, settings = self.check_settings(settings), json.loads(json.dumps(settings))
        if known | settings != known:
            file = self.folder / "settings.json"
            atomic_write(file, json.dumps(known | settings, indent=1, sort_keys=True).encode())

    def check_settings(self, settings: dict) -> dict:
        """The stored settings. SettingsError if ``settings`` differ from them."""
        if changed := self.changed_settings(settings):
            raise SettingsError(
                f"The cells in {self.folder} were computed with other settings of {', '.join(changed)}; "
                "choose another folder with --out."
            )
        return self._settings()

    def changed_settings(self, settings: dict) -> list[str]:
        """Names of the stored settings that are others than in ``settings``."""
        known, settings = self._settings(), json.loads(json.dumps(settings))
        return sorted(name for name in known.keys() & settings.keys() if known[name] != settings[name])

    def _settings(self) -> dict:
        file = self.folder / "settings.json"
        return {front_end.NAME: 1} | json.loads(file.read_text()) if file.exists() else {}  # 1: before it had a number

    def _archive_group(self, group: str) -> None:
        """Rewrite the archive of a group with its loose files, then delete them."""
        members = {file.name: file.read_bytes() for file in (self.folder / group).glob("*.npz")}
        loose = [self.folder / group / name for name in members]
        self._archives.pop(group, None)  # another run may have changed it
        for old in self._members(group) - set(members):
            members[old] = self._archives[group][0].read(old)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # the members are compressed already
            for name in sorted(members):
                archive.writestr(zipfile.ZipInfo(name), members[name])  # a fixed date: same cells, same file
        atomic_write(self.folder / f"{group}.zip", buffer.getvalue())
        self._archives.pop(group, None)
        for file in (*loose, *_abandoned(self.folder / group)):
            file.unlink(missing_ok=True)  # the folder stays: another run may be about to use it

    def _members(self, group: str) -> set[str]:
        if group not in self._archives:
            file = self.folder / f"{group}.zip"
            if not file.exists():
                return set()  # not cached: another run may write it
            opened = zipfile.ZipFile(file)
            self._archives[group] = (opened, set(opened.namelist()))
        return self._archives[group][1]

    def __getstate__(self):
        return {"folder": self.folder, "_archives": {}}  # workers open archives for themselves


def decode(data: bytes) -> Record:
    """The record in the bytes of a cell's file."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        record = {name: arrays[name] for name in arrays.files}
    return record | {"about": json.loads(record["about"].tobytes())}


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn errors of a full disk into UserError."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UserError(
            f"The disk that holds {folder} is full. Finished cells are safe: free some space and run the same "
            "command again."
        ) from error


def atomic_write(file: Path, data: bytes) -> None:
    """``files.atomic_write`` with UserError if the disk is full."""
    with disk_errors(file.parent):
        files.atomic_write(file, data)


def _abandoned(folder: Path) -> Iterator[Path]:
    """Partial files of killed runs: those unchanged for an hour."""
    for file in folder.glob(".*.partial"):
        with suppress(FileNotFoundError):  # finished meanwhile
            if time.time() - file.stat().st_mtime > ABANDONED_S:
                yield file
