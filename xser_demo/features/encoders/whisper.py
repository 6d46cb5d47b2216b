"""The shipped frozen encoder: the first four blocks of Whisper-base.

Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision". Clips are encoded at their true
length (Whisper itself pads to 30 s, which costs 20 times more here and gains nothing).
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain, islice, pairwise
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from xser_demo.features.mel import log_mel
from xser_demo.utils import places
from xser_demo.utils.errors import ModelError
from xser_demo.utils.resources import one_core_workers
from xser_demo.utils.settings import SAMPLE_RATE

NAME = "whisper-base-4"
DIM = 512  # width of the hidden states
RATE = 10  # frames per second of the result; the blocks run at 50 Hz
POOL = 5  # 50 Hz -> 10 Hz
WINDOW_S = 15.0  # longest window of the blocks
BLOCKS, HEADS = 4, 8
_loading = Lock()  # workers would each load the weights


class Block(nn.Module):
    """Pre-norm transformer block, (B, T, width) -> (B, T, width); padded frames are not attended to."""

    def __init__(self, width: int = DIM, heads: int = HEADS):
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.mlp_norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 4 * width)
        self.contract = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        batch, frames, width = x.shape
        q, k, v = (
            part.view(batch, frames, self.heads, width // self.heads).transpose(1, 2)
            for part in self.qkv(self.attention_norm(x)).chunk(3, dim=-1)
        )
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.out(attended.transpose(1, 2).reshape(batch, frames, width))
        return x + self.contract(F.gelu(self.expand(self.mlp_norm(x))))


class WhisperBlocks(nn.Module):
    """Log-mel (B, 80, 2T) and true lengths -> mean of the blocks' hidden states, (B, T, width) at 50 Hz.

    The defaults are the shipped encoder's; whisper_hf.py builds wider ones.
    """

    def __init__(self, width: int = DIM, heads: int = HEADS, blocks: int = BLOCKS):
        super().__init__()
        self.conv1 = nn.Conv1d(80, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.register_buffer("positions", torch.zeros(1500, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))

    def forward(self, mel: Tensor, lengths: Tensor) -> Tensor:
        mask, frames = None, mel.shape[2] // 2  # no mask is faster, if nothing is padded
        if int(lengths.min()) < frames:
            mask = (torch.arange(frames, device=mel.device) < lengths[:, None])[:, None, None, :]
        return self.states(mel, mask)

    def states(self, mel: Tensor, mask: Tensor | None = None) -> Tensor:
        """``forward`` with the mask (B, 1, 1, T) of true frames instead of lengths; None if nothing is padded."""
        x = F.gelu(self.conv1(mel))
        x = F.gelu(self.conv2(x)).transpose(1, 2)
        x = x + self.positions[: x.shape[1]]
        total = torch.zeros_like(x)
        for block in self.blocks:
            x = block(x, mask)
            total += x
        return total / len(self.blocks)

    def hidden(self, windows: list[np.ndarray]) -> list[Tensor]:
        """(n,) samples at 16 kHz each, as one padded batch -> (T, width) float32 at 50 Hz each."""
        mels = [log_mel(samples) for samples in windows]
        lengths = torch.tensor([mel.shape[1] // 2 for mel in mels])
        padded = torch.zeros(len(mels), mels[0].shape[0], int(lengths.max()) * 2)
        for row, mel in enumerate(mels):
            padded[row, :, : mel.shape[1]] = mel
        device = self.positions.device
        states = self(padded.to(device), lengths.to(device)).float().cpu()
        return [one[:length] for one, length in zip(states, lengths, strict=True)]


def folder() -> Path:
    """Weights, card and licence. They are a part of the program, wherever models are."""
    return places.find(f"checkpoints/{NAME}")


@cache
def blocks() -> WhisperBlocks:
    """The shipped weights, loaded once per process (56 MB in float32). ModelError when they are missing."""
    from safetensors.torch import load_file

    file = folder() / "weights.safetensors"
    if not file.is_file():
        raise ModelError(f"The speech encoder is not in checkpoints/{NAME}; clone or install the program again.")
    model = WhisperBlocks()
    model.load_state_dict({name: value.float() for name, value in load_file(file).items()})
    return model.eval().requires_grad_(False)


def pool(hidden: Tensor) -> Tensor:
    """(T, D) at 50 Hz -> (ceil(T / 5), D) at 10 Hz; the last frame averages the remaining ones."""
    full = hidden.shape[0] // POOL * POOL
    pooled = hidden[:full].view(-1, POOL, hidden.shape[1]).mean(1)
    return torch.cat([pooled, hidden[full:].mean(0, keepdim=True)]) if full < hidden.shape[0] else pooled


def encoder_windows(clip: np.ndarray) -> list[tuple[int, int]]:
    """Windows of at most ``WINDOW_S``, cut at pauses and at whole 10 Hz frames: joined, they are frames of the clip."""
    from xser_demo.audio.windows import windows

    frame = SAMPLE_RATE // RATE
    edges = [start for start, _ in windows(clip, WINDOW_S)][1:]
    return list(pairwise([0, *(round(edge / frame) * frame for edge in edges), len(clip)]))


@torch.inference_mode()
def encode(clips: list[np.ndarray], network: nn.Module | None = None) -> list[np.ndarray]:
    """Frozen features of several clips at once.

    ``clips``: (n,) float32 arrays at 16 kHz. Returns one (frames, 512) float32 array at 10 Hz for each. Clips over
    15 s are cut at pauses and their frames joined. ``network``: None for the shipped one, see frozen.py.
    """
    pieces = [(i, clip[a:b]) for i, clip in enumerate(clips) for a, b in encoder_windows(clip)]
    frames: list[list[Tensor]] = [[] for _ in clips]
    with _loading:
        network = network or blocks()
    hidden = network.hidden([samples for _, samples in pieces])
    for (i, _), states in zip(pieces, hidden, strict=True):
        frames[i].append(pool(states))
    return [torch.cat(parts).numpy() for parts in frames]


def encode_all(
    clips: Iterable[np.ndarray],
    batch_s: float = 15.0,
    encode: Callable[[list[np.ndarray]], list[np.ndarray]] = encode,
    workers: int = 1,
) -> Iterator[np.ndarray]:
    """Encode an iterable of clips in batches of about ``batch_s`` seconds; yields (frames, 512) arrays in order.

    Small batches stay in the processor's cache: 15 s is 1.4 times faster than 120 s on two cores. ``workers``: batches
    at the same time, each on one core, while another thread gets the next clips.
    """
    batches = _batches(clips, batch_s)
    first = list(islice(batches, 2))
    if workers == 1 or len(first) < 2:
        for batch in chain(first, batches):
            yield from encode(batch)
        return
    pool, waiting = one_core_workers("encoder", workers + 1), deque()
    batches = chain(first, batches)
    try:
        coming = pool.submit(next, batches, None)
        while batch := coming.result():
            waiting.append(pool.submit(encode, batch))
            coming = pool.submit(next, batches, None)
            if len(waiting) > workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _batches(clips: Iterable[np.ndarray], batch_s: float) -> Iterator[list[np.ndarray]]:
    """Of about ``batch_s`` seconds when they are padded."""
    batch: list[np.ndarray] = []
    longest = 0
    for clip in clips:
        longest = max(longest, len(clip))
        if batch and longest * (len(batch) + 1) > batch_s * SAMPLE_RATE:
            yield batch
            batch, longest = [], len(clip)
        batch.append(clip)
    if batch:
        yield batch
