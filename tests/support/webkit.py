"""WebKit as GTK builds it, the engine that Safari has, in a window that nobody sees (Xvfb)."""

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from engines import SLOW_S, WATCH, Engine, Gone

PLACES = (
    "/usr/lib/*/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib*/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/*/webkit*/MiniBrowser",
)


class WebKit(Engine):
    name = "WebKit"
    microphone = False

    def __init__(self) -> None:
        driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
        program = next((one for place in PLACES for one in Path("/").glob(place[1:])), None)
        if not (driver and screen and program):
            pytest.skip("no WebKit with its driver and Xvfb is installed; see scripts/ensure_browsers.sh")
        webdriver = pytest.importorskip("selenium.webdriver", reason="selenium comes with requirements-engines.txt")
        reading, writing = os.pipe()
        command = [screen, "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
        self.screen = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with open(reading) as number:
            display = f":{number.readline().strip()}"
        try:
            options = webdriver.WebKitGTKOptions()
            options.binary_location = str(program)
            options.add_argument("--automation")
            options.page_load_strategy = "none"  # so that errors are heard from the beginning
            environment = os.environ | {"DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1"}
            environment["WEBKIT_DISABLE_DMABUF_RENDERER"] = "1"  # there is no graphics card
            service = webdriver.WebKitGTKService(executable_path=driver, env=environment)
            self.driver = webdriver.WebKitGTK(options=options, service=service)
            self.driver.set_script_timeout(SLOW_S)
        except BaseException:
            self._end_screen()
            raise

    def open(self, address: str) -> None:
        self.driver.get("about:blank")
        self.driver.get(address)
        self.wait_for(f"location.href.startsWith({json.dumps(address)}) && document.documentElement")
        self.driver.execute_script(WATCH)

    def evaluate(self, expression: str) -> Any:
        return self.driver.execute_script(f"return {expression};")

    def press(self, element: Any) -> None:
        from selenium.common import exceptions

        if element is None:
            raise Gone
        try:
            element.click()
        except (exceptions.StaleElementReferenceException, exceptions.ElementNotInteractableException) as error:
            raise Gone from error

    def set_files(self, css: str, *files: Path) -> None:
        find = f"document.querySelector({json.dumps(css)})"
        self.wait_for(find)
        self.evaluate(find).send_keys("\n".join(str(one) for one in files))

    def screenshot(self, path: Path, full_page: bool = False) -> None:
        self.driver.save_screenshot(str(path))

    def close(self) -> None:
        with contextlib.suppress(Exception):  # it has crashed, which the test has said
            self.driver.quit()
        self._end_screen()

    def _end_screen(self) -> None:
        self.screen.terminate()
        self.screen.wait(30)
