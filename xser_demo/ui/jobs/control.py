"""The pace of a running adaptation: how far it is, and pausing, stepping and stopping it. Knows nothing of Gradio."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from dataclasses import dataclass

from xser_demo.utils import resources

EVERY = 0.35  # seconds between two signs of life at least
ENOUGH = 0.05  # of the work, to tell how long the rest will take
LONGEST_PAUSE_S = 600.0  # then the run ends: whoever pauses keeps the place where everybody adapts


@dataclass
class Control:
    """What a visitor asks of a running adaptation, and the clock of the adaptation, which stands still in a pause.

    The buttons set these from other threads; whoever runs the adaptation looks at them between two steps.
    """

    stop: bool = False
    paused: bool = False
    away: bool = False  # nobody looks on: a pause, too, until somebody does
    step: bool = False  # one epoch, or what is left of it, although paused
    held_s: float = 0.0  # how long all pauses took
    expired: bool = False  # a pause was too long

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

    def hold(self, every: float = EVERY) -> Iterator[None]:
        """Goes on as long as the run is paused. It gives something again and again: a generator that only waits could
        not be ended when the page is closed."""
        began = time.monotonic()
        try:
            while self.waits:
                yield
                time.sleep(every)
                if time.monotonic() - began > LONGEST_PAUSE_S:
                    self.stop = self.expired = True
        finally:
            self.held_s += time.monotonic() - began


class Progress:
    """How far the work has come, and the words for it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self.counted("Reading the clips", 1)
        self.uncounted("Reading the clips")

    def counted(self, doing: str, epochs: int) -> None:
        """A part that counts epochs begins."""
        self.doing, self.epochs, self.counts = doing, epochs, True
        self.began = self.seen = self.clock()
        self.epoch, self.share = 1, 0.0

    def uncounted(self, doing: str) -> None:
        """Statistics or scores are computed: how long that takes is not known."""
        self.doing, self.counts, self.began = doing, False, self.clock()

    def reached(self, epoch: int, share: float) -> None:
        self.epoch, self.share, self.seen = epoch, share, self.clock()

    def text(self) -> str:
        past = self.clock() - self.began
        if not self.counts:
            return f"{self.doing}: {seconds(past)} so far."
        left = ""
        if self.share >= ENOUGH:  # there is something to go by
            left = f", about {seconds((self.seen - self.began) / self.share - past)} left"
        return f"{self.doing}: epoch {self.epoch} of {self.epochs}{left}."

    def paused(self) -> str:
        """The same during a pause."""
        done = round(self.share * self.epochs, 9) >= self.epoch  # else the pause is in the middle of it
        return f"Paused {'after' if done else 'in'} epoch {self.epoch} of {self.epochs}."


def ticking(work: Iterator, every: float = EVERY) -> Iterator:
    """What ``work`` gives, and None whenever nothing has come for a while, so that the page can say that it goes on.
    The next piece is asked for only when the page asks: who stops iterating stops the work."""
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
