"""Recordings of one's own in a real browser: looked at, adapted to, refused, cancelled, deleted, and nobody else's."""

import io
import os
import re
import socket
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import soundfile

from xser_demo.audio.io import load
from xser_demo.corpora.custom import ingest
from xser_demo.reporting.model_zip import import_model
from xser_demo.ui import app, storage
from xser_demo.ui.server import visits
from xser_demo.utils import settings

expect = pytest.importorskip("playwright.sync_api").expect
SLOW = 60_000  # ms


@pytest.fixture(scope="module")
def page_server(tmp_path_factory):
    """(address, cache of uploads, root of private folders) of a page in this process, so that tests see both."""
    away = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch, socket.socket() as free:
        patch.setattr(tempfile, "tempdir", str(away))
        patch.setenv("GRADIO_TEMP_DIR", str(away / "gradio"))
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        patch.setattr(visits, "SWEEP_S", 0.5)
        address = app.launch("127.0.0.1", port, prevent_thread_lock=True, quiet=True)[1]
        yield address, away / "gradio", away / storage.ROOT
        gr.close_all(verbose=False)


def sound(number: int, seconds: float = 0.6) -> bytes:
    """Noise that swells, so that it is no silence."""
    wave = 0.1 * np.random.default_rng(number).standard_normal(int(16_000 * seconds)).clip(-3, 3)
    made = io.BytesIO()
    soundfile.write(made, wave * np.linspace(0.2, 1, len(wave)), 16_000, format="WAV")
    return made.getvalue()


def a_zip(file: Path, names: list[str], seconds: float = 0.6) -> Path:
    with zipfile.ZipFile(file, "w") as made:
        for number, name in enumerate(names):
            made.writestr(name, sound(number, seconds))
    return file


def send(page, *files: Path) -> None:
    page.locator("#yours-drop input[type=file]").set_input_files(list(files))


def open_tab(page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def left(*folders: Path) -> list[Path]:
    # os.walk, since the server deletes folders meanwhile
    return [Path(place, name) for folder in folders for place, _, names in os.walk(folder) for name in names]


def soon(check) -> None:
    end = time.monotonic() + 15
    while not check() and time.monotonic() < end:
        time.sleep(0.1)
    assert check()


def test_a_zip_from_the_drop_zone_to_a_target(page_server, open_page, shoot, tmp_path, monkeypatch):
    address, cache, root = page_server
    emotions = ("Wut", "Freude", "Trauer", "neutral", "Grübeln")
    sent = a_zip(tmp_path / "mine.zip", [f"mine/{e}/s{n % 2}_{n}.wav" for e in emotions for n in range(3)])
    page, other = open_page(address=address, query="?tab=yours"), open_page(address=address, query="?tab=yours")
    expect(page.locator("#yours-about")).to_contain_text("10,000 files", timeout=SLOW)
    expect(page.locator("#voice-prompt")).to_be_hidden()
    shoot(page, "yours-empty")
    send(page, sent)
    expect(page.locator("#yours-preview")).to_contain_text("15 recordings", timeout=SLOW)
    expect(page.locator("#yours-beside")).to_contain_text("RAVDESS (English)")
    assert left(cache) == [] and len(left(root)) == 15
    assert page.locator("#yours-players audio").count() == 4
    html = page.content()
    assert str(root) not in html and storage.ROOT not in html
    menu = page.locator("#yours-words select[data-word='Grübeln']")
    menu.focus()
    menu.select_option("boredom")
    expect(page.locator("#yours-preview")).to_contain_text("boredom", timeout=SLOW)
    expect(page.locator("#yours-players audio")).to_have_count(5)
    assert menu.evaluate("one => one === document.activeElement"), "the table keeps the focus"
    shoot(page, "yours-preview", full=True)

    expect(other.locator("#yours-drop")).to_be_visible()
    expect(other.locator("#yours-preview")).to_be_empty()
    assert "mine/Wut" not in other.content(), "file names are for their visitor alone"
    file = left(root)[0]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{address.rstrip(chr(47))}/gradio_api/file={urllib.parse.quote(str(file))}")
    open_tab(page, "About")
    open_tab(page, "Your data")
    expect(menu).to_have_value("boredom", timeout=SLOW)

    page.locator("#yours-use").click()
    expect(page.locator("#adapt-target input")).to_have_value(re.compile("own"), timeout=SLOW)
    expect(page.locator("#adapt-go")).to_be_enabled(timeout=SLOW)
    shoot(page, "yours-used")

    page.reload()  # as Gradio does it when the connection was lost
    expect(page.locator("#notice")).to_contain_text("your recordings are still here", timeout=SLOW)
    expect(other.locator("#notice")).to_be_hidden()
    open_tab(page, "Your data")
    expect(page.locator("#yours-preview")).to_contain_text("15 recordings", timeout=SLOW)
    assert len(left(root)) == 15
    page.close()
    monkeypatch.setattr(visits, "LEFT_S", 1)
    soon(lambda: left(root) == [] and list(root.iterdir()) == [])


@pytest.mark.more
def test_who_speaks_and_labels_can_be_chosen(page_server, open_page, shoot, tmp_path):
    names = [f"{s}_{e}_{n}.wav" for s in ("Anna", "Ben") for e in ("Wut", "Freude") for n in range(2)]
    page = open_page(address=page_server[0], query="?tab=yours")
    expect(page.locator("#yours-about")).to_contain_text("10,000 files", timeout=SLOW)
    send(page, a_zip(tmp_path / "mine.zip", names))
    expect(page.locator("#yours-preview")).to_contain_text("none; adaptation needs none", timeout=SLOW)
    page.get_by_label("Labels", exact=True).select_option("names")
    expect(page.locator("#yours-preview")).to_contain_text("all clips", timeout=SLOW)
    expect(page.locator("#yours-preview dd").first).to_have_text("2")
    menu = page.get_by_label("Who speaks?")
    expect(menu).to_have_value("name:1")
    shoot(page, "yours-readings", full=True)
    menu.focus()
    menu.select_option("none")
    expect(page.locator("#yours-preview dd").first).to_have_text("unknown", timeout=SLOW)
    assert menu.evaluate("one => one === document.activeElement"), "the menu keeps the focus"
    page.locator("#yours-clear").click()
    expect(page.locator("#yours-line")).to_contain_text("are deleted", timeout=SLOW)


def test_what_is_bad_is_refused_and_a_pile_can_be_cancelled_and_deleted(
    page_server, open_page, shoot, tmp_path, monkeypatch
):
    address, cache, root = page_server
    page = open_page(390, 844, address=address, query="?tab=yours&__theme=dark")
    line = page.locator("#yours-line")
    expect(page.locator("#yours-about")).to_contain_text("10,000 files", timeout=SLOW)
    bad = a_zip(tmp_path / "bad.zip", ["../out.wav"])
    (tmp_path / "text.wav").write_text("no sound")
    for file, said in ((bad, "outside its folder"), (tmp_path / "text.wav", "cannot be used")):
        send(page, file)
        expect(line.locator(".x-error")).to_contain_text(said, timeout=SLOW)
        expect(page.locator("#yours-drop")).to_be_visible()
        expect(page.locator("#yours-use")).to_be_hidden()
        soon(lambda: left(cache, root) == [])
    shoot(page, "yours-refused-narrow", full=True)

    slow = ingest.Reader.read
    monkeypatch.setattr(ingest.Reader, "read", lambda *one: time.sleep(0.4) or slow(*one))
    files = [tmp_path / f"take {n}.wav" for n in range(9)]
    for number, file in enumerate(files):
        file.write_bytes(sound(number))
    send(page, *files)
    expect(line).to_contain_text("Decoding recording", timeout=SLOW)
    shoot(page, "yours-busy-narrow")
    page.locator("#yours-cancel").click()
    expect(line).to_contain_text("nothing is stored", timeout=SLOW)
    soon(lambda: left(cache, root) == [])
    monkeypatch.setattr(ingest.Reader, "read", slow)

    send(page, *files[:7])
    expect(line).to_contain_text("At least 8", timeout=SLOW)
    expect(page.locator("#yours-use")).to_be_hidden()
    page.locator("#yours-clear").click()
    expect(page.locator("#yours-drop")).to_be_visible(timeout=SLOW)
    send(page, *files)
    expect(page.locator("#yours-preview")).to_contain_text("none; adaptation needs none", timeout=SLOW)
    expect(page.locator("#yours-use")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "yours-pile-narrow", full=True)
    page.locator("#yours-clear").click()
    expect(line).to_contain_text("are deleted", timeout=SLOW)
    expect(page.locator("#yours-drop")).to_be_visible()
    assert left(cache, root) == []


@pytest.mark.more
def test_a_voice_is_collected_a_model_gets_used_to_it_and_it_becomes_a_target(
    page_server, open_page, record, shoot, tmp_path
):
    """One sentence by microphone, many in one long recording."""
    address, _, root = page_server
    page = open_page(address=address)
    page.get_by_role("tab", name="Your data").click()
    page.locator("#yours-mode").get_by_text("Your voice").click()
    expect(page.locator("#yours-drop")).to_be_hidden()
    first = page.locator("#voice-prompt").inner_text()
    expect(page.locator("#voice-calibrate")).to_be_disabled()
    record(page, 3, "#voice-mic")
    expect(page.locator("#voice-list tbody tr")).to_have_count(1, timeout=SLOW)
    expect(page.locator("#voice-list select")).to_have_value("neutral")
    expect(page.locator("#voice-prompt")).not_to_have_text(first)
    shoot(page, "voice-first")

    pause = np.zeros(settings.SAMPLE_RATE)
    voices = [load(file).samples for file in sorted(settings.EXAMPLES.glob("*.flac"))]
    long = np.concatenate([part for one in (voices * 20)[:21] for part in (one, pause)])
    soundfile.write(tmp_path / "long.flac", long, settings.SAMPLE_RATE)
    page.locator("#voice-mic").get_by_role("button", name="Upload file").click()
    page.locator("#voice-mic input[type=file]").set_input_files(tmp_path / "long.flac")
    expect(page.locator("#voice-whole")).to_be_enabled(timeout=SLOW)
    count = page.locator("#voice-list tbody tr").count()
    assert count >= 21
    expect(page.locator("#voice-prompt q")).to_be_visible()
    expect(page.locator("#voice-calibrate")).to_have_text("Calibrate")
    page.locator("#voice-list [data-drop]").last.click()
    expect(page.locator("#voice-list tbody tr")).to_have_count(count - 1)
    page.locator("#voice-list select").nth(1).select_option("anger")
    expect(page.locator("#voice-line")).to_contain_text("2 are labelled")

    page.locator("#voice-calibrate").click()
    expect(page.locator("#voice-list th", has_text="Now predicted")).to_be_visible(timeout=SLOW)
    record(page, 3, "#voice-again")
    expect(page.locator("#voice-both .x-card strong")).to_have_count(2, timeout=SLOW)
    expect(page.locator("#voice-both")).to_contain_text("calibrated to your voice")
    with page.expect_download() as download:
        page.locator("#voice-take").click()
    assert "calibrated to your voice" in import_model(download.value.path()).card["title"]
    shoot(page, "voice", full=True)
    page.locator("#voice-teach").click()  # the clip that both answered to is answered anew
    expect(page.locator("#voice-line")).to_contain_text("Taught", timeout=SLOW)
    expect(page.locator("#voice-both")).to_contain_text("taught by 2 of your clips", timeout=SLOW)
    expect(page.locator("#voice-both .x-card strong")).to_have_count(2)
    with page.expect_download() as download:
        page.locator("#voice-take").click()
    assert "taught by 2 of your clips" in import_model(download.value.path()).card["title"]

    page.locator("#voice-whole").click()
    expect(page.locator("#yours-preview h3")).to_contain_text(f"{count - 1} recordings", timeout=SLOW)
    assert len(list(root.glob("*/clip-*.wav"))) == count - 1
    page.locator("#yours-mode").get_by_text("Your voice").click()
    page.locator("#voice-clear").click()
    expect(page.locator("#voice-list tbody tr")).to_have_count(0)


def test_the_voice_fits_a_phone(page_server, open_page, shoot):
    page = open_page(390, 844, address=page_server[0])
    page.locator(".overflow-menu > button").first.click()
    page.locator(".overflow-dropdown button", has_text="Your data").click()
    page.locator("#yours-mode").get_by_text("Your voice").click()
    expect(page.locator("#voice-prompt")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "voice-phone", full=True)
