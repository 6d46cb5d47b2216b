"""What tests ask of a browser, for engines that Playwright does not drive as they are installed."""

import json
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

SLOW_S = 180  # a busy machine is no fault of the page
# Runs in the page as early as the engine allows: what its own scripts throw and nobody handles.
WATCH = """
if (!window.thrown) {
  window.thrown = [];
  addEventListener('error', event => { if (event.message) thrown.push(event.message); });
  addEventListener('unhandledrejection', event => setTimeout(() => {
    if (!event.defaultPrevented) thrown.push(String(event.reason?.stack ?? event.reason));
  }));
}
"""
# The first element that is seen and holds these words, in the middle of the window.
SEEN = """((css, words) => {
  const one = [...document.querySelectorAll(css)].find(one => one.checkVisibility() && one.textContent.includes(words));
  one?.scrollIntoView({ block: 'center', behavior: 'instant' });
  return one;
})"""


class Gone(Exception):
    """An element is no longer in the page."""


class Engine(ABC):
    """A browser with one page."""

    @abstractmethod
    def open(self, address: str) -> None: ...

    @abstractmethod
    def evaluate(self, expression: str) -> Any:
        """The value of an expression in JavaScript; an element comes as the engine's reference to it."""

    @abstractmethod
    def press(self, element: Any) -> None:
        """A click of the mouse in the middle of an element; Gone if it has no place."""

    @abstractmethod
    def set_files(self, css: str, *files: Path) -> None: ...

    @abstractmethod
    def screenshot(self, path: Path, full_page: bool = False) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    def click(self, css: str, words: str = "") -> None:
        """Press the first element that is seen, waiting for it: the page may draw it anew just then."""
        find, end = f"{SEEN}({json.dumps(css)}, {json.dumps(words)})", time.monotonic() + SLOW_S
        while True:
            self.wait_for(f"!!{find}")
            try:
                return self.press(self.evaluate(find))
            except Gone:
                assert time.monotonic() < end, f"{css} does not stay"

    def text(self, css: str = "body") -> str:
        return self.evaluate(f"document.querySelector({json.dumps(css)})?.innerText ?? ''")

    def wait_for(self, condition: str, seconds: float = SLOW_S) -> None:
        """Until a condition in JavaScript holds; the page's words are in the error if it never does."""
        end = time.monotonic() + seconds
        while not self.evaluate(f"!!({condition})"):
            if time.monotonic() > end:
                words = " ".join(self.text().split())[:3000]
                raise AssertionError(f"waited {seconds} s for: {condition}\nthrown: {self.thrown()}\npage: {words}")
            time.sleep(0.2)

    def wait_for_text(self, css: str, words: str) -> None:
        self.wait_for(
            f"document.querySelector({json.dumps(css)})?.innerText.toLowerCase().includes({json.dumps(words.lower())})"
        )

    def thrown(self) -> list[str]:
        """What the page's own scripts threw."""
        return self.evaluate("window.thrown ?? []")
