"""Attention pooling over frozen frames, and a linear emotion classifier.

frames (N, 512) -> value (N, 128) -> weighted mean and deviation per head (B, 256) -> embedding (B, 128) -> logits
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from xser_demo.networks.domain_norm import DomainBatchNorm
from xser_demo.networks.input_map import InputMap

HIDDEN, HEADS, EMBEDDING = 128, 4, 128


class Output(NamedTuple):
    """Output of a head for a batch of B clips."""

    logits: Tensor  # (B, classes)
    embedding: Tensor  # (B, E)
    attention: Tensor  # (B, heads, T), sums to 1 over the speech frames; no heads for networks without attention


class Dropout(nn.Module):
    """Dropout with its own random generator, so that runs in other threads cannot change the result."""

    def __init__(self, p: float, generator: torch.Generator):
        super().__init__()
        self.p, self.generator = p, generator

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        keep = torch.rand(x.shape, generator=self.generator) >= self.p  # on the CPU: the same on every device
        return x * keep.to(x.device) / (1 - self.p)


class AttentionHead(nn.Module):
    """Multi-head attention pooling with mean and standard deviation.

    Each head weights the frames with one learnt query (Lin et al. 2017, "A Structured Self-attentive Sentence
    Embedding", eq. 5-6) and computes the weighted mean and standard deviation of its share of the values (Okabe et al.
    2018, "Attentive Statistics Pooling", eq. 5-6). Weights and dropout depend on ``seed`` alone.
    """

    embedding = EMBEDDING
    packed = True  # takes concatenated raw frames and folds the input map into its first layer

    def __init__(self, classes: int, seed: int = 0, dim: int = 512, dropout: float = 0.3):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.value = nn.Linear(dim, HIDDEN)
        self.query = nn.Linear(HIDDEN, HEADS)
        self.project = nn.Linear(2 * HIDDEN, EMBEDDING)
        self.norm = DomainBatchNorm(EMBEDDING)
        self.dropout = Dropout(dropout, generator)
        self.classify = nn.Linear(EMBEDDING, classes)
        init_linear(self, generator)

    def forward(self, frames: Tensor, mask: Tensor, domain: int, input_map: InputMap) -> Output:
        """Concatenated raw ``frames`` (N, dim) of all clips; ``mask`` (B, T), True at their N places if each clip had a
        row; ``input_map`` standardises them.

        Clips differ in length: computing on padded rows would take twice the time."""
        weight, bias = input_map.fold_into(self.value.weight, self.value.bias)
        value = nn.functional.gelu(nn.functional.linear(frames, weight, bias))  # (N, 128)
        scores = value.new_full((*mask.shape, HEADS), -torch.inf)  # (B, T, H)
        scores[mask] = self.query(value)
        attention = scores.softmax(dim=1)
        weights = attention[mask][..., None]  # (N, H, 1)
        value = value.view(-1, HEADS, HIDDEN // HEADS)  # (N, H, 32)
        lengths = mask.sum(1)
        mean = torch.segment_reduce(weights * value, "sum", lengths=lengths)  # (B, H, 32)
        squared = (value - mean.repeat_interleave(lengths, dim=0)).square()
        deviation = (torch.segment_reduce(weights * squared, "sum", lengths=lengths) + 1e-6).sqrt()
        pooled = torch.cat([mean, deviation], dim=-1).flatten(1)  # (B, 256)
        embedding = self.norm(self.project(self.dropout(pooled)), domain)
        return Output(self.classify(self.dropout(nn.functional.gelu(embedding))), embedding, attention.transpose(1, 2))


def init_linear(module: nn.Module, generator: torch.Generator) -> None:
    """Initialise every linear layer uniformly in +-1/sqrt(inputs): torch's default, but from a given generator."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
