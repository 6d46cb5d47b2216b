"""Training schedule: optimiser, learning rate, number of epochs."""

from dataclasses import dataclass
from math import cos, pi
from typing import Any

import torch
from torch import nn

from xser_demo.utils.errors import SettingsError


@dataclass(frozen=True)
class Schedule:
    """Hyper-parameters of the optimisation."""

    source_epochs: int = 20  # of the source-only model
    epochs: int = 20  # of the adaptation
    batch: int = 64  # clips of each domain in a step
    optimiser: str = "adamw"  # or "adam", "sgd"
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    betas: tuple[float, float] = (0.9, 0.999)
    decay: str = "constant"  # or "onecycle": how the learning rate changes
    frame_dropout: float = 0.0  # share of each training clip's frames that a step drops (domains.drop_frames)
    from_scratch: bool = False  # adaptation starts from fresh weights instead of the source-only model's

    def __post_init__(self) -> None:
        if self.optimiser not in ("adamw", "adam", "sgd") or self.decay not in ("constant", "onecycle"):
            raise SettingsError(
                f"The optimiser must be adamw, adam or sgd and the decay constant or onecycle; they are "
                f"{self.optimiser} and {self.decay}."
            )

    def rate(self, progress: float) -> float:
        """The learning rate at ``progress``, 0 to 1. "onecycle" is torch's OneCycleLR at its defaults (Smith and Topin
        2019): from 1/25 of the maximum up to it in the first 30 percent, then down to 1/250,000 of it, both along a
        cosine."""
        maximum = self.learning_rate
        return maximum if self.decay == "constant" else _one_cycle(progress, maximum / 25, maximum, maximum / 25e4)

    def momentum(self, progress: float) -> float:
        """Adam's beta1. OneCycleLR lowers it from 0.95 to 0.85 while the learning rate rises, then raises it again."""
        return self.betas[0] if self.decay == "constant" else _one_cycle(progress, 0.95, 0.85, 0.95)

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        """A new optimiser of ``parameters``."""
        fused = all(one.device.type in ("cpu", "cuda") for one in parameters)
        options: dict[str, Any] = {"lr": self.learning_rate, "weight_decay": self.weight_decay, "fused": fused}
        if self.optimiser == "sgd":
            return torch.optim.SGD(parameters, momentum=0.9, **options)
        optimiser = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}[self.optimiser]
        return optimiser(parameters, betas=self.betas, **options)

    def set(self, optimiser: torch.optim.Optimizer, progress: float) -> None:
        """Set learning rate and momentum of an optimiser for ``progress``."""
        for group in optimiser.param_groups:
            group["lr"] = self.rate(progress)
            if "betas" in group:
                group["betas"] = (self.momentum(progress), group["betas"][1])
            elif self.decay != "constant":
                group["momentum"] = self.momentum(progress)


def _one_cycle(progress: float, start: float, middle: float, end: float) -> float:
    """From ``start`` to ``middle`` in the first 30 percent, then to ``end``, along half a cosine each."""
    if progress < 0.3:
        return start + (middle - start) * (1 - cos(pi * progress / 0.3)) / 2
    return end + (middle - end) * (1 + cos(pi * (progress - 0.3) / 0.7)) / 2
