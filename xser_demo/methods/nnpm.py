import torch
from torch import Tensor

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.base import Method, cross_entropy, ramp
from xser_demo.methods.knn import remember
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.networks.heads.attention import Output
from xser_demo.networks.memory_bank import MemoryBank

PER_CLASS = 10  # candidates: this many nearest rows times the number of classes, of whatever class they are
LEAST = 0.6  # cosine from which on a row is a candidate (tau)
CLASSES = 1  # how many classes a pseudo multilabel may hold (m)
POSITIVE = 5.0  # weight of the positives (delta)
HARDEST = 0.01  # share of the negatives that count (r)
KEEP = 0.5  # of a row when it is updated (a)
SOURCE_WEIGHT = 0.1  # of the multilabel loss on the source (mu)


class NNPM(Method):
    """Neural network with pseudo multilabels: a memory of source utterances tells each target clip whom it resembles.

    After Li, Yan and Wang 2021, "Neural Network with Pseudo Multilabel for Cross-lingual SER", arXiv 2108.08663, of
    which the abstract is public; the formulas are ours, after memories in unsupervised person re-identification (Wang
    and Zhang 2020, MMCL, arXiv 2004.09228). With unit-norm rows M_j of the memory and s_j = cos(M_j, F(x)):

        L     = CE(C(F(x_s)), y_s) + mu * L_ml(s, {j: y_j = y_s}) + lambda * ramp(p) * L_ml(s, P(x_t))
        L_ml  = delta / |P| * sum over P (s_j - 1)^2 + mean over the hardest 1 % of the others (s_j + 1)^2
        P(x_t): of the nearest rows those with s_j > tau that belong to the class holding most of their similarity; a
                class with few rows is at a disadvantage here, unlike in the vote
        M_i  <- normalise(a M_i + (1 - a) F(x_i)) after each step

    Answers are the vote of the nearest rows (networks/memory_bank.py); without its memory the model answers by the
    classifier C.
    """

    name = "nnpm"
    title = "NNPM"
    idea = "Remembers all source clips; each target clip learns from those it resembles most, and they vote."
    paper = "after Li et al. 2021, arXiv 2108.08663"
    strength = 0.3
    strength_label = "Weight of the multilabel loss on the target (lambda)"

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        remember(self, source)

    @property
    def memory(self) -> MemoryBank:
        assert self.model.memory is not None  # since ``setup``
        return self.model.memory

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        memory = self.memory
        emotion = cross_entropy(source, labels)
        alike = multilabel_loss(memory.similarity(source.embedding), memory.labels == labels[:, None])
        near = memory.similarity(target.embedding)
        positive = pseudo_multilabels(near.detach(), memory.labels, memory.classes)
        pseudo = multilabel_loss(near, positive)
        total = emotion + SOURCE_WEIGHT * alike + self.weight * ramp(progress) * pseudo
        labelled = positive.any(1).float().mean()
        return {"total": total, "emotion": emotion, "source": alike, "target": pseudo, "share labelled": labelled}

    def update(self, source: Batch, target: Batch, progress: float) -> dict[str, float]:
        losses = super().update(source, target, progress)
        was_training = self.model.training
        with torch.no_grad():
            embedding = self.model.eval()(source.frames, source.mask, SOURCE).embedding
        self.model.train(was_training)
        assert source.indices is not None  # batches of a domain have them
        self.memory.update(source.indices, embedding, KEEP)
        return losses


def pseudo_multilabels(near: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Cosines (B, N) to rows of the given classes (N,) -> (B, N) bool, the rows that count as the clip's own kind."""
    candidate = torch.zeros_like(near, dtype=torch.bool)
    nearest = near.topk(min(PER_CLASS * classes, near.shape[1]), dim=1).indices
    candidate.scatter_(1, nearest, True)
    candidate &= near > LEAST
    mass = (near * candidate) @ torch.nn.functional.one_hot(labels, classes).to(near.dtype)  # (B, classes)
    strongest = torch.zeros_like(mass, dtype=torch.bool)
    strongest.scatter_(1, mass.topk(CLASSES, dim=1).indices, True)
    return candidate & strongest[:, labels]


def multilabel_loss(near: Tensor, positive: Tensor) -> Tensor:
    """L_ml of cosines (B, N) and (B, N) bool, mean over the clips that have a positive; 0 when none has."""
    has = positive.any(1)
    if not has.any():
        return near.sum() * 0
    near, positive = near[has], positive[has]
    pull = ((near - 1).square() * positive).sum(1) / positive.sum(1)
    fewest = int((~positive).sum(1).min())
    count = min(fewest, max(1, round(HARDEST * near.shape[1])))
    hardest = near.masked_fill(positive, -torch.inf).topk(count, dim=1).values
    push = (hardest + 1).square().sum(1) / max(1, count)  # 0 when a clip has no negatives at all
    return (POSITIVE * pull + push).mean()
