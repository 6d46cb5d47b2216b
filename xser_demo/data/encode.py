"""Encodes recordings into feature packs: those of an official corpus, or a user's own."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from xser_demo.audio import io
from xser_demo.corpora import corpus, locate
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.custom.ingest import Reader
from xser_demo.corpora.custom.recordings import FolderScan, Recording, Skipped
from xser_demo.corpora.user import KEY, USER_CORPUS
from xser_demo.data.domains import MIN_TARGET_CLIPS
from xser_demo.data.packs import SHIPPED, Pack, make
from xser_demo.features import FEATURES
from xser_demo.features.encoders.registry import ENCODERS
from xser_demo.utils import settings
from xser_demo.utils.errors import CorpusError, UserError
from xser_demo.utils.progress import Step

MAX_SPEECH_S = 2 * 3600.0  # seconds of a user's speech
BYTES_PER_S = 82_000  # per second of speech: 10 frames of 512 floats, about four copies
BATCH_BYTES = 350 << 20  # of the encoder; measured with 300 clips, 1,180 s: 425 MB in total by 2 workers, 412 by 4


@dataclass(frozen=True)
class Encoded(Step):
    """A clip of a user was encoded: frames (T, D) of its speech."""

    row: Recording | None = None
    frames: np.ndarray | None = None


def build(
    key: str,
    utterances: list[Utterance],
    read: Callable[[Utterance], np.ndarray],
    progress: Callable[[int, int], None] = lambda done, total: None,
    feature: str = SHIPPED[0],
) -> Pack:
    """Encode a corpus with the frozen encoder of a feature.

    ``read`` returns the samples of an utterance, (n,) at 16 kHz; ``progress`` gets the number of encoded utterances and
    their total. Durations in the pack's table are the true ones.
    """
    from xser_demo.features.encoders import frozen

    durations: list[float] = []

    def clips() -> Iterator[np.ndarray]:
        for utterance in utterances:
            samples = read(utterance)
            durations.append(len(samples) / settings.SAMPLE_RATE)
            yield samples

    frames, places = [], []
    for done, found in enumerate(frozen.speech_frames(feature, clips()), start=1):
        frames.append(found.frames)
        places.append(found.places)
        progress(done, len(utterances))
    table = [replace(u, duration_s=round(d, 4)) for u, d in zip(utterances, durations, strict=True)]
    return make(key, table, frames, frozen.about(feature), places, feature)


def build_feature(
    key: str,
    feature: str,
    utterances: list[Utterance],
    read: Callable[[Utterance], np.ndarray],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Pack:
    """Compute a feature other than the frames of a frozen encoder, clip by clip; parameters as in ``build``."""
    definition = FEATURES[feature]
    frames = []
    for done, utterance in enumerate(utterances, start=1):
        frames.append(definition.extract(read(utterance)))
        progress(done, len(utterances))
    return make(key, utterances, frames, {"rate_hz": definition.rate_hz}, feature=feature)


def reader(key: str, corpora_dir: Path | None) -> tuple[list[Utterance], Callable[[Utterance], np.ndarray]]:
    """Utterances of a corpus on this disk, and a function that reads their samples. CorpusError if it is not here."""
    info, root = corpus(key), locate.find(key, corpora_dir)
    utterances = locate.read(key, corpora_dir)
    return utterances, lambda u: io.load(root / u.path, channel=info.channel).samples


def memory_needed(scan: FolderScan, feature: str = "whisper") -> int:
    """Approximate number of bytes that ``encode`` needs: the encoder's batches, and the features while they are
    rounded. A bigger encoder adds its weights and has wider frames; its estimate was not measured."""
    bigger = ENCODERS.get(feature)
    size, width = (bigger.size, bigger.dim / 512) if bigger else (0, 1.0)
    seconds = sum(row.seconds or 0.0 for row in scan.rows)
    return size + int((BATCH_BYTES + seconds * BYTES_PER_S) * width)


def utterance(row: Recording) -> Utterance:
    """A recording as an utterance. A word without a known meaning stays as its emotion, since the clip is labelled."""
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


def encode(folder: Path, scan: FolderScan, feature: str = "whisper") -> Iterator[Step | Pack]:
    """Encode a user's recordings. Yields an ``Encoded`` step after each clip, and last a pack of the readable ones,
    sorted by path.

    Its card has the others as ``skipped``, a list of (path, reason), and the choices of the scan as ``understood``.
    Closing the generator stops it. CorpusError for fewer clips than an adaptation needs, or more than ``MAX_SPEECH_S``
    seconds.
    """
    from xser_demo.features.encoders import frozen

    rows = sorted(scan.rows, key=_order)
    enough(len(rows), MIN_TARGET_CLIPS, scan.skipped)
    total_s = sum(row.seconds or 0.0 for row in rows)
    if total_s > MAX_SPEECH_S:
        raise CorpusError(
            f"The clips last {total_s / 3600:.1f} hours together, at most {MAX_SPEECH_S / 3600:g} are encoded here; "
            "send a part of them."
        )
    encoded, skipped = [], []
    for row, frames, places in _features(folder, scan.channel, rows, feature, skipped):
        encoded.append((row, frames, places))
        done = len(encoded) + len(skipped)
        yield Encoded(f"Encoding clip {done:,} of {len(rows):,}.", done / len(rows), row, frames)
    enough(len(encoded), MIN_TARGET_CLIPS, skipped)
    encoded.sort(key=lambda one: one[0].path)
    card = frozen.about(feature) if FEATURES[feature].encoder else {}
    card |= {"rate_hz": FEATURES[feature].rate_hz, "skipped": [(one.path, one.why) for one in skipped]}
    card["understood"] = asdict(scan.used)
    yield make(
        KEY,
        [utterance(row) for row, _, _ in encoded],
        (frames for _, frames, _ in encoded),
        card,
        [places for _, _, places in encoded],
        feature,
    )


def enough(clips: int, minimum: int, skipped: list[Skipped] | tuple[Skipped, ...] = ()) -> None:
    """CorpusError when ``clips`` are too few to adapt to. It gives the most frequent reason of ``skipped``."""
    if clips < minimum:
        reason = ""
        if skipped:
            why, _ = Counter(one.why for one in skipped).most_common(1)[0]
            example = next(one.path for one in skipped if one.why == why)
            reason = f" ({len(skipped):,} could not be used; {example}: {why.rstrip('.')})"
        raise CorpusError(f"At least {minimum} clips are needed to adapt to, and there are {clips}{reason}; send more.")


def _order(row: Recording) -> tuple[str, float, str]:
    """Clips with equal amounts of sound share a batch; the parts of a long file come together, so that it is decoded
    once."""
    return (row.file if row.cut else "", row.speech_s or row.seconds or 0.0, row.path)


def _features(
    folder: Path, channel: io.Channel, rows: list[Recording], feature: str, skipped: list[Skipped]
) -> Iterator[tuple[Recording, np.ndarray, np.ndarray]]:
    """(row, frames (T, D), their places (T,)) of each readable clip; the others go to ``skipped``."""
    pending: deque[Recording] = deque()  # read but not encoded yet

    def clips() -> Iterator[np.ndarray]:
        reader = Reader(folder, channel)
        for row in rows:
            try:
                samples = reader.read(row).samples
            except UserError as error:
                skipped.append(Skipped(row.path, str(error)))
                continue
            pending.append(row)
            yield samples

    if FEATURES[feature].encoder:
        from xser_demo.features.encoders import frozen, zerogpu

        for found in frozen.speech_frames(feature, clips(), zerogpu.encode_all):
            yield pending.popleft(), found.frames, found.places
        return
    for samples in clips():
        row = pending.popleft()
        try:
            frames = FEATURES[feature].extract(samples)
            yield row, frames, np.arange(len(frames))
        except ValueError as error:  # a statistic that is not defined for this clip
            skipped.append(Skipped(row.path, f"Its features cannot be computed ({error})."))
