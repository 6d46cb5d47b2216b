from xser_demo.data.domains import Source, Target
from xser_demo.methods.coral import colour_target_like_source
from xser_demo.methods.infomax import InfoMax


class CoralInfoMax(InfoMax):
    """CORAL on the input, InfoMax on the answers: the combination is ours, chosen on AESDD (docs/tuning.md).

    The target's frames are first whitened and re-coloured like the source's (``coral``), which needs no training; the
    head then learns from both domains with the loss of ``infomax``.
    """

    name = "coral_infomax"
    title = "CORAL + InfoMax"
    idea = "First makes the target's features vary like the source's, then asks for answers that are sure and varied."
    paper = "ours, after Sun et al. 2016 and Liang et al. 2020"

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        colour_target_like_source(self.model, source, target)
