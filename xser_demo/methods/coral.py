import torch
from torch import Tensor

from xser_demo.data.domains import Domain, Source, Target
from xser_demo.methods.base import Method
from xser_demo.methods.discrepancy import matrix_power
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET


class Coral(Method):
    """Correlation alignment: target frames are whitened and re-coloured with the source's covariance.

    Sun et al. 2016, "Return of Frustratingly Easy Domain Adaptation", eq. 5-6, in the other direction: the paper
    re-colours the source and trains again; re-colouring the target needs no training. For frames x_t (N, D):

        x_t <- z_t C_t^(-1/2) C_s^(1/2),  z_t = (x_t - mean_t) / std_t,  C = (1 - a) cov(z) + a I,  a = ``shrinkage``
    """

    name = "coral"
    title = "CORAL"
    idea = "Rotates and stretches the target's features until they correlate as the source's do; nothing is trained."
    paper = "Sun et al. 2016, arXiv 1511.05547"
    trains = False
    shrinkage = 0.7  # of the covariance towards the identity; standardised frames have diagonal 1 (docs/tuning.md)

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        colour_target_like_source(self.model, source, target, self.shrinkage)


def colour_target_like_source(model: Model, source: Source, target: Target, shrinkage: float) -> None:
    """Set the target's input matrix to C_t^(-1/2) C_s^(1/2)."""
    whiten, colour = (
        matrix_power(covariance(domain, shrinkage), power) for domain, power in ((target, -0.5), (source, 0.5))
    )
    model.inputs[TARGET].matrix = (whiten @ colour).float().to(model.device)


def covariance(domain: Domain, shrinkage: float) -> Tensor:
    """Shrunk covariance (D, D), float64, of a domain's standardised frames."""
    mean, std = domain.moments()
    total, count = torch.zeros(len(mean), len(mean), dtype=torch.float64), 0
    for batch in domain.batches():
        frames = ((batch.frames - mean) / std.clamp(min=1e-6)).double()
        total += frames.T @ frames
        count += len(frames)
    return (1 - shrinkage) * total / (count - 1) + shrinkage * torch.eye(len(mean), dtype=torch.float64)
