"""Pictures of the page for README and documents, taken from the real page: ``python scripts/make_pictures.py``.

``assets/screenshots/*.png``, and ``loop.webp``: 20 seconds from the opening clip to an adapted model; ``class*.png``
are of ``tests/browser/test_classroom.py``, made smaller. Needs the packages of requirements-dev.txt and a Chromium
(scripts/ensure_chromium.sh).
"""

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from serving import chromium, served

SHOTS = ROOT / "assets" / "screenshots"
SIZE, LOOP_SIZE = (1280, 720), (960, 540)
FRAMES_PER_S, LOOP_S, QUALITY = 6, 20, 50
SLOW = 120_000  # milliseconds


@contextmanager
def opened(address: str, motion: bool) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(
            viewport=dict(zip(("width", "height"), SIZE, strict=True)),
            reduced_motion="no-preference" if motion else "reduce",
        )
        page.goto(address)
        page.locator("#cards .x-mark").first.wait_for(timeout=SLOW)
        yield page
        browser.close()


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def adapt(page: Page) -> None:
    tab(page, "Adapt")
    page.locator("#adapt-go").click()


def screenshots(address: str) -> None:
    with opened(address, motion=False) as page:
        page.locator("#attention .js-plotly-plot").wait_for(timeout=SLOW)
        page.screenshot(path=SHOTS / "listen.png")
        tab(page, "Map")
        page.locator("#map-trust").get_by_text("How far to trust").wait_for(timeout=SLOW)
        page.screenshot(path=SHOTS / "map.png")
        adapt(page)
        page.locator("#adapt-score").get_by_text("z-score").first.wait_for(timeout=SLOW)
        page.wait_for_timeout(1000)
        page.screenshot(path=SHOTS / "adapt.png")
        for name, wait in (("benchmark", "#bench-mode"), ("lecture", "#lecture-steps li")):
            tab(page, name.capitalize())
            page.locator(wait).first.wait_for(timeout=SLOW)
            page.wait_for_timeout(1500)
            page.screenshot(path=SHOTS / f"{name}.png")
        page.set_viewport_size({"width": SIZE[0], "height": 1080})
        tab(page, "Systems")
        page.get_by_text("Claim.").wait_for(timeout=SLOW)
        page.get_by_text("DANN (Cai)", exact=True).click()
        page.get_by_text("A reversed language classifier helps").wait_for(timeout=SLOW)
        page.wait_for_timeout(1500)
        page.screenshot(path=SHOTS / "systems.png")


def loop(address: str) -> None:
    """The opening, then an adaptation, as one animated picture."""
    frames: list[Image.Image] = []

    def film(page: Page, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            frames.append(picture.resize(LOOP_SIZE, Image.Resampling.LANCZOS))
            page.wait_for_timeout(max(0.0, 1000 * (1 / FRAMES_PER_S - (time.monotonic() - now))))

    with opened(address, motion=True) as page:
        film(page, 0.3 * LOOP_S)
        adapt(page)
        film(page, 0.7 * LOOP_S)
    first, *others = frames
    step = round(1000 * LOOP_S / len(frames))
    first.save(
        SHOTS / "loop.webp", save_all=True, append_images=others, duration=step, loop=0, quality=QUALITY, method=4
    )
    print(f"loop.webp: {len(frames)} frames, {(SHOTS / 'loop.webp').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    with served() as server:
        screenshots(server.address)
        loop(server.address)
