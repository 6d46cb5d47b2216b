import torch
from torch import Tensor, nn

from xser_demo.data.domains import Source, Target
from xser_demo.methods.base import ramp
from xser_demo.methods.dann import DANN, ReverseGradient
from xser_demo.networks.heads.attention import Output


class PosterDANN(DANN):
    """DANN as in the probable code of the student poster: a wider domain classifier with batch norm, losses summed.

        L = NLL(C(F(x_s)), y_s) + NLL(D(R(F(x_s))), 0) + NLL(D(R(F(x_t))), 1),   D: E-512-2 with batch norm and ReLU

    R reverses the gradient with weight lambda * ramp(p), lambda = 1. Source and target pass D as separate batches, so
    that each is normalised by its own batch statistics.
    """

    name = "dann_poster"
    title = "DANN (poster)"
    paper = "student poster, English and Mandarin on ESD; after Ganin et al. 2016, JMLR 17"
    strength = 1.0

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        width = self.model.head.embedding
        self.domain_classifier = self.own_layers(
            nn.Sequential(nn.Linear(width, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 2))
        )

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        emotion = nn.functional.cross_entropy(source.logits, labels)
        weight = self.weight * ramp(progress)
        losses, hits = [], []
        for domain, output in enumerate((source, target)):
            domain_logits = self.domain_classifier(ReverseGradient.apply(output.embedding, weight))
            domains = torch.full((len(domain_logits),), domain, device=domain_logits.device)
            losses.append(nn.functional.cross_entropy(domain_logits, domains))
            hits.append((domain_logits.argmax(1) == domains).float().mean())
        domain_loss = losses[0] + losses[1]
        accuracy = (hits[0] + hits[1]) / 2
        return {"total": emotion + domain_loss, "emotion": emotion, "domain": domain_loss, "domain accuracy": accuracy}
