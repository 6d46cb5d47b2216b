import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, softplus

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.base import cross_entropy
from xser_demo.methods.gan import GAN
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.networks.heads.attention import initialise

RECONSTRUCTION = 1.0  # weight of the reconstruction loss


class GANSynthesis(GAN):
    """A generator turns embeddings back into features, and the target's must pass for the source's.

    After Latif, Qadir and Bilal 2019, the second of two readings. With z = E(x), G(z) a feature vector (B, D) and x the
    clip's standardised features averaged over time (a vector feature is its own average), by turns:

        D:        -E[log D(x_s)] - E[log(1 - D(G(z_t)))]
        E, G, C:  CE(C(z_s), y_s) + lambda * w(p) * (-E[log D(G(z_t))]) + |x_s - G(z_s)|^2 / D + |x_t - G(z_t)|^2 / D
    """

    name = "gan_synthesis"
    title = "GAN on the features"
    idea = (
        "A generator turns embeddings back into features until a discriminator takes the target's for source features."
    )
    strength = 0.1

    def setup(self, source: Source, target: Target) -> None:
        self.dim = source.pack.dim
        super().setup(source, target)
        self.generate = nn.Sequential(nn.Linear(self.model.head.embedding, 256), nn.ReLU(), nn.Linear(256, self.dim))
        initialise(self.generate, self.generator)

    def discriminator_dim(self) -> int:
        return self.dim

    def parameters(self) -> list[nn.Parameter]:
        return [*self.model.parameters(), *self.generate.parameters()]

    def update(self, source: Batch, target: Batch, progress: float) -> dict[str, float]:
        source_out, target_out = self.model.both(source, target)
        source_features, target_features = self.average(source, SOURCE), self.average(target, TARGET)
        generated = self.generate(target_out.embedding)
        discriminator_loss = self.discriminator_step(source_features, generated, progress)
        emotion = cross_entropy(source_out, source.known_labels)
        adversarial_loss = softplus(-self.discriminator(generated)).mean()
        reconstruction_loss = mse_loss(self.generate(source_out.embedding), source_features) + mse_loss(
            generated, target_features
        )
        total = emotion + self.adversarial_weight(progress) * adversarial_loss + RECONSTRUCTION * reconstruction_loss
        self.step(self.optimiser, total, progress)
        losses = {
            "total": total,
            "emotion": emotion,
            "adversarial": adversarial_loss,
            "reconstruction": reconstruction_loss,
        }
        return {name: float(value.detach()) for name, value in (losses | {"discriminator": discriminator_loss}).items()}

    @torch.no_grad()
    def average(self, batch: Batch, domain: int) -> Tensor:
        """Raw frames (N, D) -> mean over time of the standardised ones, (B, D)."""
        lengths = batch.mask.sum(1)
        return torch.segment_reduce(self.model.inputs[domain](batch.frames), "mean", lengths=lengths)
