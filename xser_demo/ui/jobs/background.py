"""Heavy work that goes on by itself, with pages that look on: a lost connection does not end it. Knows nothing of
Gradio."""

import threading
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import fields, replace
from typing import Generic, TypeVar

from xser_demo.ui.jobs.control import EVERY, Control
from xser_demo.ui.jobs.queue import HEAVY, Job, died
from xser_demo.utils.errors import UserError

ALONE_S = 20.0  # that it goes on while nobody looks; then it pauses
LEFT_S = 120.0  # after which the page forgets who has left, and their work ends

News = TypeVar("News")  # a dataclass of what changes on the page; a field that is None is as before


class BackgroundJob(Generic[News]):
    """Starts at once: waits for its turn, then works. ``what`` it is, for the sentence when it dies; ``waiting`` makes
    news of what is said to who waits; ``work`` is iterated in a thread. ``control`` is asked by buttons."""

    def __init__(
        self,
        what: str,
        expected_s: float,
        waiting: Callable[[str], News],
        work: Callable[[], Iterator[News]],
        control: Control,
    ):
        self.what, self.control = what, control
        self.error: UserError | None = None
        self.ended = False
        self.seen_to_the_end = False
        self._last: News | None = None  # of each field what came last
        self._count = 0
        self._news = threading.Condition()
        self._seen = time.monotonic()
        arguments = (self._work, expected_s, waiting, work)
        whose = copy_context().run  # with the visitor's request, which ZeroGPU asks for (features/encoders/zerogpu.py)
        self._thread = threading.Thread(target=whose, args=arguments, name=what, daemon=True)
        self._thread.start()

    def follow(self) -> Iterator[News]:
        """What is new, from the beginning for everyone who comes. UserError when it broke off."""
        known, seen, ended = None, 0, False
        while not ended:
            with self._news:
                self._news.wait_for(lambda seen=seen: self.ended or self._count > seen, EVERY)
                now, seen, ended = self._last, self._count, self.ended
            self._seen, self.control.away = time.monotonic(), False
            if now is not None:
                yield _fresh(now, known)
            known = now
        self.seen_to_the_end = True
        if self.error:
            raise self.error

    @property
    def shown(self) -> News | None:
        """All that has been shown so far, its latest."""
        return self._last

    def over(self, patience_s: float = 0.0) -> bool:
        """Whether it has ended, or does so in this time."""
        self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _work(self, expected_s: float, waiting: Callable, work: Callable) -> None:
        try:
            with HEAVY.job(expected_s) as job:
                for text in HEAVY.turn(job, lambda: self.control.stop):
                    self._show(waiting(text), job)
                for news in work():
                    self._show(news, job)
        except UserError as error:
            self.error = error
        except Exception as error:  # it has died: its visitor learns why and can go on
            self.error = died(self.what, error)
        finally:
            with self._news:
                self.ended = True
                self._news.notify_all()

    def _show(self, news: News, job: Job) -> None:
        with self._news:
            self._last = news if self._last is None else _merged(self._last, news)
            self._count += 1
            self._news.notify_all()
        alone = time.monotonic() - self._seen
        self.control.away = alone > ALONE_S
        # Whoever has left keeps nobody waiting.
        if alone > LEFT_S or (self.control.away and HEAVY.behind(job)):
            self.control.stop = True


def is_running(work: BackgroundJob | None) -> bool:
    return work is not None and not work.ended


def unseen(work: BackgroundJob | None) -> bool:
    """Whether there is something whose end nobody has seen yet."""
    return work is not None and not work.seen_to_the_end


def _merged(before: News, news: News) -> News:
    """The latest of everything."""
    return replace(news, **{name: getattr(before, name) for name in _pieces(news) if getattr(news, name) is None})


def _fresh(now: News, known: News | None) -> News:
    """Only what somebody who has seen ``known`` does not know."""
    same = [name for name in _pieces(now) if known is not None and getattr(now, name) is getattr(known, name)]
    return replace(now, **dict.fromkeys(same))


def _pieces(news: News) -> list[str]:
    """The fields that are None when nothing is new. A share that is None is one that is not known."""
    return [field.name for field in fields(news) if field.default is None and field.name != "share"]
