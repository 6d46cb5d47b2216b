"""The contract of a method, after DomainBed: ``update`` does one optimiser step, ``predict`` answers.

A method starts from a model trained on the source alone ("the same model, adapted") and changes it in place.
"""

import torch
from torch import Tensor, nn

from xser_demo.domains import Batch, Source, Target
from xser_demo.encoders.head import SOURCE, TARGET, Output
from xser_demo.model import Model

LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-2


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
        self, model: Model, source: Source, target: Target | None, strength: float | None = None, seed: int = 0
    ):
        self.model = model
        self.weight = self.strength if strength is None else strength
        self.generator = torch.Generator().manual_seed(seed)
        self.begin(source, target)
        self.optimiser = torch.optim.AdamW(self.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)

    def begin(self, source: Source, target: Target) -> None:
        """Set what does not need gradient steps. By default: each domain standardised by its own frames."""
        self.model.inputs[TARGET].fit(target)

    def parameters(self) -> list[nn.Parameter]:
        return list(self.model.parameters())

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        """Named losses of one step; the one called "total" is minimised. ``progress`` runs from 0 to 1."""
        raise NotImplementedError

    def update(self, source: Batch, target: Batch | None, progress: float) -> dict[str, float]:
        """One step on a labelled source batch and an unlabelled target batch. Returns the losses as numbers."""
        heard_source = self.model(source.frames, source.mask, SOURCE)
        heard_target = self.model(target.frames, target.mask, TARGET) if target is not None else None
        losses = self.loss(heard_source, source.labels, heard_target, progress)
        self.optimiser.zero_grad()
        losses["total"].backward()
        self.optimiser.step()
        return {name: float(value.detach()) for name, value in losses.items()}

    def predict(self, frames: Tensor, mask: Tensor, domain: int = TARGET) -> Output:
        """Raw frames (B, T, D) and mask (B, T) of one domain -> logits, embedding, attention."""
        return self.model.predict(frames, mask, domain)


def cross_entropy(output: Output, labels: Tensor) -> Tensor:
    return nn.functional.cross_entropy(output.logits, labels, label_smoothing=0.1)


def ramp(progress: float) -> float:
    """Ganin and Lempitsky 2015, section 4: 0 at the start, close to 1 from the middle on."""
    return 2 / (1 + torch.exp(torch.tensor(-10.0 * progress)).item()) - 1
