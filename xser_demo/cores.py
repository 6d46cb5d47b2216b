"""How many cores a training takes: one.

Its matrix products are small, and on two cores they wait for each other more than they compute where waiting threads
sleep (OMP_WAIT_POLICY=passive, which a server must set, since threads that spin take the cores from everybody):
systems adapt 1.1 to 3.9 times faster on one (docs/performance.md). The encoder's products are large and keep all.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch


@contextmanager
def one() -> Iterator[None]:
    """What is computed inside takes one core; for programmes that do nothing else meanwhile."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


def worker(name: str) -> ThreadPoolExecutor:
    """A thread that takes one core while all others keep theirs."""
    made, usual = ThreadPoolExecutor(1, name), torch.get_num_threads()
    made.submit(torch.get_num_threads).result()  # torch gives a thread the usual number when it is first asked
    made.submit(torch.set_num_threads, 1).result()
    torch.set_num_threads(usual)  # what was set holds for the thread, but for threads that are new, too
    return made
