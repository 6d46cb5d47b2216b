"""When the page forgets: whatever belongs to a visit goes soon after its page was closed, and when nobody uses it.

Gradio itself would keep the state of a session until 64 others came, or for an hour once an event has returned it.
"""

import contextlib
import datetime as dt
import threading
import time

import gradio as gr

from xser_demo.errors import CorpusError
from xser_demo.ui.yours import owned

LEFT_S = 120  # after the page was closed; a phone that sleeps for a moment only seems to have left
IDLE_S = owned.IDLE_S  # without use
EVERY_S = 30  # between two looks
SLACK_S = 2  # leaving is a use of the session, too


class Visits:
    """Made inside ``gr.Blocks``. Recordings that a visitor brought go at once when they leave, what is in memory a
    little later."""

    def __init__(self, page: gr.Blocks):
        self.page = page
        self.left: dict[str, dt.datetime] = {}  # sessions, and when their page was closed
        page.unload(self._leave)

    def _leave(self, request: gr.Request) -> None:
        self.leave(str(request.session_hash))

    def leave(self, session: str) -> None:
        self.left[session] = dt.datetime.now()
        owned.leave(session)

    def sweep(self) -> None:
        """Forget who left and who is idle. An adaptation that runs is a use."""
        holder, now = self.page.state_holder, dt.datetime.now()
        for session, used in list(holder.time_last_used.items()):
            left = self.left.get(session)
            if left and used > left + dt.timedelta(seconds=SLACK_S):  # they are back
                del self.left[session]
            elif left and now - left > dt.timedelta(seconds=LEFT_S):
                with holder.lock:
                    holder.session_data.pop(session, None)
                    holder.time_last_used.pop(session, None)
            elif now - used > dt.timedelta(seconds=IDLE_S) and session in holder:
                holder.session_data[session].state_data.clear()  # the page stays usable, as if it were new
        for session in set(self.left) - set(holder.time_last_used):
            del self.left[session]

    def watch(self) -> None:
        """Look again and again, as long as the process lives."""

        def go_on() -> None:
            while True:
                with contextlib.suppress(CorpusError, OSError):
                    owned.sweep()
                if hasattr(self.page, "state_holder"):  # the page is served
                    self.sweep()
                time.sleep(EVERY_S)

        threading.Thread(target=go_on, name="visits", daemon=True).start()
