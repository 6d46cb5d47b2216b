"""Base class of all methods, after DomainBed: ``update`` takes one optimiser step, ``predict`` classifies.

A method starts from a model trained on the source alone and changes it in place.
"""

from typing import cast

import torch
from torch import Tensor, nn

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.heads.attention import Output, init_linear


class Method:
    """Base of all methods. Subclasses set the texts, extend ``setup`` and, if they train, implement ``loss``.

    ``strength`` is the weight of the adaptation loss; None: the method's default. ``seed`` sets the random numbers of
    the method's own layers.
    """

    name: str  # key on the command line and in files
    title: str  # name on the page
    formula = ""  # what it is made of, where the title does not say; for tables
    idea: str  # one sentence for the page
    paper: str  # reference, or ""
    trains = True  # False: ``setup`` does all the work
    uses_target = True  # False: the target is ignored
    strength: float | None = None  # default weight of the adaptation loss; None: the method has no such loss
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
        model.reset_dropout()
        strength = self.strength if strength is None else strength
        self.weight = 0.0 if strength is None else strength
        self.rng = torch.Generator().manual_seed(seed)
        self.setup(source, cast(Target, target))  # None only for methods that ignore the target
        self.optimiser = schedule.build(self.parameters())

    def setup(self, source: Source, target: Target) -> None:
        """Do what needs no gradient step. By default: standardise the target by its own statistics."""
        self.model.inputs[TARGET].fit(target)

    def parameters(self) -> list[nn.Parameter]:
        """What the optimiser updates; methods with layers of their own add them."""
        return list(self.model.parameters())

    def own_layers(self, layers: nn.Module) -> nn.Module:
        """Layers beside the model, with weights from the method's random numbers, on the model's device."""
        init_linear(layers, self.rng)
        return layers.to(self.model.device)

    def start_epoch(self) -> None:
        """Called before the first step of each epoch, for what is computed from the whole target."""

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        """Named losses of one step, each a scalar; "total" is minimised.

        ``source`` and ``target``: logits (B, C), embedding (B, E) and attention of one batch of each domain. ``labels``
        (B,): classes of the source batch. ``progress`` runs from 0 to 1 over the training.
        """
        raise NotImplementedError

    def update(self, source: Batch, target: Batch, progress: float) -> dict[str, float]:
        """One step on a labelled source batch and an unlabelled target batch. Returns the losses as numbers."""
        source_out, target_out = self.model.forward_both(source, target)
        return self.minimise(self.loss(source_out, source.known_labels, target_out, progress), progress)

    def minimise(self, losses: dict[str, Tensor], progress: float) -> dict[str, float]:
        """One optimiser step on the total. Returns all losses as numbers."""
        self.step(self.optimiser, losses["total"], progress)
        return {name: float(value.detach()) for name, value in losses.items()}

    def step(self, optimiser: torch.optim.Optimizer, loss: Tensor, progress: float) -> None:
        """One step of ``optimiser`` on ``loss`` at the schedule's learning rate."""
        self.schedule.set(optimiser, progress)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def predict(self, frames: Tensor, mask: Tensor, domain: int = TARGET) -> Output:
        """Raw frames (N, D), mask (B, T) of one domain -> logits (B, C), embedding (B, E), attention (B, heads, T)."""
        return self.model.predict(frames, mask, domain)


def cross_entropy(output: Output, labels: Tensor) -> Tensor:
    """Cross entropy of the logits (B, C) and ``labels`` (B,), with label smoothing 0.1."""
    return nn.functional.cross_entropy(output.logits, labels, label_smoothing=0.1)


def ramp(progress: float) -> float:
    """Weight of an adaptation loss over the training, 2 / (1 + exp(-10 p)) - 1: 0 at the start, close to 1 from the
    middle on. Ganin and Lempitsky 2015, section 4."""
    return 2 / (1 + torch.exp(torch.tensor(-10.0 * progress)).item()) - 1
