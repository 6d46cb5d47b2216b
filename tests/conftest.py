"""Fixtures for all tests."""

import os
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)  # small work; two threads that spin for each other are many times slower on a busy machine


@pytest.fixture(scope="session")
def corpora_dir() -> Path:
    """Folder with the real corpora: XSER_CORPORA, else ../shared/corpora beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "corpora"
    folder = Path(os.environ.get("XSER_CORPORA") or beside)
    if not folder.is_dir():
        pytest.skip("no recordings here: set XSER_CORPORA to the folder that holds the corpora")
    return folder
