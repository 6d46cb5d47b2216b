from xser_demo.data.domains import Source, Target
from xser_demo.methods.base import Method
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.networks.memory_bank import MemoryBank


class NearestNeighbours(Method):
    """The nearest source utterances vote, in the space of the frozen source-only model: the control of NNPM.

    Target frames are standardised by the target's own statistics; nothing is trained. The vote is in
    networks/memory_bank.py.
    """

    name = "knn"
    title = "Nearest neighbours"
    idea = "The source utterances that are nearest to a clip vote on its emotion; nothing is trained."
    paper = ""
    trains = False

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        remember(self, source)


def remember(method: Method, source: Source) -> None:
    """Give the method's model a memory of the source as the model now hears it."""
    embeddings = method.model.predict_all(source, SOURCE)[1].clone()
    method.model.memory = MemoryBank(embeddings, source.labels, len(source.classes))
