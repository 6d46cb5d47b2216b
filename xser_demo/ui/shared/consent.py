"""The consent dialog before the microphone opens, in all its languages: ``assets/texts/consent.json``.

Each statement must be true of this page: see ``texts.CAUTION`` and the privacy part of About.
"""

from dataclasses import asdict, dataclass

from xser_demo.utils.assets import text


@dataclass(frozen=True)
class Consent:
    """One language. ``points``: (topic, statement); ``direction`` is HTML's ``dir``."""

    name: str
    language: str  # the word for "language", which labels the switch
    title: str
    points: list[list[str]]
    note: str
    accept: str
    refuse: str
    direction: str = "ltr"


LANGUAGES = {code: Consent(**words) for code, words in text("consent").items()}


def as_json() -> dict:
    """All languages as JSON values by code; the first is for visitors whose language is not among them."""
    return {code: asdict(consent) for code, consent in LANGUAGES.items()}
