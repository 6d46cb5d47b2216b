"""How much memory is left, so that a job that would not fit is refused before it takes the page down with it; and
giving back what is not needed any more."""

import contextlib
import ctypes
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from xser_demo.utils.errors import UserError

SYSTEM = Path("/proc/meminfo")
CONTAINER = Path("/sys/fs/cgroup")  # version 2
M_ARENA_MAX = -8  # of malloc.h
MARGIN = 200 << 20  # bytes that stay free for those who only listen


def free_memory() -> int | None:
    """Bytes that may still be taken: of this computer, or of its container where that has less. None where neither
    says, as on macOS and Windows."""
    known = [one for one in (_of_system(), _of_container()) if one is not None]
    return min(known, default=None)


def require_memory(needed: int, what: str) -> None:
    """UserError when fewer than ``needed`` bytes and a margin are left for ``what``."""
    there = free_memory()
    if there is not None and there < needed + MARGIN:
        free = max(there - MARGIN, 0) >> 20
        raise UserError(
            f"{what} needs about {needed >> 20:,} MB of memory and only {free:,} MB are free here; try again when "
            "others have finished, or with fewer clips."
        )


def limit_arenas() -> None:
    """All threads of a server allocate from two pools instead of sixteen, whose scattered rests could not be given
    back: 400 visits left 62 MB behind, and 14 MB with two (benchmarks/crowd.py). To be called first of all."""
    with contextlib.suppress(OSError, AttributeError):  # another system
        ctypes.CDLL("libc.so.6").mallopt(M_ARENA_MAX, 2)


def trim_heap() -> None:
    """Freed memory goes to the system; the C library of Linux keeps it otherwise."""
    with contextlib.suppress(OSError, AttributeError):  # another system
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _of_system() -> int | None:
    try:
        found = dict(line.split(":", 1) for line in SYSTEM.read_text().splitlines())
        return int(found["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


def _of_container() -> int | None:
    """What the limit leaves; pages of files that were read count as free, since they are given back."""
    try:
        limit, used = (int((CONTAINER / name).read_text()) for name in ("memory.max", "memory.current"))
        counts = dict(line.split() for line in (CONTAINER / "memory.stat").read_text().splitlines())
        return limit - used + int(counts["inactive_file"])
    except (OSError, KeyError, ValueError):  # "max": there is no limit
        return None


@contextmanager
def single_threaded() -> Iterator[None]:
    """What is computed inside takes one core; for programmes that do nothing else meanwhile."""
    import torch

    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


def single_thread_worker(name: str) -> ThreadPoolExecutor:
    """A thread that takes one core while all others keep theirs."""
    import torch

    made, usual = ThreadPoolExecutor(1, name), torch.get_num_threads()
    made.submit(torch.get_num_threads).result()  # torch gives a thread the usual number when it is first asked
    made.submit(torch.set_num_threads, 1).result()
    torch.set_num_threads(usual)  # what was set holds for the thread, but for threads that are new, too
    return made
