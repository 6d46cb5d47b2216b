"""Finished cells on disk: whole or not there, and the same archive whatever happened on the way."""

import errno
import os
import pickle
import shutil
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xser_demo.benchmark import grid
from xser_demo.benchmark.store import ABANDONED_S, Store, atomic_write
from xser_demo.experiments.plan import Plan
from xser_demo.features import front_end
from xser_demo.utils.errors import SettingsError, UserError

CELLS = [Plan("emodb", "emovo", method, seed=seed) for method in ("zscore", "mmd", "coral") for seed in range(3)]
ARCHIVE = "emodb-emovo.zip"


def record(cell: Plan) -> dict:
    rows = np.arange(cell.seed, cell.seed + 5, dtype=np.int32)
    return {"rows": rows, "answers": np.array([[0, 1, 2, 3, 0]], np.uint8), "about": {"method": cell.method, "ä": 1.5}}


def filled(folder, cells=CELLS) -> Store:
    store = Store(folder)
    for cell in cells:
        store.write(cell, record(cell))
    return store


def assert_all_there(folder, cells=CELLS) -> None:
    store = Store(folder)
    for cell in cells:
        assert store.finished(cell)
        found, expected = store.read(cell), record(cell)
        assert found.pop("about") == expected.pop("about")
        assert found.keys() == expected.keys()
        for name in found:
            np.testing.assert_array_equal(found[name], expected[name])


def test_what_was_written_is_read_before_and_after_archiving(tmp_path):
    store = filled(tmp_path)
    assert_all_there(tmp_path)
    store.archive()
    assert (tmp_path / ARCHIVE).exists() and not list((tmp_path / "emodb-emovo").iterdir())
    assert_all_there(tmp_path)
    for cell in CELLS:  # the same object, and a copy of it in a worker
        assert store.finished(cell) and pickle.loads(pickle.dumps(store)).finished(cell)
    missing = replace(CELLS[0], seed=9)
    assert not store.finished(missing)
    with pytest.raises(KeyError, match="seed9"):
        store.read(missing)
    with pytest.raises(KeyError):
        Store(tmp_path / "nowhere").read(missing)


def test_archives_are_the_same_bytes_whatever_the_order(tmp_path):
    filled(tmp_path / "a").archive()
    filled(tmp_path / "b", CELLS[::-1]).archive()
    filled(tmp_path / "c", CELLS[4:]).archive()  # a smaller suite first
    filled(tmp_path / "c", CELLS[:4]).archive()
    first, *others = [(tmp_path / name / ARCHIVE).read_bytes() for name in "abc"]
    assert all(other == first for other in others)
    with zipfile.ZipFile(tmp_path / "a" / ARCHIVE) as archive:
        assert archive.namelist() == sorted(f"{grid.name(cell)}.npz" for cell in CELLS)


def test_a_group_may_be_folded_unfinished_and_grow(tmp_path):
    filled(tmp_path, CELLS[:-1]).archive()
    assert_all_there(tmp_path, CELLS[:-1])
    store = filled(tmp_path, CELLS[-1:])
    store.archive()
    assert_all_there(tmp_path, CELLS)
    assert not store.file(CELLS[-1]).exists()


def test_a_folder_of_other_settings_is_refused(tmp_path):
    store = Store(tmp_path)
    today = {front_end.NAME: front_end.VERSION}
    store.update_settings(today | {"the schedule": {"epochs": 20}})
    store.update_settings(today | {"the schedule": {"epochs": 20}, "strength of new": 1.0})  # a method may join
    store.update_settings(grid.settings() | {"the schedule": {"epochs": 20}})
    with pytest.raises(SettingsError, match="the schedule"):
        store.update_settings({"the schedule": {"epochs": 10}})
    (tmp_path / "settings.json").write_text('{"the schedule": {}}')  # written before the front end had a number
    with pytest.raises(SettingsError, match="other settings of the front end"):
        store.update_settings(today)


def test_a_kill_between_the_archive_and_tidying_up_is_harmless(tmp_path):
    store = filled(tmp_path / "run")
    shutil.copytree(tmp_path / "run" / "emodb-emovo", tmp_path / "loose")
    store.archive()
    before = (tmp_path / "run" / ARCHIVE).read_bytes()
    shutil.copytree(tmp_path / "loose", tmp_path / "run" / "emodb-emovo", dirs_exist_ok=True)
    for file in list((tmp_path / "run" / "emodb-emovo").glob("*mmd*")):
        file.unlink()  # it was killed while it tidied up
    assert_all_there(tmp_path / "run")
    Store(tmp_path / "run").archive()
    assert (tmp_path / "run" / ARCHIVE).read_bytes() == before
    assert not list((tmp_path / "run" / "emodb-emovo").iterdir())


def test_half_a_file_is_never_read_and_goes_when_it_is_old(tmp_path):
    """A young one may be another run's, at work at this moment."""
    store = filled(tmp_path, CELLS[1:])
    file = store.file(CELLS[0])
    half, young = (file.with_name(f".{file.name}.{tag}.partial") for tag in ("0123abcd", "4567cdef"))
    for one in (half, young):
        one.write_bytes(b"PK half a cell")
    long_ago = time.time() - 2 * ABANDONED_S
    os.utime(half, (long_ago, long_ago))
    assert not store.finished(CELLS[0])
    store.archive()
    assert not store.finished(CELLS[0])
    assert young.exists() and not half.exists()
    store.write(CELLS[0], record(CELLS[0]))
    store.archive()
    assert list(file.parent.iterdir()) == [young]
    assert_all_there(tmp_path)


def test_another_run_may_archive_at_any_time(tmp_path):
    """A run that looked before the archive was made sees it, and does not write over what it did not know."""
    early = Store(tmp_path)
    assert not any(map(early.finished, CELLS))
    filled(tmp_path, CELLS[:6]).archive()
    assert all(map(early.finished, CELLS[:6]))
    other = Store(tmp_path)
    assert other.finished(CELLS[0])  # has the archive open
    for cell in CELLS[6:]:
        early.write(cell, record(cell))
    early.archive()
    other.write(CELLS[0], record(CELLS[0]))
    other.archive()
    assert_all_there(tmp_path)
    assert not list((tmp_path / "emodb-emovo").iterdir())


def test_many_write_and_archive_at_once(tmp_path):
    """Everybody writes everything and archives now and then: no error, nothing broken or lost."""
    errors = []

    def work(order: list[Plan]) -> None:
        try:
            store = Store(tmp_path)
            for _ in range(5):
                for cell in order:
                    if cell.seed != 1 or not store.finished(cell):
                        store.write(cell, record(cell))
                    store.archive()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(order,)) for order in (CELLS, CELLS[::-1], CELLS[3:] + CELLS[:3])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert_all_there(tmp_path)
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.parametrize("owner, name", [(Path, "mkdir"), (Path, "replace"), (os, "scandir")])
def test_another_run_may_tidy_up_just_before(owner, name, tmp_path, monkeypatch):
    """Between two steps of a write, and between finding a folder and looking into it."""
    store, call, raced = filled(tmp_path, CELLS[1:]), getattr(owner, name), []

    def late(path, *args, **kwargs):
        if not raced and "emodb-emovo" in str(path):
            raced.append(path)
            Store(tmp_path).archive()
        return call(path, *args, **kwargs)

    monkeypatch.setattr(owner, name, late)
    store.write(CELLS[0], record(CELLS[0]))
    store.archive()
    assert raced
    assert_all_there(tmp_path)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_no_half_file(number, tmp_path, monkeypatch):
    store = filled(tmp_path, CELLS[:1])

    def fail(file, data):
        file.touch()
        raise OSError(number, "full")

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    with pytest.raises(UserError, match="is full"):
        store.write(CELLS[1], record(CELLS[1]))
    with pytest.raises(UserError, match="is full"):
        store.archive()
    monkeypatch.undo()
    assert not list(tmp_path.rglob("*.partial"))
    assert_all_there(tmp_path, CELLS[:1])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk_is_said_when_the_log_cannot_be_written(tmp_path):
    (tmp_path / "log.txt").symlink_to("/dev/full")
    with pytest.raises(UserError, match="is full"):
        Store(tmp_path).log("a line")


def test_other_errors_stay_what_they_are(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="file"):
        atomic_write(tmp_path / "file" / "x.npz", b"")
