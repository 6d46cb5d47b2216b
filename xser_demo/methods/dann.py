from typing import Any

import torch
from torch import Tensor, nn

from xser_demo.data.domains import Source, Target
from xser_demo.methods.base import Method, cross_entropy, ramp
from xser_demo.networks.heads.attention import Output


class ReverseGradient(torch.autograd.Function):
    """Gradient reversal layer: identity forwards, gradient times ``-weight`` backwards (Ganin and Lempitsky 2015,
    eq. 16-17)."""

    @staticmethod
    def forward(context: Any, x: Tensor, weight: float) -> Tensor:
        context.weight = weight
        return x.view_as(x)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -context.weight * gradient, None


class DANN(Method):
    """Domain-adversarial neural network: a domain classifier behind a gradient reversal layer.

    Ganin and Lempitsky 2015, "Unsupervised Domain Adaptation by Backpropagation", eq. 9-13:

        L = CE(C(F(x_s)), y_s) + CE(D(R(F(x))), domain(x)),   R reverses the gradient with weight lambda * ramp(p)

    F is the network up to the embedding (B, E), C the emotion classifier, D the domain classifier with layers E-64-2.
    D learns to tell the two languages apart; the reversed gradient makes F learn an embedding in which it cannot.
    """

    name = "dann"
    title = "DANN"
    idea = "A second classifier tries to tell the languages apart; the features learn to fool it."
    paper = "Ganin and Lempitsky 2015, arXiv 1409.7495"
    strength = 0.05
    strength_label = "Weight of the reversed gradient (lambda)"

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        self.domain_classifier = self.own_layers(
            nn.Sequential(nn.Linear(self.model.head.embedding, 64), nn.ReLU(), nn.Linear(64, 2))
        )

    def parameters(self) -> list[nn.Parameter]:
        return [*self.model.parameters(), *self.domain_classifier.parameters()]

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        emotion = cross_entropy(source, labels)
        embeddings = torch.cat([source.embedding, target.embedding])
        domains = torch.cat([embeddings.new_zeros(len(labels)), embeddings.new_ones(len(target.embedding))]).long()
        domain_logits = self.domain_classifier(ReverseGradient.apply(embeddings, self.weight * ramp(progress)))
        domain_loss = nn.functional.cross_entropy(domain_logits, domains)
        accuracy = (domain_logits.argmax(1) == domains).float().mean()
        return {"total": emotion + domain_loss, "emotion": emotion, "domain": domain_loss, "domain accuracy": accuracy}
