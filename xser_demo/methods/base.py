"""The contract of a method, after DomainBed: ``update`` does one optimiser step, ``predict`` answers.

A method starts from a model trained on the source alone ("the same model, adapted") and changes it in place.
"""

from dataclasses import dataclass
from math import cos, pi
from typing import Any, cast

import torch
from torch import Tensor, nn

from xser_demo.domains import Batch, Source, Target
from xser_demo.encoders.head import Output
from xser_demo.encoders.norm import TARGET
from xser_demo.errors import SettingsError
from xser_demo.model import Model


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


class Method:
    """Base of all methods. Subclasses set the texts and implement ``begin`` and, when they train, ``loss``."""

    name: str  # as on the command line
    title: str  # as on the page
    idea: str  # one sentence in plain words
    paper: str
    trains = True  # False: ``begin`` does everything
    uses_target = True  # False: a target that is given is not even looked at
    strength: float | None = None  # default weight of the adaptation loss; None: there is none
    strength_label = ""

    def __init__(
        self,
        model: Model,
        source: Source,
        target: Target | None,
        strength: float | None = None,
        seed: int = 0,
        schedule: Schedule = Schedule(),
    ) -> None:
        self.model, self.schedule = model, schedule
        model.rewind()
        chosen = self.strength if strength is None else strength
        self.weight = 0.0 if chosen is None else chosen  # of a loss that is not there
        self.generator = torch.Generator().manual_seed(seed)
        self.begin(source, cast(Target, target))  # None only where it is not used
        self.optimiser = schedule.build(self.parameters())

    def begin(self, source: Source, target: Target) -> None:
        """Set what does not need gradient steps. By default: each domain standardised by its own frames."""
        self.model.inputs[TARGET].fit(target)

    def parameters(self) -> list[nn.Parameter]:
        return list(self.model.parameters())

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        """Named losses of one step; the one called "total" is minimised. ``progress`` runs from 0 to 1."""
        raise NotImplementedError

    def update(self, source: Batch, target: Batch, progress: float) -> dict[str, float]:
        """One step on a labelled source batch and an unlabelled target batch. Returns the losses as numbers."""
        heard, other = self.model.both(source, target)
        return self.descend(self.loss(heard, source.truth, other, progress), progress)

    def descend(self, losses: dict[str, Tensor], progress: float) -> dict[str, float]:
        """One step down the total; all losses as numbers."""
        self.step(self.optimiser, losses["total"], progress)
        return {name: float(value.detach()) for name, value in losses.items()}

    def step(self, optimiser: torch.optim.Optimizer, loss: Tensor, progress: float) -> None:
        """One step down ``loss`` at the schedule's rate."""
        self.schedule.set(optimiser, progress)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def predict(self, frames: Tensor, mask: Tensor, domain: int = TARGET) -> Output:
        """Raw frames (N, D) and mask (B, T) of one domain -> logits, embedding, attention."""
        return self.model.predict(frames, mask, domain)


def cross_entropy(output: Output, labels: Tensor) -> Tensor:
    return nn.functional.cross_entropy(output.logits, labels, label_smoothing=0.1)


def ramp(progress: float) -> float:
    """Ganin and Lempitsky 2015, section 4: 0 at the start, close to 1 from the middle on."""
    return 2 / (1 + torch.exp(torch.tensor(-10.0 * progress)).item()) - 1
