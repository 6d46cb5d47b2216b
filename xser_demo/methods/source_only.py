from torch import Tensor

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.base import Method, cross_entropy
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.networks.heads.attention import Output


class SourceOnly(Method):
    """No adaptation: the floor. Cross entropy on the source; the target is treated as if it were source.

    L = CE(C(F(x_s)), y_s)
    """

    name = "source_only"
    title = "Source only"
    idea = "Learns from the source language and hears the target as if it were the same."
    paper = ""
    uses_target = False

    def setup(self, source: Source, target: Target | None) -> None:
        self.model.inputs[SOURCE].fit(source)

    def update(self, source: Batch, target: Batch | None, progress: float) -> dict[str, float]:
        heard = self.model(source.frames, source.mask, SOURCE)
        return self.descend(self.loss(heard, source.known_labels, None, progress), progress)

    def loss(self, source: Output, labels: Tensor, target: Output | None, progress: float) -> dict[str, Tensor]:
        return {"total": cross_entropy(source, labels)}
