import torch
from torch import Tensor

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.base import Method, cross_entropy, ramp
from xser_demo.methods.knn import attach_memory_bank
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.networks.heads.attention import Output
from xser_demo.networks.memory_bank import MemoryBank

CANDIDATES_PER_CLASS = 10  # times the number of classes: how many nearest rows, of any class, are candidates
MIN_COSINE = 0.6  # of a candidate (tau)
MAX_CLASSES = 1  # in a pseudo multilabel (m)
POSITIVE_WEIGHT = 5.0  # of the positives (delta)
HARD_NEGATIVES = 0.01  # share of the rows that count as negatives, the most similar ones (r)
MOMENTUM = 0.5  # share of the old row when a row is updated (a)
SOURCE_WEIGHT = 0.1  # of the multilabel loss on the source (mu)


class NNPM(Method):
    """Neural network with pseudo multilabels: the most similar source utterances in a memory bank label a target clip.

    After Li, Yan and Wang 2021, "Neural Network with Pseudo Multilabel for Cross-lingual SER", arXiv 2108.08663. Only
    the abstract is public; the formulas are ours, after memory banks in unsupervised person re-identification (Wang and
    Zhang 2020, MMCL, arXiv 2004.09228). With unit-norm rows M_j (N, E) of the memory and s_j = cos(M_j, F(x)):

        L     = CE(C(F(x_s)), y_s) + mu * L_ml(s, {j: y_j = y_s}) + lambda * ramp(p) * L_ml(s, P(x_t))
        L_ml  = delta / |P| * sum over P (s_j - 1)^2 + mean over the hardest 1 % of the others (s_j + 1)^2
        P(x_t): of the nearest rows those with s_j > tau, of the class with the largest sum of similarities; unlike in
                the vote, a class with few rows is at a disadvantage
        M_i  <- normalise(a M_i + (1 - a) F(x_i)) after each step

    Predictions are the vote of the nearest rows (networks/memory_bank.py); without the memory bank, those of the
    classifier C.
    """

    name = "nnpm"
    title = "NNPM"
    idea = "Keeps all source clips in a memory; a target clip learns from the most similar ones, which then vote."
    paper = "after Li et al. 2021, arXiv 2108.08663"
    strength = 0.075
    strength_label = "Weight of the multilabel loss on the target (lambda)"

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        attach_memory_bank(self.model, source)

    @property
    def memory(self) -> MemoryBank:
        assert self.model.memory is not None  # ``setup`` attached it
        return self.model.memory

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        memory = self.memory
        emotion = cross_entropy(source, labels)
        source_loss = multilabel_loss(memory.similarity(source.embedding), memory.labels == labels[:, None])
        cosines = memory.similarity(target.embedding)
        positive = pseudo_multilabels(cosines.detach(), memory.labels, memory.classes)
        target_loss = multilabel_loss(cosines, positive)
        total = emotion + SOURCE_WEIGHT * source_loss + self.weight * ramp(progress) * target_loss
        labelled = positive.any(1).float().mean()
        losses = {"total": total, "emotion": emotion, "source": source_loss, "target": target_loss}
        return losses | {"share labelled": labelled}

    def update(self, source: Batch, target: Batch, progress: float) -> dict[str, float]:
        losses = super().update(source, target, progress)
        was_training = self.model.training
        with torch.no_grad():
            embedding = self.model.eval()(source.frames, source.mask, SOURCE).embedding
        self.model.train(was_training)
        assert source.indices is not None  # set in every batch of a domain
        self.memory.update(source.indices, embedding, MOMENTUM)
        return losses


def pseudo_multilabels(cosines: Tensor, labels: Tensor, classes: int) -> Tensor:
    """P(x_t) for cosines (B, N) with memory rows of the classes ``labels`` (N,): (B, N) bool, True for positives."""
    candidate = torch.zeros_like(cosines, dtype=torch.bool)
    nearest = cosines.topk(min(CANDIDATES_PER_CLASS * classes, cosines.shape[1]), dim=1).indices
    candidate.scatter_(1, nearest, True)
    candidate &= cosines > MIN_COSINE
    mass = (cosines * candidate) @ torch.nn.functional.one_hot(labels, classes).to(cosines.dtype)  # (B, classes)
    strongest = torch.zeros_like(mass, dtype=torch.bool)
    strongest.scatter_(1, mass.topk(MAX_CLASSES, dim=1).indices, True)
    return candidate & strongest[:, labels]


def multilabel_loss(cosines: Tensor, positive: Tensor) -> Tensor:
    """L_ml of cosines (B, N) and positives (B, N) bool, mean over the clips that have a positive; 0 if none has."""
    labelled = positive.any(1)
    if not labelled.any():
        return cosines.sum() * 0
    cosines, positive = cosines[labelled], positive[labelled]
    positive_loss = ((cosines - 1).square() * positive).sum(1) / positive.sum(1)
    min_negatives = int((~positive).sum(1).min())
    count = min(min_negatives, max(1, round(HARD_NEGATIVES * cosines.shape[1])))
    hardest = cosines.masked_fill(positive, -torch.inf).topk(count, dim=1).values
    negative_loss = (hardest + 1).square().sum(1) / max(1, count)  # 0 if a clip has no negatives
    return (POSITIVE_WEIGHT * positive_loss + negative_loss).mean()
