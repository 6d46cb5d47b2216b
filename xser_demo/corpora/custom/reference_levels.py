"""How loud and how wide the corpora of the table are, to set a visitor's recordings beside them.

``reference_levels.tsv`` has the medians that ``intake.summary`` gives for a whole corpus; ``write`` made it.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xser_demo.corpora.locate import find

FILE = Path(__file__).with_suffix(".tsv")
HEAD = "key\tlevel_dbfs\tband_hz\tmedian_s"


@dataclass(frozen=True)
class Sound:
    """Medians over clips. The band is what is left at 16 kHz, so that 8 kHz is the most."""

    level_dbfs: float
    band_hz: int
    median_s: float


@cache
def table() -> dict[str, Sound]:
    """By key of the corpus; not every corpus could be measured."""
    _, _, *rows = FILE.read_text(encoding="utf-8").splitlines()
    cells = (row.split("\t") for row in rows)
    return {key: Sound(float(level), int(band), float(length)) for key, level, band, length in cells}


def measure(key: str, corpora_dir: Path) -> Sound:
    """Reads all recordings of a corpus on this disk."""
    from xser_demo.corpora.custom import ingest, scan

    folder = find(key, corpora_dir)
    *_, found = ingest.decode(folder, scan.scan(folder))
    made = ingest.summary(found)
    return Sound(made.level_dbfs, made.band_hz, made.median_s)


def write(keys: list[str], corpora_dir: Path, file: Path = FILE) -> None:
    rows = []
    for key in keys:
        one = measure(key, corpora_dir)
        rows.append(f"{key}\t{one.level_dbfs}\t{one.band_hz}\t{one.median_s}")
    file.write_text("\n".join(["# medians over the clips, made by sound.write", HEAD, *rows, ""]), encoding="utf-8")
