"""Progress messages."""

import sys
from dataclasses import dataclass


def log(text: str) -> None:
    """Print to standard error, so that standard output stays one document."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Step:
    """Progress of a long task."""

    text: str
    share: float | None = None  # done, 0 to 1; None if unknown
