"""What the trained networks share: how weights are drawn, how widths are scaled, means over time, small stacks."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from xser_demo.networks.heads import attention

NARROWEST = 4  # channels that a scaled-down layer keeps at least


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """All weights from one generator, layer after layer in the order of ``module.modules()``.

    Linear: uniform in +-1/sqrt(inputs), as in the attention head. GRU: uniform in +-1/sqrt(units), torch's default.
    Convolution: He et al. 2015, "Delving Deep into Rectifiers", eq. 10 (variance 2 / fan-in, here uniform), bias 0,
    so that the signal keeps its size through the 13 convolutions of VGG-16. Norms stay at 1 and 0.
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
            attention.initialise(layer, generator)


def scaled(channels: int, width: float) -> int:
    """The published number of channels times ``width``."""
    return max(NARROWEST, round(channels * width))


def stack(inputs: int, sizes: Sequence[int], norm: bool = True) -> nn.Sequential:
    """[Linear, batch norm, ReLU] for each size, (B, inputs) -> (B, sizes[-1]); nothing at all for no sizes."""
    layers: list[nn.Module] = []
    for size in sizes:
        layers += [nn.Linear(inputs, size), *([nn.BatchNorm1d(size)] if norm else []), nn.ReLU()]
        inputs = size
    return nn.Sequential(*layers)


def padded(frames: Tensor, mask: Tensor) -> Tensor:
    """Frames (N, D) of clips one after another, mask (B, T) -> (B, T, D), zeros where the mask is False."""
    rows = frames.new_zeros(*mask.shape, frames.shape[1])
    rows[mask] = frames
    return rows


def mean_over_time(frames: Tensor, mask: Tensor) -> Tensor:
    """(B, T, D) and mask (B, T) -> (B, D), the mean of the frames that the mask keeps (zeros if it keeps none).

    A vector feature is a sequence of one frame, and comes out as it went in.
    """
    kept = mask[..., None].to(frames.dtype)
    return (frames * kept).sum(1) / kept.sum(1).clamp(min=1)


def no_attention(frames: Tensor) -> Tensor:
    """(B, 0, T): these networks weigh no frames."""
    return frames.new_zeros(len(frames), 0, frames.shape[1])
