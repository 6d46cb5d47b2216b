"""Background jobs that survive a lost connection: any number of pages can follow one."""

import threading
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import fields, replace
from typing import Generic, TypeVar

from xser_demo.ui.jobs.control import UPDATE_S, Control
from xser_demo.ui.jobs.queue import HEAVY, Job, died
from xser_demo.utils.errors import UserError

UNWATCHED_S = 20.0  # seconds a job runs on while no page follows it; then it pauses
LEFT_S = 120.0  # seconds after which a closed visit is forgotten and its job ends

Update = TypeVar("Update")  # a dataclass of what changes on the page; a field that is None is unchanged


class BackgroundJob(Generic[Update]):
    """Starts at once: waits for its turn in the queue, then works.

    ``what``: its name, for the error message. ``waiting``: turns the queue's message into an update. ``work``: iterated
    in a thread. ``control``: set by buttons.
    """

    def __init__(
        self,
        what: str,
        expected_s: float,
        waiting: Callable[[str], Update],
        work: Callable[[], Iterator[Update]],
        control: Control,
    ):
        self.what, self.control = what, control
        self.error: UserError | None = None
        self.ended = False
        self.end_was_seen = False
        self._last: Update | None = None  # of each field the latest value
        self._count = 0
        self._changed = threading.Condition()
        self._watched_at = time.monotonic()
        arguments = (self._work, expected_s, waiting, work)
        in_context = copy_context().run  # with the visitor's request, which ZeroGPU needs
        self._thread = threading.Thread(target=in_context, args=arguments, name=what, daemon=True)
        self._thread.start()

    def follow(self) -> Iterator[Update]:
        """Updates, for every new follower from the beginning. UserError when the job failed."""
        known, seen, ended = None, 0, False
        while not ended:
            with self._changed:
                self._changed.wait_for(lambda seen=seen: self.ended or self._count > seen, UPDATE_S)
                now, seen, ended = self._last, self._count, self.ended
            self._watched_at, self.control.away = time.monotonic(), False
            if now is not None:
                yield _fresh(now, known)
            known = now
        self.end_was_seen = True
        if self.error:
            raise self.error

    @property
    def shown(self) -> Update | None:
        """The latest value of every field so far."""
        return self._last

    def over(self, patience_s: float = 0.0) -> bool:
        """Whether the job has ended, or ends within ``patience_s`` seconds."""
        self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _work(self, expected_s: float, waiting: Callable, work: Callable) -> None:
        try:
            with HEAVY.job(expected_s) as job:
                for text in HEAVY.turn(job, lambda: self.control.stop):
                    self._show(waiting(text), job)
                for update in work():
                    self._show(update, job)
        except UserError as error:
            self.error = error
        except Exception as error:  # a bug: the visitor gets a message and can go on
            self.error = died(self.what, error)
        finally:
            with self._changed:
                self.ended = True
                self._changed.notify_all()

    def _show(self, update: Update, job: Job) -> None:
        with self._changed:
            self._last = update if self._last is None else _merged(self._last, update)
            self._count += 1
            self._changed.notify_all()
        unwatched = time.monotonic() - self._watched_at
        self.control.away = unwatched > UNWATCHED_S
        # A job that nobody follows keeps nobody waiting.
        if unwatched > LEFT_S or (self.control.away and HEAVY.behind(job)):
            self.control.stop = True


def is_running(work: BackgroundJob | None) -> bool:
    return work is not None and not work.ended


def unseen(work: BackgroundJob | None) -> bool:
    """Whether there is a job whose end no page has shown yet."""
    return work is not None and not work.end_was_seen


def _merged(before: Update, update: Update) -> Update:
    """``update`` on top of ``before``."""
    return replace(update, **{name: getattr(before, name) for name in _pieces(update) if getattr(update, name) is None})


def _fresh(now: Update, known: Update | None) -> Update:
    """``now`` without the fields that a follower at ``known`` has already."""
    same = [name for name in _pieces(now) if known is not None and getattr(now, name) is getattr(known, name)]
    return replace(now, **dict.fromkeys(same))


def _pieces(update: Update) -> list[str]:
    """Names of the fields where None means unchanged. For ``share``, None means unknown."""
    return [field.name for field in fields(update) if field.default is None and field.name != "share"]
