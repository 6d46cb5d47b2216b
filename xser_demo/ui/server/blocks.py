"""What the tabs are put into: Gradio's ``Blocks`` with answers that nothing can change on their way to the page, and
with less to remember and to abuse."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import HTTPException
from gradio.state_holder import StateHolder
from gradio.utils import LRUCache, get_upload_folder

from xser_demo.ui.server import middleware
from xser_demo.ui.server.sessions import Sessions
from xser_demo.ui.server.visits import Visits

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
UPLOAD = "A file must be uploaded; addresses are not fetched."
PENDING = 16  # events of one session that may wait; nobody fills the queue of all


class Functions(dict):
    """The page's functions by number. A number that a stranger made up is no fault of the server."""

    def __missing__(self, number: int):
        raise HTTPException(404, middleware.NOWHERE)


class Pending(LRUCache):
    """Messages by session. Of a page that is closed while two of its event streams end, the second finds nothing left
    to delete, which Gradio takes for an error."""

    def __delitem__(self, session: str) -> None:
        if session in self:
            super().__delitem__(session)


class Page(gr.Blocks):
    """``visits`` and ``setup`` are kept here for who serves the page, and for its tests."""

    visits: Visits | None = None
    setup: Any = None  # navigation.setup.Setup

    async def process_api(self, block_fn, inputs, state=None, request=None, **options) -> dict:
        """As Gradio's; the visit remembers which files of the cache came and went, so that they go when it ends. A file
        that is an address is refused: Gradio would fetch it, unless it is inside the network."""
        if any(ADDRESS.match(path.strip()) for path in paths(inputs)):
            raise gr.Error(UPLOAD, print_exception=False)
        session = options.get("session_hash") or getattr(request, "session_hash", None)
        if session and self.visits:
            sent = (file for file in files(inputs) if str(file) in self.upload_file_set)  # names can be made up
            self.visits.uses(str(session), sent)  # however the function ends
        answer = await super().process_api(block_fn, inputs, state, request, **options)
        if session and self.visits:
            self.visits.uses(str(session), files(answer["data"]))
        return answer

    def queue(self, *limits, **options) -> gr.Blocks:
        made = super().queue(*limits, **options)
        queue = self._queue
        queue.pending_messages_per_session = Pending(queue.pending_messages_per_session.max_size)
        self.default_config.fns = Functions(self.default_config.fns)
        push = queue.push

        async def patient(body, request, username):
            if len(queue.pending_event_ids_session.get(body.session_hash, ())) >= PENDING:
                return False, middleware.BUSY, "queue_full"
            return await push(body, request, username)

        queue.push = patient
        return made

    @property
    def state_holder(self) -> StateHolder:
        return self._state_holder

    @state_holder.setter
    def state_holder(self, holder: StateHolder) -> None:
        """Gradio makes its own, empty yet, and hands it over when the page is served."""
        holder.__class__ = Sessions
        self._state_holder = holder

    def handle_streaming_diffs(self, block_fn, data, session_hash, run, final, simple_format=False) -> list:
        """From its second answer on a generator sends what is different from the one before. The client works that
        into the answer before in place, even if a busy page has yet to show it: then a button that was enabled by the
        first answer stays disabled. So the outputs that are different are sent whole, which leaves the others alone."""
        whole = list(data)
        sent = super().handle_streaming_diffs(block_fn, data, session_hash, run, final, simple_format)
        if final or simple_format:
            return sent
        return [
            edits if edits is value or not edits else [["replace", [], value]]
            for edits, value in zip(sent, whole, strict=True)
        ]


def files(value: object) -> Iterator[Path]:
    """All files of Gradio's cache that are named anywhere in what a page sends or is sent."""
    for path in paths(value):
        file = Path(path)
        if file.is_absolute() and file.parent.parent == Path(get_upload_folder()) and ".." not in file.parts:
            yield file


def paths(value: object) -> Iterator[str]:
    """Whatever is called a path anywhere in it."""
    if isinstance(value, dict):
        if isinstance(path := value.get("path"), str) and "\0" not in path:
            yield path
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for one in value:
        yield from paths(one)
