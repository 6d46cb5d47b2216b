"""The contract of a method, after DomainBed: ``update`` does one optimiser step, ``predict`` answers.

A method starts from a model trained on the source alone ("the same model, adapted") and changes it in place.
"""

from typing import cast

import torch
from torch import Tensor, nn

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.heads.attention import Output


class Method:
    """Base of all methods. Subclasses set the texts and implement ``setup`` and, when they train, ``loss``."""

    name: str  # as on the command line
    title: str  # as on the page
    idea: str  # one sentence in plain words
    paper: str
    trains = True  # False: ``setup`` does everything
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
        schedule: Schedule = Schedule(),  # noqa: B008  frozen
    ) -> None:
        self.model, self.schedule = model, schedule
        model.rewind()
        chosen = self.strength if strength is None else strength
        self.weight = 0.0 if chosen is None else chosen  # of a loss that is not there
        self.generator = torch.Generator().manual_seed(seed)
        self.setup(source, cast(Target, target))  # None only where it is not used
        self.optimiser = schedule.build(self.parameters())

    def setup(self, source: Source, target: Target) -> None:
        """Set what does not need gradient steps. By default: each domain standardised by its own frames."""
        self.model.inputs[TARGET].fit(target)

    def parameters(self) -> list[nn.Parameter]:
        return list(self.model.parameters())

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        """Named losses of one step; the one called "total" is minimised. ``progress`` runs from 0 to 1."""
        raise NotImplementedError

    def update(self, source: Batch, target: Batch, progress: float) -> dict[str, float]:
        """One step on a labelled source batch and an unlabelled target batch. Returns the losses as numbers."""
        source_out, target_out = self.model.both(source, target)
        return self.descend(self.loss(source_out, source.known_labels, target_out, progress), progress)

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
