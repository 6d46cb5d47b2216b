"""What the command line says besides its result."""

import sys
from dataclasses import dataclass


def log(text: str) -> None:
    """Progress: to standard error, so that standard output stays one document."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Step:
    text: str
    share: float | None = None  # done, 0 to 1; None where that is not known
