"""The model that is adapted: an input standardisation for each domain, and a head that classifies."""

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
from xser_demo.networks.input_map import InputMap
from xser_demo.networks.memory_bank import MemoryBank
from xser_demo.utils.device import mixed_precision

PREDICT_BATCH = 64  # clips


@dataclass(frozen=True)
class Recipe:
    """Feature, head and options of a model: enough to build it again."""

    feature: str = "whisper"  # a key of features.FEATURES
    head: str = "attention"  # a key of heads.HEADS
    options: dict[str, Any] = field(default_factory=dict)  # of the head


COMMON = Recipe()  # Whisper frames and the attention head: the network on which all methods are compared


class Model(nn.Module):
    """Emotion classifier: raw frames of one domain -> logits.

    All parameters that differ between the domains are in ``inputs[SOURCE]`` and ``inputs[TARGET]`` and in the batch
    norms of the head (``norm.mean[SOURCE]``, ...). A source-only model holds the source's values twice. With a
    ``memory`` (methods/nnpm.py), its vote replaces the logits of the classifier.

    ``seed``: of weights and dropout. ``dim``: of a frame; None: that of the recipe's feature.
    """

    def __init__(
        self, classes: tuple[str, ...], seed: int = 0, dim: int | None = None, recipe: Recipe = COMMON
    ) -> None:
        super().__init__()
        self.classes, self.recipe = classes, recipe
        dim = dim or FEATURES[recipe.feature].dim
        self.head = HEADS[recipe.head](len(classes), seed=seed, dim=dim, **recipe.options)
        self.inputs = cast(Sequence[InputMap], nn.ModuleList([InputMap(dim), InputMap(dim)]))
        self.memory: MemoryBank | None = None
        # Initial states of the dropout generators, for ``reset_dropout``.
        self._dropout_states = [(m, m.generator.get_state()) for m in self.head.modules() if isinstance(m, Dropout)]

    def reset_dropout(self) -> None:
        """Reset dropout's random numbers, so that a model that was just trained adapts like one that was loaded."""
        for dropout, state in self._dropout_states:
            dropout.generator.set_state(state)

    def forward(self, frames: Tensor, mask: Tensor, domain: int) -> Output:
        """Concatenated raw frames (N, D) of one domain's clips and mask (B, T), as in ``domains.Batch``, -> logits
        (B, C), embedding (B, E), attention (B, heads, T)."""
        if getattr(self.head, "packed", False):
            return self._run_head(frames, mask, domain, self.inputs[domain])
        return self._run_head(self.padded_input(frames, mask, domain), mask, domain)

    def _run_head(self, *inputs: Any) -> Output:
        """The head's output in single precision; image networks compute in half of it where that is faster."""
        with mixed_precision(self.device.type, heavy=self.recipe.head == "image"):
            output = self.head(*inputs)
            return Output(*(part.float() if part.dtype == torch.bfloat16 else part for part in output))

    @property
    def device(self) -> torch.device:
        return self.inputs[SOURCE].mean.device

    def padded_input(self, frames: Tensor, mask: Tensor, domain: int) -> Tensor:
        """Standardised frames (B, T, D), one row for each clip."""
        input_map = self.inputs[domain]
        return padded(input_map(frames) @ input_map.matrix if input_map.matrix.numel() else input_map(frames), mask)

    def forward_both(self, source: Batch, target: Batch) -> tuple[Output, Output]:
        """``forward`` on a batch of each domain: in one pass for heads with joint batch norms, else in two."""
        if not getattr(self.head, "joint", False):
            return self(source.frames, source.mask, SOURCE), self(target.frames, target.mask, TARGET)
        n, steps = len(source.mask), max(source.mask.shape[1], target.mask.shape[1])
        inputs = [self.padded_input(b.frames, b.mask, d) for d, b in ((SOURCE, source), (TARGET, target))]
        pad = nn.functional.pad
        frames = torch.cat([pad(x, (0, 0, 0, steps - x.shape[1])) for x in inputs])
        mask = torch.cat([pad(b.mask, (0, steps - b.mask.shape[1])) for b in (source, target)])
        domain = torch.tensor([SOURCE] * n + [TARGET] * len(target.mask), device=self.device)
        output = self._run_head(frames, mask, domain)
        return Output(*(part[:n] for part in output)), Output(*(part[n:] for part in output))

    def copy_source_to_target(self) -> None:
        """Treat the target like the source: copy the source's statistics."""
        self.inputs[TARGET].copy_from(self.inputs[SOURCE])
        for module in self.head.modules():
            if isinstance(module, DomainBatchNorm):
                module.copy_source_to_target()

    @torch.inference_mode()
    def predict(self, frames: Tensor, mask: Tensor, domain: int = TARGET) -> Output:
        """``forward`` in evaluation mode, without gradients, of tensors on any device; its output is on the CPU. With a
        memory, the logits are the logarithms of its vote. Restores the mode of the model."""
        was_training = self.training
        if was_training:  # else it is in evaluation mode already, and to set it again takes as long as a small clip
            self.eval()
        output = self(frames.to(self.device), mask.to(self.device), domain)
        if was_training:
            self.train()
        if self.memory is not None:
            output = output._replace(logits=self.memory.vote(output.embedding))
        return Output(*(part.cpu() for part in output))

    def predict_all(self, data: Domain, domain: int = TARGET) -> tuple[Tensor, Tensor]:
        """Logits (n, C) and embeddings (n, E) of all utterances in order, by the statistics of ``domain``; the frames
        of each speaker are standardised first where the model was trained so."""
        corpus = self.inputs[domain].corpus_moments
        data = data.by_speaker(corpus) if corpus else data
        order = data.lengths.argsort(stable=True)  # batches of equal lengths need little padding
        outputs = [self.predict(b.frames, b.mask, domain) for b in map(data.batch, order.split(PREDICT_BATCH))]
        inverse = order.argsort()
        return torch.cat([o.logits for o in outputs])[inverse], torch.cat([o.embedding for o in outputs])[inverse]

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        self.memory = None
        if prefix + "memory.rows" in state:  # only NNPM's models have one
            rows, labels = state[prefix + "memory.rows"], state[prefix + "memory.labels"]
            empty = torch.empty(rows.shape), torch.empty(labels.shape, dtype=torch.long)  # whatever type was saved
            bank = MemoryBank(*empty, len(self.classes))
            self.memory = bank.to(self.device)
        super()._load_from_state_dict(state, prefix, *rest)
