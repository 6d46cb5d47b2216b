"""Level and bandwidth of the known corpora, to compare a user's recordings with.

``reference_levels.tsv`` has the medians that ``ingest.summary`` gives for a whole corpus; ``write`` made it.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xser_demo.corpora.locate import find

FILE = Path(__file__).with_suffix(".tsv")
HEAD = "key\tlevel_dbfs\tband_hz\tmedian_s"


@dataclass(frozen=True)
class ReferenceLevels:
    """Medians over clips. The band is measured at 16 kHz, so its upper edge is at most 8 kHz."""

    level_dbfs: float
    band_hz: int
    median_s: float


@cache
def table() -> dict[str, ReferenceLevels]:
    """By key of the corpus; some corpora are missing because they were not measured."""
    _, _, *rows = FILE.read_text(encoding="utf-8").splitlines()
    cells = (row.split("\t") for row in rows)
    return {key: ReferenceLevels(float(level), int(band), float(length)) for key, level, band, length in cells}


def measure(key: str, corpora_dir: Path) -> ReferenceLevels:
    """Read all recordings of a corpus on this disk and take the medians."""
    from xser_demo.corpora.custom import ingest, scan

    folder = find(key, corpora_dir)
    *_, decoded = ingest.decode(folder, scan.scan(folder))
    summary = ingest.summary(decoded)
    return ReferenceLevels(summary.level_dbfs, summary.band_hz, summary.median_s)


def write(keys: list[str], corpora_dir: Path, file: Path = FILE) -> None:
    rows = []
    for key in keys:
        levels = measure(key, corpora_dir)
        rows.append(f"{key}\t{levels.level_dbfs}\t{levels.band_hz}\t{levels.median_s}")
    file.write_text(
        "\n".join(["# medians over the clips, made by reference_levels.write", HEAD, *rows, ""]), encoding="utf-8"
    )
