"""The corpus of a clicked clip is fetched from its owners, here a server of the test, and then the clip is heard."""

import contextlib
import hashlib
import io
import socket
import threading
import time
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import soundfile

from xser_demo.corpora import CORPORA, verify
from xser_demo.corpora.download import ARCHIVES, Archive
from xser_demo.data import packs
from xser_demo.ui import app

expect = pytest.importorskip("playwright.sync_api").expect
SLOW = 60_000  # ms
CLIPS = 24


@pytest.fixture
def owners(tmp_path, monkeypatch):
    """A slow server with the first clips of RAVDESS as the whole of it, in noise; what it was asked for."""
    asked, lists, archive = [], tmp_path / "official", io.BytesIO()
    rows = "# made by the test\nname\tsha256\tbytes\n"
    with zipfile.ZipFile(archive, "w") as made:
        for number, clip in enumerate(packs.load("ravdess").utterances[:CLIPS]):
            sound = io.BytesIO()
            noise = np.random.default_rng(number).uniform(-0.1, 0.1, 12_000 + 900 * number)
            soundfile.write(sound, noise, 16_000, "PCM_16", format="WAV")
            name, data = Path(clip.path).stem, sound.getvalue()
            rows += f"{name}\t{hashlib.sha256(data).hexdigest()[:16]}\t{len(data)}\n"
            made.writestr(f"Actor_01/{name}.wav", data)
    content = archive.getvalue()

    class Owners(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.command, self.headers.get("Range")))
            start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            with contextlib.suppress(OSError):  # cancelled
                for place in range(start, len(content) if self.command == "GET" else 0, 1 << 15):
                    self.wfile.write(content[place : place + (1 << 15)])
                    time.sleep(0.01 if start else 0.5)  # the first time is for cancelling

        do_HEAD = do_GET

        def log_message(self, *arguments):
            pass

    lists.mkdir()
    (lists / "ravdess.tsv").write_text(rows)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Owners)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(verify, "FOLDER", lists)
    monkeypatch.setitem(CORPORA, "ravdess", replace(CORPORA["ravdess"], clips=CLIPS))
    monkeypatch.setitem(ARCHIVES, "ravdess", Archive(f"http://127.0.0.1:{server.server_port}/speech.zip"))
    monkeypatch.setenv("XSER_CORPORA", str(tmp_path / "corpora"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield asked
    server.shutdown()


@pytest.fixture
def address():
    """The page in this process, so that it finds what the test has put there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    yield app.launch("127.0.0.1", port, prevent_thread_lock=True, quiet=True)[1]
    gr.close_all(verbose=False)


@pytest.mark.more  # without a browser: tests/ui/test_corpus_download.py
def test_a_corpus_is_fetched_and_the_clip_heard(owners, address, open_page, shoot, tmp_path):
    page = open_page(address=address, query="?tab=map")
    expect(page.locator("#map-line")).to_contain_text("Each point is one clip", timeout=SLOW)
    ask, go, no, line = (page.locator(f"#map-fetch-{name}") for name in ("ask", "go", "no", "line"))
    page.locator("#map-bar [data-step='1']").click()
    expect(ask).to_have_text("Download RAVDESS", timeout=SLOW)
    assert owners == [] and not page.locator("#map-sound").is_visible()
    ask.click()
    expect(line).to_contain_text("CC BY-NC-SA 4.0", timeout=SLOW)
    expect(line).to_contain_text("speech.zip")
    expect(line).to_contain_text("MB to download")
    expect(go).to_be_in_viewport()
    shoot(page, "map-fetch-offer")
    assert [one for one, _ in owners] == ["HEAD"]  # nothing is downloaded before the second click
    go.click()
    expect(line.locator("progress")).to_be_visible(timeout=SLOW)
    expect(line).to_contain_text("%")
    shoot(page, "map-fetch-running")
    no.click()
    expect(line).to_contain_text("are kept", timeout=SLOW)
    ask.click()
    expect(go).to_be_visible(timeout=SLOW)
    go.click()
    expect(line).to_contain_text(f"{CLIPS} of {CLIPS} clips are there", timeout=SLOW)
    assert owners[-1][1] is not None  # it went on where it was
    expect(page.locator("#map-sound")).to_be_visible(timeout=SLOW)
    expect(page.locator("#map-origin")).to_be_empty()
    for button in (ask, go, no):
        expect(button).to_be_hidden()
    shoot(page, "map-fetched")
    assert len(list((tmp_path / "corpora" / "ravdess").rglob("*.wav"))) == CLIPS
