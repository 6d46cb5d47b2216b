from torch import Tensor, nn

from xser_demo.data.domains import Source, Target
from xser_demo.methods.base import Method, cross_entropy, ramp
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.heads.attention import Output

NEIGHBOURS = 5  # of each clip, in the target
DECAY = 1.0  # of the dispersion: (1 + 10 p)^-DECAY


class AaD(Method):
    """Attracting and dispersing: neighbours on the target should get equal answers, other clips different ones.

    Yang et al. 2022, "Attracting and Dispersing: A Simple Approach for Source-free Domain Adaptation", eq. 5:

        L = CE(C(F(x_s)), y_s)
            + lambda * ramp(p) * mean_i [- mean over 5 neighbours j of p_i . p_j
                                         + (1 + 10 p)^-1 mean over the batch's other clips m of p_i . p_m]

    with p = softmax(C(F(x_t))). Neighbours are the nearest embeddings by cosine among all clips of the target, as they
    were at the start of the epoch. The paper has no source data; here the source goes on being learnt.
    """

    name = "aad"
    title = "AaD"
    idea = "Clips of the target that lie close together should be answered alike, others differently."
    paper = "Yang et al. 2022, arXiv 2205.04183"
    strength = 0.25
    strength_label = "Weight of attraction and dispersion (lambda)"

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        self.target = target

    def start_epoch(self) -> None:
        logits, embedding = self.model.predict_all(self.target, TARGET)
        logits, embedding = logits.to(self.model.device), embedding.to(self.model.device)
        self.rows, self.answers = nn.functional.normalize(embedding), logits.softmax(1)

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        emotion = cross_entropy(source, labels)
        probabilities = target.logits.softmax(1)
        cosines = nn.functional.normalize(target.embedding.detach()) @ self.rows.T
        near = cosines.topk(min(NEIGHBOURS + 1, len(self.rows)), dim=1).indices[:, 1:]  # the nearest is the clip itself
        attraction = -(probabilities[:, None] * self.answers[near]).sum(2).mean()
        alike = probabilities @ probabilities.T
        others = len(alike) * max(1, len(alike) - 1)
        dispersion = (alike.sum() - alike.diagonal().sum()) / others
        weight = self.weight * ramp(progress)
        total = emotion + weight * (attraction + (1 + 10 * progress) ** -DECAY * dispersion)
        return {"total": total, "emotion": emotion, "attraction": attraction, "dispersion": dispersion}
