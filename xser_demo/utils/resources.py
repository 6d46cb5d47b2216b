"""Free memory, so that a job that would not fit is refused before it starts; freeing memory; threads of torch."""

import contextlib
import ctypes
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Barrier, Lock

from xser_demo.utils.errors import UserError

SYSTEM = Path("/proc/meminfo")
CONTAINER = Path("/sys/fs/cgroup")  # version 2
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # of malloc.h
MARGIN = 200 << 20  # bytes kept free for visitors who only listen to clips

_beginning = Lock()


def free_memory() -> int | None:
    """Free bytes of this computer, or of its container if that has less; None if unknown, as on macOS and Windows."""
    limits = [free for free in (_of_system(), _of_container()) if free is not None]
    return min(limits, default=None)


def require_memory(needed: int, task: str) -> None:
    """UserError when fewer than ``needed`` bytes and a margin are free for the ``task``."""
    available = free_memory()
    if available is not None and available < needed + MARGIN:
        free = max(available - MARGIN, 0) >> 20
        raise UserError(
            f"{task} needs about {needed >> 20:,} MB of memory and only {free:,} MB are free here; try again when "
            "others have finished, or with fewer clips."
        )


def limit_arenas() -> None:
    """Let all threads allocate from two memory pools instead of sixteen, whose fragments cannot be freed: 400 visits
    left 62 MB behind with sixteen, 14 MB with two (benchmarks/crowd.py). Call it before anything else."""
    with contextlib.suppress(OSError, AttributeError):  # another system
        ctypes.CDLL("libc.so.6").mallopt(M_ARENA_MAX, 2)


@cache
def keep_memory() -> None:
    """Let the C library of Linux keep freed memory, as it does by itself unless somebody sets a threshold. Dask sets
    one for its workers (MALLOC_TRIM_THRESHOLD_), so that every tensor takes fresh pages from the system: on two cores
    two workers were as slow as one (benchmarks/scaling.py)."""
    with contextlib.suppress(OSError, AttributeError):  # another system
        library = ctypes.CDLL("libc.so.6")
        library.mallopt(M_MMAP_THRESHOLD, 32 << 20)  # the largest that it takes
        library.mallopt(M_TRIM_THRESHOLD, 512 << 20)


def trim_heap() -> None:
    """Return freed memory to the system; the C library of Linux would keep it."""
    with contextlib.suppress(OSError, AttributeError):  # another system
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _of_system() -> int | None:
    try:
        values = dict(line.split(":", 1) for line in SYSTEM.read_text().splitlines())
        return int(values["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


def _of_container() -> int | None:
    """What the limit leaves; cached pages of files count as free, since the kernel gives them back."""
    try:
        limit, used = (int((CONTAINER / name).read_text()) for name in ("memory.max", "memory.current"))
        counts = dict(line.split() for line in (CONTAINER / "memory.stat").read_text().splitlines())
        return limit - used + int(counts["inactive_file"])
    except (OSError, KeyError, ValueError):  # "max": no limit
        return None


def single_threaded() -> contextlib.AbstractContextManager[None]:
    """Run torch on one core inside the block; for programs that do nothing else meanwhile."""
    return threads(1)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Run torch on this number of cores inside the block."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def cores() -> int:
    """How many of them torch uses in this thread."""
    import torch

    return torch.get_num_threads()


def single_thread_worker(name: str) -> ThreadPoolExecutor:
    """An executor with one thread in which torch uses one core; other threads keep their number."""
    return one_core_workers(name, 1)


def one_core_workers(name: str, count: int) -> ThreadPoolExecutor:
    """The same with ``count`` threads."""
    import torch

    workers, together = ThreadPoolExecutor(count, name), Barrier(count)

    def begin() -> None:
        torch.get_num_threads()  # torch sets a thread's number when it is first asked for it
        torch.set_num_threads(1)
        together.wait()  # else the first thread would begin for all

    with _beginning:
        threads = torch.get_num_threads()
        try:
            for begun in [workers.submit(begin) for _ in range(count)]:
                begun.result()
        except BaseException:  # Ctrl-C, or a system that refuses a thread: those that wait must not wait for ever
            together.abort()
            workers.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            torch.set_num_threads(threads)  # the 1 would also hold for new threads
    return workers
