"""An adaptation that goes on by itself, with pages that look on: a lost connection does not end it. Knows nothing of
Gradio."""

import threading
import time
from collections.abc import Iterator
from dataclasses import fields

from xser_demo import headroom
from xser_demo.adaptation import Plan, memory_needed
from xser_demo.errors import UserError
from xser_demo.ui import jobs
from xser_demo.ui.adapt import live
from xser_demo.ui.adapt.live import Frame
from xser_demo.ui.adapt.pace import EVERY, Control
from xser_demo.ui.visitor import Visitor

ALONE_S = 20.0  # that it goes on while nobody looks


class Running:
    """Starts at once: waits for its turn, adapts, gives the result to its visitor. ``control`` is asked by buttons."""

    def __init__(self, plan: Plan, visitor: Visitor):
        self.plan, self.visitor, self.control = plan, visitor, Control()
        self.error: UserError | None = None
        self.ended = False
        self.seen_to_the_end = False
        self._last: dict = {}  # of each field of a frame what came last
        self._count = 0
        self._news = threading.Condition()
        self._seen = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="adaptation", daemon=True)
        self._thread.start()

    def follow(self) -> Iterator[Frame]:
        """What is new, from the beginning for everyone who comes. UserError when it broke off."""
        known, seen, ended = {}, 0, False
        while not ended:
            with self._news:
                self._news.wait_for(lambda seen=seen: self.ended or self._count > seen, EVERY)
                now, seen, ended = dict(self._last), self._count, self.ended
            self._seen = time.monotonic()
            if now:
                fresh = {name: value for name, value in now.items() if value is not known.get(name)}
                yield Frame(**{"text": now["text"], "share": now["share"], "state": now["state"]} | fresh)
            known = now
        self.seen_to_the_end = True
        if self.error:
            raise self.error

    @property
    def shown(self) -> Frame:
        """All that has been shown so far, its latest."""
        with self._news:
            return Frame(**{"text": ""} | self._last)

    def over(self, patience_s: float = 5.0) -> bool:
        """Whether it has ended; what was told to stop gets a little time."""
        self._thread.join(patience_s if self.control.stop or self._last.get("state") == live.ENDED else 0)
        return not self._thread.is_alive()

    def _work(self) -> None:
        try:
            with jobs.HEAVY.job(live.estimate(self.plan, live.find(self.plan) is None)) as job:
                for text in jobs.HEAVY.turn(job, lambda: self.control.stop):
                    self._show(Frame(text, state=live.ENDING))
                if self.control.stop:
                    self._show(Frame(live.STOPPED, state=live.ENDED))
                    return
                headroom.check(memory_needed(self.plan), "The adaptation")
                for frame in live.frames(self.plan, self.control, self.visitor.heard):
                    if frame.result is not None:
                        live.keep(self.visitor, frame.result, frame.story)
                    self._show(frame)
        except UserError as error:
            self.error = error
        except Exception as error:  # it has died: its visitor learns why and can go on
            self.error = jobs.died("The adaptation", error)
        finally:
            with self._news:
                self.ended = True
                self._news.notify_all()

    def _show(self, frame: Frame) -> None:
        with self._news:
            for field in fields(frame):
                value = getattr(frame, field.name)
                if value is not None or field.name == "share":
                    self._last[field.name] = value
            self._count += 1
            self._news.notify_all()
        if time.monotonic() - self._seen > ALONE_S:
            self.control.stop = True


def unseen(visitor: Visitor) -> bool:
    """Whether there is an adaptation whose end nobody has seen yet."""
    return visitor.running is not None and not visitor.running.seen_to_the_end


def goes_on(visitor: Visitor) -> bool:
    """Whether an adaptation of this visitor goes on."""
    return visitor.running is not None and not visitor.running.ended
