"""Limits and folders of the program; environment variables change most of them."""

import os
from pathlib import Path

from xser_demo.utils import places

ROOT = places.ROOT
CHECKPOINTS = Path(os.environ.get("XSER_CHECKPOINTS") or places.find("checkpoints"))
ASSETS = Path(os.environ.get("XSER_ASSETS") or places.find("assets"))
PACKS = ASSETS / "packs"
EXAMPLES = ASSETS / "examples"
# Downloaded on request: corpora if XSER_CORPORA is not set, official ImageNet weights, bigger encoders.
CORPORA = places.writable("corpora") if places.installed() else ROOT / "corpora"
IMAGENET = Path(os.environ.get("XSER_IMAGENET") or places.writable("imagenet"))
ENCODERS = Path(os.environ.get("XSER_ENCODERS") or places.writable("encoders"))

SAMPLE_RATE = 16_000  # Hz; the encoder was trained with it
MAX_CLIP_S = float(os.environ.get("XSER_MAX_CLIP_S", 60))  # seconds decoded of one clip
LIVE_S = float(os.environ.get("XSER_LIVE_S", 60))  # seconds after which the live microphone closes
MIN_CLIP_S = 0.25  # shorter than any syllable that carries emotion


def corpora_dir() -> Path | None:
    """Folder that holds the corpora (``<dir>/<corpus>/...``); None when none is configured and none was downloaded."""
    value = os.environ.get("XSER_CORPORA")
    return Path(value) if value else CORPORA if CORPORA.is_dir() else None


def own_packs() -> Path:
    """Folder for packs that are made here: beside the shipped ones, unless these were installed."""
    installed = places.installed() and not os.environ.get("XSER_ASSETS")
    return places.writable("assets") / "packs" if installed else PACKS


def device() -> str:
    """Where networks compute: "cpu", "cuda", or "auto" for a GPU if there is one; see utils/device.py."""
    return os.environ.get("XSER_DEVICE") or "auto"


def fetch_dir() -> Path:
    """Folder for downloaded corpora; it need not exist."""
    return Path(os.environ.get("XSER_CORPORA") or CORPORA)
