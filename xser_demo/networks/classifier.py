"""A model: what each domain's frames are standardised by, and the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor, nn

from xser_demo.data.domains import Batch, Domain
from xser_demo.features import FEATURES
from xser_demo.networks.domain_norm import SOURCE, TARGET, DomainBatchNorm
from xser_demo.networks.heads import HEADS
from xser_demo.networks.heads.attention import Dropout, Output
from xser_demo.networks.heads.layers import padded
from xser_demo.networks.memory_bank import MemoryBank

PREDICT_BATCH = 64  # clips


@dataclass(frozen=True)
class Recipe:
    """What a model listens to and how it is built; enough to build it again."""

    feature: str = "whisper"  # a key of features.FEATURES
    head: str = "attention"  # a key of encoders.HEADS
    options: dict[str, Any] = field(default_factory=dict)  # of the head


COMMON = Recipe()  # the frozen encoder's frames and the attention head: the same ground for all methods


class InputMap(nn.Module):
    """Frames (N, D) -> (frames - mean) / std.

    ``matrix`` (D, D) is empty or CORAL's re-colouring, which comes next.
    """

    mean: Tensor
    std: Tensor
    matrix: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("std", torch.ones(dim))
        self.register_buffer("matrix", torch.empty(0))

    def fit(self, speech: Domain) -> None:
        mean, std = speech.moments()
        self.mean, self.std = mean, std.clamp(min=1e-6)

    def copy(self, other: InputMap) -> None:
        self.mean, self.std, self.matrix = other.mean.clone(), other.std.clone(), other.matrix.clone()

    def forward(self, frames: Tensor) -> Tensor:
        return (frames - self.mean) / self.std

    def folded(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """A linear layer (E, D) that does to raw frames what ``weight`` and ``bias`` do to this map's, ``matrix``
        included. Changing the layer instead of thousands of frames makes a training step a fifth shorter."""
        weight = weight @ self.matrix.T if self.matrix.numel() else weight  # x M W^T = x (W M^T)^T
        weight = weight / self.std
        return weight, bias - weight @ self.mean

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        self.matrix = torch.empty_like(state.get(prefix + "matrix", self.matrix))  # present or not, as it was saved
        super()._load_from_state_dict(state, prefix, *rest)


class Model(nn.Module):
    """Raw frames of one domain -> emotions.

    Everything in which the two domains may differ stands here or in a batch norm of the head: ``inputs[SOURCE]`` and
    ``inputs[TARGET]``, ``norm.mean[SOURCE]`` and so on. A source-only model holds the source's values twice.
    ``memory``, where there is one, gives the answers in the classifier's place (methods/nnpm.py).
    """

    def __init__(
        self, classes: tuple[str, ...], seed: int = 0, dim: int | None = None, recipe: Recipe = COMMON
    ) -> None:
        super().__init__()
        self.classes, self.recipe = classes, recipe
        dim = dim or FEATURES[recipe.feature].dim
        self.head = HEADS[recipe.head](len(classes), seed=seed, dim=dim, **recipe.options)
        self.inputs = cast(Sequence[InputMap], nn.ModuleList([InputMap(dim), InputMap(dim)]))  # by what it holds
        self.memory: MemoryBank | None = None
        # What dropout draws first, so that training can begin there again; see ``rewind``.
        self._draws = [(m, m.generator.get_state()) for m in self.head.modules() if isinstance(m, Dropout)]

    def rewind(self) -> None:
        """Dropout draws from its beginning again: a model that was just trained goes on like one that was loaded."""
        for dropout, state in self._draws:
            dropout.generator.set_state(state)

    def forward(self, frames: Tensor, mask: Tensor, domain: int) -> Output:
        """Raw frames (N, D) of one domain's clips, one after another, and mask (B, T) as in ``domains.Batch``."""
        if getattr(self.head, "packed", False):
            return self.head(frames, mask, domain, self.inputs[domain])
        return self.head(self._enter(frames, mask, domain), mask, domain)

    def _enter(self, frames: Tensor, mask: Tensor, domain: int) -> Tensor:
        """(B, T, D) for heads that hear each clip in a row of its own."""
        entrance = self.inputs[domain]
        return padded(entrance(frames) @ entrance.matrix if entrance.matrix.numel() else entrance(frames), mask)

    def both(self, source: Batch, target: Batch) -> tuple[Output, Output]:
        """A batch of each domain. Heads with joint batch norms hear the two in one pass, the others in two."""
        if not getattr(self.head, "joint", False):
            return self(source.frames, source.mask, SOURCE), self(target.frames, target.mask, TARGET)
        n, steps = len(source.mask), max(source.mask.shape[1], target.mask.shape[1])
        sides = [(self._enter(b.frames, b.mask, d), b.mask) for d, b in ((SOURCE, source), (TARGET, target))]
        pad = nn.functional.pad
        frames = torch.cat([pad(x, (0, 0, 0, steps - x.shape[1])) for x, _ in sides])
        mask = torch.cat([pad(m, (0, steps - m.shape[1])) for _, m in sides])
        domain = torch.tensor([SOURCE] * n + [TARGET] * len(target.mask))
        heard = self.head(frames, mask, domain)
        return Output(*(part[:n] for part in heard)), Output(*(part[n:] for part in heard))

    def copy_source_to_target(self) -> None:
        """The target is treated like the source: no adaptation."""
        self.inputs[TARGET].copy(self.inputs[SOURCE])
        for module in self.head.modules():
            if isinstance(module, DomainBatchNorm):
                module.copy_source_to_target()

    @torch.inference_mode()
    def predict(self, frames: Tensor, mask: Tensor, domain: int = TARGET) -> Output:
        """Like ``forward`` without dropout and gradients; the model's mode is left as it was. With a memory the logits
        are the logarithms of its vote."""
        was_training = self.training
        self.eval()
        output = self(frames, mask, domain)
        self.train(was_training)
        return output if self.memory is None else output._replace(logits=self.memory.vote(output.embedding))

    def predict_all(self, speech: Domain, domain: int = TARGET) -> tuple[Tensor, Tensor]:
        """Logits (n, classes) and embeddings (n, E) of all utterances of a domain, in order."""
        order = speech.lengths.argsort(stable=True)  # clips of one length together need hardly any padding
        outputs = [self.predict(b.frames, b.mask, domain) for b in map(speech.batch, order.split(PREDICT_BATCH))]
        back = order.argsort()
        return torch.cat([o.logits for o in outputs])[back], torch.cat([o.embedding for o in outputs])[back]

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        self.memory = None
        if prefix + "memory.rows" in state:  # present or not, and as long as it was saved
            rows, labels = state[prefix + "memory.rows"], state[prefix + "memory.labels"]
            self.memory = MemoryBank(torch.empty_like(rows), torch.empty_like(labels), len(self.classes))
        super()._load_from_state_dict(state, prefix, *rest)
