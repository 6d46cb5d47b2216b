"""A real Chromium whose microphone is fed by a file. With SHOTS=1, pictures of its pages are kept in
build/screenshots; no test needs them, and taking them is a minute of the suite."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import soundfile
import soxr
from serving import chromium as installed

from xser_demo.audio.io import load
from xser_demo.utils import settings

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "build" / "screenshots"


@pytest.fixture(scope="session")
def chromium() -> str:
    found = installed()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium: the browser tests must run in CI")
        pytest.skip("no Chromium is installed; see what make test says about it")
    return found


@pytest.fixture(scope="session")
def class_room(serving, recordings) -> Iterator[str]:
    """Address of a lecturer's page: https on every network of this computer, with recordings where there are any, and
    a live microphone that closes after four seconds of sound."""
    found = {"XSER_CORPORA": str(recordings)} if recordings else {}
    with serving(HTTPS="1", HOST="0.0.0.0", XSER_LIVE_S="4", **found) as address:
        yield address


@pytest.fixture(scope="module")
def served_with(serving) -> Iterator[Callable[[Path], str]]:
    """Serve the page with other assets than the shipped ones, once for all tests of a file."""
    with ExitStack() as stack:
        addresses: dict[Path, str] = {}

        def serve(assets: Path) -> str:
            if assets not in addresses:
                addresses[assets] = stack.enter_context(serving(XSER_ASSETS=str(assets)))
            return addresses[assets]

        yield serve


@pytest.fixture(scope="session")
def spoken(tmp_path_factory) -> Path:
    """What the fake microphone hears: a synthetic voice, 48 kHz WAV."""
    clip = load(settings.EXAMPLES / "de-fast-high.flac")
    file = tmp_path_factory.mktemp("voice") / "voice.wav"
    soundfile.write(file, soxr.resample(clip.samples, settings.SAMPLE_RATE, 48_000), 48_000, subtype="PCM_16")
    return file


@pytest.fixture(scope="session")
def launch(chromium):
    """Start a browser whose microphone plays a file in a loop."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # a busy machine is no fault of the page
    with sync_playwright() as playwright:
        yield lambda heard: playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={heard}",
                "--host-resolver-rules=MAP classroom.test 127.0.0.1",  # a plain http address in a network
            ],
        )


@pytest.fixture(scope="session")
def browser(launch, spoken):
    browser = launch(spoken)
    yield browser
    browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test says what its pages showed: the picture is gone where tests run unattended."""
    from playwright.sync_api import Error

    report = yield
    if report.when == "call" and report.failed:
        for number, page in enumerate(getattr(item, "pages", [])):
            try:
                text = " ".join(page.locator("body").inner_text(timeout=5_000).split())
            except Error as error:  # a page that no longer answers must not end the whole run
                text = f"does not answer: {error.message}"
            report.sections.append((f"page {number}", text[:3_000]))
    return report


@pytest.fixture
def open_page(browser, request):
    """Open the page for a new visitor; errors in the page's own scripts fail the test."""
    request.node.pages = []
    contexts, errors = [], []

    def open_one(
        width=1280,
        height=720,
        query="",
        address=None,
        locale="en-GB",
        before="",
        motion=False,
        ready=None,
        in_browser=None,
        late=None,
    ):
        """``before``: a script that runs in the page before its own. Without ``motion`` the page is asked for none.
        ``ready``: what a page that can be used has; None: the tab of the query, else the answers of Listen.
        ``in_browser``: None for the one that all tests share. ``late``: address of files, as a glob, that take three
        seconds."""
        tab = re.search(r"tab=(\w+)", query)
        ready = ready or (f"[role=tab][data-tab-id={tab[1]}][aria-selected=true]" if tab else "#cards")
        context = (in_browser or browser).new_context(
            viewport={"width": width, "height": height},
            permissions=["microphone"],
            locale=locale,
            ignore_https_errors=True,
            reduced_motion="no-preference" if motion else "reduce",
        )
        context.add_init_script(before)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        if late:
            page.route(late, lambda route: (page.wait_for_timeout(3_000), route.continue_()))
        page.goto((address or request.getfixturevalue("server")) + query)
        request.node.pages.append(page)
        page.locator(ready).first.wait_for()
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not errors, errors


@pytest.fixture
def record():
    """Speak into a recorder, for ``seconds``, or None until it ends by itself; the first time in a visit the page asks
    for consent."""

    def speak(page, seconds: float | None = 3.0, where: str = "#clip") -> None:
        page.locator(f"{where} .record-button").click()
        accept = page.locator("#consent-accept")
        accept.or_(page.locator(f"{where} .stop-button:visible")).first.wait_for()
        if accept.is_visible():
            accept.click()
        page.locator(f"{where} .stop-button:visible").first.wait_for()
        if seconds is None:
            return
        page.wait_for_timeout(seconds * 1000)
        page.locator(f"{where} .stop-button:visible").first.click()

    return speak


@pytest.fixture
def shoot():
    def keep(page, name: str, full: bool = False, after_s: float = 0) -> None:
        """``after_s``: when what is shown has been painted."""
        if not os.environ.get("SHOTS"):
            return
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(1000 * after_s)
        page.screenshot(path=SHOTS / f"{name}.png", full_page=full)

    return keep
