"""Progress messages."""

import shutil
import sys
from dataclasses import dataclass

from xser_demo.utils.file_names import readable


class Passing(str):
    """A message that the next one replaces, where both are shown on a terminal."""


_line_is_open = False  # the last message was a passing one on a terminal


def log(text: str) -> None:
    """Print to standard error, so that standard output stays one document. On a terminal ``Passing`` messages share one
    line."""
    global _line_is_open
    clear_line()
    _line_is_open = isinstance(text, Passing) and sys.stderr.isatty()
    shown = text[: shutil.get_terminal_size().columns - 1] if _line_is_open else text
    print(readable(shown), end="" if _line_is_open else "\n", file=sys.stderr, flush=True)


def clear_line() -> None:
    """Remove a passing message from the terminal, before something else is printed."""
    global _line_is_open
    if _line_is_open:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    _line_is_open = False


@dataclass(frozen=True)
class Step:
    """Progress of a long task."""

    text: str
    share: float | None = None  # done, 0 to 1; None if unknown
