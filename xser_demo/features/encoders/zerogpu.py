"""Encodes users' recordings on the GPU of a ZeroGPU Space, which is lent for some seconds; on the CPU if it is refused,
used up for the day, or on any other computer.

ZeroGPU runs a decorated function in a forked process: globals that it sets are lost, so the frames are its result. It
looks for decorated functions when the page starts, and needs ``spaces`` imported before torch: cli/app.py imports this
file first.
"""

import os
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import partial
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

from xser_demo.utils.progress import log
from xser_demo.utils.settings import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np

BATCH_S = 600  # seconds of speech per call: starting on the GPU costs more than encoding
GPU_S = 20  # requested GPU time, which the visitor's daily quota must still have


def lent() -> bool:
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")  # as ``spaces`` reads it


try:
    spaces = import_module("spaces") if lent() else None
except ImportError:
    spaces = None


def _encode(clips: "list[np.ndarray]") -> "list[np.ndarray]":
    """``whisper.encode_all`` in a separate process that has the GPU."""
    import torch

    from xser_demo.features.encoders import whisper

    torch.set_num_threads(1)  # a forked process must not wait for threads that only its parent has
    model = deepcopy(whisper.blocks()).to("cuda" if torch.cuda.is_available() else "cpu")
    return list(whisper.encode_all(clips, encode=partial(whisper.encode, network=model)))


borrowed = spaces.GPU(duration=GPU_S)(_encode) if spaces else None


def encode_all(name: str, clips: "Iterable[np.ndarray]") -> "Iterator[np.ndarray]":
    """As ``frozen.encode_all``: frames in order. The shipped encoder uses the GPU if one is lent; after a refusal the
    CPU encodes the rest."""
    from xser_demo.features.encoders import frozen

    clips = iter(clips)
    while borrowed and name == frozen.SHIPPED and (batch := _batch(clips)):
        try:
            frames = borrowed(batch)
        except Exception as error:  # quota, queue or a crashed worker
            log(f"ZeroGPU lends no GPU ({type(error).__name__}: {error}); the CPU encodes instead.")
            clips = chain(batch, clips)
            break
        yield from frames
    yield from frozen.encode_all(name, clips)


def _batch(clips: "Iterator[np.ndarray]") -> "list[np.ndarray]":
    """The next clips, together at most a little over BATCH_S."""
    batch, samples = [], 0
    for clip in clips:
        batch.append(clip)
        samples += len(clip)
        if samples >= BATCH_S * SAMPLE_RATE:
            break
    return batch
