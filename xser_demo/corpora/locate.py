"""Where corpora lie on this disk, and their recordings as a list of ``Utterance``."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from xser_demo.corpora import corpus
from xser_demo.corpora.base import Corpus, Utterance
from xser_demo.corpora.manifest import NAME as MANIFEST
from xser_demo.corpora.manifest import corpus_of, read_manifest
from xser_demo.utils.errors import CorpusError

SUFFIXES = (".wav", ".flac")


HEADER_BYTES = 44  # of a WAV file without a sample; what is not longer holds no audio


def find(key: str, corpora_dir: Path | None) -> Path:
    """Root folder of the corpus: ``<dir>/<key>``, its usual download folder in ``<dir>``, or ``<dir>`` itself."""
    known = corpus(key)
    fetch = f"download it from {known.url} and set XSER_CORPORA or --corpora to the folder that holds it"
    if corpora_dir is None:
        raise CorpusError(f"No folder with corpora is set, so {known.name} cannot be read: {fetch}.")
    folder = Path(corpora_dir)
    if not folder.is_dir():
        raise CorpusError(f"The corpora folder {folder} does not exist, so {known.name} cannot be read: {fetch}.")
    names = {name.lower() for name in (key, *known.folders)}
    candidates = [child for child in folder.iterdir() if child.name.lower() in names and child.is_dir()]
    for root in sorted(candidates, key=lambda child: (child.name != key, child.name)):
        if (root / MANIFEST).is_file() or any(known.parse(path) for path in audio_files(root)):
            return root
    if _is_root(folder, known, names):
        return folder
    raise CorpusError(f"{known.name} is not in {folder}: {fetch}.")


def read(key: str, corpora_dir: Path | None) -> list[Utterance]:
    """All clips of the corpus sorted by path, from its manifest if there is one, else from the official names."""
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


def read_official(root: Path, known: Corpus) -> list[Utterance]:
    """Clips found by their official names, each once, sorted by path; durations are None.

    Copies that hold the tree twice are common (RAVDESS on Kaggle): the least nested copy of a clip is read.
    """
    labels = known.labels(root) if known.labels else None
    clips: dict[str, Utterance] = {}
    for path in sorted(audio_files(root), key=lambda path: (len(path.parts), path.as_posix())):
        utterance, name = known.parse(path), known.clip_id(path)
        if utterance and labels is not None:
            utterance = replace(utterance, emotion=labels[name]) if name in labels else None
        if utterance and name not in clips and not is_stub(root / path):
            clips[name] = utterance
    return sorted(clips.values(), key=lambda utterance: utterance.path)


def audio_path(corpora_dir: Path | None, utterance: Utterance) -> Path:
    """Where the audio of a clip lies on this disk. A pack has the paths of the copy that it was made from; another copy
    may have other folders and formats, so that a clip that is not at its path is looked for by its id."""
    root, name = find(utterance.corpus, corpora_dir), corpus(utterance.corpus).clip_id
    if (root / utterance.path).is_file():
        return root / utterance.path
    wanted = name(Path(utterance.path))
    found = (one.path for one in read(utterance.corpus, corpora_dir) if name(Path(one.path)) == wanted)
    return root / next(found, utterance.path)


def audio_files(root: Path) -> Iterator[Path]:
    """Paths of all WAV and FLAC files below ``root``, relative to it, in no order."""
    for path in root.rglob("*"):
        if _is_audio(path) and path.is_file():
            yield path.relative_to(root)


def is_stub(file: Path) -> bool:
    """A file with a header at most, as "s05 (3).wav" of AESDD."""
    return file.stat().st_size <= HEADER_BYTES


def _is_audio(path: Path) -> bool:
    """By its name; "._x.wav" is what macOS writes beside x.wav, no audio."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith("._")


def _is_root(folder: Path, known: Corpus, names: set[str]) -> bool:
    """Is the folder given as the place of all corpora the root of this one?

    Yes when its manifest says so, when it has the name of the download and a clip in it, or when most of the audio
    files that lie at most one folder deep carry names of the corpus; the limit keeps a folder with many corpora from
    being taken for one of them.
    """
    if (folder / MANIFEST).is_file():
        return corpus_of(folder) == known.key
    if folder.name.lower() in names and any(known.parse(path) for path in audio_files(folder)):
        return True
    near = [path for pattern in ("*", "*/*") for path in folder.glob(pattern) if _is_audio(path)]
    return 2 * sum(known.parse(path) is not None for path in near) > len(near)
