import torch
from torch import Tensor

from xser_demo.methods.base import Method, cross_entropy, ramp
from xser_demo.methods.discrepancy import median_bandwidth, mmd2
from xser_demo.networks.heads.attention import Output


class MMD(Method):
    """Maximum mean discrepancy: minimises a kernel distance between the embeddings of both domains.

    Long et al. 2015, "Learning Transferable Features with Deep Adaptation Networks", eq. 4, on one layer:

        L = CE(C(F(x_s)), y_s) + lambda * ramp(p) * MMD^2(F(x_s), F(x_t))

    with embeddings F(x), (B, E), and five Gaussian kernels around the median squared distance in the joint batch.
    """

    name = "mmd"
    title = "MMD"
    idea = "Minimises a kernel distance between the features of both languages."
    paper = "Long et al. 2015, arXiv 1502.02791"
    strength = 2.0
    strength_label = "Weight of the distance (lambda)"
    ramped = True  # False: the weight of the distance is constant

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        emotion = cross_entropy(source, labels)
        with torch.no_grad():
            bandwidth = median_bandwidth(torch.cat([source.embedding, target.embedding]))
        distance = mmd2(source.embedding, target.embedding, bandwidth)
        weight = self.weight * (ramp(progress) if self.ramped else 1)
        return {"total": emotion + weight * distance, "emotion": emotion, "mmd": distance}
