"""Batch normalisation for two domains, with six ways to share statistics."""

import torch
from torch import Tensor, nn

SOURCE, TARGET = 0, 1  # the two domains, as an index
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
    """Batch normalisation of (B, D) with one shared affine map; ``combine`` says which statistics each domain uses.

    "domain" is Chang et al. 2019, "Domain-Specific Batch Normalization for Unsupervised Domain Adaptation", with a
    shared affine map. Cai et al. 2021 study the choice of statistics as a factor; their list is not public, this one is
    ours. ``domain`` is SOURCE or TARGET, or a tensor (B,) of both for a mixed batch. For batches of SOURCE alone, every
    choice but "none" is ordinary batch normalisation.
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
                return self._normalise_by_batch(x, SOURCE)
            out = torch.empty_like(x)
            for value in (SOURCE, TARGET):
                out[domain == value] = self(x[domain == value], value)
            return out
        if self.combine == "source" and domain == TARGET:
            return self._normalise(x, SOURCE, training=False)
        return self._normalise_by_batch(x, domain)

    def _normalise_by_batch(self, x: Tensor, domain: int) -> Tensor:
        """In training, normalise by the batch's own statistics and update the running ones; in evaluation, by the
        running ones. Shared running statistics are in the source's row."""
        return self._normalise(x, domain if self.combine == "domain" else SOURCE, self.training)

    def _normalise(self, x: Tensor, row: int, training: bool) -> Tensor:
        return nn.functional.batch_norm(
            x, self.mean[row], self.var[row], self.weight, self.bias, training, self.momentum, EPSILON
        )

    def copy_source_to_target(self) -> None:
        """Copy the source's running statistics to the target."""
        self.mean[TARGET], self.var[TARGET] = self.mean[SOURCE].clone(), self.var[SOURCE].clone()
