"""What a visitor reads before the microphone opens, in every language offered: ``assets/texts/consent.json``.

Each statement must be true of this page: see ``texts.CAUTION`` and the privacy part of About.
"""

from dataclasses import asdict, dataclass

from xser_demo.utils.assets import text


@dataclass(frozen=True)
class Consent:
    """One language. ``points``: (what it is about, what is said about it); ``direction`` is HTML's ``dir``."""

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
    """All languages as plain values, by their code; the first one is for visitors whose language is not offered."""
    return {code: asdict(one) for code, one in LANGUAGES.items()}
