"""The part that learns: attention pooling over frozen frames, and one linear layer of emotions.

frames (N, 512) -> value (N, 128) -> weighted mean and deviation per head (B, 256) -> embedding (B, 128) -> logits
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from xser_demo.networks.domain_norm import DomainBatchNorm

HIDDEN, HEADS, EMBEDDING = 128, 4, 128


class Output(NamedTuple):
    logits: Tensor  # (B, classes)
    embedding: Tensor  # (B, 128)
    attention: Tensor  # (B, heads, T), sums to 1 over the speech frames


class Dropout(nn.Module):
    """Dropout that draws from a generator of its own, so that runs in other threads cannot change the result."""

    def __init__(self, p: float, generator: torch.Generator):
        super().__init__()
        self.p, self.generator = p, generator

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        return x * (torch.rand(x.shape, generator=self.generator) >= self.p) / (1 - self.p)


class AttentionHead(nn.Module):
    """Multi-head attention pooling with mean and standard deviation.

    Each head weighs the frames with one learnt query (Lin et al. 2017, "A Structured Self-attentive Sentence
    Embedding", eq. 5-6) and keeps the weighted mean and deviation of its share of the values (Okabe et al. 2018,
    "Attentive Statistics Pooling", eq. 5-6). Weights and dropout come from ``seed`` alone.
    """

    embedding = EMBEDDING
    packed = True  # hears raw frames, one clip after another, and folds the input map into its first layer

    def __init__(self, classes: int, seed: int = 0, dim: int = 512, dropout: float = 0.3):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.value = nn.Linear(dim, HIDDEN)
        self.query = nn.Linear(HIDDEN, HEADS)
        self.project = nn.Linear(2 * HIDDEN, EMBEDDING)
        self.norm = DomainBatchNorm(EMBEDDING)
        self.dropout = Dropout(dropout, generator)
        self.classify = nn.Linear(EMBEDDING, classes)
        initialise(self, generator)

    def forward(self, frames: Tensor, mask: Tensor, domain: int, entrance) -> Output:
        """``frames`` (N, dim) raw, of all clips one after another; ``mask`` (B, T) True where they stand when each clip
        has a row of its own; ``entrance`` (model.InputMap) is what standardises them.

        Clips differ in length: work on rows padded to the longest would cost twice the time."""
        weight, bias = entrance.folded(self.value.weight, self.value.bias)
        value = nn.functional.gelu(nn.functional.linear(frames, weight, bias))  # (N, 128)
        scores = value.new_full((*mask.shape, HEADS), -torch.inf)  # (B, T, H)
        scores[mask] = self.query(value)
        attention = scores.softmax(dim=1)
        weights = attention[mask][..., None]  # (N, H, 1)
        value = value.view(-1, HEADS, HIDDEN // HEADS)  # (N, H, 32)
        lengths = mask.sum(1)
        mean = torch.segment_reduce(weights * value, "sum", lengths=lengths)  # (B, H, 32)
        away = (value - mean.repeat_interleave(lengths, dim=0)).square()
        deviation = (torch.segment_reduce(weights * away, "sum", lengths=lengths) + 1e-6).sqrt()
        pooled = torch.cat([mean, deviation], dim=-1).flatten(1)  # (B, 256)
        embedding = self.norm(self.project(self.dropout(pooled)), domain)
        return Output(self.classify(self.dropout(nn.functional.gelu(embedding))), embedding, attention.transpose(1, 2))


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Uniform in +-1/sqrt(inputs) for every linear layer: torch's own default, but from a given generator."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
