from torch import Tensor

from xser_demo.methods.base import Method, cross_entropy
from xser_demo.networks.heads.attention import Output


class Continued(Method):
    """Training on the source goes on, without any adaptation loss: the control with weight 0.

        L = CE(C(F(x_s)), y_s)

    The target is standardised by its own statistics, and batch norms see its batches, as with the methods that train.
    What a method gains over this is due to its loss.
    """

    name = "continued"
    title = "Continued training (weight 0)"
    idea = "Goes on learning from the source, with the target's own statistics: what any longer training brings."
    paper = ""

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        return {"total": cross_entropy(source, labels)}
