"""Temperature scaling of a model's logits (Guo et al. 2017, "On Calibration of Modern Neural Networks", sec. 4.2).

The temperature is fitted on the source's validation speakers, the only labelled speakers on whom the model was not
trained, and stored in the model's card. On another language the model stays overconfident at any such temperature
(RESULTS.md, Calibration). Heads trained with smoothed labels and dropped frames are underconfident on their own
language; the temperature that fits it, about 0.7, would make them more overconfident on another. Hence a temperature
below 1 is never applied.
"""

from collections.abc import Mapping
from typing import Any

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

BOUNDS = (0.05, 20)  # of a temperature


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The T in ``BOUNDS`` that minimises the cross entropy of softmax(logits / T), for logits (n, C), labels (n,)."""
    from scipy.optimize import minimize_scalar

    def loss(log_t: float) -> float:
        return float(torch.nn.functional.cross_entropy(logits / np.exp(log_t), labels))

    return float(np.exp(minimize_scalar(loss, bounds=np.log(BOUNDS), method="bounded").x))


def calibrated(logits: Tensor, temperature: float) -> Tensor:
    """Probabilities (n, C) of logits (n, C), divided by a temperature that is never below 1."""
    return (logits / max(1.0, temperature)).softmax(1)


def at_bound(temperature: float) -> bool:
    """Whether a fitted temperature is no minimum but an end of ``BOUNDS``: the validation speakers, sometimes a single
    one, were all answered right, or none was."""
    return bool(np.isclose(temperature, BOUNDS, rtol=0.02).any())


def fit(model: Model, validation: Source) -> float:
    """Fit the temperature on a source's validation speakers. Logarithms of a memory's votes count as logits."""
    return fit_temperature(model.predict_all(validation, SOURCE)[0], validation.labels)


def validation(card: Mapping[str, Any], packs: list[Pack]) -> Source:
    """The validation speakers of a trained model's source, from its training ``packs``; no target is used."""
    label_set = LABEL_SETS[card["label_set"]]
    labels, _ = shared(label_set, [emotion for emotion, name in label_set.of.items() if name in card["labels"]])
    parts = [domains.source(pack, labels, card["seed"]) for pack in packs]
    return (pool_sources(parts) if len(parts) > 1 else parts[0])[1]


def temperature(card: Mapping[str, Any]) -> float:
    """The temperature that a model's logits are divided by: at least 1, and 1 for a card without one."""
    return max(1.0, card.get("temperature", 1.0))
