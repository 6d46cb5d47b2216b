"""Building blocks of the heads: weight initialisation, scaled widths, stacks of layers, padding, mean over time."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from xser_demo.networks.heads import attention

MIN_CHANNELS = 4  # of a scaled-down layer


def init_weights(module: nn.Module, generator: torch.Generator) -> None:
    """Initialise all weights from one generator, layer by layer in the order of ``module.modules()``.

    Linear: uniform in +-1/sqrt(inputs), as in the attention head. GRU: uniform in +-1/sqrt(units), torch's default.
    Convolution: He et al. 2015, "Delving Deep into Rectifiers", eq. 10 (variance 2 / fan-in, here uniform), bias 0,
    which preserves the variance of the signal through the 13 convolutions of VGG-16. Norms stay at 1 and 0.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.GRU):
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -(layer.hidden_size**-0.5), layer.hidden_size**-0.5, generator=generator)
        elif isinstance(layer, nn.Linear):
            attention.init_linear(layer, generator)


def scaled(channels: int, width: float) -> int:
    """The published number of channels times ``width``, at least ``MIN_CHANNELS``."""
    return max(MIN_CHANNELS, round(channels * width))


def stack(inputs: int, sizes: Sequence[int], norm: bool = True) -> nn.Sequential:
    """[Linear, batch norm, ReLU] for each size, (B, inputs) -> (B, sizes[-1]); the identity for no sizes."""
    layers: list[nn.Module] = []
    for size in sizes:
        layers += [nn.Linear(inputs, size), *([nn.BatchNorm1d(size)] if norm else []), nn.ReLU()]
        inputs = size
    return nn.Sequential(*layers)


def padded(frames: Tensor, mask: Tensor) -> Tensor:
    """Concatenated frames (N, D) and mask (B, T) -> (B, T, D), zero where the mask is False."""
    rows = frames.new_zeros(*mask.shape, frames.shape[1])
    rows[mask] = frames
    return rows


def mean_over_time(frames: Tensor, mask: Tensor) -> Tensor:
    """Frames (B, T, D) and mask (B, T) -> mean of the valid frames (B, D), zero if there is none.

    A vector feature is a sequence of one frame, its own mean.
    """
    valid = mask[..., None].to(frames.dtype)
    return (frames * valid).sum(1) / valid.sum(1).clamp(min=1)


def no_attention(frames: Tensor) -> Tensor:
    """Attention (B, 0, T) of networks without attention heads."""
    return frames.new_zeros(len(frames), 0, frames.shape[1])
