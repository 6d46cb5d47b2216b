"""What a scan of a folder of recordings finds, and what a user may choose about it."""

from collections import Counter
from dataclasses import dataclass, field, replace

from xser_demo.corpora import CORPORA
from xser_demo.corpora.custom.segments import Segment
from xser_demo.corpora.labels import EMOTIONS
from xser_demo.utils.errors import CorpusError

NONE = "none"  # no reading


@dataclass(frozen=True)
class Choices:
    """How to understand the recordings; "" for what seems right.

    ``speaker_from``: a reading of ``FolderScan.speaker_readings``, any level ("folder:2", "name:1"), or "none".
    ``labels_from``: "table", "folders", "names", a field of the names ("name:2"), the key of a corpus, or "none".
    """

    speaker_from: str = ""
    labels_from: str = ""


@dataclass(frozen=True)
class Recording:
    """One recording; unknown values are "" or None. ``ingest.decode`` adds the numbers."""

    path: str  # relative to the folder, with "/"; that of a segment ends with its times
    word: str = ""  # the emotion as folder or table write it
    emotion: str = ""  # a name of labels.EMOTIONS
    speaker: str = ""
    language: str = ""  # ISO 639
    sex: str = ""  # "f" or "m"
    seconds: float | None = None
    level_dbfs: float | None = None  # RMS without the silence before and after
    speech_s: float | None = None  # from the first to the last loud moment
    band_hz: int | None = None  # upper edge of the band, measured for some clips only
    segment: Segment | None = None  # the part of a file that this is; None for a whole file
    cut: bool = False  # whether the segment is a part of a long file, between two pauses
    file: str = ""  # path of the file as the disk has it, which need not be UTF-8

    @property
    def name(self) -> str:
        """Path of the whole file, as text."""
        return self.segment.file if self.segment else self.path


@dataclass(frozen=True)
class Skipped:
    """A file that is not used."""

    path: str
    why: str  # one sentence


@dataclass(frozen=True)
class FolderScan:
    """The recordings of a folder, with labels and speakers where they are known."""

    how: str  # where labels and speakers come from, in a sentence or two
    rows: tuple[Recording, ...]
    skipped: tuple[Skipped, ...]
    corpus: str = ""  # key of the corpus whose official names these are
    settled: frozenset[str] = frozenset()  # words whose meaning the user gave
    used: Choices = Choices(NONE, NONE)  # where speakers and labels come from
    speaker_readings: dict[str, str] = field(default_factory=dict)  # possible ones -> examples
    label_readings: dict[str, str] = field(default_factory=dict)  # possible ones -> counts

    @property
    def channel(self) -> str:
        """How to read files with two channels: "mean" or "first"."""
        return CORPORA[self.corpus].channel if self.corpus else "mean"

    @property
    def unknown(self) -> dict[str, int]:
        """Words without a known meaning -> number of recordings, the most frequent first."""
        counts = Counter(row.word for row in self.rows if row.word and not row.emotion and row.word not in self.settled)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def mapped(self, meanings: dict[str, str]) -> "FolderScan":
        """A copy with the user's meanings: word as written -> emotion, or "" for none. CorpusError for an unknown
        emotion."""
        for word, emotion in meanings.items():
            if emotion and emotion not in EMOTIONS:
                raise CorpusError(f"'{word}' cannot mean '{emotion}' here; choose one of {', '.join(EMOTIONS)}.")
        rows = tuple(
            replace(row, emotion=meanings.get(row.word, row.emotion)) if row.word else row for row in self.rows
        )
        return replace(self, rows=rows, settled=self.settled | set(meanings))


@dataclass(frozen=True)
class Brought:
    """A user's recordings and what the command line calls them. ``target``: "zip:mine.zip" or "folder:DIR"."""

    target: str
    scan: FolderScan
