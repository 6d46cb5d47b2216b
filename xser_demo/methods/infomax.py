from torch import Tensor

from xser_demo.methods.base import Method, cross_entropy, ramp
from xser_demo.networks.heads.attention import Output


def entropies(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """Marginal and conditional entropy of predictions (N, C), in nats: H(mean_i p_i) and mean_i H(p_i). Their
    difference is the mutual information of clip and class."""
    mean = probabilities.mean(0)
    marginal = -(mean * mean.clamp(min=1e-8).log()).sum()
    conditional = -(probabilities * probabilities.clamp(min=1e-8).log()).sum(1).mean()
    return marginal, conditional


class InfoMax(Method):
    """Information maximisation: each prediction on the target should be confident, all of them together varied.

    Maximises the mutual information of clip and predicted class (Krause et al. 2010, "Discriminative Clustering by
    Regularized Information Maximization", eq. 2; for adaptation Shi and Sha 2012 and SHOT, Liang et al. 2020, eq. 3):

        L = CE(C(F(x_s)), y_s) - lambda * ramp(p) * [H(mean_i p_i) - mean_i H(p_i)],   p_i = softmax(C(F(x_t)))

    It assumes that the target's classes are about equally frequent. If they are not, accuracy drops.
    """

    name = "infomax"
    title = "InfoMax"
    idea = "Asks for confident and varied predictions on the target. It fails if an emotion is missing."
    paper = "Liang et al. 2020, arXiv 2002.08546"
    strength = 0.125
    strength_label = "Weight of the information (lambda)"

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        emotion = cross_entropy(source, labels)
        marginal, conditional = entropies(target.logits.softmax(1))
        information_loss = conditional - marginal
        total = emotion + self.weight * ramp(progress) * information_loss
        return {"total": total, "emotion": emotion, "marginal entropy": marginal, "conditional entropy": conditional}
