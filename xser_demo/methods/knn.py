from xser_demo.data.domains import Source, Target
from xser_demo.methods.base import Method
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.networks.memory_bank import MemoryBank


class NearestNeighbours(Method):
    """Nearest-neighbour classifier in the embedding of the source-only model: the control of NNPM.

    Target frames are standardised by the target's own statistics; nothing is trained. The nearest source utterances
    vote as described in networks/memory_bank.py.
    """

    name = "knn"
    title = "Nearest neighbours"
    idea = "The source utterances nearest to a clip vote on its emotion; nothing is trained."
    paper = ""
    trains = False

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        attach_memory_bank(self.model, source)


def attach_memory_bank(model: Model, source: Source) -> None:
    """Give a model a memory bank of its current embeddings of the source."""
    embeddings = model.predict_all(source, SOURCE)[1].clone()
    model.memory = MemoryBank(embeddings, source.labels, len(source.classes)).to(model.device)
