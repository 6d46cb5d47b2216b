"""One-dimensional convolutional network along a feature vector."""

import torch
from torch import Tensor, nn

from xser_demo.networks.heads.attention import Output
from xser_demo.networks.heads.layers import init_weights, mean_over_time, no_attention

CHANNELS, KERNEL = (32, 64, 128), 5


class Conv1d(nn.Module):
    """(B, 1, D) -> one channel of length D -> 3 x [convolution, batch norm, ReLU, max pool 2] -> mean -> emotions.

    149 features become 74, 37 and 18 steps; the mean over them is the embedding (B, 128). The convolution treats
    neighbouring features alike at every position, which suits ordered features (mel bands, MFCCs) more than a list of
    functionals. Layer sizes do not depend on ``dim``; it must be at least 8. Sequences of several frames are averaged
    first.
    """

    embedding = CHANNELS[-1]

    def __init__(self, classes: int, seed: int, dim: int):
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in zip((1, *CHANNELS[:-1]), CHANNELS, strict=True):
            # No bias: the batch norm would subtract it again.
            convolution = nn.Conv1d(inputs, outputs, KERNEL, padding=KERNEL // 2, bias=False)
            layers += [convolution, nn.BatchNorm1d(outputs), nn.ReLU(), nn.MaxPool1d(2)]
        self.layers = nn.Sequential(*layers)
        self.classify = nn.Linear(self.embedding, classes)
        init_weights(self, torch.Generator().manual_seed(seed))

    def forward(self, frames: Tensor, mask: Tensor, domain: int) -> Output:
        """``frames`` (B, T, D) standardised, ``mask`` (B, T); both domains share the batch norms."""
        embedding = self.layers(mean_over_time(frames, mask)[:, None]).mean(-1)
        return Output(self.classify(embedding), embedding, no_attention(frames))
