"""Criteria that judge a checkpoint on a target without labels. All of them are the higher the better.

Half of them look at the answers on the target alone. The other half carry the labels of the source's validation
speakers over to the target: by weights for clips that sound like the target, or by a classifier that goes back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from xser_demo.methods.infomax import entropies
from xser_demo.training.selection import infomax, source_score

TEMPERATURE = 0.05  # of the neighbourhood's softmax, from the paper
# Of a covariance towards a ball: embeddings have nearly as many dimensions as there are clips. On made-up shifts with a
# known loss, less leaves noise in the weights, more makes the widest axes look too narrow and the weights too large.
SHRINKAGE = 0.2
LARGEST = 50.0  # of a log ratio: keeps e^50 and its square finite
CONSTANT = 1e-6  # deviation of the weights, as a share of their mean, below which they are all the same


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a checkpoint answers and how it embeds; no target labels."""

    train_embedding: Tensor  # (n, E) a sample of the source's training clips
    validation_logits: Tensor  # (v, C) source validation speakers
    validation_embedding: Tensor  # (v, E)
    validation_labels: Tensor  # (v,) int64
    target_logits: Tensor  # (m, C) unlabelled target clips used for adaptation
    target_embedding: Tensor  # (m, E)

    @cached_property
    def answers(self) -> Tensor:
        """Probabilities on the target (m, C)."""
        return self.target_logits.double().softmax(1)

    @cached_property
    def losses(self) -> Tensor:
        """Cross entropy of each validation clip (v,)."""
        return torch.nn.functional.cross_entropy(
            self.validation_logits.double(), self.validation_labels, reduction="none"
        )

    @cached_property
    def weights(self) -> Tensor:
        """w(f) = p(target | f) / p(source | f) * n / m of each validation clip (v,): the ratio of the densities.

        DEV trains a network to tell the domains apart, once for each of several weight decays, for each checkpoint.
        Thousands of checkpoints ask for milliseconds, hence the closed form of an LDA. Where both domains are Gaussian
        with one covariance its ratio is the true one, and the counts of the clips cancel.
        """
        both = torch.cat([self.train_embedding, self.target_embedding])
        domains = torch.cat([torch.zeros(len(self.train_embedding)), torch.ones(len(self.target_embedding))]).long()
        source, target = discriminant(both, domains, 2, self.validation_embedding).unbind(1)
        return (target - source).clamp(max=LARGEST).exp()


def discriminant(x: Tensor, labels: Tensor, classes: int, points: Tensor) -> Tensor:
    """Linear discriminant analysis, learnt on ``x`` (N, E), ``labels`` (N,): scores of ``points`` (M, E), (M, classes).

        score_c(f) = f' S^-1 m_c - m_c' S^-1 m_c / 2,   S = (1 - a) * W + a * tr(W) / E * I

    Means m_c, covariance W around them, a = ``SHRINKAGE``, which inverts W even for fewer clips than dimensions. A
    difference of two scores is the log ratio of two Gaussian densities: priors are left out, all classes count the
    same. A class without clips scores -inf.
    """
    x, points = x.double(), points.double()
    centre = x.mean(0)  # moves the scores of all classes alike, and near the origin they lose no digits
    x, points = x - centre, points - centre
    hot = torch.nn.functional.one_hot(labels, classes).double()
    counts = hot.sum(0)
    means = hot.T @ x / counts.clamp(min=1)[:, None]
    within = x - means[labels]
    covariance = within.T @ within / len(x)
    ball = SHRINKAGE * covariance.diagonal().mean() + 1e-12  # all clips in one place is no error
    shrunk = (1 - SHRINKAGE) * covariance + ball * torch.eye(x.shape[1], dtype=x.dtype)
    directions = torch.cholesky_solve(means.T, torch.linalg.cholesky(shrunk))  # (E, classes)
    scores = points @ directions - (means.T * directions).sum(0) / 2
    return scores.masked_fill(counts == 0, -torch.inf)


def source_validation(evidence: Evidence) -> float:
    """Mean recall on the source's validation speakers. Blind to what happens to the target."""
    return source_score(evidence.validation_logits, evidence.validation_labels)[0]


def entropy(evidence: Evidence) -> float:
    """-1/m sum_i H(p_i), in nats. One class for all clips is its best."""
    return -float(entropies(evidence.answers)[1])


def mutual_information(evidence: Evidence) -> float:
    """H(1/m sum_i p_i) - 1/m sum_i H(p_i), in nats. Assumes classes of about equal size."""
    return infomax(evidence.target_logits.double())


def batch_nuclear_norm(evidence: Evidence) -> float:
    """|P|_* / m, the sum of the singular values of the answers P (m, C).

    Cui et al. 2020, "Towards Discriminability and Diversity: Batch Nuclear-norm Maximization under Label Insufficient
    Situations". At most sqrt(C / m), for sure answers in classes of equal size; comparable for one target only.
    """
    return float(torch.linalg.svdvals(evidence.answers).sum()) / len(evidence.answers)


def soft_neighbourhood_density(evidence: Evidence) -> float:
    """1/m sum_i H(q_i), q_ij = softmax over j != i of cos(p_i, p_j) / T, in nats.

    Saito et al. 2021, "Tune it the Right Way: Unsupervised Validation of Domain Adaptation via Soft Neighborhood
    Density"; as there, the features are the softmax's answers. Many neighbours equally near are its best, which a
    collapse gives to every clip. Needs the square of m in memory.
    """
    unit = torch.nn.functional.normalize(evidence.answers, dim=1)
    near = (unit @ unit.T / TEMPERATURE).fill_diagonal_(-1e4)  # whose exponential is zero: no clip is its own neighbour
    near = near.log_softmax(1)
    return -float((near.exp() * near).sum(1).mean())


def importance_weighted(evidence: Evidence) -> float:
    """-1/v sum_i w_i * loss_i on source validation: the loss on the target if only p(f) differs, not p(y | f).

    Sugiyama, Krauledat and Mueller 2007, "Covariate Shift Adaptation by Importance Weighted Cross Validation", here on
    embeddings. Where hardly a source clip sounds like the target all w_i are near 0, which looks like a small loss.
    """
    return -float((evidence.weights * evidence.losses).mean())


def deep_embedded(evidence: Evidence) -> float:
    """-[mean(L) + eta * mean(w) - eta],   L = w * loss,   eta = -Cov(L, w) / Var(w).

    You et al. 2019, "Towards Accurate Model Selection in Deep Unsupervised Domain Adaptation": the weights' mean is
    known to be 1, so what it differs by in this sample is taken out again (a control variate).
    """
    weights = evidence.weights
    weighted = weights * evidence.losses
    mean = weights.mean()
    variance = (weights - mean).square().mean()
    if variance.sqrt() <= CONSTANT * mean:
        return -float(weighted.mean())
    eta = -((weighted - weighted.mean()) * (weights - mean)).mean() / variance
    return -float(weighted.mean() + eta * mean - eta)


def reverse_validation(evidence: Evidence) -> float:
    """UAR on source validation of a classifier that learnt the answers on the target: the way there and back.

    Zhong et al. 2010, "Cross Validation Framework to Choose amongst Models and Datasets for Transfer Learning", and
    Ganin et al. 2016, section 5.1.2, train the whole network again for the way back. The cheap form is ours: an LDA on
    this checkpoint's embeddings. A class that is never answered is never heard on the way back.
    """
    classes = evidence.target_logits.shape[1]
    back = discriminant(
        evidence.target_embedding, evidence.target_logits.argmax(1), classes, evidence.validation_embedding
    )
    return source_score(back, evidence.validation_labels)[0]


@dataclass(frozen=True)
class Criterion:
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
    """All criteria; probabilities, losses and density ratios are computed once, by ``evidence``."""
    return {name: criterion.function(evidence) for name, criterion in CRITERIA.items()}
