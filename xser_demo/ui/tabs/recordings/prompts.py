"""Sentences to read aloud (``assets/texts/prompts.json``): everyday and neutral in meaning, so that only the voice
carries the mood."""

from dataclasses import dataclass

from xser_demo.utils.assets import text

MOODS = ("neutral", "anger", "sadness", "happiness")  # to try, in this order: eight clips hold each one twice


@dataclass(frozen=True)
class Prompts:
    """One language. ``direction`` is HTML's ``dir``."""

    name: str
    sentences: list[str]
    direction: str = "ltr"


LANGUAGES = {code: Prompts(**words) for code, words in text("prompts").items()}


def prompt(language: str, number: int, plain: bool = False) -> tuple[str, str]:
    """What to say next, counted from 0: (sentence, mood). Moods take turns, and within 24 clips every sentence comes
    in every mood once, so that neither hides in the other. ``plain``: every sentence neutral."""
    sentences = LANGUAGES[language].sentences
    if plain:
        return sentences[number % len(sentences)], MOODS[0]
    return sentences[(number + number // 12) % len(sentences)], MOODS[number % len(MOODS)]
