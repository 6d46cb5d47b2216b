"""Finds corpora on this disk and lists their recordings as ``Utterance``."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from xser_demo.corpora import corpus
from xser_demo.corpora.base import Corpus, Utterance
from xser_demo.corpora.claims import claim
from xser_demo.corpora.manifest import NAME as MANIFEST
from xser_demo.corpora.manifest import corpus_of, read_manifest
from xser_demo.utils.errors import CorpusError

SUFFIXES = (".wav", ".flac")
HEADER_BYTES = 44  # of a WAV file; a file that is not longer holds no audio


def find(key: str, corpora_dir: Path | None) -> Path:
    """Root folder of the corpus: ``<dir>/<key>``, its usual download folder in ``<dir>``, or ``<dir>`` itself.

    CorpusError when it is in none of them.
    """
    info = corpus(key)
    advice = f"download it from {info.url} and set XSER_CORPORA or --corpora to the folder that holds it"
    if corpora_dir is None:
        raise CorpusError(f"No folder with corpora is set, so {info.name} cannot be read: {advice}.")
    folder = Path(corpora_dir)
    if not folder.is_dir():
        raise CorpusError(f"The corpora folder {folder} does not exist, so {info.name} cannot be read: {advice}.")
    names = {name.lower() for name in (key, *info.folders)}
    candidates = [child for child in folder.iterdir() if child.name.lower() in names and child.is_dir()]
    for root in sorted(candidates, key=lambda child: (child.name != key, child.name)):
        if (root / MANIFEST).is_file() or any(info.parse(path) for path in audio_files(root)):
            return root
    if _is_root(folder, info, names):
        return folder
    raise CorpusError(f"{info.name} is not in {folder}: {advice}.")


def read(key: str, corpora_dir: Path | None) -> list[Utterance]:
    """All clips of the corpus, sorted by path; from its manifest if there is one, else from the official names.

    CorpusError when the corpus or a file of its manifest is missing.
    """
    root = find(key, corpora_dir)
    if not (root / MANIFEST).is_file():
        return read_official(root, corpus(key))
    utterances = read_manifest(root, key)
    absent = [utterance.path for utterance in utterances if not (root / utterance.path).is_file()]
    if absent:
        raise CorpusError(
            f"{root / MANIFEST} lists {absent[0]}, which is not there ({len(absent)} of {len(utterances)} clips "
            "are missing); copy the audio files beside it or make the manifest again."
        )
    return utterances


def read_official(root: Path, info: Corpus) -> list[Utterance]:
    """Clips by their official names, each once, sorted by path; durations are None.

    Copies that hold the tree twice are common (RAVDESS on Kaggle): the least nested copy of a clip is read.
    """
    labels = info.labels(root) if info.labels else None
    clips: dict[str, Utterance] = {}
    for path in sorted(audio_files(root), key=lambda path: (len(path.parts), path.as_posix())):
        utterance, name = info.parse(path), info.clip_id(path)
        if utterance and labels is not None:
            utterance = replace(utterance, emotion=labels[name]) if name in labels else None
        if utterance and name not in clips and not is_stub(root / path):
            clips[name] = utterance
    return sorted(clips.values(), key=lambda utterance: utterance.path)


def audio_path(corpora_dir: Path | None, utterance: Utterance) -> Path:
    """Audio file of a clip. A pack has the paths of the copy that it was made from; another copy may have other folders
    and formats, so a clip that is not at its path is searched by its id."""
    root, clip_id = find(utterance.corpus, corpora_dir), corpus(utterance.corpus).clip_id
    if (root / utterance.path).is_file():
        return root / utterance.path
    clip_key = clip_id(Path(utterance.path))
    matches = (one.path for one in read(utterance.corpus, corpora_dir) if clip_id(Path(one.path)) == clip_key)
    return root / next(matches, utterance.path)


def audio_files(root: Path) -> Iterator[Path]:
    """Paths of all WAV and FLAC files below ``root``, relative to it, in no order."""
    for path in root.rglob("*"):
        if _is_audio(path) and path.is_file():
            yield path.relative_to(root)


def is_stub(file: Path) -> bool:
    """True for a file with no more than a header, such as "s05 (3).wav" of AESDD."""
    return file.stat().st_size <= HEADER_BYTES


def _is_audio(path: Path) -> bool:
    """By name; "._x.wav", which macOS writes beside x.wav, is not audio."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith("._")


def _is_root(folder: Path, info: Corpus, names: set[str]) -> bool:
    """Whether the corpora folder is itself the root of this corpus.

    True when its manifest says so, when it has the name of the download and holds a clip, or when the audio files at
    most one folder deep have names of the corpus (``claims.claim``). The depth limit keeps a folder with many corpora
    from being taken for one of them.
    """
    if (folder / MANIFEST).is_file():
        return corpus_of(folder) == info.key
    if folder.name.lower() in names and any(info.parse(path) for path in audio_files(folder)):
        return True
    return claim(info, [path for pattern in ("*", "*/*") for path in folder.glob(pattern) if _is_audio(path)]).holds
