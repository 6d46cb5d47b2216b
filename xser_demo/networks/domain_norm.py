"""Batch normalisation for two domains: whose statistics are whose."""

import torch
from torch import Tensor, nn

SOURCE, TARGET = 0, 1  # the two domains; an index wherever something exists once for each
EPSILON = 1e-5
COMBINE = {
    "none": "no normalisation",
    "joint": "one pass over source and target together, one set of statistics",
    "separate": "each domain by its own batch, one set of running statistics that both feed",
    "domain": "each domain by its own batch and its own running statistics",
    "source": "both by the source's statistics",
    "split": "as joint; in the emotion classifier the source's statistics for both",
}


class DomainBatchNorm(nn.Module):
    """Batch normalisation of (B, D) with one shared affine map; ``combine`` says whose statistics normalise whom.

    "domain" is Chang et al. 2019, "Domain-Specific Batch Normalization for Unsupervised Domain Adaptation", with the
    affine map shared. The other ways are the factor that Cai et al. 2021 study; their list is not public, this one is
    ours. ``domain`` is SOURCE or TARGET, or a tensor (B,) of both when a mixed batch goes through at once. Sent
    through SOURCE alone every way but "none" is the ordinary layer.
    """

    mean: Tensor
    var: Tensor

    def __init__(self, dim: int, combine: str = "domain", momentum: float = 0.1) -> None:
        super().__init__()
        self.combine, self.momentum = combine, momentum
        self.weight = nn.Parameter(torch.ones(dim))
        self.bias = nn.Parameter(torch.zeros(dim))
        self.register_buffer("mean", torch.zeros(2, dim))
        self.register_buffer("var", torch.ones(2, dim))

    def forward(self, x: Tensor, domain: int | Tensor) -> Tensor:
        if self.combine == "none":
            return x
        if isinstance(domain, Tensor):
            if self.combine in ("joint", "split"):
                return self._own(x, SOURCE)
            out = torch.empty_like(x)
            for one in (SOURCE, TARGET):
                out[domain == one] = self(x[domain == one], one)
            return out
        if self.combine == "source" and domain == TARGET:
            return self._normalise(x, SOURCE, training=False)
        return self._own(x, domain)

    def _own(self, x: Tensor, domain: int) -> Tensor:
        """By the statistics of this very batch when training; the running ones learn from it. Where both domains have
        one set of them, it is the source's row."""
        return self._normalise(x, domain if self.combine == "domain" else SOURCE, self.training)

    def _normalise(self, x: Tensor, row: int, training: bool) -> Tensor:
        return nn.functional.batch_norm(
            x, self.mean[row], self.var[row], self.weight, self.bias, training, self.momentum, EPSILON
        )

    def copy_source_to_target(self) -> None:
        self.mean[TARGET], self.var[TARGET] = self.mean[SOURCE].clone(), self.var[SOURCE].clone()
