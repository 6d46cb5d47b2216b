"""A model: what each domain's frames are standardised by, and the head."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xser_demo.domains import Speech
from xser_demo.encoders.head import SOURCE, TARGET, AttentionHead, Output

PREDICT_BATCH = 64  # clips


class InputMap(nn.Module):
    """Frames (..., D) -> (frames - mean) / std.

    ``matrix`` (D, D), empty or CORAL's re-colouring, is applied by the head together with its first layer.
    """

    def __init__(self, dim: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("std", torch.ones(dim))
        self.register_buffer("matrix", torch.empty(0))

    def fit(self, speech: Speech) -> None:
        mean, std = speech.moments()
        self.mean, self.std = mean, std.clamp(min=1e-6)

    def copy(self, other: InputMap) -> None:
        self.mean, self.std, self.matrix = other.mean.clone(), other.std.clone(), other.matrix.clone()

    def forward(self, frames: Tensor) -> Tensor:
        return (frames - self.mean) / self.std

    def _load_from_state_dict(self, state, prefix, *rest):
        self.matrix = torch.empty_like(state.get(prefix + "matrix", self.matrix))  # present or not, as it was saved
        super()._load_from_state_dict(state, prefix, *rest)


class Model(nn.Module):
    """Raw encoder frames of one domain -> emotions.

    Everything in which the two domains may differ stands here or in the head's batch norm: ``inputs[SOURCE]`` and
    ``inputs[TARGET]``, ``head.norm.mean[SOURCE]`` and so on. A source-only model holds the source's values twice.
    """

    def __init__(self, classes: tuple[str, ...], seed: int = 0, dim: int = 512):
        super().__init__()
        self.classes = classes
        self.head = AttentionHead(len(classes), seed, dim)
        self.inputs = nn.ModuleList([InputMap(dim), InputMap(dim)])

    def forward(self, frames: Tensor, mask: Tensor, domain: int) -> Output:
        entrance = self.inputs[domain]
        return self.head(entrance(frames), mask, domain, entrance.matrix)

    def copy_source_to_target(self) -> None:
        """The target is treated like the source: no adaptation."""
        self.inputs[TARGET].copy(self.inputs[SOURCE])
        norm = self.head.norm
        norm.mean[TARGET], norm.var[TARGET] = norm.mean[SOURCE].clone(), norm.var[SOURCE].clone()

    @torch.inference_mode()
    def predict(self, frames: Tensor, mask: Tensor, domain: int = TARGET) -> Output:
        """Like ``forward`` without dropout and gradients; the model's mode is left as it was."""
        was_training = self.training
        self.eval()
        output = self(frames, mask, domain)
        self.train(was_training)
        return output

    def predict_all(self, speech: Speech, domain: int = TARGET) -> tuple[Tensor, Tensor]:
        """Logits (n, classes) and embeddings (n, 128) of all utterances of a domain, in order."""
        order = speech.lengths.argsort(stable=True)  # clips of one length together need hardly any padding
        outputs = [self.predict(b.frames, b.mask, domain) for b in map(speech.batch, order.split(PREDICT_BATCH))]
        back = order.argsort()
        return torch.cat([o.logits for o in outputs])[back], torch.cat([o.embedding for o in outputs])[back]
