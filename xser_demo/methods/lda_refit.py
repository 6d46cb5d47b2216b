from typing import cast

import torch
from torch import Tensor, nn

from xser_demo.data.domains import Source, Target
from xser_demo.methods.base import Method
from xser_demo.networks.classifier import COMMON, Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.utils.errors import SettingsError

ROUNDS = 3
SHRINKAGE = 0.7  # of the covariance towards a multiple of the identity
MIN_CLIPS = 2  # a class that fewer clips are given is never answered again


class LDARefit(Method):
    """Target z-score, then the last layer is fitted again on its own answers: a control that trains nothing.

    Three rounds of linear discriminant analysis (Fisher 1936; Hastie et al., "The Elements of Statistical Learning",
    eq. 4.10) on the target's clips with their answers for labels. With features g_i (E,), the mean m_k of the clips
    that are answered k, and their pooled covariance S, shrunk towards a multiple of the identity:

        answer_i = argmax_k  g_i S^-1 m_k - m_k S^-1 m_k / 2

    All emotions count as equally frequent. The result is linear, so it replaces the weights of the classifier.
    """

    name = "lda_refit"
    title = "LDA refit"
    idea = "Re-centres the target's features, then fits the last layer to its own answers; nothing is trained."
    paper = ""
    trains = False

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        refit(self.model, target)


@torch.no_grad()
def refit(model: Model, target: Target) -> None:
    """Replace the classifier of a model by one that is fitted on its own answers to the target."""
    if model.recipe.head != COMMON.head:
        raise SettingsError("LDA refit needs the network that all methods share; choose another method.")
    layer = cast(nn.Linear, model.head.classify)
    logits, embedding = model.predict_all(target, TARGET)
    weight, bias = discriminant(nn.functional.gelu(embedding), logits.argmax(1), logits.shape[1])
    layer.weight.copy_(weight)
    layer.bias.copy_(bias)


def discriminant(features: Tensor, answers: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """Weight (C, E) and bias (C,) after ``ROUNDS`` rounds, from ``features`` (n, E) and ``answers`` (n,)."""
    x = features.double()
    for _ in range(ROUNDS):
        one_hot = nn.functional.one_hot(answers, classes).double()
        counts = one_hot.sum(0)
        means = one_hot.T @ x / counts.clamp(min=1)[:, None]
        within = x - means[answers]
        covariance = within.T @ within / len(x)
        spread = covariance.diagonal().mean() * torch.eye(len(covariance), dtype=x.dtype)
        weight = torch.linalg.solve((1 - SHRINKAGE) * covariance + SHRINKAGE * spread, means.T).T
        bias = -(weight * means).sum(1) / 2
        bias[counts < MIN_CLIPS] = -1e4
        answers = (x @ weight.T + bias).argmax(1)
    return weight.float(), bias.float()
