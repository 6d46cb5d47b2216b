"""A score from a few labels: which clips to label, and the UAR of each model with an interval.

The design. All clips are sorted by the answers of the models, clips with equal answers in random order. Clip number k
to label stands at the place (v_k + u) mod 1 of this list: v_k is the van der Corput sequence in base 2 (van der Corput
1935), u one random shift. Each clip is equally likely at each k, so the sample is unbiased, and every beginning of it
is spread evenly over the answers: systematic sampling of a list sorted by strata (Cochran 1977, chapter 8) that may end
anywhere. The labels of clips are never an input of the design.

The estimate. Of a model's N_a clips with answer a, n_a are labelled and k_ac of them as class c. In each answer,

    (p_a1 ... p_aC) ~ Dirichlet(s (r e_a + (1 - r) q)),  r ~ U(0, 1),  log s ~ U(log 2, log 32),  q ~ Dirichlet(3 ... 3)

where r says how often an answer is right, q which classes are missed, and s how alike the answers are in this; e_a is 1
at a. Given draws from the posterior, the unlabelled clips of an answer are drawn from its p (Ghosh and Meeden 1997: the
unseen part of a finite population), which completes the confusion matrix. UAR is the mean of its recalls; the interval
has 95 percent of the draws, the estimate is their mean. ``benchmark/label_coverage.py`` counts how often the interval
holds the truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import gammaln

MAX_LABELS = 50
MIN_LABELS = 8  # below, no estimate: its interval would be nearly that of the prior
NONE_OF_THESE = -1  # a label: the clip belongs to none of the classes, and counts for nothing
DRAWS = 1500


@dataclass(frozen=True)
class Estimate:
    """The UAR of a model on all clips, 0 to 1, from ``labelled`` clips."""

    uar: float
    low: float  # of the 95 percent interval
    high: float
    labelled: int  # clips with one of the classes


def draw(answers: Sequence[np.ndarray], seed: int, most: int = MAX_LABELS) -> np.ndarray:
    """The clips to label, first to last: (m,) different indices, m at most ``most`` and the number of clips.

    ``answers``: class indices (n,) of each model; the first model matters most for the strata."""
    random = np.random.default_rng(seed)
    clips = len(answers[0])
    order = np.lexsort((random.random(clips), *reversed(answers)))
    free, chosen = np.ones(clips, bool), []
    shift = random.random()
    for number in range(min(most, clips)):
        place = int((_van_der_corput(number) + shift) % 1 * clips)
        while not free[place]:  # few clips: the next one that is not taken
            place = (place + 1) % clips
        free[place] = False
        chosen.append(int(order[place]))
    return np.array(chosen, dtype=np.int64)


def estimate(answers: np.ndarray, labelled: np.ndarray, labels: np.ndarray, classes: int) -> Estimate | None:
    """The UAR of one model. ``answers`` (n,): its class index for every clip. ``labelled`` (m,): the first m clips of
    ``draw``; ``labels`` (m,): their class indices, or ``NONE_OF_THESE``. None below ``MIN_LABELS`` clips with a class.
    """
    known = labels != NONE_OF_THESE
    if known.sum() < MIN_LABELS:
        return None
    given = answers[labelled]
    matrix = np.bincount(given[known] * classes + labels[known], minlength=classes**2).reshape(classes, classes)
    none = np.bincount(given[~known], minlength=classes)
    samples = _posterior(matrix, np.bincount(answers, minlength=classes), none)
    low, high = np.percentile(samples, [2.5, 97.5])
    return Estimate(float(samples.mean()), float(low), float(high), int(known.sum()))


def _posterior(matrix: np.ndarray, clips: np.ndarray, none: np.ndarray) -> np.ndarray:
    """UARs (draws,). ``matrix`` (C, C): labelled clips by answer and label. ``clips`` (C,): of each answer. ``none``
    (C,): labelled clips of each answer that belong to no class."""
    prior, constant = _prior(len(clips))
    random = np.random.default_rng(0)
    counted = matrix.sum(1)
    likelihood = (gammaln(prior + matrix).sum(2) - gammaln(prior.sum(2) + counted)).sum(1) + constant
    weights = np.exp(likelihood - likelihood.max())
    drawn = random.choice(len(weights), len(weights), p=weights / weights.sum())
    shares = random.gamma(prior[drawn] + matrix).clip(1e-12)
    shares /= shares.sum(2, keepdims=True)
    unseen = np.broadcast_to(clips - counted - none, (len(drawn), len(clips)))
    if none.any():  # as many of the unseen clips as among the labelled ones belong to no class
        unseen = random.binomial(unseen, random.beta(counted + 0.5, none + 0.5, unseen.shape))
    whole = matrix + random.multinomial(unseen, shares)
    count = whole.sum(1)
    recalls = np.where(count > 0, np.einsum("saa->sa", whole) / count.clip(1), np.nan)
    return np.nanmean(recalls, axis=1)


@lru_cache(maxsize=8)
def _prior(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Dirichlet parameters (draws, C, C) of each answer, and the part (draws,) of the log likelihood that no label
    changes."""
    random = np.random.default_rng(0)
    right = random.random((DRAWS, 1, 1))
    strength = np.exp(random.uniform(np.log(2), np.log(32), (DRAWS, 1, 1)))
    missed = random.dirichlet([3.0] * classes, DRAWS)[:, None]
    prior = strength * (right * np.eye(classes) + (1 - right) * missed)
    return prior, (gammaln(prior.sum(2)) - gammaln(prior).sum(2)).sum(1)


def _van_der_corput(number: int) -> float:
    """The binary digits of a number, mirrored behind the point: 0, 1/2, 1/4, 3/4, 1/8 ..."""
    value, digit = 0.0, 0.5
    while number:
        value, number, digit = value + digit * (number & 1), number >> 1, digit / 2
    return value
