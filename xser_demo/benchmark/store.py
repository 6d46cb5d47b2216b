"""Finished cells on disk: one small file each, folded into one archive a group when the group is done.

    DIR/ravdess-emodb/four-all-mmd-seed0.npz   a finished cell
    DIR/ravdess-emodb.zip                      all cells of a finished group, the same files
    DIR/sources/....safetensors                source models that cells share; can be computed again
    DIR/log.txt                                a line for each computed cell

A file appears whole or not at all, so that a run can be killed at any moment and resumed.
"""

import errno
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from xser_demo.benchmark import grid
from xser_demo.errors import UserError

Record = dict[str, np.ndarray | dict]  # arrays, and "about": what is not an array


class Store:
    def __init__(self, folder: Path):
        self.folder = folder
        self._archives: dict[str, tuple[zipfile.ZipFile, set[str]] | None] = {}

    def file(self, cell: grid.Cell) -> Path:
        return self.folder / grid.group(cell) / f"{grid.name(cell)}.npz"

    def finished(self, cell: grid.Cell) -> bool:
        return self.file(cell).exists() or f"{grid.name(cell)}.npz" in self._members(grid.group(cell))

    def read(self, cell: grid.Cell) -> Record:
        """The record of a finished cell. KeyError when it is not finished."""
        file = self.file(cell)
        data = file.read_bytes() if file.exists() else self._archive(grid.group(cell))[0].read(file.name)
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            record = {name: arrays[name] for name in arrays.files}
        return record | {"about": json.loads(record["about"].tobytes())}

    def write(self, cell: grid.Cell, record: Record) -> None:
        about = np.frombuffer(json.dumps(record["about"], sort_keys=True).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **(record | {"about": about}))
        write_whole(self.file(cell), buffer.getvalue())

    def archive(self, cells: list[grid.Cell]) -> None:
        """Fold the loose files of finished groups into their archives. One process at a time may do this."""
        groups: dict[str, list[grid.Cell]] = {}
        for cell in cells:
            groups.setdefault(grid.group(cell), []).append(cell)
        for name, members in groups.items():
            loose = sorted((self.folder / name).glob("*.npz"))
            if not loose or not all(map(self.finished, members)):
                continue
            kept = {file.name: file.read_bytes() for file in loose}
            for old in self._members(name) - set(kept):
                kept[old] = self._archive(name)[0].read(old)
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # the members are compressed already
                for file_name in sorted(kept):
                    archive.writestr(zipfile.ZipInfo(file_name), kept[file_name])  # a fixed date: same cells, same file
            write_whole(self.folder / f"{name}.zip", buffer.getvalue())
            self._archives.pop(name, None)
            for file in loose:
                file.unlink()
            (self.folder / name).rmdir()

    def _members(self, group: str) -> set[str]:
        found = self._archive(group)
        return found[1] if found else set()

    def _archive(self, group: str):
        if group not in self._archives:
            file = self.folder / f"{group}.zip"
            opened = zipfile.ZipFile(file) if file.exists() else None
            self._archives[group] = (opened, set(opened.namelist())) if opened else None
        return self._archives[group]

    def __getstate__(self):
        return {"folder": self.folder, "_archives": {}}  # workers open archives for themselves


def write_whole(file: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all. UserError when the disk is full."""
    partial = file.with_name(f"{file.name}.{os.getpid()}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        partial.rename(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"The disk that holds {file.parent} is full. Finished cells are safe: free some space and run the same "
                "command again."
            ) from error
        raise
