import torch

from xser_demo.data.domains import Source, Target
from xser_demo.methods.base import Method
from xser_demo.networks.domain_norm import EPSILON, TARGET, DomainBatchNorm
from xser_demo.utils.errors import SettingsError


class AdaBN(Method):
    """Every normalisation takes the target's statistics, no weight changes.

    Li et al. 2017, "Revisiting Batch Normalization for Practical Domain Adaptation": the running mean and variance of
    each batch norm are replaced by those of the target. Here these are the standardisation of the frames and the batch
    norm of the embedding, so AdaBN is target z-score plus one more layer.
    """

    name = "adabn"
    title = "AdaBN"
    idea = "Replaces the statistics in every normalisation layer by the target's; nothing is trained."
    paper = "Li et al. 2017, arXiv 1603.04779"
    trains = False

    @torch.no_grad()
    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        norm = getattr(self.model.head, "norm", None)
        norms = [module for module in self.model.head.modules() if isinstance(module, DomainBatchNorm)]
        if not isinstance(norm, DomainBatchNorm) or norms != [norm] or norm.combine != "domain":
            raise SettingsError(
                "AdaBN needs a model whose only batch norm stands behind the embedding, with statistics for each "
                "language; choose another method."
            )
        _, embedding = self.model.predict_all(target, TARGET)
        # What entered the batch norm: the inverse of what it did in evaluation.
        entered = (embedding - norm.bias) / norm.weight * (norm.var[TARGET] + EPSILON).sqrt() + norm.mean[TARGET]
        norm.var[TARGET], norm.mean[TARGET] = torch.var_mean(entered, dim=0)
