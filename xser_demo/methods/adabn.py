import torch

from xser_demo.data.domains import Source, Target
from xser_demo.methods.base import Method
from xser_demo.networks.domain_norm import EPSILON, TARGET, DomainBatchNorm
from xser_demo.utils.errors import SettingsError


class AdaBN(Method):
    """Adaptive batch normalisation: the target's statistics in every normalisation layer; no weight changes.

    Li et al. 2017, "Revisiting Batch Normalization for Practical Domain Adaptation": the target's mean and variance
    replace the running ones of each batch norm. This network has two such layers, the standardisation of the frames
    and the batch norm of the embedding (B, E), so AdaBN is target z-score plus one more layer.
    """

    name = "adabn"
    title = "AdaBN"
    idea = "Replaces the statistics of every normalisation layer with the target's; nothing is trained."
    paper = "Li et al. 2017, arXiv 1603.04779"
    trains = False

    @torch.no_grad()
    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        norm = getattr(self.model.head, "norm", None)
        norms = [module for module in self.model.head.modules() if isinstance(module, DomainBatchNorm)]
        if not isinstance(norm, DomainBatchNorm) or norms != [norm] or norm.combine != "domain":
            raise SettingsError(
                "AdaBN needs a model whose only batch norm follows the embedding, with statistics for each "
                "language; choose another method."
            )
        embedding = self.model.predict_all(target, TARGET)[1].to(self.model.device)
        # The input of the batch norm, by inverting what the layer computes in evaluation mode.
        norm_input = (embedding - norm.bias) / norm.weight * (norm.var[TARGET] + EPSILON).sqrt() + norm.mean[TARGET]
        norm.var[TARGET], norm.mean[TARGET] = torch.var_mean(norm_input, dim=0)
