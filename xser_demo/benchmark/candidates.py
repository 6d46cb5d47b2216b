"""Methods beside those of the menu: tried with equal budgets (docs/tuning.md), or rows of comparison of a system."""

import torch
from torch import Tensor, nn

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.base import Method, cross_entropy, ramp
from xser_demo.methods.coral import colour_target_like_source
from xser_demo.methods.coral_infomax import CoralInfoMax
from xser_demo.methods.infomax import InfoMax, entropies
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.heads.attention import Output

PSEUDO_WEIGHT = 0.3  # of the pseudo labels beside the information (beta of the paper)
UNLABELLED = -100  # a clip without a pseudo label
ROUNDS = 2  # of labelling by the nearest centroid; the first centroids are weighted by the probabilities


class SHOT(InfoMax):
    """Pseudo labels by the nearest class centroid of the target, beside information maximisation.

    Liang, Hu and Feng 2020, "Do We Really Need to Access the Source Data? Source Hypothesis Transfer", eq. 4-7. Every
    epoch computes one centroid of the embeddings for each class on the target; a clip's pseudo label y* is the class
    of the centroid with the largest cosine:

        L = CE(C(F(x_s)), y_s) + lambda * ramp(p) * [mean_i H(p_i) - H(mean_i p_i) + 0.3 CE(C(F(x_t)), y*_t)]

    The paper freezes the classifier and has no source data; here the source goes on being learnt, as in all methods.
    """

    name = "shot"
    title = "SHOT"
    idea = (
        "Labels each clip by the nearest group of the target's own clips; predictions should be confident and varied."
    )
    paper = "Liang et al. 2020, arXiv 2002.08546"
    strength = 0.5
    strength_label = "Weight of information and pseudo labels (lambda)"

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        self.target = target

    def start_epoch(self) -> None:
        logits, embedding = self.model.predict_all(self.target, TARGET)
        self.centroids = centroids(embedding, logits.softmax(1)).to(self.model.device)

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        emotion = cross_entropy(source, labels)
        marginal, conditional = entropies(target.logits.softmax(1))
        pseudo = nearest(target.embedding.detach(), self.centroids)
        pseudo_loss = nn.functional.cross_entropy(target.logits, pseudo)
        total = emotion + self.weight * ramp(progress) * (conditional - marginal + PSEUDO_WEIGHT * pseudo_loss)
        return {"total": total, "emotion": emotion, "marginal entropy": marginal, "pseudo labels": pseudo_loss}


class CoralSHOT(SHOT):
    """SHOT on frames that vary like the source's, as in ``CoralInfoMax``."""

    name = "coral_shot"
    title = "CORAL + SHOT"

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        colour_target_like_source(self.model, source, target, CoralInfoMax.shrinkage)


def centroids(embedding: Tensor, probabilities: Tensor) -> Tensor:
    """Unit-norm class centroids (C, E) of embeddings (n, E) and probabilities (n, C); a class that no clip is nearest
    to keeps its place."""
    unit = nn.functional.normalize(embedding)
    found = nn.functional.normalize(probabilities.T @ unit)
    for _ in range(ROUNDS - 1):
        members = nn.functional.one_hot(nearest(embedding, found), len(found)).float()
        found = torch.where(members.sum(0)[:, None] > 0, nn.functional.normalize(members.T @ unit), found)
    return found


def nearest(embedding: Tensor, centroids: Tensor) -> Tensor:
    """Class (n,) of the centroid with the largest cosine, for embeddings (n, E)."""
    return (nn.functional.normalize(embedding) @ centroids.T).argmax(1)


class SelfTraining(Method):
    """Self-training: the most certain half of the target's clips of each answered class learn their own answers.

    Lee 2013, "Pseudo-Label", with the class balance of Zou et al. 2018, "Unsupervised Domain Adaptation for Semantic
    Segmentation via Class-Balanced Self-Training"; labels are renewed at the start of every epoch:

        L = CE(C(F(x_s)), y_s) + lambda * ramp(p) * CE(C(F(x_t)), y*_t) over the labelled clips of the batch
    """

    name = "self_training"
    title = "Self-training"
    idea = "The clips that are answered most surely teach the others."
    paper = "Lee 2013; Zou et al. 2018, arXiv 1810.07911"
    strength = 0.25
    strength_label = "Weight of the pseudo labels (lambda)"

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        self.target = target

    def start_epoch(self) -> None:
        certainty, labels = self.model.predict_all(self.target, TARGET)[0].softmax(1).max(1)
        limits = torch.tensor([float(certainty[labels == c].quantile(0.5)) if (labels == c).any() else 0.0
                               for c in range(len(self.model.classes))])  # fmt: skip
        chosen = torch.where(certainty >= limits[labels], labels, torch.full_like(labels, UNLABELLED))
        self.pseudo = chosen.to(self.model.device)

    def update(self, source: Batch, target: Batch, progress: float) -> dict[str, float]:
        assert target.indices is not None  # set in every batch of a domain
        self.wanted = self.pseudo[target.indices]
        return super().update(source, target, progress)

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        emotion = cross_entropy(source, labels)
        pseudo = nn.functional.cross_entropy(target.logits, self.wanted, ignore_index=UNLABELLED, reduction="sum")
        pseudo = pseudo / (self.wanted != UNLABELLED).sum().clamp(min=1)
        return {"total": emotion + self.weight * ramp(progress) * pseudo, "emotion": emotion, "pseudo labels": pseudo}
