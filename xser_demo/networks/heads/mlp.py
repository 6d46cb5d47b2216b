"""Multilayer perceptron on one feature vector for each clip."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from xser_demo.networks.heads.attention import Dropout, Output
from xser_demo.networks.heads.layers import init_weights, mean_over_time, no_attention, stack


class MLP(nn.Module):
    """(B, 1, D) -> [Linear, batch norm, ReLU, dropout] for each of ``hidden`` -> classifier.

    The embedding is the output of the last hidden layer before its dropout, so that distances between domains are
    measured without that noise. ``classifier`` adds [Linear, batch norm, ReLU] layers between it and the emotions:
    ``hidden=(64, 32), classifier=(512, 128), dropout=0`` on 149 inputs is a feature extractor 149-64-32 and an emotion
    classifier 32-512-128-classes. Sequences of several frames are averaged first.
    """

    def __init__(
        self,
        classes: int,
        seed: int,
        dim: int,
        hidden: Sequence[int] = (256, 128),
        norm: bool = True,
        dropout: float = 0.3,
        classifier: Sequence[int] = (),
    ):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.embedding = hidden[-1]
        self.dropout = Dropout(dropout, generator)
        inputs = (dim, *hidden[:-1])
        self.hidden = nn.ModuleList(stack(i, [o], norm) for i, o in zip(inputs, hidden, strict=True))
        self.classify = stack(hidden[-1], classifier, norm)
        self.classify.append(nn.Linear((*hidden, *classifier)[-1], classes))
        init_weights(self, generator)

    def forward(self, frames: Tensor, mask: Tensor, domain: int) -> Output:
        """``frames`` (B, T, dim) standardised, ``mask`` (B, T); both domains share the batch norms."""
        x = mean_over_time(frames, mask)
        for i, layer in enumerate(self.hidden):
            x = layer(self.dropout(x) if i else x)
        return Output(self.classify(self.dropout(x)), x, no_attention(frames))
