"""Parts of recordings that a table lists with start and end."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from xser_demo.audio.blocks import Part
from xser_demo.audio.decoders import SOUNDFILE_MAGIC

# "1.5", "1,5 s", "00:01:02,500", and as audformat writes it "0 days 00:00:01.5"
TIME = re.compile(r"(?:(\d+) days?,? ?\+?)?(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?) ?s?", re.ASCII)
BLANK = ("", "nat", "nan", "none", "null")
MAX_SEGMENTS = 10_000
BEYOND_S = 1.0  # ends are often rounded up
WHOLE_S = 0.05  # a part that leaves out less than this at the end is the whole file


@dataclass(frozen=True)
class Segment:
    """A part of a file. ``file``: its path, relative to the folder. ``end_s``: None for the end of the file."""

    file: str
    start_s: float
    end_s: float | None

    @property
    def path(self) -> str:
        """Unique for each part, as in the addresses of media fragments: "a.wav#t=0.3,1.25"."""
        return f"{self.file}#t={_short(self.start_s)}" + ("" if self.end_s is None else f",{_short(self.end_s)}")

    @property
    def part(self) -> Part:
        return Part(self.start_s) if self.end_s is None else Part(self.start_s, self.end_s - self.start_s)


def seconds(text: str) -> float | None:
    """Seconds of a time as tables write it; None when it is no time."""
    text = text.strip()
    if match := TIME.fullmatch(f"{text} 0" if text.endswith("days") else text):
        days, hours, minutes, rest = (float((group or "0").replace(",", ".")) for group in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + rest
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


class Times:
    """Start and end of many parts. ``ignored``: why they are not used, "" when they are."""

    def __init__(self, parts: Sequence[tuple[str, str, str]], root: Path):
        """``parts``: (path of a file below ``root``, start, end); both are "" when a table has no such columns."""
        listed = [(file, seconds(start), seconds(end)) for file, start, end in parts if start or end]
        self.lengths = {file: length(root / file) for file in dict.fromkeys(file for file, *_ in listed)}
        self.ignored = ""
        beyond = sum(self._beyond(file, start, end) for file, start, end in listed)
        if 2 * sum(start is None for _, start, _ in listed) > len(listed):
            self.ignored = "most of them are no times; write seconds"
        elif 2 * beyond > len(listed):
            self.ignored = "most of them lie after the end of the file; write the seconds within the file"
        elif len(listed) > MAX_SEGMENTS:
            self.ignored = f"there are more than {MAX_SEGMENTS:,}; send a shorter table"

    def segment(self, file: str, start: str, end: str) -> Segment | None:
        """The part that two cells of a table name; None for the whole file. ValueError when they name none."""
        if self.ignored or not (start or end):
            return None
        first = 0.0 if start.casefold() in BLANK else seconds(start)
        open_end, length_s = end.casefold() in BLANK, self.lengths[file]
        last = math.inf if open_end else seconds(end)
        if first is None or last is None or last <= first:
            raise ValueError(f"'{start[:30]}' to '{end[:30]}' are no times in order")
        if first == 0 and last >= (math.inf if length_s is None else length_s - WHOLE_S):
            return None
        return Segment(file, first, None if open_end else last)

    def _beyond(self, file: str, start: float | None, end: float | None) -> bool:
        length_s = self.lengths[file]
        return length_s is not None and ((start or 0.0) >= length_s or (end or 0.0) > length_s + BEYOND_S)


def length(path: Path) -> float | None:
    """Seconds of a file as its header states them; None when that is unknown. Nothing is decoded."""
    try:
        with path.open("rb") as file:
            lossless = file.read(4) in SOUNDFILE_MAGIC
        return float(soundfile.info(path).duration) if lossless else None
    except (RuntimeError, OSError):  # damaged
        return None


def _short(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
