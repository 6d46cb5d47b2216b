"""Start ``app.py`` in its own process, as users do, and measure its cost. Results go to build/."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The shell is the same engine without windows, which cost more than all pages together. See scripts/ensure_chromium.sh.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WARM_UP_S = 25  # the warm-up in the background has finished by then


@dataclass(frozen=True)
class Server:
    address: str
    pid: int
    first_page_s: float

    def resident_mb(self) -> int:
        return resident_mb(self.pid)

    def own_mb(self) -> int:
        """Without the pages of files (packs, libraries), which the system takes back when it needs them."""
        return resident_mb(self.pid, "RssAnon")


@contextmanager
def served(warm_up_s: float = WARM_UP_S, **environment: str) -> Iterator[Server]:
    """The server, when its warm-up is over; ``environment`` joins this process's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, started = f"http://127.0.0.1:{port}/", time.monotonic()
    variables = os.environ | {"PORT": str(port)} | environment
    server = subprocess.Popen([sys.executable, ROOT / "app.py"], env=variables, cwd=ROOT)
    try:
        while server.poll() is None:
            try:
                urllib.request.urlopen(address, timeout=5).read()
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise RuntimeError(f"app.py ended with {server.returncode}")
        took = time.monotonic() - started
        time.sleep(warm_up_s)
        yield Server(address, server.pid, took)
    finally:
        server.terminate()
        server.wait(30)


def chromium() -> str | None:
    """The Chromium that is installed."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def resident_mb(pid: int, kind: str = "VmRSS") -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(kind)).split()[1]) // 1024


def write(result: dict, name: str) -> None:
    """The document on standard output and in build/."""
    text = json.dumps(result, indent=1)
    print(text)
    out = ROOT / "build" / name
    out.parent.mkdir(exist_ok=True)
    out.write_text(text + "\n")
