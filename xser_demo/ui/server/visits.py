"""Session clean-up: state and files are deleted two minutes after the page closes or after 30 idle minutes.

Until then a visitor whose connection broke, or who reloaded the page, gets everything back. Gradio alone would keep a
session's state until 64 others came, or for an hour once an event has returned it; its ``gr.State(time_to_live=...)``
also deletes the state of open tabs.
"""

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import gradio as gr

from xser_demo.ui import storage
from xser_demo.ui.jobs.background import LEFT_S, BackgroundJob, is_running, unseen
from xser_demo.ui.state import Visitor
from xser_demo.utils import resources
from xser_demo.utils.errors import CorpusError
from xser_demo.utils.words import listed

IDLE_S = storage.IDLE_S  # seconds without use
SWEEP_S = 30  # seconds between two sweeps
SLACK_S = 2  # seconds: closing the page counts as a use of the session, too
CLOCK_JUMP_S = 10  # larger differences between wall clock and monotonic clock mean that the clock was set
ENCODING = "the work on them"


class Visits:
    """All open visits of a page. Created inside ``gr.Blocks``; ``visitor`` is the state that holds each ``Visitor``."""

    def __init__(self, page: gr.Blocks, visitor: gr.State):
        self.page, self.visitor = page, visitor
        self.left: dict[str, dt.datetime] = {}  # by session: when its page was closed
        self.files: dict[str, set[Path]] = {}  # by session: its files in Gradio's cache
        self._to_delete: set[Path] = set()  # files of visits that have ended
        self._clocks = (time.time(), time.monotonic())  # at the last sweep
        page.unload(self._leave)

    def _leave(self, request: gr.Request) -> None:
        self.leave(str(request.session_hash))

    def leave(self, session: str) -> None:
        self.left[session] = dt.datetime.now()

    def come_back(self, before: str, session: str) -> Visitor | None:
        """Move the state of the closed session ``before`` to ``session``; None when there is none. Only the browser tab
        knows the name of its previous session."""
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
        """Record cached files that this visit sent or received; they are deleted with it."""
        self.files.setdefault(session, set()).update(files)

    def sweep(self) -> None:
        """Delete the visits that left or are idle. A running adaptation counts as use."""
        holder, now = self.page.state_holder, dt.datetime.now()
        self._follow_the_clock(holder)
        for session, used in list(holder.time_last_used.items()):
            left = self.left.get(session)
            if left and used > left + dt.timedelta(seconds=SLACK_S):  # the device only slept
                self.left.pop(session, None)
            elif left and now - left > dt.timedelta(seconds=LEFT_S):
                storage.leave(session)
                self._drop(session)
                self._delete(session)
            elif now - used > dt.timedelta(seconds=IDLE_S) and session in holder:
                holder.session_data[session].state_data.clear()  # the open page works on, as if it were new
        for session in set(self.left) - set(holder.time_last_used):
            self.left.pop(session, None)
            storage.leave(session)
            self._delete(session)
        for session in set(self.files) - set(holder.time_last_used):
            self._delete(session)
        self._tidy()

    def _follow_the_clock(self, holder) -> None:
        """Gradio stamps the last use with the wall clock. When that clock is set, shift all stamps with it."""
        was, now = self._clocks, (time.time(), time.monotonic())
        self._clocks = now
        jump = dt.timedelta(seconds=(now[0] - was[0]) - (now[1] - was[1]))
        if abs(jump.total_seconds()) > CLOCK_JUMP_S:
            storage.touch_all()
            self.left = {session: then + jump for session, then in self.left.items()}
            for session, then in list(holder.time_last_used.items()):
                holder.time_last_used[session] = then + jump

    def delete_soon(self, file: Path) -> None:
        """Delete a file that no visit uses, two minutes after it was written."""
        self._to_delete.add(file)

    def _delete(self, session: str) -> None:
        """Mark the cached files of a visit for deletion."""
        self._to_delete |= self.files.pop(session, set())

    def _tidy(self) -> None:
        """Delete marked files. Visitors who send the same bytes share one file; it stays while one of them uses it
        or has just sent it."""
        self._to_delete -= set().union(*self.files.values())
        for file in list(self._to_delete):
            with contextlib.suppress(OSError):
                if time.time() - file.stat().st_mtime < LEFT_S:
                    continue
                file.unlink()
                file.parent.rmdir()
            self._to_delete.discard(file)
            self.page.upload_file_set.discard(str(file))  # Gradio would keep the names forever

    def _drop(self, session: str):
        """Remove a session from Gradio's state and return it."""
        holder = self.page.state_holder
        with holder.lock:
            holder.time_last_used.pop(session, None)
            return holder.session_data.pop(session, None)

    def watch(self) -> None:
        """Sweep in the background for as long as the process lives."""

        def sweep_forever() -> None:
            while True:
                if hasattr(self.page, "state_holder"):  # the page is served
                    with contextlib.suppress(CorpusError, OSError):
                        self.sweep()
                with contextlib.suppress(CorpusError, OSError):
                    storage.sweep()
                resources.trim_heap()
                time.sleep(SWEEP_S)

        threading.Thread(target=sweep_forever, name="visits", daemon=True).start()


def welcome(visitor: Visitor) -> str:
    """One sentence on what a returning visitor gets back; "" when there is nothing."""
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
        for what, work in (("your adaptation", visitor.adaptation_job), (ENCODING, visitor.encoding_job))
    ]
    said = [one for one in (here, *on) if one]
    return f"The page was loaded anew; {listed(said)}." if said else ""


def _tells(what: str, work: BackgroundJob | None) -> str:
    return f"{what} {'goes on' if is_running(work) else 'has ended'}" if unseen(work) else ""
