"""Firefox, driven over WebDriver BiDi by a websocket; no other program is needed. Its microphone is a made-up tone."""

import base64
import itertools
import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from engines import WATCH, Engine, Gone

NAMES = ("firefox-esr", "firefox")
PREFS = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "remote.active-protocols": 1,  # BiDi
}
START_S = 120


class Firefox(Engine):
    name = "Firefox"
    microphone = True

    def __init__(self) -> None:
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            pytest.skip("no Firefox is installed; see scripts/ensure_browsers.sh")
        websocket = pytest.importorskip("websocket", reason="websocket-client comes with requirements-engines.txt")
        self.profile = Path(tempfile.mkdtemp(prefix="firefox-"))
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFS.items())
        (self.profile / "user.js").write_text("".join(lines))
        self.log = self.profile / "log.txt"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [program, "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", self.profile],
                stdout=log,
                stderr=log,
            )
        self.ids = itertools.count()
        try:
            # Firefox answers no websocket that says from which page it comes.
            self.socket = websocket.create_connection(
                self._address() + "/session", timeout=START_S, suppress_origin=True
            )
            self._send("session.new", capabilities={})
            self.tab = self._send("browsingContext.create", type="tab")["context"]  # the first one may be its own page
            self._send("script.addPreloadScript", functionDeclaration=f"() => {{ {WATCH} }}")
            size = {"width": 1280, "height": 720}
            self._send("browsingContext.setViewport", context=self.tab, viewport=size)
        except BaseException:
            self.close()
            raise

    def open(self, address: str) -> None:
        self._send("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """Objects cross as JSON."""
        code = f"(() => {{ const v = {expression}; return v instanceof Element ? v : JSON.stringify(v ?? null); }})()"
        done = self._send(
            "script.evaluate", expression=code, target={"context": self.tab}, awaitPromise=False, resultOwnership="root"
        )
        if done["type"] == "exception":
            raise AssertionError(done["exceptionDetails"]["text"])
        value = done["result"]
        return json.loads(value["value"]) if value["type"] == "string" else {"sharedId": value["sharedId"]}

    def press(self, element: Any) -> None:
        if element is None:
            raise Gone
        at = {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": element}}
        steps = [at, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._send(
            "input.performActions", context=self.tab, actions=[{"type": "pointer", "id": "mouse", "actions": steps}]
        )

    def set_files(self, css: str, *files: Path) -> None:
        find = f"document.querySelector({json.dumps(css)})"
        self.wait_for(find)
        self._send("input.setFiles", context=self.tab, element=self.evaluate(find), files=[str(one) for one in files])

    def screenshot(self, path: Path, full_page: bool = False) -> None:
        path.write_bytes(base64.b64decode(self._send("browsingContext.captureScreenshot", context=self.tab)["data"]))

    def close(self) -> None:
        if hasattr(self, "socket"):
            self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _address(self) -> str:
        end = time.monotonic() + START_S
        while not (said := re.search(r"WebDriver BiDi listening on (ws://\S+)", self.log.read_text())):
            assert self.process.poll() is None and time.monotonic() < end, f"no Firefox: {self.log.read_text()}"
            time.sleep(0.1)
        return said[1]

    def _send(self, method: str, **params: Any) -> dict:
        number = next(self.ids)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != number:
            pass  # an event
        if answer.get("error") in ("no such node", "no such element", "move target out of bounds"):
            raise Gone(answer["message"])
        assert answer["type"] == "success", f"{method}: {answer['error']}: {answer['message']}"
        return answer["result"]
