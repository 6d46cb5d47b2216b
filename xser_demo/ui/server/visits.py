"""When the page forgets: whatever belongs to a visit goes soon after its page was closed, and when nobody uses it.
Until then who was cut off, or has loaded the page anew, finds it again.

Gradio itself would keep the state of a session until 64 others came, or for an hour once an event has returned it.
"""

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import gradio as gr

from xser_demo.reporting.naming import listed
from xser_demo.ui import storage
from xser_demo.ui.jobs.background import LEFT_S, BackgroundJob, is_running, unseen
from xser_demo.ui.state import Visitor
from xser_demo.utils import resources
from xser_demo.utils.errors import CorpusError

IDLE_S = storage.IDLE_S  # without use
EVERY_S = 30  # between two looks
LISTENING = "the work on them"
SLACK_S = 2  # leaving is a use of the session, too
JUMP_S = 10  # that the clock may be off between two looks


class Visits:
    """Made inside ``gr.Blocks``. ``visitor``: the state that holds a ``Visitor`` for each session."""

    def __init__(self, page: gr.Blocks, visitor: gr.State):
        self.page, self.visitor = page, visitor
        self.left: dict[str, dt.datetime] = {}  # sessions, and when their page was closed
        self.files: dict[str, set[Path]] = {}  # sessions, and what they have in Gradio's cache
        self._going: set[Path] = set()  # of visits that have ended
        self._clocks = (time.time(), time.monotonic())  # at the last look
        page.unload(self._leave)

    def _leave(self, request: gr.Request) -> None:
        self.leave(str(request.session_hash))

    def leave(self, session: str) -> None:
        self.left[session] = dt.datetime.now()

    def come_back(self, before: str, session: str) -> Visitor | None:
        """What the visitor of the session ``before`` has left moves to this one, as long as it is there. Only the
        browser's tab knows the name of its session before."""
        if before == session or self.left.pop(before, None) is None:
            return None
        old = self._drop(before)
        found = old and old.state_data.get(self.visitor._id)
        if found is None:
            return None
        self.page.state_holder[session].state_data[self.visitor._id] = found
        storage.move(before, session)
        self.files.setdefault(session, set()).update(self.files.pop(before, ()))
        return found

    def uses(self, session: str, files: Iterable[Path]) -> None:
        """Files of the cache that this visit has sent or is shown; they go when it goes."""
        self.files.setdefault(session, set()).update(files)

    def sweep(self) -> None:
        """Forget who left and who is idle. An adaptation that runs is a use."""
        holder, now = self.page.state_holder, dt.datetime.now()
        self._follow_the_clock(holder)
        for session, used in list(holder.time_last_used.items()):
            left = self.left.get(session)
            if left and used > left + dt.timedelta(seconds=SLACK_S):  # it was no more than a sleep
                self.left.pop(session, None)
            elif left and now - left > dt.timedelta(seconds=LEFT_S):
                storage.leave(session)
                self._drop(session)
                self._delete(session)
            elif now - used > dt.timedelta(seconds=IDLE_S) and session in holder:
                holder.session_data[session].state_data.clear()  # the page stays usable, as if it were new
        for session in set(self.left) - set(holder.time_last_used):
            self.left.pop(session, None)
            storage.leave(session)
            self._delete(session)
        for session in set(self.files) - set(holder.time_last_used):
            self._delete(session)
        self._tidy()

    def _follow_the_clock(self, holder) -> None:
        """Gradio notes when a session was used by the clock on the wall. When that was set, nobody has idled longer."""
        was, now = self._clocks, (time.time(), time.monotonic())
        self._clocks = now
        jump = dt.timedelta(seconds=(now[0] - was[0]) - (now[1] - was[1]))
        if abs(jump.total_seconds()) > JUMP_S:
            storage.touch_all()
            self.left = {session: then + jump for session, then in self.left.items()}
            for session, then in list(holder.time_last_used.items()):
                holder.time_last_used[session] = then + jump

    def _delete(self, session: str) -> None:
        """A visit's files in the cache may go."""
        self._going |= self.files.pop(session, set())

    def _tidy(self) -> None:
        """Whoever sends the same bytes has the same file. It stays as long as somebody uses it, or has just sent it."""
        self._going -= set().union(*self.files.values())
        for file in list(self._going):
            with contextlib.suppress(OSError):
                if time.time() - file.stat().st_mtime < LEFT_S:
                    continue
                file.unlink()
                file.parent.rmdir()
            self._going.discard(file)
            self.page.upload_file_set.discard(str(file))  # Gradio would keep the names for ever

    def _drop(self, session: str):
        """Gradio's state of a session, which is no longer Gradio's."""
        holder = self.page.state_holder
        with holder.lock:
            holder.time_last_used.pop(session, None)
            return holder.session_data.pop(session, None)

    def watch(self) -> None:
        """Look again and again, as long as the process lives."""

        def go_on() -> None:
            while True:
                if hasattr(self.page, "state_holder"):  # the page is served
                    with contextlib.suppress(CorpusError, OSError):
                        self.sweep()
                with contextlib.suppress(CorpusError, OSError):
                    storage.sweep()
                resources.trim_heap()
                time.sleep(EVERY_S)

        threading.Thread(target=go_on, name="visits", daemon=True).start()


def welcome(visitor: Visitor) -> str:
    """What somebody who comes back finds, in one sentence; "" where there is nothing."""
    models, said = len(visitor.models), len(visitor.voice_clips)
    found = [
        *(["your clip"] if visitor.clip else []),
        *([f"{models} model{'s' * (models > 1)} of yours"] if models else []),
        *(["your recordings"] if visitor.recordings and visitor.recordings.there else []),
        *([f"{said} sentence{'s' * (said > 1)} that you said"] if said else []),
    ]
    here = f"{listed(found)} {'is' if found == ['your clip'] else 'are'} still here" if found else ""
    on = [
        _tells(what, work)
        for what, work in (("your adaptation", visitor.adaptation_job), (LISTENING, visitor.encoding_job))
    ]
    said = [one for one in (here, *on) if one]
    return f"The page was loaded anew; {listed(said)}." if said else ""


def _tells(what: str, work: BackgroundJob | None) -> str:
    return f"{what} {'goes on' if is_running(work) else 'has ended'}" if unseen(work) else ""
