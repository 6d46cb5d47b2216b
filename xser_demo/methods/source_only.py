from torch import Tensor

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.base import Method, cross_entropy
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.networks.heads.attention import Output


class SourceOnly(Method):
    """No adaptation, the baseline: cross entropy on the source; the target is treated like the source.

    L = CE(C(F(x_s)), y_s)
    """

    name = "source_only"
    title = "Source only"
    idea = "Learns from the source language and treats the target as if it were the same."
    paper = ""
    uses_target = False

    def setup(self, source: Source, target: Target | None) -> None:
        self.model.inputs[SOURCE].fit(source)

    def update(self, source: Batch, target: Batch | None, progress: float) -> dict[str, float]:
        output = self.model(source.frames, source.mask, SOURCE)
        return self.minimise(self.loss(output, source.known_labels, None, progress), progress)

    def loss(self, source: Output, labels: Tensor, target: Output | None, progress: float) -> dict[str, Tensor]:
        return {"total": cross_entropy(source, labels)}
