"""Input standardisation of one domain, with CORAL's re-colouring."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from xser_demo.data.domains import Domain
from xser_demo.data.normalise import SMALLEST_STD, Moments


class InputMap(nn.Module):
    """Standardisation of one domain's frames: (N, D) -> (frames - mean) / std.

    ``matrix`` is empty or (D, D), CORAL's re-colouring, which ``Model`` applies afterwards. ``corpus`` is empty, or
    (2, D) where the frames of each speaker were standardised before (data/normalise.py): mean and variance of the
    corpus as it was, towards which the statistics of a new voice are shrunk.
    """

    mean: Tensor
    std: Tensor
    matrix: Tensor
    corpus: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("std", torch.ones(dim))
        self.register_buffer("matrix", torch.empty(0))
        self.register_buffer("corpus", torch.empty(0))

    def fit(self, domain: Domain) -> None:
        """Take mean and standard deviation from a domain's frames."""
        self.set(*domain.moments())

    def set(self, mean: Tensor, std: Tensor) -> None:
        """Standardise by these from now on, each (D,), wherever they are."""
        self.mean, self.std = mean.to(self.mean.device), std.clamp(min=SMALLEST_STD).to(self.mean.device)

    def copy_from(self, other: InputMap) -> None:
        for name, values in other.named_buffers():
            setattr(self, name, values.clone())

    def expect_speakers(self, corpus: Moments) -> None:
        """The frames of each speaker are standardised before this map."""
        self.corpus = torch.stack([corpus.mean, corpus.var]).to(self.mean.device)

    def fix_speaker(self, voice: Moments) -> None:
        """From now on all frames are those of one speaker with these moments."""
        mean, var = (part.to(self.mean.device) for part in (voice.mean, voice.var))
        std = var.sqrt().clamp(min=SMALLEST_STD)
        self.mean, self.std = mean + std * self.mean, std * self.std
        self.corpus = torch.empty(0)

    @property
    def moments(self) -> Moments:
        """What the frames are standardised by, on the CPU like all clips."""
        return Moments(0, self.mean.cpu(), self.std.square().cpu())

    @property
    def corpus_moments(self) -> Moments | None:
        """The moments of the corpus where speakers are standardised first, on the CPU, else None."""
        return Moments(0, *self.corpus.cpu()) if self.corpus.numel() else None

    def forward(self, frames: Tensor) -> Tensor:
        return (frames - self.mean) / self.std

    def fold_into(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Weight (E, D) and bias (E,) of a linear layer on raw frames that equals this map, ``matrix`` included,
        followed by the given layer. Changing the layer instead of thousands of frames makes a training step a fifth
        shorter."""
        weight = weight @ self.matrix.T if self.matrix.numel() else weight  # x M W^T = x (W M^T)^T
        weight = weight / self.std
        return weight, bias - weight @ self.mean

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if not self.corpus.numel():
            del destination[prefix + "corpus"]  # models that do not standardise speakers are saved as before

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        for name in ("matrix", "corpus"):
            saved = state.setdefault(prefix + name, torch.empty(0))
            setattr(self, name, torch.empty(saved.shape, device=self.mean.device))  # empty or not, as saved
        super()._load_from_state_dict(state, prefix, *rest)
