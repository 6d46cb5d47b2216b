"""The runner: the same numbers everywhere, and nothing lost or done twice whatever happens to a run."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from xser_demo.benchmark import grid, runner
from xser_demo.benchmark.store import Store
from xser_demo.experiments.plan import Plan
from xser_demo.utils.errors import SettingsError, UserError

BRIEF = {"source_epochs": 1, "epochs": 1}
CELLS = [
    Plan("urdu", "urdu", "source_only", mode="supervised", fold=1, **BRIEF),
    *(
        Plan("urdu", "emovo", method, mode="transductive", **BRIEF)
        for method in ("zscore", "coral_infomax", "nnpm", "gan")
    ),
    *(Plan("urdu", "emovo", "mmd", fold=2, seed=seed, **BRIEF) for seed in (0, 1)),
    Plan("urdu", "emovo", "infomax", mode="transductive", shift="70 anger", **BRIEF),
]


def quiet(line: str) -> None:
    pass


def run(folder: Path, backend: str = "threads", workers: int = 1, **rest) -> int:
    return runner.run(CELLS, folder, backend, workers, **{"log": quiet} | rest)


def start(folder: Path, backend: str, workers: int) -> subprocess.Popen:
    """The same run as a program of its own, the leader of a process group."""
    command = [sys.executable, __file__, folder, backend, str(workers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def wait_for(process: subprocess.Popen, beginning: str) -> None:
    assert any(line.startswith(beginning) for line in process.stdout), f"the run ended before '{beginning}'"


def logged(folder: Path) -> Counter:
    """How often each cell stands in the log."""
    return Counter(line.split()[2] for line in (folder / "log.txt").read_text().splitlines())


def names() -> set[str]:
    return {f"{grid.group(cell)}/{grid.name(cell)}" for cell in CELLS}


def assert_logged_once(folder: Path, workers: int) -> None:
    """At most once, that is: a worker may be killed after it has written a cell and before it has said so."""
    lines = logged(folder)
    assert set(lines.values()) == {1} and set(lines) <= names() and len(lines) >= len(CELLS) - workers


def assert_complete_and_same(folder: Path, reference: Path) -> None:
    """Archives only, nothing left lying about, and every record equal, array by array, but for the seconds."""
    assert sorted(p.name for p in folder.glob("*.zip")) == ["urdu-emovo.zip", "urdu-urdu.zip"]
    assert not [*folder.rglob("*.partial"), *folder.rglob("*.npz")]
    for cell in CELLS:
        mine, other = Store(folder).read(cell), Store(reference).read(cell)
        assert mine["about"].pop("seconds") >= 0 and other["about"].pop("seconds") >= 0
        assert mine.keys() == other.keys() and mine["about"] == other["about"], grid.name(cell)
        for name in mine.keys() - {"about"}:
            assert mine[name].dtype == other[name].dtype
            np.testing.assert_array_equal(mine[name], other[name], f"{grid.name(cell)} {name}")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> Path:
    """One after another in this process."""
    folder = tmp_path_factory.mktemp("unbroken")
    assert run(folder) == len(CELLS)
    assert set(logged(folder)) == names()
    return folder


@pytest.fixture(scope="module")
def cluster():
    """A Dask cluster that was there before the run."""
    from dask.distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
        yield cluster


@pytest.fixture
def small_disk(tmp_path, unbroken):
    """A full disk with the source models, two finished cells and a file that can go."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        shutil.copytree(unbroken / "sources", folder / "sources")
        for cell in CELLS[:2]:
            Store(folder).write(cell, Store(unbroken).read(cell))
        with open(folder / "ballast", "wb", buffering=0) as ballast, pytest.raises(OSError, match="No space"):
            while True:
                ballast.write(bytes(4096))
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize(
    ("backend", "workers", "cells_per_task"),
    [  # the killed run below begins with processes and ends with threads
        pytest.param("threads", 2, 1, marks=pytest.mark.more),
        pytest.param("processes", 2, 1, marks=pytest.mark.more),
        ("dask", 1, 3),
    ],
)
def test_same_numbers_whatever_the_backend(backend, workers, cells_per_task, unbroken, tmp_path):
    assert run(tmp_path, backend, workers, cells_per_task=cells_per_task) == len(CELLS)
    assert_complete_and_same(tmp_path, unbroken)
    assert logged(tmp_path) == dict.fromkeys(names(), 1)


@pytest.mark.more
def test_a_killed_worker_of_a_cluster_that_was_there_loses_nothing(cluster, unbroken, tmp_path, monkeypatch):
    killed = []
    out = tmp_path / "out"
    monkeypatch.chdir(tmp_path)  # the cluster's workers stand elsewhere

    def kill(line: str) -> None:
        if line.startswith("2/") and not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    run(Path("out"), address=cluster.scheduler_address, log=kill)  # an address is enough
    assert killed and not psutil.pid_exists(killed[0])
    assert_complete_and_same(out, unbroken)
    assert_logged_once(out, 1)


def test_a_killed_run_resumes_without_repeating(unbroken, tmp_path):
    process = start(tmp_path, "processes", 2)
    wait_for(process, "1/")
    time.sleep(random.uniform(0, 1))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    before = sum(map(Store(tmp_path).finished, CELLS))
    assert before >= 1
    for folder in tmp_path.glob("urdu-*/"):  # what a kill in the middle of a write leaves
        for file in list(folder.glob("*.npz")):
            file.with_name(f".{file.name}.0123abcd.partial").write_bytes(b"PK half a cell")
    for file in tmp_path.rglob("*.partial"):
        os.utime(file, (0, 0))  # young ones could be another run's
    assert run(tmp_path, workers=2) == len(CELLS) - before
    assert_complete_and_same(tmp_path, unbroken)
    assert_logged_once(tmp_path, 2)
    assert run(tmp_path) == 0


@pytest.mark.more
@pytest.mark.parametrize(("backend", "workers"), [("processes", 2), ("dask", 1)])
def test_ctrl_c_leaves_no_workers(backend, workers, tmp_path):
    process = start(tmp_path, backend, workers)
    wait_for(process, "source 1/")
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 2
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    process.stdout.close()
    assert process.wait(30) != 0
    _, alive = psutil.wait_procs(family, 10)
    assert not alive


@pytest.mark.more
def test_two_runs_in_one_folder(unbroken, tmp_path):
    other = start(tmp_path, "threads", 1)
    wait_for(other, f"{len(CELLS)} cells to do")
    run(tmp_path)
    other.stdout.read()
    assert other.wait() == 0
    run(tmp_path)  # folds what the two may have left
    assert_complete_and_same(tmp_path, unbroken)
    assert set(logged(tmp_path)) == names() and max(logged(tmp_path).values()) <= 2


@pytest.mark.parametrize(
    "backend",
    [pytest.param("threads", marks=pytest.mark.more), "processes", pytest.param("dask", marks=pytest.mark.more)],
)
def test_a_full_disk_is_said_and_costs_nothing(backend, small_disk, unbroken, request):
    address = request.getfixturevalue("cluster").scheduler_address if backend == "dask" else None
    with pytest.raises(UserError, match=r"disk that holds .* is full\. Finished cells are safe"):
        run(small_disk, backend, 2, address=address)
    assert not list(small_disk.rglob("*.partial"))
    store = Store(small_disk)
    assert [cell for cell in CELLS if store.finished(cell)] == CELLS[:2]
    assert all(store.read(cell)["about"]["plan"]["method"] == cell.method for cell in CELLS[:2])
    (small_disk / "ballast").unlink()
    assert len(CELLS) - 4 <= run(small_disk) <= len(CELLS) - 2  # workers may still have finished what they had begun
    assert_complete_and_same(small_disk, unbroken)


def test_a_disk_that_fills_in_the_middle_of_a_file(unbroken, tmp_path, monkeypatch):
    def half(file: Path, data: bytes) -> None:
        with open(file, "wb") as out:
            out.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    shutil.copytree(unbroken / "sources", tmp_path / "sources")
    with monkeypatch.context() as patch, pytest.raises(UserError, match="is full"):
        patch.setattr(Path, "write_bytes", half)
        run(tmp_path)
    assert not [*tmp_path.rglob("*.partial"), *tmp_path.rglob("*.npz")]
    assert run(tmp_path) == len(CELLS)


def test_a_time_limit_stops_and_a_later_run_finishes(unbroken, tmp_path, monkeypatch):
    shutil.copytree(unbroken / "sources", tmp_path / "sources")
    assert run(tmp_path, seconds=0) == 0
    ticks = iter(range(1000))
    with monkeypatch.context() as patch:
        clock = SimpleNamespace(monotonic=lambda: next(ticks), time=time.time)  # every look at it takes a second
        patch.setattr(runner, "time", clock)
        first = run(tmp_path, seconds=8)
    assert 0 < first < len(CELLS) and sum(map(Store(tmp_path).finished, CELLS)) == first
    assert first + run(tmp_path) == len(CELLS)
    assert_complete_and_same(tmp_path, unbroken)


def test_what_cannot_run_is_said_in_a_sentence(tmp_path, monkeypatch):
    with pytest.raises(SettingsError, match="There is no backend 'slurm'; choose one of: processes, threads, dask"):
        run(tmp_path, "slurm")
    with pytest.raises(SettingsError, match="at least one cell"):
        run(tmp_path, cells_per_task=0)
    monkeypatch.setattr(runner, "TIMEOUT_S", 1)
    with pytest.raises(SettingsError, match="No Dask scheduler with workers answers at tcp"):
        run(tmp_path, "dask", address="tcp://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(SettingsError, match="needs the package distributed"):
        run(tmp_path, "dask")
    assert not list(tmp_path.rglob("*.npz"))


def test_each_shared_source_model_is_trained_once(tmp_path):
    lacking = runner.missing_sources(CELLS, Store(tmp_path))
    assert [(cell.source, cell.mode == "supervised", cell.seed) for cell in lacking] == [
        ("urdu", True, 0), ("urdu", False, 0), ("urdu", False, 1)
    ]  # fmt: skip


if __name__ == "__main__":  # a run that a test can kill
    runner.run(CELLS, Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), log=lambda line: print(line, flush=True))
