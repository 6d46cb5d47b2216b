"""The queue for heavy jobs: one at a time on this computer, in order of arrival.

A waiting visitor sees how many jobs are ahead and about how long they take.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from xser_demo.utils.errors import UserError

log = logging.getLogger(__name__)

POLL_S = 0.5  # seconds between two looks at the queue
MAX_WAITING = 16  # jobs that may wait at once; each holds a thread of the server


@dataclass(eq=False)
class Job:
    expected_s: float
    begun: float | None = None


class Queue:
    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._jobs: list[Job] = []
        self._lock = threading.Lock()
        self._clock = clock

    @contextmanager
    def job(self, expected_s: float) -> Iterator[Job]:
        """A place in the queue, given back however the job ends."""
        job = Job(expected_s)
        with self._lock:
            self._jobs.append(job)
        try:
            yield job
        finally:
            with self._lock:
                self._jobs.remove(job)

    def ahead(self, job: Job) -> tuple[int, float]:
        """(number of jobs ahead, seconds that they still need). With none ahead the job begins."""
        with self._lock:
            before, now = self._jobs[: self._jobs.index(job)], self._clock()
            if not before and job.begun is None:
                job.begun = now
            spent = [0.0 if one.begun is None else now - one.begun for one in before]
        return len(before), sum(max(0.0, one.expected_s - s) for one, s in zip(before, spent, strict=True))

    def behind(self, job: Job) -> int:
        """Number of jobs that wait for this one."""
        with self._lock:
            return len(self._jobs) - 1 - self._jobs.index(job)

    def turn(self, job: Job, stopped: Callable[[], bool] = lambda: False) -> Iterator[str]:
        """Messages for the waiting visitor, twice a second, until it is the job's turn or the job was stopped."""
        while True:
            count, seconds = self.ahead(job)
            if not count or stopped():
                return
            yield words(count, seconds)
            time.sleep(POLL_S)


def words(count: int, seconds: float) -> str:
    who = "One job of another visitor is" if count == 1 else f"{count} jobs of other visitors are"
    if seconds < 5:
        return f"{who} ahead of yours; your turn comes any moment."
    about = f"{5 * round(seconds / 5)} s" if seconds < 90 else f"{round(seconds / 60)} minutes"
    return f"{who} ahead of yours; about {about} to wait."


HEAVY = Queue()


def died(what: str, error: Exception) -> UserError:
    """The message for a visitor whose job failed because of a bug. The log has the details; no file of this
    computer is named."""
    log.error("%s died", what, exc_info=error)
    if isinstance(error, MemoryError) or "allocate memory" in str(error):  # torch has no type for it
        return UserError(
            f"{what} broke off: this computer has no memory left for it. Nothing else is lost: try again later, or "
            "with fewer clips."
        )
    reason = error.strerror if isinstance(error, OSError) else error
    return UserError(
        f"{what} broke off ({type(error).__name__}: {reason}). Nothing else is lost: try again, or with other settings."
    )
