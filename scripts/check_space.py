"""Checks that a Space would work: its folder, its packages, and the page in a browser.

    python scripts/check_space.py [--torch-index URL] [--keep DIR] [--json]

Writes the folder that ``xser space push`` uploads, installs its requirements.txt into a new virtual environment
together with the packages that Spaces add (gradio[oauth,mcp], uvicorn, spaces), runs app.py there with a Space's
environment variables, as another user if possible, and operates the page inside a frame of another site: the
microphone, an example, the map, an adaptation. Then again with an owner's secret: a class is opened, a phone joins and
votes; without the secret there are no classes. Takes minutes, mostly for pip. Needs the test packages and a Chromium.
Exit status 1 and a sentence when something fails.
"""

import argparse
import contextlib
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
from check_space_class import SECRET, CheckFailed, ask_for_a_class, hold_a_class
from serving import chromium, resident_mb

from xser_demo.cli.space import folder, pins

NOBODY = 65534
SLOW_MS = 120_000
PERCENT = "#cards .x-card:has(.x-bar span:last-child:has-text('%'))"  # cards with a prediction
EMBEDDING_PAGE = (
    "<!doctype html><title>another site</title><body style='margin:0'><iframe id=space allow='microphone' src='{}' "
    "style='border:0;width:1280px;height:1600px'></iframe>"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch-index", metavar="URL", help="as for xser space build")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="work in DIR and delete nothing; installed packages are reused"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        work = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xser-check-")))
        work.mkdir(parents=True, exist_ok=True)
        work.chmod(0o755)
        try:
            figures = check(work.resolve(), options.torch_index)
        except CheckFailed as failure:
            print(f"error: {failure}", file=sys.stderr)
            return 1
    if options.json:
        print(json.dumps(figures, indent=1))
    else:
        for name, value in figures.items():
            print(f"{name:45} {value}")
    return 0


def check(work: Path, torch_index: str | None) -> dict:
    shutil.rmtree(work / "space", ignore_errors=True)
    (work / "log.txt").unlink(missing_ok=True)
    space = folder.build(work / "space", folder.Plan(torch_index=torch_index))
    figures = {"files in the Space": space["files"], "MB in the Space": round(space["bytes"] / 1e6)}
    started = time.monotonic()
    python = install(work)
    figures["s to install"] = round(time.monotonic() - started)
    packages = sum(f.lstat().st_size for f in (work / "venv").rglob("*") if f.is_file() and not f.is_symlink())
    figures["MB of packages"] = round(packages / 1e6)
    with serve(work, python) as (address, process, started):
        figures["as another user"] = "yes" if os.stat(f"/proc/{process.pid}").st_uid != os.geteuid() else "no"
        figures["s from start to the first page"] = round(time.monotonic() - started, 1)
        figures["MB resident at the first page"] = resident_mb(process.pid)
        figures |= visit(address, work, started)
        figures["MB resident after the visit"] = resident_mb(process.pid)
        if ask_for_a_class(address, SECRET) == 200:
            raise CheckFailed("A class was opened although its owner has set no secret.")
    with serve(work, python, XSER_CLASS_SECRET=SECRET) as (address, _, _):
        if ask_for_a_class(address, "a guess") != 403:
            raise CheckFailed("A class can be opened without the owner's secret.")
        figures["s from opening a class to a vote"] = hold_a_class(address)
    ignored = r"Exception ignored in: .*?\n\w*Error: [^\n]*"  # from event loops that Gradio does not close
    log = re.sub(ignored, "", (work / "log.txt").read_text(), flags=re.DOTALL)
    if "Traceback" in log:
        raise CheckFailed(f"The page worked, but its log has an error:\n{log[-3000:]}")
    return figures


def install(work: Path) -> Path:
    """Install the packages of the Space into a new virtual environment; returns its interpreter."""
    python = work / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", work / "venv"], check=True)
    added = [f"gradio[oauth,mcp]=={pins.locked()['gradio']}", "uvicorn>=0.14.0", "spaces"]
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command = [*pip, "-r", "requirements.txt", *added]
    result = subprocess.run(command, cwd=work / "space", capture_output=True, text=True)
    if result.returncode:
        raise CheckFailed(f"The Space's packages cannot be installed:\n{result.stderr[-3000:]}")
    return python


@contextlib.contextmanager
def serve(work: Path, python: Path, **settings: str) -> Iterator[tuple[str, subprocess.Popen, float]]:
    """Run the page; yields its address, its process, and the start time (``time.monotonic``)."""
    port, home = free_port(), work / "home"
    shutil.rmtree(home, ignore_errors=True)
    (home / "tmp").mkdir(parents=True)
    user = unprivileged_user(python)
    if user:  # this user cannot write to the folder and the packages
        for directory in (home, home / "tmp"):
            os.chown(directory, NOBODY, NOBODY)
    environment = {
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home / "tmp"),
        "LANG": "C.UTF-8", "SYSTEM": "spaces", "SPACE_ID": "lab/shift", "SPACE_HOST": "lab-shift.hf.space",
        "SPACE_AUTHOR_NAME": "lab", "SPACE_REPO_NAME": "shift", "SPACE_TITLE": "Hear the domain shift",
        "GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": str(port), "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    environment |= settings
    started = time.monotonic()
    with open(work / "log.txt", "a") as log:
        process = subprocess.Popen(
            [python, "app.py"], cwd=work / "space", env=environment, stdout=log, stderr=log, **user
        )
    try:
        address = f"http://127.0.0.1:{port}"
        while not is_up(address):
            if process.poll() is not None or time.monotonic() > started + 300:
                raise CheckFailed(f"The page did not start:\n{(work / 'log.txt').read_text()[-3000:]}")
            time.sleep(0.1)
        yield address, process, started
    finally:
        process.terminate()
        process.wait(20)


def unprivileged_user(python: Path) -> dict:
    """Arguments for ``Popen`` to run as a user without write access; empty if that is not possible here."""
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:
        subprocess.run([python, "-c", ""], check=True, capture_output=True, **user)
    except (OSError, subprocess.SubprocessError):
        return {}
    return user


def visit(address: str, work: Path, started: float) -> dict:
    """Operate the page as a visitor, in a frame of another site that allows the microphone; returns durations."""
    from playwright.sync_api import Error, expect, sync_playwright

    executable = chromium()
    if executable is None:
        raise CheckFailed("No Chromium was found; run sh scripts/ensure_chromium.sh to get one.")
    expect.set_options(timeout=SLOW_MS)
    figures, action = {}, "open"
    switches = ["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={voice(work)}"]  # fmt: skip
    with embedding_site(address) as outside, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=switches)
        context = browser.new_context(viewport={"width": 1280, "height": 1600}, permissions=["microphone"])
        context.set_default_timeout(SLOW_MS)
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        try:
            step_started = time.monotonic()
            page.goto(outside)
            inside = page.frame_locator("#space")
            inside.locator("#cards").wait_for()
            figures["s to open the page in a frame"] = round(time.monotonic() - step_started, 1)
            expect(inside.locator("#space")).to_contain_text("shared Space")
            expect(inside.get_by_role("button", name="Duplicate Space")).to_be_visible()
            action = "answer an example in"
            step_started = time.monotonic()
            inside.locator("#voice").click()
            expect(inside.locator("#scene-line")).to_be_empty()
            expect(inside.locator(PERCENT)).to_have_count(2)
            figures["s from an example to two answers"] = round(time.monotonic() - step_started, 1)
            figures["s from start to the first answers"] = round(time.monotonic() - started, 1)
            action = "show the maps of"
            step_started = time.monotonic()
            inside.get_by_role("tab", name="Map", exact=True).click()
            for side in ("before", "after"):
                inside.locator(f"#map-{side} .js-plotly-plot").wait_for()
            figures["s to the first maps"] = round(time.monotonic() - step_started, 1)
            action = "adapt in"
            step_started = time.monotonic()
            inside.get_by_role("tab", name="Adapt", exact=True).click()
            inside.locator("#adapt-fine-tune").get_by_text("Fine-tune").click()
            inside.locator("#adapt-epochs input[type=number]").fill("3")
            inside.locator("#adapt-epochs input[type=number]").press("Enter")
            inside.locator("#adapt-go").click()
            expect(inside.locator("#adapt-score")).to_contain_text(re.compile("z-score", re.I))
            figures["s to adapt for 3 epochs, scored"] = round(time.monotonic() - step_started, 1)
            action, page = "record in", context.new_page()
            page.goto(outside)
            inside = page.frame_locator("#space")
            record(page, inside)
            expect(inside.locator("#clip-line")).to_contain_text("of speech")
            expect(inside.locator(PERCENT)).to_have_count(2)
        except (AssertionError, Error) as error:
            reason = str(error).splitlines()[0]
            page.screenshot(path=work / "page.png")
            raise CheckFailed(f"It was not possible to {action} the page in a frame ({reason}).") from error
        finally:
            browser.close()
        if errors:
            raise CheckFailed(f"The page's scripts have errors: {errors[0]}")
    return figures


def record(page, inside) -> None:
    """Record three seconds from the fake microphone, after the consent dialog."""
    inside.locator("#clip .record-button").click()
    inside.locator("#consent-accept").click()
    stop = inside.locator("#clip .stop-button:visible").first
    stop.wait_for()
    page.wait_for_timeout(3000)
    stop.click()


def voice(work: Path) -> Path:
    """Sound of the fake microphone: an example clip as 48 kHz WAV."""
    import soundfile
    import soxr

    samples, rate = soundfile.read(ROOT / "assets" / "examples" / "de-fast-high.flac", dtype="float32")
    soundfile.write(work / "voice.wav", soxr.resample(samples, rate, 48_000), 48_000, subtype="PCM_16")
    return work / "voice.wav"


@contextlib.contextmanager
def embedding_site(address: str) -> Iterator[str]:
    """Serve another site that shows the page in a frame; yields its address."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(EMBEDDING_PAGE.format(address).encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://localhost:{site.server_address[1]}"
        site.shutdown()


def is_up(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=10) as response:
            return bool(response.read())
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
