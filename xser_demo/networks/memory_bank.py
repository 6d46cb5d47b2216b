"""An external memory of source utterances, and the vote of the nearest of them."""

import torch
from torch import Tensor, nn

NEAREST = 10  # rows of each class that vote
TEMPERATURE = 0.05


class MemoryBank(nn.Module):
    """Unit-norm embeddings of labelled source utterances, ``rows`` (N, E), and their classes, ``labels`` (N,).

    Li, Yan and Wang 2021 keep such a memory; its size, update and vote are not stated, these are ours. A new utterance
    is compared by the cosine with all rows; of each class the ``NEAREST`` rows vote with exp(cosine / T), so that a
    class with many rows has no more votes than a rare one.
    """

    rows: Tensor
    labels: Tensor

    def __init__(self, rows: Tensor, labels: Tensor, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.register_buffer("rows", nn.functional.normalize(rows, dim=1))
        self.register_buffer("labels", labels)

    def similarity(self, embedding: Tensor) -> Tensor:
        """(B, E) -> cosines with all rows (B, N)."""
        return nn.functional.normalize(embedding, dim=1) @ self.rows.T

    def vote(self, embedding: Tensor) -> Tensor:
        """(B, E) -> logarithms of the share of votes of each class (B, classes)."""
        near = self.similarity(embedding) / TEMPERATURE
        votes = []
        for c in range(self.classes):
            of_class = near[:, self.labels == c]
            votes.append(of_class.topk(min(NEAREST, of_class.shape[1]), dim=1).values.logsumexp(1))
        return torch.stack(votes, dim=1).log_softmax(1)

    @torch.no_grad()
    def update(self, index: Tensor, embedding: Tensor, keep: float) -> None:
        """rows_i <- normalise(keep * rows_i + (1 - keep) * embedding_i) for the utterances ``index`` (B,)."""
        fresh = keep * self.rows[index] + (1 - keep) * nn.functional.normalize(embedding.detach(), dim=1)
        self.rows[index] = nn.functional.normalize(fresh, dim=1)
