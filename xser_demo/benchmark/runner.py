"""Running many cells: on threads, processes or any Dask cluster, resumable, with a log."""

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
from xser_demo.utils.errors import SettingsError

BACKENDS = ("processes", "threads", "dask")
BEFORE = "finished before"  # what cells.compute says of a cell that another run has finished meanwhile
PATIENCE_S = 30  # for a Dask scheduler to answer and to have a worker


def run(
    todo: list[grid.Cell],
    folder: Path,
    backend: str = "processes",
    workers: int = 2,
    address: str | None = None,
    seconds: float | None = None,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> int:
    """Compute all cells that are not finished; returns how many were computed.

    First the source models that cells share, each by one worker; then the cells, in the given order. ``address`` is
    that of a running Dask scheduler, whose workers must see ``folder``; without one a cluster of ``workers`` local
    processes is started. ``seconds``: hand out no further cells after that time (what was handed out is finished, at
    most two cells a worker).
    """
    store = Store(Path(folder).resolve())  # workers may have been started elsewhere
    left = [cell for cell in todo if not store.finished(cell)]
    say(f"{len(left)} cells to do, {len(todo) - len(left)} finished before")
    store.settle(grid.settings())
    if not left:
        store.archive()
        return 0
    end = time.monotonic() + (float("inf") if seconds is None else seconds)
    needed = lacking_sources(left, store)
    with pool("dask" if address else backend, workers, address) as parallel:
        for number, (cell, line) in enumerate(parallel(_jobs(cells.train_source, needed, store, end)), start=1):
            say(f"source {number}/{len(needed)} {cell.source} seed {cell.seed}: {line}")
        progress = Progress(left)
        done = 0
        for cell, line in parallel(_jobs(cells.compute, left, store, end)):
            done += line != BEFORE
            text = f"{grid.group(cell)} {grid.name(cell)}: {line}"
            say(f"{progress.after()} {text}")
    store.archive()
    return done


def lacking_sources(todo: list[grid.Cell], store: Store) -> list[grid.Cell]:
    """One cell for each source model that is needed and not there."""
    files: dict[Path, grid.Cell] = {}
    before = None
    for cell in todo:
        alike = (cell.source, cell.target, cell.labels)  # the same classes, which are all that a name needs of a task
        if alike != before:
            before, task = alike, prepare(cell)
        files.setdefault(cells.source_file(cell, task, store), cell)
    return [cell for file, cell in files.items() if not file.exists()]


def _jobs(work: Callable, todo: Iterable[grid.Cell], store: Store, end: float):
    for cell in todo:
        if time.monotonic() > end:
            return
        yield joblib.delayed(_one)(work, cell, store)


def _one(work: Callable, cell: grid.Cell, store: Store) -> tuple[grid.Cell, str]:
    line = work(cell, store)
    if work is cells.compute and line != BEFORE:
        store.log(f"{time.time():.0f} {socket.gethostname()}:{getpid()} {grid.group(cell)}/{grid.name(cell)} {line}")
    return cell, line


@contextmanager
def pool(backend: str, workers: int, address: str | None):
    """Something to give joblib's delayed calls to; it gives results as they come."""
    if backend not in BACKENDS:
        raise SettingsError(f"There is no backend '{backend}'; choose one of: {', '.join(BACKENDS)}.")
    how = {"return_as": "generator_unordered", "pre_dispatch": "2*n_jobs", "batch_size": 1}
    if backend != "dask":
        kind = {"processes": "loky", "threads": "threading"}[backend]
        yield joblib.Parallel(workers, backend=kind, **how)
        return
    try:
        from dask.distributed import Client, LocalCluster
    except ImportError as error:
        raise SettingsError(
            "The backend 'dask' needs the package distributed: pip install xser-demo[cluster]"
        ) from error
    if address:
        with _connected(Client, address) as client, joblib.parallel_config("dask", client=client):
            yield joblib.Parallel(-1, **how)
        return
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        joblib.parallel_config("dask", client=client),
    ):
        yield joblib.Parallel(workers, **how)


def _connected(client_class: type, address: str):
    """A client of a running scheduler that has a worker."""
    try:
        client = client_class(address, timeout=PATIENCE_S)
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"No Dask scheduler with workers answers at {address}; give the address of one, such as tcp://host:8786."
        ) from error
    return client


class Progress:
    """Counts cells and guesses the time that is left, by the mean time so far."""

    def __init__(self, left: list[grid.Cell]):
        self.total, self.left, self.started = len(left), len(left), time.monotonic()

    def after(self) -> str:
        self.left -= 1
        done = self.total - self.left
        rest = (time.monotonic() - self.started) / done * self.left
        return f"{done}/{self.total}, about {rest / 60:.0f} min left:"
