"""Memory bank of source embeddings and its nearest-neighbour vote."""

import torch
from torch import Tensor, nn

NEAREST = 10  # rows of each class that vote
TEMPERATURE = 0.05  # T of the vote


class MemoryBank(nn.Module):
    """Unit-norm embeddings of labelled source utterances, ``rows`` (N, E), and their classes, ``labels`` (N,).

    Li, Yan and Wang 2021 keep such a memory but do not state its size, update and vote; these are ours. To classify an
    utterance, the ``NEAREST`` rows of each class by cosine vote with exp(cosine / T), so that a class with many rows
    has no more votes than a rare one.
    """

    rows: Tensor
    labels: Tensor

    def __init__(self, rows: Tensor, labels: Tensor, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.register_buffer("rows", nn.functional.normalize(rows, dim=1))
        self.register_buffer("labels", labels)

    def similarity(self, embedding: Tensor) -> Tensor:
        """Cosines (B, N) of embeddings (B, E) with all rows."""
        return nn.functional.normalize(embedding, dim=1) @ self.rows.T

    def vote(self, embedding: Tensor) -> Tensor:
        """Logarithms of each class's share of the votes (B, classes) for embeddings (B, E)."""
        scores = self.similarity(embedding) / TEMPERATURE
        votes = []
        for c in range(self.classes):
            class_scores = scores[:, self.labels == c]
            votes.append(class_scores.topk(min(NEAREST, class_scores.shape[1]), dim=1).values.logsumexp(1))
        return torch.stack(votes, dim=1).log_softmax(1)

    @torch.no_grad()
    def update(self, index: Tensor, embedding: Tensor, momentum: float) -> None:
        """rows_i <- normalise(momentum * rows_i + (1 - momentum) * embedding_i) for the utterances ``index`` (B,)."""
        rows = momentum * self.rows[index] + (1 - momentum) * nn.functional.normalize(embedding.detach(), dim=1)
        self.rows[index] = nn.functional.normalize(rows, dim=1)
