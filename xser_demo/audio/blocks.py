"""A recording as a stream of blocks, the parts that are taken out of one, and the bytes it is read from."""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Blocks = Iterator[tuple[int, np.ndarray]]  # (rate in Hz, float32 samples of shape (n, channels))


@dataclass(frozen=True)
class Part:
    """From ``start_s`` seconds on; ``length_s`` may be infinite, to the end."""

    start_s: float = 0.0
    length_s: float = math.inf


WHOLE = Part()


def after(blocks: Blocks, start_s: float) -> Blocks:
    """What follows the first ``start_s`` seconds."""
    left_s = start_s
    for rate, block in blocks:
        if left_s <= 0:
            yield rate, block
        else:
            yield rate, block[round(left_s * rate) :]
            left_s -= len(block) / rate


def until(blocks: Blocks, length_s: float) -> Blocks:
    """The first ``length_s`` seconds; nothing is read after them."""
    if length_s == math.inf:
        yield from blocks
        return
    left_s = length_s
    for rate, block in blocks:
        yield rate, block[: round(left_s * rate)]
        if (left_s := left_s - len(block) / rate) <= 0:
            return


class Clamped(io.BytesIO):
    """Clamps seeks before the start, which damaged files cause; libsndfile would print an error and ignore it."""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: len(self.getbuffer())}[whence]
        return super().seek(max(0, base + offset))
