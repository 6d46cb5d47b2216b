"""Criteria for selecting a checkpoint without target labels; for all of them, higher is better.

Some use the predictions on the target alone. The others transfer the labels of the source's validation speakers to the
target: by importance weights, or by a classifier trained on pseudo-labels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from xser_demo.methods.infomax import entropies
from xser_demo.training.selection import infomax, source_score

TEMPERATURE = 0.05  # of soft neighbourhood density, from the paper
# Of a covariance towards a multiple of the identity: embeddings have nearly as many dimensions as there are clips. On
# synthetic shifts with known loss, less shrinkage leaves noise in the weights, more underestimates the variance of the
# widest axes and makes the weights too large.
SHRINKAGE = 0.2
MAX_LOG_RATIO = 50.0  # keeps e^50 and its square finite
MIN_DEVIATION = 1e-6  # of the weights, relative to their mean; below it they count as constant


@dataclass(frozen=True, eq=False)
class Evidence:
    """Logits and embeddings of a checkpoint, without target labels."""

    train_embedding: Tensor  # (n, E), a sample of the source's training clips
    validation_logits: Tensor  # (v, C), source validation speakers
    validation_embedding: Tensor  # (v, E)
    validation_labels: Tensor  # (v,) int64
    target_logits: Tensor  # (m, C), unlabelled target clips used for adaptation
    target_embedding: Tensor  # (m, E)

    @cached_property
    def probabilities(self) -> Tensor:
        """Predictions on the target (m, C)."""
        return self.target_logits.double().softmax(1)

    @cached_property
    def losses(self) -> Tensor:
        """Cross entropy of each validation clip (v,)."""
        return torch.nn.functional.cross_entropy(
            self.validation_logits.double(), self.validation_labels, reduction="none"
        )

    @cached_property
    def weights(self) -> Tensor:
        """Density ratio w(f) = p(target | f) / p(source | f) * n / m of each validation clip (v,).

        For each checkpoint, DEV trains a domain classifier once for each of several weight decays. Thousands of
        checkpoints need milliseconds, hence the closed form of an LDA. If both domains are Gaussian with the same
        covariance, its ratio is exact, and the numbers of clips cancel.
        """
        both = torch.cat([self.train_embedding, self.target_embedding])
        domains = torch.cat([torch.zeros(len(self.train_embedding)), torch.ones(len(self.target_embedding))]).long()
        source, target = discriminant(both, domains, 2, self.validation_embedding).unbind(1)
        return (target - source).clamp(max=MAX_LOG_RATIO).exp()


def discriminant(x: Tensor, labels: Tensor, classes: int, points: Tensor) -> Tensor:
    """Linear discriminant analysis, fitted to ``x`` (N, E), ``labels`` (N,): scores (M, classes) of ``points`` (M, E).

        score_c(f) = f' S^-1 m_c - m_c' S^-1 m_c / 2,   S = (1 - a) * W + a * tr(W) / E * I

    Class means m_c, covariance W around them, a = ``SHRINKAGE``, which makes W invertible even for fewer clips than
    dimensions. The difference of two scores is the log ratio of two Gaussian densities: class priors are equal. A class
    without clips scores -inf.
    """
    x, points = x.double(), points.double()
    centre = x.mean(0)  # shifts the scores of all classes equally; near the origin they lose no digits
    x, points = x - centre, points - centre
    one_hot = torch.nn.functional.one_hot(labels, classes).double()
    counts = one_hot.sum(0)
    means = one_hot.T @ x / counts.clamp(min=1)[:, None]
    within = x - means[labels]
    covariance = within.T @ within / len(x)
    variance = SHRINKAGE * covariance.diagonal().mean() + 1e-12  # positive even if all clips are equal
    shrunk = (1 - SHRINKAGE) * covariance + variance * torch.eye(x.shape[1], dtype=x.dtype)
    directions = torch.cholesky_solve(means.T, torch.linalg.cholesky(shrunk))  # (E, classes)
    scores = points @ directions - (means.T * directions).sum(0) / 2
    return scores.masked_fill(counts == 0, -torch.inf)


def source_validation(evidence: Evidence) -> float:
    """UAR on the source's validation speakers. Ignores the target."""
    return source_score(evidence.validation_logits, evidence.validation_labels)[0]


def entropy(evidence: Evidence) -> float:
    """-1/m sum_i H(p_i), in nats. Maximal also if all clips get one class."""
    return -float(entropies(evidence.probabilities)[1])


def mutual_information(evidence: Evidence) -> float:
    """H(1/m sum_i p_i) - 1/m sum_i H(p_i), in nats. Assumes about equal class frequencies."""
    return infomax(evidence.target_logits.double())


def batch_nuclear_norm(evidence: Evidence) -> float:
    """|P|_* / m, the sum of the singular values of the predictions P (m, C), divided by m.

    Cui et al. 2020, "Towards Discriminability and Diversity: Batch Nuclear-norm Maximization under Label Insufficient
    Situations". At most sqrt(C / m), for confident predictions of equally frequent classes; comparable for one target
    only.
    """
    return float(torch.linalg.svdvals(evidence.probabilities).sum()) / len(evidence.probabilities)


def soft_neighbourhood_density(evidence: Evidence) -> float:
    """1/m sum_i H(q_i), q_ij = softmax over j != i of cos(p_i, p_j) / T, in nats.

    Saito et al. 2021, "Tune it the Right Way: Unsupervised Validation of Domain Adaptation via Soft Neighborhood
    Density"; as there, the features are the softmax's outputs. Maximal for many neighbours at equal distance, hence
    also if all predictions collapse. Takes O(m^2) memory.
    """
    unit = torch.nn.functional.normalize(evidence.probabilities, dim=1)
    similarity = (unit @ unit.T / TEMPERATURE).fill_diagonal_(-1e4)  # exponential 0: no clip is its own neighbour
    log_q = similarity.log_softmax(1)
    return -float((log_q.exp() * log_q).sum(1).mean())


def importance_weighted(evidence: Evidence) -> float:
    """-1/v sum_i w_i * loss_i on source validation: minus the target's loss if only p(f) differs, not p(y | f).

    Sugiyama, Krauledat and Mueller 2007, "Covariate Shift Adaptation by Importance Weighted Cross Validation", here on
    embeddings. If hardly any source clip resembles the target, all w_i are near 0, which looks like a small loss.
    """
    return -float((evidence.weights * evidence.losses).mean())


def deep_embedded(evidence: Evidence) -> float:
    """-[mean(L) + eta * mean(w) - eta],   L = w * loss,   eta = -Cov(L, w) / Var(w).

    You et al. 2019, "Towards Accurate Model Selection in Deep Unsupervised Domain Adaptation": the expected weight is
    1, so the deviation of the sample mean corrects the estimate (a control variate).
    """
    weights = evidence.weights
    weighted = weights * evidence.losses
    mean = weights.mean()
    variance = (weights - mean).square().mean()
    if variance.sqrt() <= MIN_DEVIATION * mean:
        return -float(weighted.mean())
    eta = -((weighted - weighted.mean()) * (weights - mean)).mean() / variance
    return -float(weighted.mean() + eta * mean - eta)


def reverse_validation(evidence: Evidence) -> float:
    """UAR on source validation of a classifier trained on the target's pseudo-labels.

    Zhong et al. 2010, "Cross Validation Framework to Choose amongst Models and Datasets for Transfer Learning", and
    Ganin et al. 2016, section 5.1.2, train the whole network again from target to source. The cheap form is ours: an
    LDA on this checkpoint's embeddings. A class that is never predicted on the target has recall 0.
    """
    classes = evidence.target_logits.shape[1]
    scores = discriminant(
        evidence.target_embedding, evidence.target_logits.argmax(1), classes, evidence.validation_embedding
    )
    return source_score(scores, evidence.validation_labels)[0]


@dataclass(frozen=True)
class Criterion:
    """A criterion with its name and formula in tables."""

    title: str
    formula: str
    function: Callable[[Evidence], float]


CRITERIA = {
    "source_val": Criterion("Source validation", "UAR on the source's validation speakers", source_validation),
    "entropy": Criterion("Entropy", "-mean H(p)", entropy),
    "infomax": Criterion("InfoMax", "H(mean p) - mean H(p)", mutual_information),
    "bnm": Criterion("Batch nuclear norm", "sum of the singular values of P / m", batch_nuclear_norm),
    "snd": Criterion("Soft neighbourhood density", "mean H(softmax(cos(p, p') / 0.05))", soft_neighbourhood_density),
    "iwv": Criterion("Importance-weighted validation", "-mean(w * loss) on source validation", importance_weighted),
    "dev": Criterion("Deep embedded validation", "-mean(w * loss) with a control variate", deep_embedded),
    "reverse": Criterion(
        "Reverse validation", "UAR back on the source of an LDA learnt on pseudo-labels", reverse_validation
    ),
}


@torch.no_grad()
def measure(evidence: Evidence) -> dict[str, float]:
    """Values of all criteria. ``evidence`` computes probabilities, losses and density ratios once."""
    return {name: criterion.function(evidence) for name, criterion in CRITERIA.items()}
