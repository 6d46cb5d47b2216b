"""What a visitor uploads: sounds and archives of them, made in memory."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import soundfile

from xser_demo.corpora.custom import ingest, scan
from xser_demo.ui.storage import UserRecordings

RATE = 16_000


def tone(
    seconds: float = 0.5,
    seed: int = 0,
    *,
    rate: int = RATE,
    channels: int = 1,
    kind: str = "WAV",
    amplitude: float = 0.1,
) -> bytes:
    """A sound file with noise in it."""
    wave = amplitude * np.random.default_rng(seed).standard_normal((int(rate * seconds), channels)).clip(-3, 3)
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, rate, format=kind)
    return buffer.getvalue()


def a_zip(
    at: Path,
    files: Mapping[str, bytes] | Iterable[tuple[str | zipfile.ZipInfo, bytes]],
    compression: int = zipfile.ZIP_DEFLATED,
    name: str = "mine.zip",
) -> Path:
    """A zip in the folder ``at``; pairs instead of a mapping may hold a name twice."""
    with zipfile.ZipFile(at / name, "w", compression) as archive:
        for file, content in files.items() if isinstance(files, Mapping) else files:
            archive.writestr(file, content)
    return at / name


def brought(folder: Path, *paths: str) -> UserRecordings:
    """Recordings in ``folder``, decoded as an upload is."""
    for number, path in enumerate(paths):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(tone(0.3 + 0.1 * number, number))
    *_, found = ingest.decode(folder, scan.scan(folder))
    return UserRecordings(folder, found)
