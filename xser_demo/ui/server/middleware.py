"""What stands before the page on the open internet: routes that it does not use are closed, requests have a size, one
sender has a pace, and what is uploaded has room. Knows nothing of what the page shows.

Gradio serves all of its functions whether a page uses them or not, and several of them were the way in once
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
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MB = 1 << 20
BODY = 16 * MB  # of a request that is no upload: what a browser tells about a click has a few kB
MOST = 4096 * MB  # of all uploads together; each goes with its visit, and after an hour
FREE = 512 * MB  # that stay free on the disk, whatever is uploaded
PACE, BURST = 50.0, 2_000.0  # messages of one address: a second in the long run, and at once. A class room has one.
SENDERS = 10_000  # addresses that are remembered
COUNT_EVERY_S = 2.0
CLOSED = re.compile(  # live sound needs stream/, clients the rest
    r"/+(gradio_api/+)?(proxy=|file=https?:|deep_link|vibe-|undo-vibe|monitoring|run-history|process_recording|dev/|"
    r"custom_component|component_server|token|login/|login$|logout)",
    re.IGNORECASE,
)
BUSY = "Too many messages come from your address; wait a little and try again."
FULL = "The computer that serves this page has no room for more recordings at the moment; try again in some minutes."
LARGE = "This is more than the page takes at once; send less."
NOWHERE = "There is no such place here."


class Pace:
    """How many messages each sender may still send: ``burst`` at once, ``rate`` a second in the long run."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic):
        self.rate, self.burst, self.clock = rate, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # sender: what was left, and when
        self._lock = threading.Lock()

    def takes(self, sender: str) -> bool:
        now = self.clock()
        with self._lock:
            left, then = self._left.pop(sender, (self.burst, now))
            left = min(self.burst, left + max(0.0, now - then) * self.rate)
            self._left[sender] = (max(0.0, left - 1), now)
            while len(self._left) > SENDERS:
                self._left.popitem(last=False)
        return left >= 1


class Quota:
    """Whether the folder of uploads may grow; looked at every two seconds at most."""

    def __init__(self, folder: Path, most: int = MOST, free: int = FREE, clock: Callable[[], float] = time.monotonic):
        self.folder, self.most, self.free, self.clock = folder, most, free, clock
        self._looked, self._used = -COUNT_EVERY_S, 0

    def has(self, more: int) -> bool:
        now = self.clock()
        if now - self._looked >= COUNT_EVERY_S:
            self._looked, self._used = now, _size(self.folder)
        there = next(one for one in (self.folder, *self.folder.parents) if one.exists())
        return self._used + more <= self.most and shutil.disk_usage(there).free - more >= self.free


class Middleware:
    """ASGI middleware. ``uploads``: where they are kept; ``largest``: bytes of one."""

    def __init__(self, app, uploads: Path, largest: int):
        self.app, self.largest = app, largest
        self.pace, self.quota = Pace(PACE, BURST), Quota(uploads)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path, headers = scope["path"], dict(scope["headers"])
        if CLOSED.match(path.removeprefix(scope.get("root_path", ""))):
            return await _say(send, 404, NOWHERE)
        if scope["method"] not in ("POST", "PUT", "PATCH"):
            return await self.app(scope, receive, send)
        if not self.pace.takes(sender(scope.get("client"), headers)):
            return await _say(send, 429, BUSY)
        upload = path.rstrip("/").endswith("/upload")
        limit = self.largest + MB if upload else BODY
        told = headers.get(b"content-length", b"")
        expected = int(told) if told.isdigit() else 0
        if expected > limit:
            return await _say(send, 413, LARGE)
        if upload and not self.quota.has(expected):
            return await _say(send, 507, FULL)
        return await self._counted(scope, receive, send, limit)

    async def _counted(self, scope, receive, send, limit: int):
        """What comes is counted, whatever was announced."""
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
    """The address that a message came from; behind a proxy of one's own, the one that the proxy saw."""
    host = client[0] if client else ""
    forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
    try:
        return forwarded if forwarded and ipaddress.ip_address(host).is_private else host
    except ValueError:
        return host


def _size(folder: Path) -> int:
    """Bytes of all files below a folder; those that go meanwhile do not count."""
    total = 0
    for place, _, names in os.walk(folder):  # unlike rglob it takes no offence at folders that go
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size
    return total


async def _say(send, status: int, words: str) -> None:
    body = json.dumps({"detail": words}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
