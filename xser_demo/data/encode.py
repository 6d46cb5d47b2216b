"""Recordings to feature packs: an official corpus, or a user's own recordings."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from xser_demo.audio.trim import span
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.custom.scan import FolderScan, Recording, Skipped
from xser_demo.corpora.user import KEY, USER_CORPUS
from xser_demo.data.packs import SHIPPED, Pack, make
from xser_demo.features import FEATURES
from xser_demo.features.encoders.registry import ENCODERS
from xser_demo.utils import settings
from xser_demo.utils.errors import CorpusError, UserError
from xser_demo.utils.progress import Step


def build(
    key: str,
    utterances: list[Utterance],
    read: Callable[[Utterance], np.ndarray],
    progress: Callable[[int, int], None] = lambda done, total: None,
    feature: str = SHIPPED[0],
) -> Pack:
    """Encode a corpus by the frozen encoder of a feature. ``read`` gives an utterance's samples at 16 kHz; durations in
    the table become the true ones."""
    from xser_demo.features.encoders import frozen

    durations: list[float] = []
    waiting: deque[np.ndarray] = deque()  # clips that were read but whose frames have not come yet

    def clips():
        for utterance in utterances:
            samples = read(utterance)
            durations.append(len(samples) / settings.SAMPLE_RATE)
            waiting.append(samples)
            yield samples

    frames, lead = [], []
    for done, features in enumerate(frozen.encode_all(feature, clips()), start=1):
        first, last = span(waiting.popleft(), len(features))
        frames.append(features[first:last])
        lead.append(first)
        progress(done, len(utterances))
    table = [replace(u, duration_s=round(d, 4)) for u, d in zip(utterances, durations, strict=True)]
    return make(key, table, frames, frozen.about(feature), lead, feature)


def build_feature(
    key: str,
    feature: str,
    utterances: list[Utterance],
    read: Callable[[Utterance], np.ndarray],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Pack:
    """A pack of any feature but the frames of frozen encoders, clip by clip."""
    known = FEATURES[feature]
    frames = []
    for done, utterance in enumerate(utterances, start=1):
        frames.append(known.extract(read(utterance)))
        progress(done, len(utterances))
    return make(key, utterances, frames, {"rate_hz": known.rate_hz}, feature=feature)


def reader(key: str, corpora_dir: Path | None) -> tuple[list[Utterance], Callable[[Utterance], np.ndarray]]:
    """The utterances of a corpus that is on disk, and what gives their samples."""
    from xser_demo import corpora
    from xser_demo.audio import io
    from xser_demo.corpora import locate
    from xser_demo.corpora.locate import find

    known = corpora.corpus(key)
    utterances = locate.read(key, corpora_dir)
    root = find(key, corpora_dir)
    return utterances, lambda u: io.load(root / u.path, channel=known.channel).samples


MOST_S = 2 * 3600.0  # seconds of speech


BYTES_PER_S = 82_000  # of speech: 10 frames of 512 values, four bytes each, thought to be there four times


BATCH_BYTES = 350 << 20  # of the encoder; with it the sum was right where it was measured: 300 clips, 943 s, 410 MB


def memory_needed(survey: FolderScan, feature: str = "whisper") -> int:
    """About how many bytes ``encode`` takes: the encoder's work on a batch, and the features while they are rounded. Of
    a bigger encoder its weights are added, and its frames are wider; that sum was not measured."""
    bigger = ENCODERS.get(feature)
    size, wider = (bigger.size, bigger.dim / 512) if bigger else (0, 1.0)
    seconds = sum(row.seconds or 0.0 for row in survey.rows)
    return size + int((BATCH_BYTES + seconds * BYTES_PER_S) * wider)


def utterance(row: Recording) -> Utterance:
    """Without a label or a speaker where none is known. A word that means no emotion here stays: its clip is labelled,
    only with something else."""
    return Utterance(
        path=row.path,
        corpus=KEY,
        language=row.language or USER_CORPUS.language,
        speaker=row.speaker,
        sex=row.sex,
        emotion=row.emotion or row.word,
        text_id="",
        duration_s=row.seconds,
    )


def encode(folder: Path, survey: FolderScan, feature: str = "whisper") -> Iterator[Step | Pack]:
    """Steps after each clip, at the end a pack of those that could be read, sorted by path. Those that could not are in
    its card: ``skipped``, a list of (path, why). Closing the generator stops it. CorpusError when fewer clips are left
    than adapting needs, or when they are more than fit into memory."""
    from xser_demo.data import packs
    from xser_demo.data.domains import MIN_TARGET_CLIPS
    from xser_demo.features import FEATURES
    from xser_demo.features.encoders import frozen
    from xser_demo.utils.progress import Step

    rows = sorted(survey.rows, key=lambda row: (row.seconds or 0.0, row.path))  # clips of equal length share a batch
    enough(len(rows), MIN_TARGET_CLIPS)
    total = sum(row.seconds or 0.0 for row in rows)
    if total > MOST_S:
        raise CorpusError(
            f"The clips last {total / 3600:.1f} hours together, at most {MOST_S / 3600:g} are encoded here; "
            "send a part of them."
        )
    heard, skipped = [], []
    for row, frames, lead in _features(folder, survey.channel, rows, feature, skipped):
        heard.append((row, frames, lead))
        done = len(heard) + len(skipped)
        yield Step(f"Encoding clip {done:,} of {len(rows):,}.", done / len(rows))
    enough(len(heard), MIN_TARGET_CLIPS, skipped)
    heard.sort(key=lambda one: one[0].path)
    card = frozen.about(feature) if FEATURES[feature].encoder else {}
    card |= {"rate_hz": FEATURES[feature].rate_hz, "skipped": [(one.path, one.why) for one in skipped]}
    yield packs.make(
        KEY,
        [utterance(row) for row, _, _ in heard],
        (frames for _, frames, _ in heard),
        card,
        [lead for _, _, lead in heard],
        feature,
    )


def enough(clips: int, fewest: int, skipped: list[Skipped] | tuple[Skipped, ...] = ()) -> None:
    """CorpusError when ``clips`` are too few to adapt to."""
    if clips < fewest:
        lost = f" ({len(skipped):,} could not be used; {skipped[0].path}: {skipped[0].why})" if skipped else ""
        raise CorpusError(f"At least {fewest} clips are needed to adapt to, and there are {clips}{lost}; send more.")


def _features(
    folder: Path, channel: str, rows: list[Recording], feature: str, skipped: list[Skipped]
) -> Iterator[tuple[Recording, np.ndarray, int]]:
    """(row, frames (T, D), frames of silence dropped in front) of each clip that can be read; the others go to
    ``skipped``."""
    from collections import deque

    from xser_demo.audio.io import load
    from xser_demo.audio.trim import span
    from xser_demo.corpora.custom.scan import Skipped
    from xser_demo.features import FEATURES

    waiting: deque[tuple[Recording, np.ndarray]] = deque()  # read, but their frames have not come yet

    def clips() -> Iterator[np.ndarray]:
        for row in rows:
            try:
                samples = load(folder / row.path, channel=channel).samples
            except UserError as error:
                skipped.append(Skipped(row.path, str(error)))
                continue
            waiting.append((row, samples))
            yield samples

    if FEATURES[feature].encoder:
        from xser_demo.features.encoders import zerogpu

        for frames in zerogpu.encode_all(feature, clips()):
            row, samples = waiting.popleft()
            first, last = span(samples, len(frames))
            yield row, frames[first:last], first
        return
    for samples in clips():
        row, _ = waiting.popleft()
        try:
            yield row, FEATURES[feature].extract(samples), 0
        except ValueError as error:  # a statistic that this clip has none of
            skipped.append(Skipped(row.path, f"Its features cannot be computed ({error})."))
