"""Selection of a checkpoint without target labels."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from xser_demo.methods.infomax import entropies

RULE = "source validation within one standard error of its best, then highest InfoMax on the unlabelled target"
SOURCE_RULE = "highest UAR on source validation speakers, the later epoch on ties"


@dataclass(frozen=True)
class Candidate:
    """Scores of a checkpoint that need no target labels."""

    epoch: int
    source_uar: float  # on validation speakers of the source
    source_se: float  # standard error of that UAR
    infomax: float  # H(mean p) - mean H(p) on the target clips used for adaptation, in nats; nan without a target


def source_score(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """UAR of logits (n, C) and labels (n,), and its binomial standard error: sqrt(sum_c r_c (1 - r_c) / n_c) / C for
    recalls r_c on n_c clips."""
    hits, truth = (logits.argmax(1) == labels).numpy(), labels.numpy()
    classes = np.unique(truth)
    recalls = np.array([hits[truth == c].mean() for c in classes])
    counts = np.array([(truth == c).sum() for c in classes])
    return float(recalls.mean()), float(np.sqrt((recalls * (1 - recalls) / counts).sum()) / len(classes))


def infomax(logits: Tensor) -> float:
    """Mutual information of clip and predicted class for logits (n, C), in nats; higher is better."""
    marginal, conditional = entropies(logits.softmax(1))
    return float(marginal - conditional)


def choose(candidates: list[Candidate]) -> Candidate:
    """Choose by ``RULE``, without a target by ``SOURCE_RULE``. Ties go to the later epoch."""
    best = max(candidates, key=lambda c: (c.source_uar, c.epoch))
    if np.isnan(best.infomax):
        return best
    close = [c for c in candidates if c.source_uar >= best.source_uar - best.source_se]
    return max(close, key=lambda c: (c.infomax, c.epoch))
