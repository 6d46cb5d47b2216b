"""Small trees with generated audio, laid out like the official downloads, and a server that hands out archives."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import soundfile

from xser_demo.utils import http


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Path]:
    """Function that writes WAV files at the given paths below ``tmp_path``; each file has its own content."""
    made = [0]

    def write(*paths: str, channels: int = 1, seconds: float | None = None) -> Path:
        for path in paths:
            made[0] += 1
            frames = int(16_000 * seconds) if seconds else 400 + 17 * made[0]
            wave = np.random.default_rng(made[0]).uniform(-0.1, 0.1, (frames, channels))
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(tmp_path / path, wave, 16_000, subtype="PCM_16")
        return tmp_path

    return write


BLOCK = 10_000  # bytes


@dataclass
class Owner:
    """A server that hands out one file under every path, as well or as badly as it is told to."""

    content: bytes = b""
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)  # bytes after which each of the next answers breaks off
    length: int | None = None  # what it says instead of the true length; -1: nothing
    endless: bool = False
    pause_s: float = 0  # after each block
    status: int = 200
    kind: str = "application/zip"
    moved: dict[str, str] = field(default_factory=dict)  # path -> where it sends one instead
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # method, Range
    sent: int = 0  # bytes of content
    address: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range")
        self.asked.append((handler.command, wanted))
        if target := self.moved.get(handler.path):
            handler.send_response(302)
            handler.send_header("Location", target)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.ranges else 0
        if wanted and self.ranges and start >= len(self.content):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(self.content)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        body = self.content[start:]
        handler.send_response(206 if start and self.status == 200 else self.status)
        handler.send_header("Content-Type", self.kind)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        if self.length != -1:
            handler.send_header("Content-Length", str(len(body) if self.length is None else self.length))
        handler.end_headers()
        if handler.command == "GET":
            cut = self.cuts.pop(0) if self.cuts else len(body)
            self.sent += len(body[:cut])  # before the other side can know that all has come
            for at in range(0, cut, BLOCK):
                handler.wfile.write(body[at : min(at + BLOCK, cut)])
                time.sleep(self.pause_s)
            while self.endless:
                handler.wfile.write(bytes(1 << 16))
        handler.close_connection = True


@pytest.fixture
def owner(monkeypatch) -> Iterator[Owner]:
    """A server on this computer, without waits between two tries."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(http, "PAUSE_S", 0.0)
    monkeypatch.setattr(http, "INTERVAL_S", 0.0)
    one = Owner()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):  # the other side has gone
                one.answer(self)

        do_HEAD = do_GET

        def log_message(self, *arguments) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    one.address = f"http://127.0.0.1:{server.server_port}/archive.zip"
    yield one
    server.shutdown()
    server.server_close()
