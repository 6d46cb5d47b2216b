"""Small trees with generated audio, laid out like the official downloads."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Path]:
    """Function that writes WAV files at the given paths below ``tmp_path``; each file has its own content."""
    made = [0]

    def write(*paths: str, channels: int = 1, seconds: float | None = None) -> Path:
        for path in paths:
            made[0] += 1
            frames = int(16_000 * seconds) if seconds else 400 + 17 * made[0]
            wave = np.random.default_rng(made[0]).uniform(-0.1, 0.1, (frames, channels))
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(tmp_path / path, wave, 16_000, subtype="PCM_16")
        return tmp_path

    return write
