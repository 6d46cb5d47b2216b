"""Finished cells on disk: one small file each, folded into one archive a group when a run ends.

    DIR/ravdess-emodb/four-all-mmd-seed0.npz   a finished cell
    DIR/ravdess-emodb.zip                      the cells of a group, the same files; the folder stays, empty
    DIR/sources/....safetensors                source models that cells share; can be computed again
    DIR/settings.json                          what all cells depend on
    DIR/log.txt                                a line for each computed cell

A file appears whole or not at all, so that a run can be killed at any moment and resumed. Several runs in one folder do
no harm; at worst a cell is computed twice.
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
from xser_demo.utils import files
from xser_demo.utils.errors import SettingsError, UserError

ABANDONED_S = 3600  # a cell takes minutes at most, its file far less than a second

Record = dict[str, np.ndarray | dict]  # arrays, and "about": what is not an array


class Store:
    def __init__(self, folder: Path):
        self.folder = folder
        self._archives: dict[str, tuple[zipfile.ZipFile, set[str]]] = {}

    def file(self, cell: grid.Cell) -> Path:
        return self.folder / grid.group(cell) / f"{grid.name(cell)}.npz"

    def finished(self, cell: grid.Cell) -> bool:
        return self.file(cell).exists() or f"{grid.name(cell)}.npz" in self._members(grid.group(cell))

    def read(self, cell: grid.Cell) -> Record:
        """The record of a finished cell. KeyError when it is not finished."""
        return self.named(grid.group(cell), grid.name(cell))

    def names(self) -> list[tuple[str, str]]:
        """Group and name of every finished cell, in order."""
        found = {(file.parent.name, file.stem) for file in self.folder.glob("*/*.npz")}
        for archive in self.folder.glob("*.zip"):
            found |= {(archive.stem, Path(member).stem) for member in self._members(archive.stem)}
        return sorted(found)

    def named(self, group: str, name: str) -> Record:
        """The record of a finished cell by its names. KeyError when it is not finished."""
        file = self.folder / group / f"{name}.npz"
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            if file.name not in self._members(group):
                raise KeyError(f"{group}/{name}") from None
            data = self._archives[group][0].read(file.name)
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            record = {name: arrays[name] for name in arrays.files}
        return record | {"about": json.loads(record["about"].tobytes())}

    def write(self, cell: grid.Cell, record: Record) -> None:
        about = np.frombuffer(json.dumps(record["about"], sort_keys=True).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **(record | {"about": about}))
        write_whole(self.file(cell), buffer.getvalue())

    def log(self, line: str) -> None:
        with disk_errors(self.folder), open(self.folder / "log.txt", "a") as log:
            log.write(f"{line}\n")  # one short write: lines of several workers do not mix

    def archive(self) -> None:
        """Fold the loose files of all groups into their archives."""
        for group in sorted({file.parent.name for file in self.folder.glob("*/*.npz")}):
            with FileLock(self.folder / "archive.lock"):  # one run at a time; a killed one lets go
                self._fold(group)

    def settle(self, settings: dict) -> None:
        """Remember what all cells of the folder depend on. SettingsError when it differs from what was remembered, so
        that no table mixes two of them; a setting that is new may be added."""
        known, settings = self.suits(settings), json.loads(json.dumps(settings))
        if known | settings != known:
            file = self.folder / "settings.json"
            write_whole(file, json.dumps(known | settings, indent=1, sort_keys=True).encode())

    def suits(self, settings: dict) -> dict:
        """What is remembered. SettingsError when ``settings`` differ from it."""
        file = self.folder / "settings.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        settings = json.loads(json.dumps(settings))
        changed = sorted(name for name in known.keys() & settings.keys() if known[name] != settings[name])
        if changed:
            raise SettingsError(
                f"The cells in {self.folder} were computed with other settings of {', '.join(changed)}; "
                "choose another folder with --out."
            )
        return known

    def _fold(self, group: str) -> None:
        """All loose files of a group, and what its archive has already, become its archive."""
        kept = {file.name: file.read_bytes() for file in (self.folder / group).glob("*.npz")}
        loose = [self.folder / group / name for name in kept]
        self._archives.pop(group, None)  # another run may have changed it
        for old in self._members(group) - set(kept):
            kept[old] = self._archives[group][0].read(old)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # the members are compressed already
            for name in sorted(kept):
                archive.writestr(zipfile.ZipInfo(name), kept[name])  # a fixed date: same cells, same file
        write_whole(self.folder / f"{group}.zip", buffer.getvalue())
        self._archives.pop(group, None)
        for file in (*loose, *_abandoned(self.folder / group)):
            file.unlink(missing_ok=True)  # the folder itself stays: another run may be about to write or look there

    def _members(self, group: str) -> set[str]:
        if group not in self._archives:
            file = self.folder / f"{group}.zip"
            if not file.exists():
                return set()  # not remembered: another run may make it
            opened = zipfile.ZipFile(file)
            self._archives[group] = (opened, set(opened.namelist()))
        return self._archives[group][1]

    def __getstate__(self):
        return {"folder": self.folder, "_archives": {}}  # workers open archives for themselves


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """UserError when the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UserError(
            f"The disk that holds {folder} is full. Finished cells are safe: free some space and run the same "
            "command again."
        ) from error


def write_whole(file: Path, data: bytes) -> None:
    """UserError when the disk is full."""
    with disk_errors(file.parent):
        files.atomic_write(file, data)


def _abandoned(folder: Path) -> Iterator[Path]:
    """Half files of runs that were killed: those that nobody has touched for an hour."""
    for file in folder.glob(".*.partial"):
        with suppress(FileNotFoundError):  # finished meanwhile
            if time.time() - file.stat().st_mtime > ABANDONED_S:
                yield file
