"""Whether files are those of a known corpus: nearly all names that look like its own must be possible in it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from xser_demo.corpora.base import Corpus, Utterance

MAX_OUTSIDE = 0.05  # share of names with the form of the corpus that are impossible in it
MIN_CLIPS = 8  # from this many on, the clips of a corpus have more than one emotion


@dataclass(frozen=True)
class Claim:
    """The files that may be clips of ``corpus``. ``outside``: names of the same form with codes that it does not have,
    such as a third statement in RAVDESS."""

    corpus: Corpus
    files: int  # all that were compared
    clips: dict[Path, Utterance]
    outside: list[Path]

    @property
    def one_emotion(self) -> bool:
        """Whether many names have the same code in the place of the emotion, which then is something else."""
        emotions = {clip.emotion for clip in self.clips.values()}
        return len(self.clips) >= MIN_CLIPS and len(emotions) == 1 and not self.corpus.labels

    @property
    def holds(self) -> bool:
        """Whether most files have possible names, and nearly all of those with the form of the corpus."""
        inside = len(self.outside) <= MAX_OUTSIDE * (len(self.clips) + len(self.outside))
        return 2 * len(self.clips) > self.files and inside


def claim(info: Corpus, paths: Iterable[Path]) -> Claim:
    """Compare paths, relative to the folder of the recordings, with the official names of a corpus."""
    paths = list(paths)
    clips = {path: clip for path in paths if (clip := info.parse(path))}
    forms = {_form(path.stem) for path in clips}
    outside = [
        path
        for path in paths
        if clips and path not in clips and _form(path.stem) in forms and not re.fullmatch(info.other_audio, path.stem)
    ]
    return Claim(info, len(paths), clips, outside)


def _form(name: str) -> str:
    """The name with 9 for every number, a for lower and A for upper-case letters: "03a01Fa" becomes "9a9Aa"."""
    for letters, sign in ((r"\d+", "9"), (r"[a-z]+", "a"), (r"[A-Z]+", "A")):
        name = re.sub(letters, sign, name)
    return name
