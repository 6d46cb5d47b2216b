"""Limits and places, in one file. Everything here can be set by an environment variable."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINTS = Path(os.environ.get("XSER_CHECKPOINTS", ROOT / "checkpoints"))
ASSETS = Path(os.environ.get("XSER_ASSETS", ROOT / "assets"))
PACKS = ASSETS / "packs"
EXAMPLES = ASSETS / "examples"
CORPORA = ROOT / "corpora"  # where corpora are fetched to, and looked for, when XSER_CORPORA is not set
IMAGENET = Path(os.environ.get("XSER_IMAGENET", ROOT / "build" / "imagenet"))  # official weights, fetched on request

ENCODERS = Path(os.environ.get("XSER_ENCODERS", ROOT / "build" / "encoders"))  # weights of bigger ones, on request

SAMPLE_RATE = 16_000  # Hz; what the encoder was trained on
MAX_CLIP_S = float(os.environ.get("XSER_MAX_CLIP_S", 60))  # seconds decoded of one clip
LIVE_S = float(os.environ.get("XSER_LIVE_S", 60))  # seconds after which the live microphone closes by itself
MIN_CLIP_S = 0.25  # shorter than any syllable that carries emotion


def corpora_dir() -> Path | None:
    """Folder that holds the corpora (``<dir>/<corpus>/...``), or None when none is configured and none was fetched."""
    value = os.environ.get("XSER_CORPORA")
    return Path(value) if value else CORPORA if CORPORA.is_dir() else None


def device() -> str:
    """What the bigger encoders run on: "cpu", "cuda", or "auto": a GPU where there is one."""
    return os.environ.get("XSER_DEVICE") or "auto"


def fetch_dir() -> Path:
    """Folder that corpora are fetched to; it need not exist."""
    return Path(os.environ.get("XSER_CORPORA") or CORPORA)
