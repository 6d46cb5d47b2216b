"""Input standardisation of one domain, with CORAL's re-colouring."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from xser_demo.data.domains import Domain


class InputMap(nn.Module):
    """Standardisation of one domain's frames: (N, D) -> (frames - mean) / std.

    ``matrix`` is empty or (D, D), CORAL's re-colouring, which ``Model`` applies afterwards.
    """

    mean: Tensor
    std: Tensor
    matrix: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("std", torch.ones(dim))
        self.register_buffer("matrix", torch.empty(0))

    def fit(self, domain: Domain) -> None:
        """Take mean and standard deviation from a domain's frames."""
        mean, std = domain.moments()
        self.mean, self.std = mean, std.clamp(min=1e-6)

    def copy_from(self, other: InputMap) -> None:
        self.mean, self.std, self.matrix = other.mean.clone(), other.std.clone(), other.matrix.clone()

    def forward(self, frames: Tensor) -> Tensor:
        return (frames - self.mean) / self.std

    def fold_into(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Weight (E, D) and bias (E,) of a linear layer on raw frames that equals this map, ``matrix`` included,
        followed by the given layer. Changing the layer instead of thousands of frames makes a training step a fifth
        shorter."""
        weight = weight @ self.matrix.T if self.matrix.numel() else weight  # x M W^T = x (W M^T)^T
        weight = weight / self.std
        return weight, bias - weight @ self.mean

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        self.matrix = torch.empty_like(state.get(prefix + "matrix", self.matrix))  # empty or not, as saved
        super()._load_from_state_dict(state, prefix, *rest)
