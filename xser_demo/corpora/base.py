"""``Utterance``, one clip of a corpus, and ``Corpus``, the description of a corpus and of its file names."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Utterance:
    """One clip. Speaker ids and text ids are unique within a corpus only."""

    path: str  # relative to the corpus root, with "/" between folders
    corpus: str  # key of the corpus, e.g. "emodb"
    language: str  # ISO 639-1
    speaker: str
    sex: str  # "f" or "m"; "" where it is not stated
    emotion: str  # a name of labels.EMOTIONS; "" only from ``parse`` of a corpus with ``labels``
    text_id: str  # which sentence was spoken; "" for spontaneous speech
    duration_s: float | None  # seconds; None if the layout does not state it


@dataclass(frozen=True)
class Corpus:
    """Description of a corpus: terms, size, and how its file names are parsed.

    ``pattern`` matches the base names of clips, with the named groups emotion and speaker, and optionally sex and text.
    ``emotion_of`` and ``sex_of`` translate the groups; a file with an unknown emotion or sex is not a clip. If the base
    name does not contain everything, ``complete`` fills in the groups from the folders.
    """

    key: str
    name: str
    language: str  # ISO 639-1
    language_name: str
    licence: str
    terms: str  # permitted use of the audio, in one sentence
    citation: str
    url: str  # page or file of the owners
    folders: tuple[str, ...]  # names of the folder that the download unpacks to (compared without case)
    clips: int  # readable clips of the official release
    speakers: int  # speaker ids that occur in the official names
    emotion_of: dict[str, str]  # as in the file names -> a name of labels.EMOTIONS
    pattern: re.Pattern[str] | None = None  # None: no official names
    sex_of: dict[str, str] = field(default_factory=dict)  # speaker -> "f" or "m", if the names do not contain it
    complete: Callable[[dict[str, str], Path], dict[str, str]] | None = None  # (groups, path) -> groups
    labels: Callable[[Path], dict[str, str]] | None = None  # root -> clip id -> emotion, if the names do not contain it
    sexes_stated: bool = True  # False: the corpus does not say which speakers are women and which are men
    id_format: str = ""  # clip id made of the groups, if base names repeat in several folders
    channel: str = "mean"  # or "first": how to read official files with two channels
    identical: tuple[tuple[str, str], ...] = ()  # clips with equal audio in the official release
    other_audio: str = ""  # regular expression for base names of other audio in the same download

    @property
    def emotions(self) -> tuple[str, ...]:
        """Unified names, sorted."""
        return tuple(sorted(set(self.emotion_of.values())))

    def parse(self, path: Path) -> Utterance | None:
        """The clip at a path relative to the corpus root; None if its name is not an official one."""
        groups = self._groups(path)
        if not groups:
            return None
        return Utterance(
            path=path.as_posix(),
            corpus=self.key,
            language=self.language,
            speaker=groups["speaker"],
            sex=groups["sex"],
            emotion="" if self.labels else self.emotion_of[groups["emotion"]],
            text_id=groups.get("text", ""),
            duration_s=None,
        )

    def clip_id(self, path: Path) -> str:
        """Id of a clip within the corpus, independent of the folders of a copy."""
        groups = self._groups(path) if self.id_format else None
        return self.id_format.format(**groups) if groups else path.stem

    def _groups(self, path: Path) -> dict[str, str] | None:
        """Groups of an official name, with the sex as "f" or "m"; None for any other name."""
        match = self.pattern.fullmatch(path.stem) if self.pattern else None
        if not match:
            return None
        groups = match.groupdict(default="")
        if self.complete:
            groups = self.complete(groups, path)
        groups["sex"] = groups["sex"].lower() if "sex" in groups else self.sex_of.get(groups["speaker"], "")
        if not groups["sex"] and self.sexes_stated:
            return None
        return groups if self.labels or groups["emotion"] in self.emotion_of else None


def together(parts: list[Corpus]) -> Corpus:
    """Several corpora as one, for texts about them: names and terms side by side."""
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
        emotion_of={emotion: emotion for one in parts for emotion in one.emotions},
    )


def _listed(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
