"""What the command line says besides its result."""

import sys
from collections.abc import Callable


def note(text: str) -> None:
    """Progress: to standard error, so that standard output stays one document."""
    print(text, file=sys.stderr, flush=True)


def licence_note(feature: str, tell: Callable[[str], None] = note) -> None:
    """openSMILE's licence is not the project's: said before it is used."""
    if feature == "egemaps":
        from xser_demo.features import egemaps

        tell(egemaps.LICENCE_NOTICE)
