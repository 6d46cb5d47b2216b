"""ASGI middleware for the open internet: closes unused routes, limits request sizes, message rates and uploads.

Gradio serves all of its routes whether a page uses them or not, and several of them had published vulnerabilities
(docs/security.md).
"""

import ipaddress
import json
import os
import re
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

MB = 1 << 20
MAX_BODY = 16 * MB  # of a request that is no upload; a click sends a few kB
MAX_UPLOADS = 4096 * MB  # all uploads together; each is deleted with its visit, or after an hour
MIN_FREE = 512 * MB  # of disk space that uploads leave free
RATE, BURST = 50.0, 2_000.0  # messages of one address: per second in the long run, and at once; a class shares one
MAX_SENDERS = 10_000  # addresses in memory
COUNT_INTERVAL_S = 2.0
CLOSED = re.compile(  # routes that the page does not use
    r"/+(gradio_api/+)?(proxy=|file=https?:|deep_link|vibe-|undo-vibe|monitoring|run-history|process_recording|dev/|"
    r"custom_component|component_server|token|login/|login$|logout)",
    re.IGNORECASE,
)
CALL = re.compile(r"/+(gradio_api/+)?(call/+v2|call|run|api)/+(?P<name>[^/]+)")  # of an endpoint by its name
BUSY = "Too many messages come from your address; wait a little and try again."
FULL = "The computer that serves this page has no room for more recordings at the moment; try again in some minutes."
LARGE = "This is more than the page takes at once; send less."
NOWHERE = "There is no such place here."
LISTED = "Use via API in the footer of the page lists the endpoints with their values"
NO_CALL = f"Send the values of the call as JSON; {LISTED}."


class RateLimit:
    """A token bucket per sender: ``burst`` messages at once, ``rate`` per second in the long run."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic):
        self.rate, self.burst, self.clock = rate, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # sender: what was left, and when
        self._lock = threading.Lock()

    def allows(self, sender: str) -> bool:
        now = self.clock()
        with self._lock:
            left, then = self._left.pop(sender, (self.burst, now))
            left = min(self.burst, left + max(0.0, now - then) * self.rate)
            self._left[sender] = (max(0.0, left - 1), now)
            while len(self._left) > MAX_SENDERS:
                self._left.popitem(last=False)
        return left >= 1


class Quota:
    """Whether the upload folder may grow; its size is counted every two seconds at most."""

    def __init__(
        self,
        folder: Path,
        max_bytes: int = MAX_UPLOADS,
        min_free: int = MIN_FREE,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.folder, self.max_bytes, self.min_free, self.clock = folder, max_bytes, min_free, clock
        self._counted_at, self._used = -COUNT_INTERVAL_S, 0

    def allows(self, more: int) -> bool:
        now = self.clock()
        if now - self._counted_at >= COUNT_INTERVAL_S:
            self._counted_at, self._used = now, _size(self.folder)
        existing = next(place for place in (self.folder, *self.folder.parents) if place.exists())
        return self._used + more <= self.max_bytes and shutil.disk_usage(existing).free - more >= self.min_free


class LimitsMiddleware:
    """``uploads``: the folder of uploaded files; ``largest``: bytes of one upload; ``endpoints``: the names that may be
    called, None for all."""

    def __init__(self, app, uploads: Path, largest: int, endpoints: Collection[str] | None = None):
        self.app, self.largest, self.endpoints = app, largest, endpoints
        self.rate_limit, self.quota = RateLimit(RATE, BURST), Quota(uploads)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        try:
            await self._limited(scope, receive, send)
        except ClientDisconnect:
            pass  # the page was closed in the middle of a message: nobody is there to be answered
        except RuntimeError as error:
            if not isinstance(error.__cause__, HTTPException):
                raise
            # Gradio's stream of a visit that has ended; its last message has said so
            await send({"type": "http.response.body", "body": b""})

    async def _limited(self, scope, receive, send):
        path, headers = scope["path"], dict(scope["headers"])
        inside = path.removeprefix(scope.get("root_path", ""))
        if CLOSED.match(inside):
            return await _say(send, 404, NOWHERE)
        called = CALL.match(inside)
        if called and self.endpoints is not None and called["name"] not in self.endpoints:
            known = ", ".join(f"/{name}" for name in self.endpoints)
            return await _say(send, 404, f"There is no endpoint {'/' + called['name'][:80]!r}; choose one of: {known}.")
        if scope["method"] not in ("POST", "PUT", "PATCH"):
            return await self.app(scope, receive, send)
        if not self.rate_limit.allows(sender(scope.get("client"), headers)):
            return await _say(send, 429, BUSY)
        upload = path.rstrip("/").endswith("/upload")
        limit = self.largest + MB if upload else MAX_BODY
        told = headers.get(b"content-length", b"")
        expected = int(told) if told.isdigit() else 0
        if expected > limit:
            return await _say(send, 413, LARGE)
        if upload and not self.quota.allows(expected):
            return await _say(send, 507, FULL)
        return await self._counted(scope, receive, send, limit)

    async def _counted(self, scope, receive, send, limit: int):
        """Count the bytes that arrive, whatever the header announced."""
        came, answered = 0, False

        async def counting():
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > limit:
                raise _TooLarge
            return message

        async def noticing(message):
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, counting, noticing)
        except _TooLarge:
            if not answered:
                await _say(send, 413, LARGE)


class _TooLarge(Exception):
    pass


def sender(client: tuple[str, int] | None, headers: dict[bytes, bytes]) -> str:
    """The address that sent a message; behind a proxy in a private network, the address that the proxy saw."""
    host = client[0] if client else ""
    forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
    try:
        return forwarded if forwarded and ipaddress.ip_address(host).is_private else host
    except ValueError:
        return host


def _size(folder: Path) -> int:
    """Bytes of all files below a folder; files deleted meanwhile do not count."""
    total = 0
    for place, _, names in os.walk(folder):  # unlike rglob it accepts folders that disappear
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size
    return total


async def wrong_message(request: Request, error: RequestValidationError) -> JSONResponse:
    """For a message that is not what its route takes; FastAPI would answer with a list of technical terms."""
    return JSONResponse({"detail": NO_CALL}, 422)


async def wrong_values(request: Request, error: TypeError) -> JSONResponse:
    """For a call of an endpoint with a missing value or an unknown name of one; other errors are raised again."""
    if "/call/v2/" not in request.url.path:
        raise error
    return JSONResponse({"detail": f"{str(error).split('. ')[0]}; {LISTED}."}, 422)


async def _say(send, status: int, words: str) -> None:
    body = json.dumps({"detail": words}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
