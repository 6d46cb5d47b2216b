"""Optimiser, learning rate and number of epochs of a training."""

from dataclasses import dataclass
from math import cos, pi
from typing import Any

import torch
from torch import nn

from xser_demo.utils.errors import SettingsError


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train."""

    source_epochs: int = 20
    epochs: int = 20
    batch: int = 64  # clips of each domain in a step
    optimiser: str = "adamw"  # or "adam", "sgd"
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    betas: tuple[float, float] = (0.9, 0.999)
    decay: str = "constant"  # or "onecycle": the learning rate over the progress
    frame_dropout: float = 0.0  # share of a training clip's frames that a step does not hear (domains.thinned)
    from_scratch: bool = False  # the adapted model begins with fresh weights instead of the source-only model's

    def __post_init__(self) -> None:
        if self.optimiser not in ("adamw", "adam", "sgd") or self.decay not in ("constant", "onecycle"):
            raise SettingsError(
                f"The optimiser must be adamw, adam or sgd and the decay constant or onecycle; they are "
                f"{self.optimiser} and {self.decay}."
            )

    def rate(self, progress: float) -> float:
        """The learning rate. "onecycle" is torch's OneCycleLR at its defaults (Smith and Topin 2019): from 1/25 of the
        rate up to it in the first 30 percent, then down to almost nothing, both along a cosine."""
        high = self.learning_rate
        return high if self.decay == "constant" else _cycle(progress, high / 25, high, high / 25e4)

    def momentum(self, progress: float) -> float:
        """Adam's beta1. OneCycleLR takes it down from 0.95 to 0.85 while the rate goes up, and back."""
        return self.betas[0] if self.decay == "constant" else _cycle(progress, 0.95, 0.85, 0.95)

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        options: dict[str, Any] = {"lr": self.learning_rate, "weight_decay": self.weight_decay, "fused": True}
        if self.optimiser == "sgd":
            return torch.optim.SGD(parameters, momentum=0.9, **options)
        kind = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}[self.optimiser]
        return kind(parameters, betas=self.betas, **options)

    def set(self, optimiser: torch.optim.Optimizer, progress: float) -> None:
        """Bring an optimiser to what holds at ``progress``."""
        for group in optimiser.param_groups:
            group["lr"] = self.rate(progress)
            if "betas" in group:
                group["betas"] = (self.momentum(progress), group["betas"][1])
            elif self.decay != "constant":
                group["momentum"] = self.momentum(progress)


def _cycle(progress: float, start: float, middle: float, end: float) -> float:
    """From ``start`` to ``middle`` in the first 30 percent, then to ``end``, along half a cosine each."""
    if progress < 0.3:
        return start + (middle - start) * (1 - cos(pi * progress / 0.3)) / 2
    return end + (middle - end) * (1 + cos(pi * (progress - 0.3) / 0.7)) / 2
