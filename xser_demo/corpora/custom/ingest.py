"""Uploaded recordings to usable clips: stored in a private folder, scanned, decoded, measured.

A refused upload raises ``CorpusError`` and leaves the folder empty. A clip that cannot be used is skipped with the
reason; the others are processed.
"""

import shutil
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from statistics import median

import numpy as np

from xser_demo.audio.io import MAX_LONG_S, Channel, Clip, load
from xser_demo.audio.silence import trim
from xser_demo.audio.utterances import is_long, split
from xser_demo.corpora.custom.file_list import kind
from xser_demo.corpora.custom.recordings import Choices, FolderScan, Recording, Skipped
from xser_demo.corpora.custom.scan import AUTOMATIC, scan
from xser_demo.corpora.custom.segments import Segment
from xser_demo.corpora.custom.upload_limits import LOCAL
from xser_demo.utils import resources, settings
from xser_demo.utils.archives import Limits, unpack
from xser_demo.utils.errors import AudioError, CorpusError, TooLongError
from xser_demo.utils.http import megabytes
from xser_demo.utils.progress import Step

INTERVAL_S = 0.2  # between two steps
MAX_BANDS = 60  # clips whose band is measured; enough for a median
MAX_CUT_S = 2 * 3600.0  # of long files that are cut; a small file can unpack to a long one
FLOOR_DB = -100.0
MEASURED = ("path", "segment", "cut", "seconds", "level_dbfs", "speech_s", "band_hz")  # of a Recording


def ingest(
    files: Sequence[str | Path], folder: Path, limits: Limits = LOCAL, choices: Choices = AUTOMATIC
) -> Iterator[Step | FolderScan]:
    """Store and decode one archive, or several sound files with or without tables. Yields steps, several a second, and
    last the usable recordings. ``folder`` is an empty folder of this user. Closing the generator stops it and empties
    the folder; so does a CorpusError, when nothing can be used, or a SettingsError for impossible ``choices``."""
    try:
        sent = [Path(file) for file in files]
        if not sent:
            raise CorpusError("No file was sent; choose a zip of recordings, or several sound files.")
        packed = [file for file in sent if kind(file) == "archive"]
        if len(packed) == len(sent) > 1:
            raise CorpusError("Several archives were sent; put everything into one zip.")
        yield from _unpacked(packed[0], folder, limits) if packed and len(sent) == 1 else _copied(sent, folder, limits)
        yield Step("Scanning the files.")
        yield from decode(folder, scan(folder, choices))
    except OSError as error:
        empty(folder)
        raise CorpusError(f"The upload could not be stored ({error.strerror}); try again with less.") from error
    except BaseException:  # closing the generator raises one too
        empty(folder)
        raise


def decode(folder: Path, scanned: FolderScan) -> Iterator[Step | FolderScan]:
    """Decode and measure the clips of a scan; those that cannot be used are skipped. A long file is cut into its
    utterances, each with its label and speaker, up to ``MAX_CUT_S`` of such files. CorpusError when none is left. Only
    reads ``folder``."""
    rows, skipped, reported, long_files = [], [], 0.0, 0
    total = len(scanned.rows)
    for done, (row, measured) in enumerate(_decoded(folder, scanned), start=1):
        try:
            found = measured.result()
            long_files += found[0].cut
            rows += found
        except AudioError as error:
            skipped.append(Skipped(row.path, str(error)))
        if time.monotonic() > reported + INTERVAL_S or done == total:
            reported = time.monotonic()
            yield Step(f"Decoding recording {done:,} of {total:,}.", done / total)
    if not rows and skipped:
        none = "The recording cannot be used" if len(skipped) == 1 else f"None of the {total:,} recordings can be used"
        raise CorpusError(f"{none}; {skipped[0].path}: {skipped[0].why}")
    if not rows:
        raise CorpusError("No usable recording is left; check the table that came with them.")
    parts = sum(row.cut for row in rows)
    how = f"{scanned.how} {_cut(long_files, parts)}" if parts else scanned.how
    yield replace(scanned, how=how.strip(), rows=tuple(rows), skipped=(*scanned.skipped, *skipped))


def _decoded(folder: Path, scanned: FolderScan) -> Iterator[tuple[Recording, Future]]:
    """Each row and what ``_measured`` gives for it, or the AudioError. Clips are measured on all cores while the next
    ones are read, each clip on one: they are so short that two threads would wait for each other. A long file is in
    memory alone."""
    reader, cut_s, cores = Reader(folder, scanned.channel), 0.0, resources.cores()
    band_interval = -(-len(scanned.rows) // MAX_BANDS)
    workers, waiting = resources.one_core_workers("decoder", cores), deque()
    try:
        for number, row in enumerate(scanned.rows):
            ahead = 2 * cores
            try:
                clip = _load(reader, row, cut_s)
                if is_long(clip):
                    cut_s, ahead = cut_s + clip.duration_s, 0
                measured = workers.submit(_measured, row, clip, number % band_interval == 0)
            except AudioError as error:
                cut_s += MAX_LONG_S if isinstance(error, TooLongError) and cut_s < MAX_CUT_S else 0.0
                measured = Future()
                measured.set_exception(error)
            waiting.append((row, measured))
            while len(waiting) > ahead:
                yield waiting.popleft()
        yield from waiting
    finally:
        workers.shutdown(cancel_futures=True)


class Reader:
    """Reads recordings of a folder. A long file is decoded once where its parts follow each other."""

    def __init__(self, folder: Path, channel: Channel):
        self.folder, self.channel = folder, channel
        self.held: tuple[str, Clip] | None = None  # path and sound of the last long file

    def read(self, row: Recording, max_seconds: float = settings.MAX_CLIP_S) -> Clip:
        """The sound of a recording, or of its segment of a file. AudioError as in ``audio.io.load``."""
        file = row.file or row.name
        if row.segment is None:
            return load(self.folder / file, channel=self.channel, max_seconds=max_seconds)
        if not row.cut:
            return load(self.folder / file, channel=self.channel, part=row.segment.part)
        if self.held is None or self.held[0] != file:
            self.held = file, load(self.folder / file, channel=self.channel, max_seconds=MAX_LONG_S)
        whole, part = self.held[1], row.segment.part
        start, length = (round(s * settings.SAMPLE_RATE) for s in (part.start_s, part.length_s))
        return replace(whole, samples=whole.samples[start : start + length], clipped=None)


def understood(folder: Path, choices: Choices, before: FolderScan) -> FolderScan:
    """The recordings of ``before``, a decoded scan, with speakers and labels read in another way. Only clips that were
    left out so far are decoded. SettingsError for a choice that is not possible here, CorpusError when no clip is left.
    """
    found = scan(folder, choices)
    reader, known = Reader(folder, found.channel), {}
    for row in before.rows:
        known.setdefault(row.name if row.cut else row.path, []).append(row)
    rows, skipped = [], []
    for row in found.rows:
        try:
            old = known.get(row.path) or _measured(row, _load(reader, row, 0.0), False)
        except AudioError as error:
            skipped.append(Skipped(row.path, str(error)))
            continue
        rows += [replace(row, **{name: getattr(one, name) for name in MEASURED}) for one in old]
    if not rows:
        raise CorpusError("No usable recording is left; choose other labels.")
    return replace(found, rows=tuple(rows), skipped=(*found.skipped, *skipped))


def _load(reader: Reader, row: Recording, cut_s: float) -> Clip:
    """Decode a recording; ``cut_s``: seconds of the long files so far, which limits the work that small files can
    cause."""
    may_be_long = cut_s < MAX_CUT_S
    try:
        return reader.read(row, MAX_LONG_S if may_be_long else settings.MAX_CLIP_S)
    except TooLongError as error:
        if may_be_long:
            raise
        raise TooLongError(
            f"It is longer than {settings.MAX_CLIP_S:g} s, and such files are cut up to {MAX_CUT_S / 3600:g} hours in "
            "total; send fewer."
        ) from error


def _measured(row: Recording, clip: Clip, band: bool) -> list[Recording]:
    """The recording with its duration, level and, if ``band``, band, or the utterances of a long one. Level and band
    are measured without silence, of which some corpora keep more than others."""
    found = []
    for start_s, part in split(clip):
        speech = trim(part.samples)
        power = float(np.mean(np.square(speech - speech.mean(), dtype=np.float64)))
        measured = replace(
            row,
            seconds=round(part.duration_s, 4),
            level_dbfs=round(max(FLOOR_DB, 10 * float(np.log10(max(power, 1e-12)))), 1),
            speech_s=round(len(speech) / settings.SAMPLE_RATE, 2),
            band_hz=_band(speech, clip.source_rate) if band and not found else None,
        )
        if is_long(clip):
            segment = Segment(row.name, start_s, start_s + part.duration_s)
            measured = replace(measured, path=segment.path, segment=segment, cut=True)
        found.append(measured)
    return found


def _cut(files: int, parts: int) -> str:
    which = "One file is" if files == 1 else f"{files:,} files are"
    return (
        f"{which} longer than {settings.MAX_CLIP_S:g} s, cut at the pauses into {parts:,} clips; each has the label "
        "and the speaker of its file."
    )


@dataclass(frozen=True)
class Summary:
    """Counts and medians of a user's corpus, shown before anything runs."""

    clips: int
    speakers: int  # 0: unknown
    seconds: float  # of all clips in total
    shortest_s: float
    median_s: float
    longest_s: float
    speech_s: float  # without the silence before and after
    labels: dict[str, int]  # emotion -> labelled clips, sorted by name
    unlabelled: int
    languages: tuple[str, ...]
    level_dbfs: float  # median over clips
    band_hz: int  # median over the measured clips; 0 when there are none
    skipped: dict[str, int]  # reason -> files, the most frequent first


def summary(scanned: FolderScan) -> Summary:
    """Summary of a decoded scan. CorpusError when it has no usable recording."""
    rows = [row for row in scanned.rows if row.seconds is not None]
    if not rows:
        raise CorpusError("No usable recording is left.")
    seconds = [row.seconds for row in rows]
    labels = Counter(row.emotion for row in rows)
    unlabelled = labels.pop("", 0)
    return Summary(
        clips=len(rows),
        speakers=len({row.speaker for row in rows if row.speaker}),
        seconds=round(sum(seconds), 1),
        shortest_s=min(seconds),
        median_s=round(median(seconds), 2),
        longest_s=max(seconds),
        speech_s=round(sum(row.speech_s for row in rows), 1),
        labels=dict(sorted(labels.items())),
        unlabelled=unlabelled,
        languages=tuple(sorted({row.language for row in rows if row.language})),
        level_dbfs=round(median(row.level_dbfs for row in rows), 1),
        band_hz=round(median([row.band_hz for row in rows if row.band_hz is not None] or [0])),
        skipped=dict(Counter(one.why for one in scanned.skipped).most_common()),
    )


def empty(folder: Path) -> None:
    """Remove everything in a folder."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def _unpacked(archive: Path, folder: Path, limits: Limits) -> Iterator[Step]:
    reported = 0.0
    try:
        for done in unpack(archive, folder, limits):
            if time.monotonic() > reported + INTERVAL_S:
                reported = time.monotonic()
                yield Step(f"Unpacking: {megabytes(done)}.")
    except CorpusError as error:
        advice = "pack the recordings alone, or with their table, as a plain .zip and send that"
        raise CorpusError(f"{str(error).rstrip('.')}; {advice}.") from error


def _copied(sent: list[Path], folder: Path, limits: Limits) -> Iterator[Step]:
    """Copy single files; a number is added to the second of two equal names."""
    if len(sent) > limits.files:
        raise CorpusError(f"More than {limits.files:,} files were sent; send fewer.")
    total, names = 0, set()
    for number, file in enumerate(sent, start=1):
        if not file.is_file():
            raise CorpusError(f"{file.name} is not there any more; choose the files again.")
        total += file.stat().st_size
        if total > limits.packed:
            raise CorpusError(f"The files have more than {limits.packed >> 20:,} MB in total; send fewer.")
        name = _free(file.name, names)
        names.add(name)
        shutil.copyfile(file, folder / name)
        if number % 100 == 0:
            yield Step(f"Storing file {number:,} of {len(sent):,}.", number / len(sent))


def _free(name: str, names: set[str]) -> str:
    path, number = PurePosixPath(name), 1
    while name in names:
        number += 1
        name = f"{path.stem} ({number}){path.suffix}"
    return name


def _band(speech: np.ndarray, rate: int) -> int:
    from xser_demo.audio.quality import band_edge  # imports the speech detector, which takes seconds

    return min(band_edge(speech.astype(np.float64)), rate // 2)
