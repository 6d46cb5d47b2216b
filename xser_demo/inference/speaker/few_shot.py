"""A few of a visitor's clips, labelled by themselves, teach a model's last layer. Knows nothing of Gradio.

A clip is (T, 512) encoder frames of its speech, as in ``voice``.
"""

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from xser_demo.data.domains import FEWEST_FRAMES, Source
from xser_demo.inference.speaker.calibrate import check, listen
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.utils.errors import SettingsError

FEWEST_LABELS = 3  # of every labelled mood, before there is a score
OWN_SHARE = 0.5  # of the loss that the visitor's labelled clips have; the source has the rest
STAY = 0.01  # weight of the squared distance from the classifier as it was; both chosen on AESDD
MOST_PARTS = 20
DRAWS = 10_000


@dataclass(frozen=True)
class Held:
    """UAR over the moods that were labelled, on clips held out from the labels, and its 95 % interval."""

    uar: float
    ci95: tuple[float, float]
    n: int


@dataclass(frozen=True)
class FewShot:
    """A model with a new classifier. ``before`` and ``after`` score the same clips; None when ``note`` says why."""

    model: Model
    before: Held | None
    after: Held | None
    note: str


def teach(model: Model, source: Source, clips: Sequence[Tensor], labels: Sequence[str]) -> FewShot:
    """Teach the classifier layer with labelled source clips and a few of the visitor's own, labelled by themselves.

    ``labels``: a class of the model for each clip, "" where none was given. ``source``: labelled clips, best of
    speakers that did not train the model (``calibration.validation``). Each labelled clip is scored by a classifier
    that never saw its label (leave one out; from 20 clips on in 20 parts): it speaks for this voice on this day, for no
    other. Under 0.1 s a part. SettingsError when there is too little to learn from.
    """
    check(model)
    if model.memory is not None:
        raise SettingsError("This model answers from its memory and has no layer to teach; choose another method.")
    known = [(clip, label) for clip, label in zip(clips, labels, strict=True) if label and len(clip) >= FEWEST_FRAMES]
    counts = Counter(label for _, label in known)
    strange = sorted(set(counts) - set(model.classes))
    if strange:
        raise SettingsError(f"This model does not know '{strange[0]}'; label with {', '.join(model.classes)}.")
    if len(counts) < 2:
        raise SettingsError("Label clips of at least two moods; from a single one a model learns to say nothing else.")
    given = torch.tensor([model.classes.index(label) for _, label in known])
    logits, heard = listen(model, [clip for clip, _ in known])
    theirs = model.predict_all(source, SOURCE)[1]
    layer = _taught(model.head.classify, theirs, source.labels, heard, given)
    taught = deepcopy(model)
    taught.head.classify.load_state_dict(layer.state_dict())
    scarce = [f"{mood} ({counts[mood]})" for mood in model.classes if 0 < counts[mood] < FEWEST_LABELS]
    if scarce:
        need = f"{FEWEST_LABELS} labelled clips of each mood that you use"
        return FewShot(taught, None, None, f"No score: it needs {need}; too few: {', '.join(scarce)}.")
    said = torch.empty_like(given)
    for out in _parts(given):
        layer = _taught(model.head.classify, theirs, source.labels, heard[~out], given[~out])
        said[out] = layer(nn.functional.gelu(heard[out])).argmax(1)
    return FewShot(taught, held(given, logits.argmax(1)), held(given, said), "")


def _parts(labels: Tensor) -> list[Tensor]:
    """(n,) masks that hold out each clip once: one at a time, from ``MOST_PARTS`` on several, spread over classes."""
    parts = min(len(labels), MOST_PARTS)
    place = torch.empty_like(labels)
    place[labels.argsort(stable=True)] = torch.arange(len(labels)) % parts
    return [place == part for part in range(parts)]


def held(labels: Tensor, said: Tensor) -> Held:
    """Score of (n,) class indices. Interval: each class's recall is drawn from Beta(right + 1/2, wrong + 1/2), as
    Jeffreys' prior has it, and the mean over classes taken; widened to hold the score itself. Unlike a bootstrap's it
    is no point when all answers are right."""
    random = np.random.default_rng(0)
    recalls, draws = [], []
    for one in labels.unique():
        hits = (said[labels == one] == one).double()
        right, wrong = float(hits.sum()), float((1 - hits).sum())
        recalls.append(right / (right + wrong))
        draws.append(random.beta(right + 0.5, wrong + 0.5, DRAWS))
    uar = float(np.mean(recalls))
    low, high = np.percentile(np.mean(draws, axis=0), [2.5, 97.5])
    return Held(uar, (min(uar, float(low)), max(uar, float(high))), len(labels))


def _taught(layer: nn.Linear, theirs: Tensor, their_labels: Tensor, mine: Tensor, my_labels: Tensor) -> nn.Linear:
    """The classifier that minimises, from embeddings (n, E) of both sides,

        (1 - a) CE(source) + a CE(own) + b |W - W_0|^2,  a = ``OWN_SHARE``, b = ``STAY``

    where each class has the same weight within its side. The minimum is unique, so no seed and no stopping rule."""
    layer = deepcopy(layer).double().requires_grad_(True)
    begin = [p.detach().clone() for p in layer.parameters()]
    sides = [(1 - OWN_SHARE, theirs, their_labels), (OWN_SHARE, mine, my_labels)]
    sides = [(share, nn.functional.gelu(x.double().clone()), y, _even(y)) for share, x, y in sides]
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        total = STAY * sum((p - old).square().sum() for p, old in zip(layer.parameters(), begin, strict=True))
        for share, x, y, weight in sides:
            each = nn.functional.cross_entropy(layer(x), y, label_smoothing=0.1, reduction="none")
            total = total + share * (weight * each).sum()
        total.backward()
        return total

    with torch.enable_grad():
        optimiser.step(loss)
    return layer.float().requires_grad_(False)


def _even(labels: Tensor) -> Tensor:
    """(n,) weights that sum to 1, the same for each class that occurs."""
    counts = labels.bincount()
    return (1 / counts[labels].double()) / (counts > 0).sum()
