"""The GPU that a ZeroGPU Space lends for some seconds: own recordings are encoded on it. Anywhere else, and where it is
refused or used up for the day, the processor does that.

ZeroGPU runs a decorated function in a forked process: what it leaves in globals is lost, so that the frames are its
result. It looks for decorated functions when the page starts, and wants ``spaces`` to be imported before torch: app.py
imports this file first.
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

STRETCH_S = 600  # of speech at once: starting on the GPU costs more than encoding
ASKED_S = 20  # of the GPU, which the visitor's daily share must still have


def lent() -> bool:
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")  # as ``spaces`` reads it


try:
    spaces = import_module("spaces") if lent() else None
except ImportError:
    spaces = None


def _encode(clips: "list[np.ndarray]") -> "list[np.ndarray]":
    """As ``whisper.encode``, in a process of its own that has the GPU."""
    import torch

    from xser_demo.features.encoders import whisper

    torch.set_num_threads(1)  # a forked process must not wait for threads that only its parent has
    model = deepcopy(whisper.blocks()).to("cuda" if torch.cuda.is_available() else "cpu")
    return list(whisper.encode_all(clips, encode=partial(whisper.encode, network=model)))


borrowed = spaces.GPU(duration=ASKED_S)(_encode) if spaces else None


def encode_all(name: str, clips: "Iterable[np.ndarray]") -> "Iterator[np.ndarray]":
    """As ``frozen.encode_all``: frames in order. The shipped encoder borrows the GPU where one is lent; after a refusal
    the processor does the rest."""
    from xser_demo.features.encoders import frozen

    clips = iter(clips)
    while borrowed and name == frozen.SHIPPED and (stretch := _stretch(clips)):
        try:
            frames = borrowed(stretch)
        except Exception as error:  # a quota, a queue, a worker that died: never the visitor's fault
            log(f"ZeroGPU lends no GPU ({type(error).__name__}: {error}); the processor goes on.")
            clips = chain(stretch, clips)
            break
        yield from frames
    yield from frozen.encode_all(name, clips)


def _stretch(clips: "Iterator[np.ndarray]") -> "list[np.ndarray]":
    """The next clips, ten minutes or what is left."""
    taken, samples = [], 0
    for clip in clips:
        taken.append(clip)
        samples += len(clip)
        if samples >= STRETCH_S * SAMPLE_RATE:
            break
    return taken
