"""How sure a model may sound: one temperature that its logits are divided by (Guo et al. 2017, "On Calibration of
Modern Neural Networks", sec. 4.2).

It is fitted on the source's validation speakers, the only labelled voices that did not train the model, and stands in
the model's card. Another language is another matter: there a model is surer than it is right, whatever its temperature
(RESULTS.md, Calibration). Heads that were trained with smoothed labels and dropped frames are too hesitant on their own
language, and what fits it, about 0.7, would make them surer still on another. Hence a temperature never sharpens.
"""

import numpy as np
import torch
from torch import Tensor

from xser_demo.corpora.labels import LABEL_SETS, shared
from xser_demo.data import domains
from xser_demo.data.domains import Source
from xser_demo.data.packs import Pack
from xser_demo.data.pooling import pool_sources
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE

BOUNDS = (0.05, 20)


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The T within ``BOUNDS`` that minimises the cross entropy of softmax(logits / T); logits (n, C), labels (n,)."""
    from scipy.optimize import minimize_scalar

    def cost(log_t: float) -> float:
        return float(torch.nn.functional.cross_entropy(logits / np.exp(log_t), labels))

    return float(np.exp(minimize_scalar(cost, bounds=np.log(BOUNDS), method="bounded").x))


def fit(model: Model, validation: Source) -> float:
    """The temperature of a model on its source's validation speakers. The logarithms of a memory's votes are logits
    like any others."""
    return fit_temperature(model.predict_all(validation, SOURCE)[0], validation.labels)


def validation(card: dict, packs: list[Pack]) -> Source:
    """The validation speakers of a trained model's source, of the packs that it learnt from; no target is looked at."""
    known = LABEL_SETS[card["label_set"]]
    labels, _ = shared(known, [emotion for emotion, name in known.of.items() if name in card["labels"]])
    parts = [domains.source(pack, labels, card["seed"]) for pack in packs]
    return (pool_sources(parts) if len(parts) > 1 else parts[0])[1]


def temperature(card: dict) -> float:
    """What to divide a model's logits by; 1 where the card says nothing, and never less."""
    return max(1.0, card.get("temperature", 1.0))
