"""Convolutional recurrent network over log-mel frames."""

import torch
from torch import Tensor, nn

from xser_demo.networks.domain_norm import DomainBatchNorm
from xser_demo.networks.heads.attention import Dropout, Output
from xser_demo.networks.heads.layers import init_weights, mean_over_time, no_attention

UNITS, LAYERS, CLASSIFIER = 64, 2, 32


class ConvGRU(nn.Module):
    """(B, T, 64) -> 3 x [convolution, max pool 2, ReLU] -> GRU -> mean over time -> embedding (B, 64) -> emotions.

    The audio encoder of Yin et al. 2020, "Speaker-Invariant Adversarial Domain Adaptation for Emotion Recognition"
    (their public code), the nearest public relative of Cai et al. 2021; here with 64 units instead of 32, and a norm
    in the emotion classifier. ``norm`` is a key of domain_norm.COMBINE, the factor that Cai et al. study.

    The result does not depend on padding: padded frames are set to zero before each convolution, like the
    convolution's own padding, and the GRU reads them last. Each convolution (kernel 2, padding 1) with its pool turns
    n valid steps into ceil(n / 2), hence T frames into ceil(T / 8) steps, at least one.
    """

    embedding = UNITS

    def __init__(
        self,
        classes: int,
        seed: int,
        dim: int = 64,
        width: int = 64,
        dropout: float = 0.3,
        norm: str = "domain",
    ):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.convolutions = nn.ModuleList(
            nn.Sequential(nn.Conv1d(inputs, width, 2, padding=1), nn.MaxPool1d(2), nn.ReLU())
            for inputs in (dim, width, width)
        )
        self.gru = nn.GRU(width, UNITS, LAYERS, batch_first=True)
        self.dropout = Dropout(dropout, generator)
        self.joint = norm in ("joint", "split")  # both domains in one pass
        self.norm = DomainBatchNorm(UNITS, norm)
        self.hidden = nn.Linear(UNITS, CLASSIFIER)
        self.classify_norm = DomainBatchNorm(CLASSIFIER, "source" if norm == "split" else norm)
        self.classify = nn.Linear(CLASSIFIER, classes)
        init_weights(self, generator)

    @property
    def last_conv(self) -> nn.Module:
        """The layer whose maps (B, width, ceil(T / 8)) Grad-CAM weights."""
        return self.convolutions[-1]

    def forward(self, frames: Tensor, mask: Tensor, domain: int | Tensor) -> Output:
        """``frames`` (B, T, dim) standardised log-mel, ``mask`` (B, T), True on valid frames."""
        x, valid = frames.transpose(1, 2), mask.to(frames.dtype)[:, None]  # (B, dim, T), (B, 1, T)
        for layer in self.convolutions:
            x = layer(x * valid)
            valid = nn.functional.max_pool1d(valid, 2, ceil_mode=True)
        steps, _ = self.gru(x.transpose(1, 2))  # (B, ceil(T / 8), 64)
        embedding = self.norm(self.dropout(mean_over_time(steps, valid[:, 0] > 0)), domain)
        hidden = self.classify_norm(self.hidden(embedding), domain).relu()
        return Output(self.classify(hidden), embedding, no_attention(frames))
