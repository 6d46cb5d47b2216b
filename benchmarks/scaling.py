"""Scaling of the benchmark on this machine, as one JSON document: the same cells by one process, by two that know
nothing of each other (what the machine itself can do), by 1 and 2 Dask workers, and by 2 of which one is killed.

    python benchmarks/scaling.py [--epochs N] [--cells-per-task N]

24 cells: RAVDESS to three targets, InfoMax and MMD, transductive, four seeds. Their source models are trained
beforehand and the workers have imported everything when the clock starts, so that the time of the cells is measured,
not the start of a cluster. Use an idle machine with two cores; on a virtual one, look at ``stolen``.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import psutil

from xser_demo.benchmark import cells, runner
from xser_demo.benchmark.store import Store
from xser_demo.experiments.plan import Plan


def todo(epochs: int | None) -> list[Plan]:
    """Whole cells, or a trial with few epochs."""
    return [
        Plan("ravdess", target, method, mode="transductive", seed=seed, source_epochs=epochs, epochs=epochs)
        for seed, target, method in product(range(4), ("emodb", "emovo", "urdu"), ("infomax", "mmd"))
    ]


def warm() -> None:
    """What a worker does once in its life."""
    import torch

    torch.set_num_threads(1)
    cells.prepare(todo(None)[0])


def stolen(before, after, seconds: float) -> float | None:
    """Share of CPU time that the host of a virtual machine gave to others meanwhile; None if unknown."""
    if not hasattr(after, "steal"):
        return None
    return round((after.steal - before.steal) / (os.cpu_count() * seconds), 3)


def resident_mb() -> float:
    return round(psutil.Process().memory_info().rss / 2**20)


def independent(plans: list[Plan], sources: Path, scratch: Path, processes: int) -> dict:
    """Seconds until as many single-thread processes, which share nothing, have done equal parts of the cells."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(processes + 1), context.Barrier(processes + 1)
    jobs = []
    for number in range(processes):
        folder = scratch / f"independent{processes}-{number}"
        shutil.copytree(sources, folder / "sources")
        part = plans[number::processes]
        jobs.append(context.Process(target=work, args=(part, folder, ready, done)))
        jobs[-1].start()
    ready.wait()
    started, before = time.monotonic(), psutil.cpu_times()
    done.wait()
    seconds = time.monotonic() - started
    for job in jobs:
        job.join()
    return {"processes": processes, "seconds": round(seconds, 1), "stolen": stolen(before, psutil.cpu_times(), seconds)}


def work(plans: list[Plan], folder: Path, ready, done) -> None:
    """What one of them does."""
    warm()
    ready.wait()
    for cell in plans:
        cells.compute(cell, Store(folder))
    done.wait()


def measure(plans: list[Plan], folder: Path, workers: int, cells_per_task: int, kill: bool = False) -> dict:
    """Seconds for all cells, and what each cost; with ``kill`` one worker dies after a quarter of them."""
    from dask.distributed import Client, LocalCluster

    killed: list[int] = []
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
        Client(cluster) as client,
    ):
        client.run(warm)

        def log(line: str) -> None:
            print(line, file=sys.stderr, flush=True)
            if kill and not killed and line.startswith(f"{len(plans) // 4}/"):
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        started, before = time.monotonic(), psutil.cpu_times()
        options = {"address": cluster.scheduler_address, "cells_per_task": cells_per_task, "log": log}
        computed = runner.run(plans, folder, "dask", **options)
        seconds, after = time.monotonic() - started, psutil.cpu_times()
        memory = client.run(resident_mb)
    lines = [line.split() for line in (folder / "log.txt").read_text().splitlines()]
    often = Counter(words[2] for words in lines)
    archives = list(folder.glob("*.zip"))
    return {
        "workers": workers,
        "seconds": round(seconds, 1),
        "stolen": stolen(before, after, seconds),
        "cells_per_s": round(computed / seconds, 4),
        "seconds_per_cell": round(float(np.mean([float(words[3]) for words in lines])), 2),
        "finished": sum(map(Store(folder).finished, plans)),
        "logged_twice": sum(count > 1 for count in often.values()),
        "bytes_per_cell": round(sum(file.stat().st_size for file in archives) / len(plans)),
        "worker_resident_mb": max(memory.values()),
    } | ({"killed": len(killed)} if kill else {})


def same(plans: list[Plan], first: Path, second: Path) -> bool:
    """Whether both runs have the same records, but for the seconds."""
    for cell in plans:
        a, b = Store(first).read(cell), Store(second).read(cell)
        a["about"].pop("seconds"), b["about"].pop("seconds")
        if a.keys() != b.keys() or any(not np.array_equal(a[name], b[name]) for name in a):
            return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--epochs", type=int, help="of source training and of adaptation, for a trial of this script")
    parser.add_argument("--cells-per-task", type=int, default=1, metavar="N", help="for a Dask worker")
    options = parser.parse_args()
    plans = todo(options.epochs)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        store = Store(scratch / "beforehand")
        sources = [float(cells.train_source(cell, store).split()[0]) for cell in runner.missing_sources(plans, store)]
        folders = [scratch / name for name in ("one", "two", "killed")]
        for folder in folders:
            shutil.copytree(store.folder / "sources", folder / "sources")
        alone, pair = (independent(plans, store.folder / "sources", scratch, count) for count in (1, 2))
        one = measure(plans, folders[0], 1, options.cells_per_task)
        two = measure(plans, folders[1], 2, options.cells_per_task)
        killed = measure(plans, folders[2], 2, options.cells_per_task, kill=True)
        limit = alone["seconds"] / (2 * pair["seconds"])
        efficiency = one["seconds"] / (2 * two["seconds"])
        result = {
            "cells": len(plans),
            "cells_per_task": options.cells_per_task,
            "cores": os.cpu_count(),
            "load_before": round(os.getloadavg()[2], 2),
            "source_training_s": sources,
            "independent": [alone, pair],
            "limit": round(limit, 3),
            "one": one,
            "two": two,
            "efficiency": round(efficiency, 3),
            "of_the_limit": round(efficiency / limit, 3),
            "one_of_two_killed": killed,
            "same_records": all(same(plans, folders[0], folder) for folder in folders[1:]),
        }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
