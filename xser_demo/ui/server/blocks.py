"""A ``gr.Blocks`` subclass that sends changed outputs whole, tracks the files of each session, caps queued events and
rejects URLs passed as files.

Every override leans on Gradio's internals, because no public setting does the same; the package docstring lists them
with the reason, and tests/ui/test_gradio_internals.py fails when Gradio changes one.
"""

import re
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import HTTPException
from gradio.mcp import GradioMCPServer
from gradio.state_holder import StateHolder
from gradio.utils import LRUCache, get_upload_folder

from xser_demo.ui.server import middleware
from xser_demo.ui.server.mcp import Tools
from xser_demo.ui.server.sessions import Sessions
from xser_demo.ui.server.visits import Visits

URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
NOT_UPLOADED = "A file must be uploaded; addresses are not fetched."
MAX_PENDING = 16  # waiting events of one session, so that nobody fills the queue that all share


_call: ContextVar["tuple[Page, str] | None"] = ContextVar("call", default=None)


def client_left() -> bool:
    """Whether the client whose call this thread answers has gone or cancelled it; False outside of a call."""
    call = _call.get()
    if call is None:
        return False
    page, event_id = call
    running = [event for events in page._queue.active_jobs if events for event in events]
    return not any(event._id == event_id and event.alive for event in running)


class FunctionTable(dict):
    """The page's event functions by number. An invented number is answered with 404, not with a server error."""

    def __missing__(self, number: int):
        raise HTTPException(404, middleware.NOWHERE)


class PendingMessages(LRUCache):
    """Messages by session. When a page closes while two of its event streams end, both delete the entry; the second
    delete must not raise."""

    def __delitem__(self, session: str) -> None:
        if session in self:
            super().__delitem__(session)


class Page(gr.Blocks):
    """The page. ``visits`` and ``setup`` are set by ``ui.app.build``."""

    visits: Visits | None = None
    setup: Any = None  # navigation.setup.Setup

    async def process_api(self, block_fn, inputs, state=None, request=None, **options) -> dict:
        """Run an event as Gradio does. Records the cached files that the session sent or received, so that they are
        deleted with the visit. Refuses a URL in place of a file: Gradio would fetch it from the server."""
        if any(URL.match(path.strip()) for path in paths(inputs)):
            raise gr.Error(NOT_UPLOADED, print_exception=False)
        event = options.get("event_id")
        _call.set((self, event) if event else None)
        session = options.get("session_hash") or getattr(request, "session_hash", None)
        if session and self.visits:
            uploaded = (file for file in files(inputs) if str(file) in self.upload_file_set)  # a path can be invented
            self.visits.uses(str(session), uploaded)  # also when the function fails
        answer = await super().process_api(block_fn, inputs, state, request, **options)
        if session and self.visits:
            self.visits.uses(str(session), files(answer["data"]))
        return answer

    def validate_inputs(self, block_fn, inputs) -> None:
        """Refuse a call with too few values in a sentence; Gradio's has the addresses of its objects."""
        if len(inputs) < len(block_fn.inputs):
            what = f"/{block_fn.api_name} takes {len(block_fn.inputs)} values and got {len(inputs)}"
            raise gr.Error(f"{what}; {middleware.LISTED}.", print_exception=False)

    def queue(self, *limits, **options) -> gr.Blocks:
        made = super().queue(*limits, **options)
        queue = self._queue
        queue.pending_messages_per_session = PendingMessages(queue.pending_messages_per_session.max_size)
        self.default_config.fns = FunctionTable(self.default_config.fns)
        push = queue.push

        async def push_unless_full(body, request, username):
            if len(queue.pending_event_ids_session.get(body.session_hash, ())) >= MAX_PENDING:
                return False, middleware.BUSY, "queue_full"
            return await push(body, request, username)

        queue.push = push_unless_full
        return made

    @property
    def mcp_server_obj(self) -> GradioMCPServer | None:
        return self._mcp_server_obj

    @mcp_server_obj.setter
    def mcp_server_obj(self, server: GradioMCPServer | None) -> None:
        """Gradio makes its server of tools when it serves the page; it gets our class."""
        if server is not None:
            server.__class__ = Tools
        self._mcp_server_obj = server

    @property
    def state_holder(self) -> StateHolder:
        return self._state_holder

    @state_holder.setter
    def state_holder(self, holder: StateHolder) -> None:
        """Gradio creates an empty holder when it serves the page; it gets our class."""
        holder.__class__ = Sessions
        self._state_holder = holder

    def handle_streaming_diffs(self, block_fn, data, session_hash, run, final, simple_format=False) -> list:
        """Send changed outputs whole instead of as differences.

        From its second update on, a generator's outputs are sent as differences. Gradio's client applies them in place
        to the previous update, even when a busy page has not shown it yet. The page then misses what only that update
        said: a button stays disabled.
        """
        whole = list(data)
        sent = super().handle_streaming_diffs(block_fn, data, session_hash, run, final, simple_format)
        if final or simple_format:
            return sent
        return [
            edits if edits is value or not edits else [["replace", [], value]]
            for edits, value in zip(sent, whole, strict=True)
        ]


def files(value: object) -> Iterator[Path]:
    """Files of Gradio's cache named anywhere in the data of an event."""
    for path in paths(value):
        file = Path(path)
        if file.is_absolute() and file.parent.parent == Path(get_upload_folder()) and ".." not in file.parts:
            yield file


def paths(value: object) -> Iterator[str]:
    """Every ``path`` anywhere in nested dictionaries and lists."""
    if isinstance(value, dict):
        if isinstance(path := value.get("path"), str) and "\0" not in path:
            yield path
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for one in value:
        yield from paths(one)
