import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.base import Method, cross_entropy
from xser_demo.networks.heads.attention import initialise

WARM_UP = 0.2  # share of the training in which the adversary's weight grows from 0


def discriminator(dim: int, generator: torch.Generator) -> nn.Module:
    """dim-128-64-1; one logit, positive for what looks like the source."""
    layers = nn.Sequential(
        nn.Linear(dim, 128), nn.LeakyReLU(0.2), nn.Linear(128, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
    )
    initialise(layers, generator)
    return layers


class GAN(Method):
    """A generative adversarial game on the embedding: target speech learns to look like source speech.

    After Latif, Qadir and Bilal 2019, "Unsupervised Adversarial Domain Adaptation for Cross-Lingual Speech Emotion
    Recognition", of which the abstract is public: the first of two readings. With z = E(x), (B, E), and the
    non-saturating loss of Goodfellow et al. 2014, section 3, by turns with two optimisers:

        D:     -E[log D(z_s)] - E[log(1 - D(z_t))]
        E, C:  CE(C(z_s), y_s) + lambda * w(p) * (-E[log D(z_t)]),   w grows from 0 to 1 in the first fifth
    """

    name = "gan"
    title = "GAN on the embedding"
    idea = "A judge learns to tell the languages apart; then target speech learns to pass for source speech."
    paper = "after Latif et al. 2019, arXiv 1907.06083"
    strength = 0.1
    strength_label = "Weight of the adversarial loss (lambda)"

    def begin(self, source: Source, target: Target) -> None:
        super().begin(source, target)
        self.judge = discriminator(self.judged(), self.generator)
        self.judge_optimiser = self.schedule.build(list(self.judge.parameters()))

    def judged(self) -> int:
        """Width of what the judge sees."""
        return self.model.head.embedding

    def update(self, source: Batch, target: Batch, progress: float) -> dict[str, float]:
        heard, other = self.model.both(source, target)
        judging = self.judge_step(heard.embedding, other.embedding, progress)
        emotion = cross_entropy(heard, source.truth)
        fooling = softplus(-self.judge(other.embedding)).mean()
        total = emotion + self.adversarial_weight(progress) * fooling
        self.step(self.optimiser, total, progress)
        losses = {"total": total, "emotion": emotion, "adversarial": fooling, "judge": judging}
        return {name: float(value.detach()) for name, value in losses.items()}

    def judge_step(self, real: Tensor, fake: Tensor, progress: float) -> Tensor:
        """One step of the judge on detached inputs. -log D = softplus(-logit), -log(1 - D) = softplus(logit)."""
        loss = softplus(-self.judge(real.detach())).mean() + softplus(self.judge(fake.detach())).mean()
        self.step(self.judge_optimiser, loss, progress)
        return loss

    def adversarial_weight(self, progress: float) -> float:
        return self.weight * min(1.0, progress / WARM_UP)
