"""Run many cells on threads, processes or a Dask cluster; resumable, with a log."""

import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from os import getpid
from pathlib import Path

import joblib

from xser_demo.benchmark import cells, grid
from xser_demo.benchmark.store import Store
from xser_demo.experiments.task import prepare
from xser_demo.utils import resources
from xser_demo.utils.errors import SettingsError

BACKENDS = ("processes", "threads", "dask")
ALREADY_FINISHED = "finished before"  # result of cells.compute if another run has finished the cell meanwhile
TIMEOUT_S = 30  # for a Dask scheduler to answer and to have a worker


def run(
    todo: list[grid.Cell],
    folder: Path,
    backend: str = "processes",
    workers: int = 2,
    address: str | None = None,
    seconds: float | None = None,
    cells_per_task: int = 1,
    log: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> int:
    """Compute all unfinished cells; returns the number of computed ones.

    First the source models that cells share, each by one worker; then the cells, in the given order. ``address``: of a
    running Dask scheduler whose workers can access ``folder``; without one, the backend "dask" starts a cluster of
    ``workers`` local processes. ``seconds``: start no further cells after that time; started ones are finished, at most
    two tasks a worker. ``cells_per_task``: more than one spares the scheduler of a large cluster; a lost worker repeats
    only the cell it was computing.
    """
    store = Store(Path(folder).resolve())  # workers may have another working directory
    left = [cell for cell in todo if not store.finished(cell)]
    log(f"{len(left)} cells to do, {len(todo) - len(left)} finished before")
    store.update_settings(grid.settings())
    if not left:
        store.archive()
        return 0
    end = time.monotonic() + (float("inf") if seconds is None else seconds)
    needed = missing_sources(left, store)
    with pool("dask" if address else backend, workers, address, cells_per_task) as parallel:
        for number, (cell, line) in enumerate(parallel(_jobs(cells.train_source, needed, store, end)), start=1):
            log(f"source {number}/{len(needed)} {cell.source} seed {cell.seed}: {line}")
        progress = Progress(left)
        done = 0
        for cell, line in parallel(_jobs(cells.compute, left, store, end)):
            done += line != ALREADY_FINISHED
            text = f"{grid.group(cell)} {grid.name(cell)}: {line}"
            log(f"{progress.after()} {text}")
    store.archive()
    return done


def missing_sources(todo: list[grid.Cell], store: Store) -> list[grid.Cell]:
    """One cell for each source model that is needed and not yet trained."""
    files: dict[Path, grid.Cell] = {}
    previous = None
    for cell in todo:
        key = (cell.source, cell.target, cell.labels)  # determines the classes, all that the file name needs of a task
        if key != previous:
            previous, task = key, prepare(cell)
        files.setdefault(cells.source_file(cell, task, store), cell)
    return [cell for file, cell in files.items() if not file.exists()]


def _jobs(compute: Callable, todo: Iterable[grid.Cell], store: Store, end: float):
    for cell in todo:
        if time.monotonic() > end:
            return
        yield joblib.delayed(_compute)(compute, cell, store)


def _compute(compute: Callable, cell: grid.Cell, store: Store) -> tuple[grid.Cell, str]:
    resources.keep_memory()
    line = compute(cell, store)
    if compute is cells.compute and line != ALREADY_FINISHED:
        store.log(f"{time.time():.0f} {socket.gethostname()}:{getpid()} {grid.group(cell)}/{grid.name(cell)} {line}")
    return cell, line


@contextmanager
def pool(backend: str, workers: int, address: str | None, cells_per_task: int = 1):
    """A joblib pool that yields results in order of completion. SettingsError for an unknown or missing backend."""
    if backend not in BACKENDS:
        raise SettingsError(f"There is no backend '{backend}'; choose one of: {', '.join(BACKENDS)}.")
    if cells_per_task < 1:
        raise SettingsError(f"A task needs at least one cell, not {cells_per_task}.")
    options = {"return_as": "generator_unordered", "pre_dispatch": "2*n_jobs", "batch_size": cells_per_task}
    if backend != "dask":
        kind = {"processes": "loky", "threads": "threading"}[backend]
        yield joblib.Parallel(workers, backend=kind, **options)
        return
    try:
        from dask.distributed import Client, LocalCluster
    except ImportError as error:
        raise SettingsError(
            "The backend 'dask' needs the package distributed: pip install xser-demo[cluster]"
        ) from error
    if address:
        with _connect(Client, address) as client, joblib.parallel_config("dask", client=client):
            yield joblib.Parallel(-1, **options)
        return
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        joblib.parallel_config("dask", client=client),
    ):
        yield joblib.Parallel(workers, **options)


def _connect(client_class: type, address: str):
    """A client of a running scheduler that has a worker."""
    try:
        client = client_class(address, timeout=TIMEOUT_S)
        client.wait_for_workers(1, timeout=TIMEOUT_S)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"No Dask scheduler with workers answers at {address}; give the address of one, such as tcp://host:8786."
        ) from error
    return client


class Progress:
    """Counts cells and estimates the remaining time from the mean time so far."""

    def __init__(self, left: list[grid.Cell]):
        self.total, self.left, self.started = len(left), len(left), time.monotonic()

    def after(self) -> str:
        self.left -= 1
        done = self.total - self.left
        rest = (time.monotonic() - self.started) / done * self.left
        return f"{done}/{self.total}, about {rest / 60:.0f} min left:"
