"""A connection that breaks off in the middle of the work and comes back."""

import io
import re
import socket
import threading
import zipfile
from contextlib import suppress
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile

from xser_demo.audio.io import load
from xser_demo.utils import settings

expect = pytest.importorskip("playwright.sync_api").expect
SLOW = 60_000  # ms


class Line:
    """Hands bytes on to a server, until it is cut."""

    def __init__(self, to: int):
        self.to, self.joined, self.port = to, [], 0
        self.mend()

    def mend(self) -> None:
        self.door = socket.create_server(("127.0.0.1", self.port))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self._serve, args=(self.door,), daemon=True).start()

    def cut(self) -> None:
        for one in (self.door, *self.joined):
            self._end(one)
        self.joined.clear()

    def _serve(self, door: socket.socket) -> None:
        with suppress(OSError):
            while True:
                page, _ = door.accept()
                server = socket.create_connection(("127.0.0.1", self.to))
                self.joined += [page, server]
                for ends in ((page, server), (server, page)):
                    threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
        self._end(one)
        self._end(other)

    def _end(self, one: socket.socket) -> None:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


def test_an_adaptation_outlives_its_connection_and_everything_is_found_again(server, open_page, shoot):
    line = Line(urlsplit(server).port)
    page = open_page(address=f"http://127.0.0.1:{line.port}")
    page.locator("#voice").click()
    expect(page.locator("#scene-line")).to_be_empty(timeout=SLOW)
    page.get_by_role("tab", name="Adapt", exact=True).click()
    page.locator("#adapt-go").click()
    expect(page.locator("#adapt-line")).to_contain_text(re.compile("epoch [1-9] "), timeout=SLOW)
    line.cut()
    page.wait_for_timeout(3000)
    line.mend()
    expect(page.locator("#notice")).to_contain_text(re.compile("your clip.* still here"), timeout=SLOW)  # or has ended
    page.locator("#adapt-line").wait_for()
    expect(page.locator("#adapt-score table")).to_be_visible(timeout=2 * SLOW)
    expect(page.locator("#adapt-now .js-plotly-plot")).to_be_visible()
    shoot(page, "adapt-found-again")
    page.get_by_role("tab", name="Listen", exact=True).click()
    expect(page.locator("#cards")).to_contain_text("Your model: English to German", timeout=SLOW)
    expect(page.locator("#cards")).not_to_contain_text("labelled as")  # a synthetic voice has no label
    expect(page.locator("#clip-line")).to_contain_text("Synthetic voice")
    line.cut()


@pytest.mark.more
def test_recordings_are_listened_to_although_nobody_is_connected(server, open_page, tmp_path, shoot):
    voices = [load(file).samples for file in sorted(settings.EXAMPLES.glob("*.flac"))]
    sound = np.resize(np.concatenate(voices), 30 * 11 * settings.SAMPLE_RATE)
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for number, clip in enumerate(np.split(sound, 30)):
            file = io.BytesIO()
            soundfile.write(file, clip, settings.SAMPLE_RATE, format="FLAC")
            archive.writestr(f"{number}.flac", file.getvalue())
    line = Line(urlsplit(server).port)
    page = open_page(address=f"http://127.0.0.1:{line.port}")
    page.get_by_role("tab", name="Your data", exact=True).click()
    page.locator("#yours-drop input[type=file]").set_input_files(tmp_path / "mine.zip")
    page.locator("#yours-use").click()
    expect(page.locator("#yours-line")).to_contain_text("Encoding clip", timeout=SLOW)
    line.cut()
    page.wait_for_timeout(2000)
    line.mend()
    expect(page.locator("#notice")).to_contain_text(
        "your recordings are still here and the work on them goes on", timeout=SLOW
    )
    expect(page.locator("#yours-preview h3")).to_contain_text("30 recordings", timeout=SLOW)
    shoot(page, "yours-found-again")
    expect(page.locator("#yours-line")).to_contain_text("Your recordings are ready", timeout=SLOW)
    page.locator("#yours-use").click()
    expect(page.locator("#adapt-go")).to_be_enabled(timeout=SLOW)
    line.cut()
