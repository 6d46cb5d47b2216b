import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, softplus

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.base import cross_entropy
from xser_demo.methods.gan import GAN
from xser_demo.networks.domain_norm import SOURCE, TARGET

RECONSTRUCTION = 1.0  # weight of the reconstruction loss


class GANSynthesis(GAN):
    """Generative adversarial training on the features: a generator maps target embeddings to source-like features.

    After Latif, Qadir and Bilal 2019, the second of two readings (``gan`` is the first). With embeddings z = E(x), a
    generator G(z), (B, D), and x the clip's standardised features averaged over time, two optimisers take turns:

        D:        -E[log D(x_s)] - E[log(1 - D(G(z_t)))]
        E, G, C:  CE(C(z_s), y_s) + lambda * w(p) * (-E[log D(G(z_t))]) + |x_s - G(z_s)|^2 / D + |x_t - G(z_t)|^2 / D
    """

    name = "gan_synthesis"
    title = "GAN on the features"
    idea = (
        "A generator turns embeddings back into features until a discriminator mistakes the target's for the source's."
    )
    strength = 0.05

    def setup(self, source: Source, target: Target) -> None:
        self.dim = source.pack.dim
        super().setup(source, target)
        self.generator = self.own_layers(
            nn.Sequential(nn.Linear(self.model.head.embedding, 256), nn.ReLU(), nn.Linear(256, self.dim))
        )

    def discriminator_dim(self) -> int:
        return self.dim

    def parameters(self) -> list[nn.Parameter]:
        return [*self.model.parameters(), *self.generator.parameters()]

    def update(self, source: Batch, target: Batch, progress: float) -> dict[str, float]:
        source_out, target_out = self.model.forward_both(source, target)
        source_features, target_features = self.mean_features(source, SOURCE), self.mean_features(target, TARGET)
        generated = self.generator(target_out.embedding)
        discriminator_loss = self.discriminator_step(source_features, generated, progress)
        emotion = cross_entropy(source_out, source.known_labels)
        adversarial_loss = softplus(-self.discriminator(generated)).mean()
        reconstruction_loss = mse_loss(self.generator(source_out.embedding), source_features) + mse_loss(
            generated, target_features
        )
        total = emotion + self.adversarial_weight(progress) * adversarial_loss + RECONSTRUCTION * reconstruction_loss
        self.step(self.optimiser, total, progress)
        losses = {
            "total": total,
            "emotion": emotion,
            "adversarial": adversarial_loss,
            "reconstruction": reconstruction_loss,
            "discriminator": discriminator_loss,
        }
        return {name: float(value.detach()) for name, value in losses.items()}

    @torch.no_grad()
    def mean_features(self, batch: Batch, domain: int) -> Tensor:
        """Mean over time of a batch's standardised frames, (N, D) -> (B, D). A vector feature has one frame, its own
        mean."""
        lengths = batch.mask.sum(1)
        return torch.segment_reduce(self.model.inputs[domain](batch.frames), "mean", lengths=lengths)
