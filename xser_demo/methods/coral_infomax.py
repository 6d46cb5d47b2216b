from xser_demo.data.domains import Source, Target
from xser_demo.methods.coral import colour_target_like_source
from xser_demo.methods.infomax import InfoMax


class CoralInfoMax(InfoMax):
    """CORAL on the input, InfoMax on the predictions. The combination is ours, chosen on AESDD (docs/tuning.md).

    First, ``coral`` whitens the target's frames and re-colours them like the source's, without training. Then the
    network learns from both domains with the loss of ``infomax``.
    """

    name = "coral_infomax"
    title = "CORAL + InfoMax"
    idea = "First makes the target's features vary like the source's, then asks for confident and varied predictions."
    paper = "ours, after Sun et al. 2016 and Liang et al. 2020"
    strength = 2.0
    shrinkage = 0.3  # of the covariances, see ``Coral``

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        colour_target_like_source(self.model, source, target, self.shrinkage)
