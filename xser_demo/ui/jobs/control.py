"""Progress of a running job, and pausing, stepping and stopping it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from dataclasses import dataclass

from xser_demo.utils import resources

UPDATE_S = 0.35  # seconds between two updates of the page
MIN_SHARE = 0.05  # of the work done before the remaining time is estimated
MAX_PAUSE_S = 600.0  # then the run ends: a paused run still holds the only training slot


@dataclass
class Control:
    """What a visitor asks of a running job, and the clock of the job, which stops during a pause.

    Buttons set these fields from other threads; the job reads them between two steps.
    """

    stop: bool = False
    paused: bool = False
    away: bool = False  # no page is watching: paused until one is
    step: bool = False  # run one epoch, or the rest of it, then pause again
    held_s: float = 0.0  # length of all pauses
    expired: bool = False  # a pause was longer than MAX_PAUSE_S

    def pause(self) -> None:
        self.paused, self.step = True, False

    def resume(self) -> None:
        self.paused = self.step = False

    def one_epoch(self) -> None:
        self.step = self.paused

    @property
    def waits(self) -> bool:
        return (self.away or (self.paused and not self.step)) and not self.stop

    def clock(self) -> float:
        return time.monotonic() - self.held_s

    def hold(self, every: float = UPDATE_S) -> Iterator[None]:
        """Yield repeatedly while the job is paused: a generator that only waits could not be closed with the page."""
        began = time.monotonic()
        try:
            while self.waits:
                yield
                time.sleep(every)
                if time.monotonic() - began > MAX_PAUSE_S:
                    self.stop = self.expired = True
        finally:
            self.held_s += time.monotonic() - began


class Progress:
    """How far a job is, and the sentence that says so."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self.counted("Reading the clips", 1)
        self.uncounted("Reading the clips")

    def counted(self, doing: str, epochs: int) -> None:
        """Begin a part that counts epochs."""
        self.doing, self.epochs, self.counts = doing, epochs, True
        self.began = self.seen = self.clock()
        self.epoch, self.share = 1, 0.0

    def uncounted(self, doing: str) -> None:
        """Begin a part of unknown length, such as scoring."""
        self.doing, self.counts, self.began = doing, False, self.clock()

    def reached(self, epoch: int, share: float) -> None:
        self.epoch, self.share, self.seen = epoch, share, self.clock()

    def text(self) -> str:
        past = self.clock() - self.began
        if not self.counts:
            return f"{self.doing}: {seconds(past)} so far."
        left = ""
        if self.share >= MIN_SHARE:  # enough to estimate from
            left = f", about {seconds((self.seen - self.began) / self.share - past)} left"
        return f"{self.doing}: epoch {self.epoch} of {self.epochs}{left}."

    def paused(self) -> str:
        """The sentence during a pause."""
        done = round(self.share * self.epochs, 9) >= self.epoch  # otherwise the pause is in the middle of the epoch
        return f"Paused {'after' if done else 'in'} epoch {self.epoch} of {self.epochs}."


def ticking(work: Iterator, every: float = UPDATE_S) -> Iterator:
    """Yield what ``work`` yields, and None whenever ``every`` seconds pass without it, so that the page can show that
    the job is alive. ``work`` advances only when this generator is asked: stop iterating and the work stops."""
    worker, end = resources.single_thread_worker("adapt"), object()
    try:
        while True:
            coming = worker.submit(next, work, end)
            while not wait((coming,), every).done:
                yield None
            if coming.result() is end:
                return
            yield coming.result()
    finally:
        worker.shutdown(wait=False)


def seconds(number: float) -> str:
    return f"{max(1, round(number))} s"
