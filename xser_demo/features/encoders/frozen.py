"""Runs frozen encoders by the name of their feature: the shipped one (whisper.py) always on the CPU, where its bits are
tested, the bigger ones (registry.py) on the chosen device.

A network has one method, ``hidden``: from windows of at most 15 s, each (n,) float32 samples at 16 kHz, to hidden
states, each (T, dim) float32 on the CPU at 50 Hz, every window at its true length. Cutting clips at pauses, averaging
to 10 Hz and joining is the same for all, in whisper.encode.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from xser_demo.audio import silence
from xser_demo.audio.silence import Sound
from xser_demo.features.encoders import wav2vec, weights, whisper, whisper_hf
from xser_demo.features.encoders.registry import get
from xser_demo.utils import resources
from xser_demo.utils.device import device
from xser_demo.utils.errors import ModelError
from xser_demo.utils.state_dicts import read_state_dict

MAX_WORKERS = 4  # whose memory was measured, see data/encode.py
SHIPPED = "whisper"  # the feature of the shipped encoder
HALF = torch.float16  # on a GPU: more precise than bfloat16; an overflow is reported as an error
_loading = threading.Lock()


class Loaded(NamedTuple):
    network: torch.nn.Module
    sha256: str  # of the weight file


def encode(name: str, clips: list[np.ndarray]) -> list[np.ndarray]:
    """Frames (T, dim) float32 at 10 Hz of several clips, each (n,) float32 at 16 kHz, by the encoder of a feature.

    ModelError when the weights are missing or invalid, SettingsError when the requested device is missing.
    """
    if name == SHIPPED:
        return whisper.encode(clips)
    on_device = device()
    with torch.autocast(on_device, HALF, enabled=on_device == "cuda"):
        frames = whisper.encode(clips, load(name, on_device).network)
    if not all(np.isfinite(one).all() for one in frames):
        raise ModelError(f"{get(name).title} gave values that are not numbers on this device; try the device cpu.")
    return frames


def workers() -> int:
    """How many batches of the shipped encoder are computed at once, each on one core."""
    return min(resources.cores(), MAX_WORKERS)


def encode_all(name: str, clips: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """``encode`` for any number of clips, in batches; yields frames in the order of the clips."""
    if name == SHIPPED:
        return whisper.encode_all(clips, workers=workers())
    return whisper.encode_all(clips, encode=lambda batch: encode(name, batch))


class SpeechFrames(NamedTuple):
    """``frames`` (k, dim) float32 of the parts of a clip with sound; ``places`` (k,): where they are in the clip;
    ``speech``: (start, end) in seconds of the detected speech."""

    frames: np.ndarray
    places: np.ndarray
    speech: list[tuple[float, float]]


def speech_frames(
    name: str,
    clips: Iterable[np.ndarray],
    encode_all: Callable[[str, Iterable[np.ndarray]], Iterator[np.ndarray]] = encode_all,
) -> Iterator[SpeechFrames]:
    """Cut the silence of each clip (audio/silence.py), encode the rest, and drop the frames that were context only."""
    pending: deque[Sound] = deque()  # cut but not encoded yet

    def sounds() -> Iterator[np.ndarray]:
        for clip in clips:
            pending.append(silence.cut(clip))
            yield pending[-1].samples

    for frames in encode_all(name, sounds()):
        sound = pending.popleft()
        yield SpeechFrames(frames[sound.inside], sound.places, sound.speech)


def about(name: str) -> dict:
    """Facts about the encoder for the card of a pack."""
    if name == SHIPPED:
        return {"encoder": whisper.NAME, "rate_hz": whisper.RATE}
    encoder = get(name)
    return {
        "encoder": name,
        "rate_hz": whisper.RATE,
        "blocks": list(encoder.blocks),
        "weights_sha256": load(name, device()).sha256,
        "licence": encoder.licence,
        "paper": encoder.paper,
    }


def load(name: str, on_device: str) -> Loaded:
    """An encoder with its weights. Only the latest one stays in memory: two big ones may not fit."""
    with _loading:
        return _load(name, on_device)


@lru_cache(maxsize=1)
def _load(name: str, on_device: str) -> Loaded:
    encoder = get(name)
    path, sha256 = weights.checked(encoder)
    build = whisper_hf.load if encoder.network == "whisper" else wav2vec.load
    network = build(encoder, read_state_dict(path))
    return Loaded(network.eval().requires_grad_(False).to(on_device), sha256)
