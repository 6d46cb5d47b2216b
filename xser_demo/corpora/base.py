"""The two records of this room: one clip of a corpus, and what is known about a corpus."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Utterance:
    """One clip. Speaker ids and text ids are unique within a corpus only."""

    path: str  # relative to the corpus root, with "/" between folders
    corpus: str  # key of the corpus, e.g. "emodb"
    language: str  # ISO 639-1
    speaker: str
    sex: str  # "f" or "m"
    emotion: str  # a name of labels.EMOTIONS; "" only from the ``parse`` of a corpus with ``labels``
    text_id: str  # which sentence was spoken; "" where speech is spontaneous
    duration_s: float | None  # seconds; None where the layout does not say it


def base_name(path: Path) -> str:
    return path.stem


@dataclass(frozen=True)
class Corpus:
    """What is known about a corpus before any file of it is opened."""

    key: str
    name: str
    language: str  # ISO 639-1
    language_name: str
    licence: str
    terms: str  # what may be done with the audio, in one sentence
    citation: str
    url: str  # where the owners hand it out
    folders: tuple[str, ...]  # names that its download usually unpacks to (compared without case)
    clips: int  # readable clips of the official release
    speakers: int  # speaker ids that occur in the official names
    emotions: tuple[str, ...]  # unified names, sorted
    channel: str  # "mean" or "first": what to make of official files with two channels
    parse: Callable[[Path], Utterance | None]  # path relative to the root -> clip; None: not a clip
    identical: tuple[tuple[str, str], ...] = ()  # clips with equal audio in the official release
    clip_id: Callable[[Path], str] = base_name  # tells clips apart; other than the base name where folders repeat it
    labels: Callable[[Path], dict[str, str]] | None = None  # root -> clip id -> emotion, where names do not tell it
    besides: str = ""  # pattern for base names of other audio in the same download


def together(parts: list[Corpus]) -> Corpus:
    """Several corpora as one, for what is said about them: names and terms side by side."""
    return Corpus(
        key="+".join(one.key for one in parts),
        name=_listed([one.name for one in parts]),
        language=parts[0].language if len({one.language for one in parts}) == 1 else "mul",  # ISO 639: several
        language_name=_listed([one.language_name for one in parts]),
        licence="; ".join(dict.fromkeys(one.licence for one in parts)),
        terms=" ".join(dict.fromkeys(one.terms for one in parts)),
        citation="; ".join(one.citation for one in parts if one.citation),
        url=parts[0].url,
        folders=(),
        clips=sum(one.clips for one in parts),
        speakers=sum(one.speakers for one in parts),
        emotions=tuple(sorted({emotion for one in parts for emotion in one.emotions})),
        channel="mean",
        parse=lambda path: None,
    )


def _listed(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
