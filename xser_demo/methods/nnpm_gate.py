import torch
from torch import Tensor

from xser_demo.methods.base import cross_entropy, ramp
from xser_demo.methods.nnpm import NNPM, SOURCE_WEIGHT, multilabel_loss
from xser_demo.networks.heads.attention import Output
from xser_demo.networks.memory_bank import MemoryBank


class GatedNNPM(NNPM):
    """NNPM with a gate: a target clip learns only where the memory's vote is clear.

    As ``nnpm``, after Li, Yan and Wang 2021, whose threshold is not public. There a fixed cosine lets nearly every clip
    through, since all clips of a network lie close together. Here the vote, whose temperature makes small differences
    of the cosines count, decides:

        v(x_t) (C,): each class's share of the vote of its nearest rows (networks/memory_bank.py)
        P(x_t): the ``nearest`` rows of the class with the largest share, if it leads by ``margin``; else no row
    """

    name = "nnpm_gate"
    title = "NNPM with a gate"
    # Chosen on the development corpora (docs/systems.md): there the margin 0, no gate, did best.
    margin = 0.0  # by which the first class must lead the second
    nearest = 10  # rows that label a clip
    strength = 0.3

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        memory = self.memory
        emotion = cross_entropy(source, labels)
        source_loss = multilabel_loss(memory.similarity(source.embedding), memory.labels == labels[:, None])
        positive = pseudo_multilabels(memory, target.embedding.detach(), self.margin, self.nearest)
        target_loss = multilabel_loss(memory.similarity(target.embedding), positive)
        total = emotion + SOURCE_WEIGHT * source_loss + self.weight * ramp(progress) * target_loss
        accepted = positive.any(1).float().mean()
        losses = {"total": total, "emotion": emotion, "source": source_loss, "target": target_loss}
        return losses | {"share labelled": accepted}


def pseudo_multilabels(memory: MemoryBank, embedding: Tensor, margin: float, nearest: int) -> Tensor:
    """P(x_t) for embeddings (B, E): (B, N) bool, True for the rows that label a clip."""
    first, accepted = pseudo_labels(memory, embedding, margin)
    cosines = memory.similarity(embedding).masked_fill(memory.labels != first[:, None], -torch.inf)
    rows = cosines.topk(min(nearest, cosines.shape[1]), dim=1).indices
    positive = torch.zeros_like(cosines, dtype=torch.bool).scatter_(1, rows, True)
    return positive & cosines.isfinite() & accepted[:, None]


def pseudo_labels(memory: MemoryBank, embedding: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """The class with the largest share of the vote for embeddings (B, E), and whether it leads by ``margin``: (B,)
    each."""
    shares = memory.vote(embedding).exp()
    best = shares.topk(2, dim=1)
    return best.indices[:, 0], best.values[:, 0] - best.values[:, 1] >= margin
