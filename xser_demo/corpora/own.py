"""A visitor's own corpus: its row, which is in no list, and its clips as features. Nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from xser_demo.corpora.base import Corpus, Utterance
from xser_demo.errors import CorpusError, UserError
from xser_demo.features.frozen import ENCODERS

if TYPE_CHECKING:  # the encoder is loaded when there is something to encode
    import numpy as np

    from xser_demo.corpora.fetch import Step
    from xser_demo.corpora.layouts import Row, Skipped, Survey
    from xser_demo.features.packs import Pack

KEY = "own"
MOST_S = 2 * 3600.0  # seconds of speech
BYTES_PER_S = 82_000  # of speech: 10 frames of 512 values, four bytes each, thought to be there four times
BATCH_BYTES = 350 << 20  # of the encoder; with it the sum was right where it was measured: 300 clips, 943 s, 410 MB

OWN = Corpus(
    key=KEY,
    name="Your corpus",
    language="und",  # ISO 639 for "undetermined"
    language_name="your corpus",
    licence="yours",
    terms="It stays yours: nothing of it is kept or passed on.",
    citation="",
    url="",
    folders=(),
    clips=0,
    speakers=0,
    emotions=(),
    channel="mean",
    parse=lambda path: None,
)


def memory_needed(survey: Survey, feature: str = "whisper") -> int:
    """About how many bytes ``encode`` takes: the encoder's work on a batch, and the features while they are rounded. Of
    a bigger encoder its weights are added, and its frames are wider; that sum was not measured."""
    bigger = ENCODERS.get(feature)
    size, wider = (bigger.size, bigger.dim / 512) if bigger else (0, 1.0)
    seconds = sum(row.seconds or 0.0 for row in survey.rows)
    return size + int((BATCH_BYTES + seconds * BYTES_PER_S) * wider)


def utterance(row: Row) -> Utterance:
    """Without a label or a speaker where none is known. A word that means no emotion here stays: its clip is labelled,
    only with something else."""
    return Utterance(
        path=row.path,
        corpus=KEY,
        language=row.language or OWN.language,
        speaker=row.speaker,
        sex=row.sex,
        emotion=row.emotion or row.word,
        text_id="",
        duration_s=row.seconds,
    )


def encode(folder: Path, survey: Survey, feature: str = "whisper") -> Iterator[Step | Pack]:
    """Steps after each clip, at the end a pack of those that could be read, sorted by path. Those that could not are in
    its card: ``skipped``, a list of (path, why). Closing the generator stops it. CorpusError when fewer clips are left
    than adapting needs, or when they are more than fit into memory."""
    from xser_demo.corpora.fetch import Step
    from xser_demo.domains import MIN_TARGET_CLIPS
    from xser_demo.encoders import frozen
    from xser_demo.features import FEATURES, packs

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
    folder: Path, channel: str, rows: list[Row], feature: str, skipped: list[Skipped]
) -> Iterator[tuple[Row, np.ndarray, int]]:
    """(row, frames (T, D), frames of silence dropped in front) of each clip that can be read; the others go to
    ``skipped``."""
    from collections import deque

    from xser_demo import audio
    from xser_demo.corpora.layouts import Skipped
    from xser_demo.features import FEATURES
    from xser_demo.features.trim import span

    waiting: deque[tuple[Row, np.ndarray]] = deque()  # read, but their frames have not come yet

    def clips() -> Iterator[np.ndarray]:
        for row in rows:
            try:
                samples = audio.load(folder / row.path, channel=channel).samples
            except UserError as error:
                skipped.append(Skipped(row.path, str(error)))
                continue
            waiting.append((row, samples))
            yield samples

    if FEATURES[feature].encoder:
        from xser_demo import zerogpu

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
