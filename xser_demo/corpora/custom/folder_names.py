"""Sex and language of recordings from the names of their folders. Emotions: labels_in_names.py; who speaks:
speakers.py.
"""

from xser_demo.corpora import CORPORA
from xser_demo.corpora.custom import tables
from xser_demo.corpora.custom.name_levels import Level

LANGUAGE_OF = {known.language_name.casefold(): known.language for known in CORPORA.values()} | {
    known.language: known.language for known in CORPORA.values()
}


def sexes(folders: list[Level]) -> dict[str, str]:
    """Path -> "f" or "m", from the first level that has only such words."""
    level = next((level for level in folders if all(map(tables.sex, level.names))), None)
    return {path: tables.sex(name) for path, name in level.of.items()} if level else {}


def languages(folders: list[Level]) -> dict[str, str]:
    """Path -> ISO 639 code, from the first level that has only names of languages."""
    level = next((level for level in folders if all(map(is_language, level.names))), None)
    return {path: language(name) for path, name in level.of.items()} if level else {}


def language(word: str) -> str:
    """ISO 639 code of "de-DE", "deu" or "German"; "" for any other word."""
    word = word.strip().casefold()
    code = word.replace("_", "-").split("-")[0]
    return LANGUAGE_OF.get(word) or (code if code.isascii() and code.isalpha() and len(code) in (2, 3) else "")


def is_language(word: str) -> bool:
    """Whether a word is the name or code of a language that a known corpus has."""
    return word.casefold() in LANGUAGE_OF
