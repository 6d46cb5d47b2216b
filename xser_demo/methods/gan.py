from torch import Tensor, nn
from torch.nn.functional import softplus

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.base import Method, cross_entropy

WARM_UP = 0.2  # share of the training in which the weight of the adversarial loss grows from 0


def build_discriminator(dim: int) -> nn.Module:
    """A discriminator with layers dim-128-64-1, (B, dim) -> (B, 1): one logit, positive for the source."""
    return nn.Sequential(
        nn.Linear(dim, 128), nn.LeakyReLU(0.2), nn.Linear(128, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
    )


class GAN(Method):
    """Generative adversarial training on the embedding: target embeddings learn to look like source embeddings.

    After Latif, Qadir and Bilal 2019, "Unsupervised Adversarial Domain Adaptation for Cross-Lingual Speech Emotion
    Recognition". Only the abstract is public; this is the first of two readings (``gan_synthesis`` is the other). With
    embeddings z = E(x), (B, E), and the non-saturating loss of Goodfellow et al. 2014, section 3, two optimisers take
    turns:

        D:     -E[log D(z_s)] - E[log(1 - D(z_t))]
        E, C:  CE(C(z_s), y_s) + lambda * w(p) * (-E[log D(z_t)]),   w grows from 0 to 1 in the first fifth
    """

    name = "gan"
    title = "GAN on the embedding"
    idea = "A discriminator learns to tell the languages apart; target embeddings learn to look like source embeddings."
    paper = "after Latif et al. 2019, arXiv 1907.06083"
    strength = 0.1
    strength_label = "Weight of the adversarial loss (lambda)"

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        self.discriminator = self.own_layers(build_discriminator(self.discriminator_dim()))
        self.discriminator_optimiser = self.schedule.build(list(self.discriminator.parameters()))

    def discriminator_dim(self) -> int:
        """Dimension of the discriminator's input."""
        return self.model.head.embedding

    def update(self, source: Batch, target: Batch, progress: float) -> dict[str, float]:
        source_out, target_out = self.model.forward_both(source, target)
        discriminator_loss = self.discriminator_step(source_out.embedding, target_out.embedding, progress)
        emotion = cross_entropy(source_out, source.known_labels)
        adversarial_loss = softplus(-self.discriminator(target_out.embedding)).mean()
        total = emotion + self.adversarial_weight(progress) * adversarial_loss
        self.step(self.optimiser, total, progress)
        losses = {
            "total": total,
            "emotion": emotion,
            "adversarial": adversarial_loss,
            "discriminator": discriminator_loss,
        }
        return {name: float(value.detach()) for name, value in losses.items()}

    def discriminator_step(self, real: Tensor, fake: Tensor, progress: float) -> Tensor:
        """One discriminator step on detached inputs: -log D = softplus(-logit), -log(1 - D) = softplus(logit)."""
        loss = softplus(-self.discriminator(real.detach())).mean() + softplus(self.discriminator(fake.detach())).mean()
        self.step(self.discriminator_optimiser, loss, progress)
        return loss

    def adversarial_weight(self, progress: float) -> float:
        """Weight of the adversarial loss: grows linearly during the warm-up, then stays."""
        return self.weight * min(1.0, progress / WARM_UP)
