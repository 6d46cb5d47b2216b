"""Response times of the page in a real Chromium, as one JSON document. Not a timed test.

Server and browser share the computer, so a real visitor waits less. Medians of several runs.
"""

import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import soundfile
import soxr
from playwright.sync_api import Browser, Page, sync_playwright
from serving import chromium, served, write

from xser_demo.audio.io import load
from xser_demo.utils import settings

TRIES = 10
LIVE_S = 20
WAITING = "watch it settle"
# Milliseconds from the end of an upload to the answers of that clip, and to its drawn spectrogram.
WATCH = """
() => {
  const seen = window.seen = {};
  const now = name => { seen[name] ??= Date.now(); };
  const bars = () => [...document.querySelectorAll('#cards .x-bar')].map(one => one.textContent).join();
  const drawn = () => document.querySelector('#attention .js-plotly-plot image')?.getAttribute('href');
  const answers = bars(), picture = drawn();
  const look = () => {
    if (bars().includes('%') && bars() !== answers) now('answers');
    if (drawn() && drawn() !== picture) now('picture');
  };
  new MutationObserver(look).observe(document.body,
    {subtree: true, childList: true, characterData: true, attributes: true});
}
"""


def opened(browser: Browser, address: str) -> Page:
    """The page of a new visitor, ready to be used."""
    page = browser.new_context(permissions=["microphone"]).new_page()
    page.goto(address)
    page.locator("#cards").wait_for()
    return page


def opening(browser: Browser, address: str) -> dict:
    """Seconds from the address to a page that can be used; every try is a new visitor without a cache."""
    took = []
    for _ in range(TRIES):
        started = time.monotonic()
        page = opened(browser, address)
        took.append(time.monotonic() - started)
        page.context.close()
    return {"open_page_s": middle(took)}


def recording(browser: Browser, address: str, folder: Path) -> dict:
    """Milliseconds from the end of the upload of a 3 s clip to the answers of two models, and to the spectrogram."""
    page, answers, pictures = opened(browser, address), [], []
    for number in range(TRIES + 2):
        voice = ("de-slow-low", "it-medium")[number % 2]
        samples = load(settings.EXAMPLES / f"{voice}.flac").samples[: 3 * settings.SAMPLE_RATE]
        file = folder / f"{voice}-{number}.wav"
        soundfile.write(file, samples, settings.SAMPLE_RATE)
        page.evaluate(WATCH)
        with page.expect_file_chooser() as chooser:
            page.locator("#upload").click()
        with page.expect_event("requestfinished", lambda request: "/upload" in request.url) as sent:
            chooser.value.set_files(file)
        page.wait_for_function("() => window.seen.answers && window.seen.picture")
        times, seen = sent.value.timing, page.evaluate("window.seen")
        end = times["startTime"] + times["responseEnd"]
        answers.append(seen["answers"] - end)
        pictures.append(seen["picture"] - end)
        page.wait_for_timeout(1000)
    page.context.close()
    answers, pictures = answers[2:], pictures[2:]  # plotly.js is loaded then
    return {
        "upload_to_answers_ms": middle(answers, 0),
        "upload_to_spectrogram_ms": middle(pictures, 0),
        "upload_to_spectrogram_worst_ms": round(max(pictures)),
    }


def mapping(browser: Browser, address: str) -> dict:
    """Seconds from the click on the tab to both maps (shipped t-SNE), from the click on "Watch it move" to the film's
    first frame, and from the choice of another seed to its t-SNE maps, which are computed."""
    page = opened(browser, address)
    started = time.monotonic()
    page.get_by_role("tab", name="Map", exact=True).click()
    for side in ("before", "after"):
        page.locator(f"#map-{side} .js-plotly-plot").wait_for()
    first = time.monotonic() - started
    page.locator("#map-trust strong").wait_for()
    started = time.monotonic()
    page.locator("#map-go").click()
    page.locator("#map-player output", has_text="before").wait_for()
    film = time.monotonic() - started
    page.wait_for_timeout(3000)
    page.locator("#map-fine-tune").get_by_text("Fine-tune").click()
    page.locator("#map-seed input").click()
    started = time.monotonic()
    page.get_by_role("option", name="1", exact=True).click()
    page.locator("#map-line", has_text=WAITING).wait_for()
    page.locator("#map-line:visible").filter(has_not_text=WAITING).wait_for()
    settled = time.monotonic() - started
    page.context.close()
    return {"open_map_s": round(first, 2), "film_first_picture_s": round(film, 2), "first_tsne_s": round(settled, 2)}


def live(browser: Browser, address: str) -> dict:
    """Seconds from voice to screen as the page itself shows them."""
    page, shown = opened(browser, address), []
    page.locator("#mode").get_by_text("Live").click()
    page.locator("#live-mic .record-button").click()
    page.locator("#consent-accept").click()
    end = time.monotonic() + LIVE_S
    while time.monotonic() < end:
        page.wait_for_timeout(250)
        if found := re.search(r"([\d.]+) s from voice", page.locator("#live-delay").inner_text()):
            shown.append(float(found[1]))
    page.context.close()
    return {"live_voice_to_screen_s": middle(shown, 1), "live_worst_s": max(shown)}


def middle(values: list[float], digits: int = 2) -> float:
    return round(statistics.median(values), digits)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, served() as server, sync_playwright() as playwright:
        address = server.address
        voice = Path(folder) / "voice.wav"
        samples = load(settings.EXAMPLES / "de-fast-high.flac").samples
        soundfile.write(voice, soxr.resample(samples, settings.SAMPLE_RATE, 48_000), 48_000, subtype="PCM_16")
        fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
        fake.append(f"--use-file-for-fake-audio-capture={voice}")
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu", *fake])
        result = {"cores": os.cpu_count()}
        for part in (opening(browser, address), recording(browser, address, Path(folder)), mapping(browser, address)):
            result |= part
            print(json.dumps(part), file=sys.stderr, flush=True)
        result |= live(browser, address)
        browser.close()
    write(result, "bench-page.json")


if __name__ == "__main__":
    main()
