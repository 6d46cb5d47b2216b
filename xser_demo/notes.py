"""What the command line says besides its result."""

import sys


def note(text: str) -> None:
    """Progress: to standard error, so that standard output stays one document."""
    print(text, file=sys.stderr, flush=True)


def licence_note(feature: str) -> None:
    """openSMILE's licence is not the project's: said before it is used."""
    if feature == "egemaps":
        from xser_demo.features import egemaps

        note(egemaps.LICENCE_NOTICE)
