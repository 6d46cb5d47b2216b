from torch import Tensor

from xser_demo.methods.base import Method, cross_entropy, ramp
from xser_demo.networks.heads.attention import Output


def information(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """(N, C) -> entropy of the mean answer, and mean entropy of the answers, both in nats."""
    mean = probabilities.mean(0)
    marginal = -(mean * mean.clamp(min=1e-8).log()).sum()
    conditional = -(probabilities * probabilities.clamp(min=1e-8).log()).sum(1).mean()
    return marginal, conditional


class InfoMax(Method):
    """Answers on the target should be sure one by one and varied as a whole.

    Mutual information between clip and answer (Krause et al. 2010, "Discriminative Clustering by Regularized
    Information Maximization", eq. 2; for adaptation Shi and Sha 2012 and SHOT, Liang et al. 2020, eq. 3):

        L = CE(C(F(x_s)), y_s) - lambda * ramp(p) * [H(mean_i p_i) - mean_i H(p_i)],   p_i = softmax(C(F(x_t)))

    It assumes that the target's classes are about equally frequent, and hurts where they are not.
    """

    name = "infomax"
    title = "InfoMax"
    idea = "Asks for answers on the target that are sure one by one and varied as a whole; wrong where one is missing."
    paper = "Liang et al. 2020, arXiv 2002.08546"
    strength = 0.5
    strength_label = "Weight of the information (lambda)"

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        emotion = cross_entropy(source, labels)
        marginal, conditional = information(target.logits.softmax(1))
        information_loss = conditional - marginal
        total = emotion + self.weight * ramp(progress) * information_loss
        return {"total": total, "emotion": emotion, "marginal entropy": marginal, "conditional entropy": conditional}
