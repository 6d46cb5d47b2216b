"""Whether a Space would work: its folder, its packages, and the page as a visitor of a Space sees it.

    python scripts/check_space.py [--torch-index URL] [--keep DIR] [--json]

Writes the folder that ``xser space push`` sends, installs its requirements.txt into a new virtual environment in one
step with what Spaces add (gradio[oauth,mcp], uvicorn, spaces), runs app.py there with a Space's environment
variables, as another user where it may, and drives the page inside a frame of another site: the microphone, an
example, the map, an adaptation. Takes minutes, most of them pip's. Needs the test packages and a Chromium. Exit
status 1 and a sentence when it would not.
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
from serving import chromium, resident_mb

from xser_demo.cli.space import folder, pins

NOBODY = 65534
SLOW_MS = 120_000
PERCENT = "#cards .x-card:has(.x-bar span:last-child:has-text('%'))"  # cards that give an answer
TOP = "<!doctype html><title>another site</title><body style='margin:0'><iframe id=space allow='microphone' src='{}' " \
      "style='border:0;width:1280px;height:1600px'></iframe>"  # fmt: skip


class Missing(Exception):
    """What a Space would lack, in a sentence."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch-index", metavar="URL", help="as for xser space build")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work there and leave everything; packages are kept")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        place = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xser-check-")))
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o755)
        try:
            figures = check(place.resolve(), options.torch_index)
        except Missing as missing:
            print(f"error: {missing}", file=sys.stderr)
            return 1
    if options.json:
        print(json.dumps(figures, indent=1))
    else:
        for name, value in figures.items():
            print(f"{name:45} {value}")
    return 0


def check(place: Path, torch_index: str | None) -> dict:
    shutil.rmtree(place / "space", ignore_errors=True)
    made = folder.build(place / "space", folder.Plan(torch_index=torch_index))
    figures = {"files in the Space": made["files"], "MB in the Space": round(made["bytes"] / 1e6)}
    begun = time.monotonic()
    python = install(place)
    figures["s to install"] = round(time.monotonic() - begun)
    packages = sum(f.lstat().st_size for f in (place / "venv").rglob("*") if f.is_file() and not f.is_symlink())
    figures["MB of packages"] = round(packages / 1e6)
    with serve(place, python) as (address, process, begun):
        figures["as another user"] = "yes" if os.stat(f"/proc/{process.pid}").st_uid != os.geteuid() else "no"
        figures["s from start to the first page"] = round(time.monotonic() - begun, 1)
        figures["MB resident at the first page"] = resident_mb(process.pid)
        figures |= visit(address, place, begun)
        figures["MB resident after the visit"] = resident_mb(process.pid)
    ignored = r"Exception ignored in: .*?\n\w*Error: [^\n]*"  # of event loops that Gradio leaves to be collected
    said = re.sub(ignored, "", (place / "log.txt").read_text(), flags=re.DOTALL)
    if "Traceback" in said:
        raise Missing(f"The page worked, but its log has an error:\n{said[-3000:]}")
    return figures


def install(place: Path) -> Path:
    """A Space's packages in an environment of its own; the interpreter there."""
    python = place / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", place / "venv"], check=True)
    added = [f"gradio[oauth,mcp]=={pins.locked()['gradio']}", "uvicorn>=0.14.0", "spaces"]
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command = [*pip, "-r", "requirements.txt", *added]
    done = subprocess.run(command, cwd=place / "space", capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"The Space's packages cannot be installed:\n{done.stderr[-3000:]}")
    return python


@contextlib.contextmanager
def serve(place: Path, python: Path) -> Iterator[tuple[str, subprocess.Popen, float]]:
    """The running page: its address, its process, and when it was started (``time.monotonic``)."""
    port, home = free_port(), place / "home"
    shutil.rmtree(home, ignore_errors=True)
    (home / "tmp").mkdir(parents=True)
    other = somebody_else(python)
    if other:  # the folder and the packages are not theirs to change
        for one in (home, home / "tmp"):
            os.chown(one, NOBODY, NOBODY)
    environment = {
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home / "tmp"),
        "LANG": "C.UTF-8", "SYSTEM": "spaces", "SPACE_ID": "lab/shift", "SPACE_HOST": "lab-shift.hf.space",
        "SPACE_AUTHOR_NAME": "lab", "SPACE_REPO_NAME": "shift", "SPACE_TITLE": "Hear the domain shift",
        "GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": str(port), "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    begun = time.monotonic()
    with open(place / "log.txt", "w") as log:
        process = subprocess.Popen(
            [python, "app.py"], cwd=place / "space", env=environment, stdout=log, stderr=log, **other
        )
    try:
        address = f"http://127.0.0.1:{port}"
        while not answers(address):
            if process.poll() is not None or time.monotonic() > begun + 300:
                raise Missing(f"The page did not come up:\n{(place / 'log.txt').read_text()[-3000:]}")
            time.sleep(0.1)
        yield address, process, begun
    finally:
        process.terminate()
        process.wait(20)


def somebody_else(python: Path) -> dict:
    """For ``Popen``: a user who may write nothing here, where we may choose and the interpreter is theirs to read."""
    other = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:
        subprocess.run([python, "-c", ""], check=True, capture_output=True, **other)
    except (OSError, subprocess.SubprocessError):
        return {}
    return other


def visit(address: str, place: Path, begun: float) -> dict:
    """What a visitor does, in a frame of another site that lends the microphone."""
    from playwright.sync_api import Error, expect, sync_playwright

    executable = chromium()
    if executable is None:
        raise Missing("There is no Chromium here; sh scripts/ensure_chromium.sh says how to get one.")
    expect.set_options(timeout=SLOW_MS)
    figures, doing = {}, "open"
    switches = ["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={voice(place)}"]  # fmt: skip
    with top(address) as outside, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=switches)
        context = browser.new_context(viewport={"width": 1280, "height": 1600}, permissions=["microphone"])
        context.set_default_timeout(SLOW_MS)
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        try:
            asked = time.monotonic()
            page.goto(outside)
            inside = page.frame_locator("#space")
            inside.locator("#cards").wait_for()
            figures["s to open the page in a frame"] = round(time.monotonic() - asked, 1)
            expect(inside.locator("#space")).to_contain_text("shared Space")
            expect(inside.get_by_role("button", name="Duplicate Space")).to_be_visible()
            doing = "answer an example in"
            asked = time.monotonic()
            inside.locator("#voice").click()
            expect(inside.locator(PERCENT)).to_have_count(2)
            figures["s from an example to two answers"] = round(time.monotonic() - asked, 1)
            figures["s from start to the first answers"] = round(time.monotonic() - begun, 1)
            doing = "show the maps of"
            asked = time.monotonic()
            inside.get_by_role("tab", name="Map", exact=True).click()
            for side in ("before", "after"):
                inside.locator(f"#map-{side} .js-plotly-plot").wait_for()
            figures["s to the first maps"] = round(time.monotonic() - asked, 1)
            doing = "adapt in"
            asked = time.monotonic()
            inside.get_by_role("tab", name="Adapt", exact=True).click()
            inside.locator("#adapt-fine-tune").get_by_text("Fine-tune").click()
            inside.locator("#adapt-epochs input[type=number]").fill("3")
            inside.locator("#adapt-epochs input[type=number]").press("Enter")
            inside.locator("#adapt-go").click()
            expect(inside.locator("#adapt-score")).to_contain_text(re.compile("z-score", re.I))
            figures["s to adapt for 3 epochs, scored"] = round(time.monotonic() - asked, 1)
            doing, page = "record in", context.new_page()
            page.goto(outside)
            inside = page.frame_locator("#space")
            record(page, inside)
            expect(inside.locator("#clip-line")).to_contain_text("of speech")
            expect(inside.locator(PERCENT)).to_have_count(2)
        except (AssertionError, Error) as error:
            said = str(error).splitlines()[0]
            page.screenshot(path=place / "page.png")
            raise Missing(f"It was not possible to {doing} the page in a frame ({said}).") from error
        finally:
            browser.close()
        if errors:
            raise Missing(f"The page's scripts have errors: {errors[0]}")
    return figures


def record(page, inside) -> None:
    """Three seconds from the false microphone; the page asks for consent first."""
    inside.locator("#clip .record-button").click()
    inside.locator("#consent-accept").click()
    stop = inside.locator("#clip .stop-button:visible").first
    stop.wait_for()
    page.wait_for_timeout(3000)
    stop.click()


def voice(place: Path) -> Path:
    """What the browser takes for a microphone's sound: an example, as 48 kHz WAV."""
    import soundfile
    import soxr

    samples, rate = soundfile.read(ROOT / "assets" / "examples" / "de-fast-high.flac", dtype="float32")
    soundfile.write(place / "voice.wav", soxr.resample(samples, rate, 48_000), 48_000, subtype="PCM_16")
    return place / "voice.wav"


@contextlib.contextmanager
def top(address: str) -> Iterator[str]:
    """Another site, which shows the page in a frame."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(TOP.format(address).encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://localhost:{site.server_address[1]}"
        site.shutdown()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return bool(answer.read())
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
