"""Few-shot learning: retrain a model's last layer with a few clips that a visitor has labelled.

A clip is the (T, 512) encoder frames of its speech, as in ``calibrate``.
"""

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from xser_demo.data.domains import MIN_FRAMES, Source
from xser_demo.inference.speaker.calibrate import check, forward
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.utils.errors import SettingsError

MIN_LABELS = 3  # of every labelled emotion, for a score
SPEAKER_WEIGHT = 0.5  # of the visitor's clips in the loss; the source has the rest
REGULARISATION = 0.01  # weight of the squared distance from the old classifier; both chosen on AESDD
MAX_FOLDS = 20
NO_LAYER = "This model predicts by its memory and has no layer to retrain; choose another method."
DRAWS = 10_000  # of the interval


@dataclass(frozen=True)
class HeldOutScore:
    """UAR over the labelled emotions on ``n`` held-out clips, and its 95 % interval."""

    uar: float
    ci95: tuple[float, float]
    n: int


@dataclass(frozen=True)
class FewShot:
    """A model with a retrained classifier, and scores before and after on the same clips. Without scores, ``note``
    gives the reason."""

    model: Model
    before: HeldOutScore | None
    after: HeldOutScore | None
    note: str


def teach(model: Model, source: Source, clips: Sequence[Tensor], labels: Sequence[str]) -> FewShot:
    """Retrain the classifier layer on labelled source clips and a few clips that the visitor has labelled.

    ``clips``: (T, 512) each. ``labels``: a class of the model for each clip, "" if unlabelled. ``source``: labelled
    clips, preferably of speakers on whom the model was not trained (``temperature.validation``). Scores come from
    leave-one-out cross-validation (20 folds for more than 20 clips); they hold for this speaker and recording only.
    Takes less than 0.1 s a fold. SettingsError if there are too few labels.
    """
    check(model)
    if model.memory is not None:
        raise SettingsError(NO_LAYER)
    labelled = [(clip, label) for clip, label in zip(clips, labels, strict=True) if label and len(clip) >= MIN_FRAMES]
    counts = Counter(label for _, label in labelled)
    unknown = sorted(set(counts) - set(model.classes))
    if unknown:
        raise SettingsError(f"This model does not know '{unknown[0]}'; label with {', '.join(model.classes)}.")
    if len(counts) < 2:
        raise SettingsError(
            "Label clips of at least two moods; from a single one, a model learns to predict nothing else."
        )
    classes = torch.tensor([model.classes.index(label) for _, label in labelled])
    logits, embeddings = forward(model, [clip for clip, _ in labelled])
    source_embeddings = model.predict_all(source, SOURCE)[1]
    taught = _with(model, _fit_classifier(model.head.classify, source_embeddings, source.labels, embeddings, classes))
    scarce = [f"{mood} ({counts[mood]})" for mood in model.classes if 0 < counts[mood] < MIN_LABELS]
    if scarce:
        need = f"{MIN_LABELS} labelled clips of each mood that you use"
        return FewShot(taught, None, None, f"No score: it needs {need}; too few: {', '.join(scarce)}.")
    predictions = torch.empty_like(classes)
    for test in _folds(classes):
        train = ~test
        layer = _fit_classifier(
            model.head.classify, source_embeddings, source.labels, embeddings[train], classes[train]
        )
        predictions[test] = layer(nn.functional.gelu(embeddings[test])).argmax(1)
    return FewShot(taught, held_out_score(classes, logits.argmax(1)), held_out_score(classes, predictions), "")


def retrain(model: Model, source: Source, embeddings: Tensor, labels: Tensor) -> Model:
    """A copy of the model with its classifier layer retrained on labelled source clips and a few labelled target clips:
    ``embeddings`` (n, E) by this model, ``labels`` (n,) class indices. SettingsError for models without such a layer.
    """
    check(model)
    if model.memory is not None:
        raise SettingsError(NO_LAYER)
    source_embeddings = model.predict_all(source, SOURCE)[1]
    return _with(model, _fit_classifier(model.head.classify, source_embeddings, source.labels, embeddings, labels))


def _with(model: Model, layer: nn.Linear) -> Model:
    """A copy of the model with this classifier layer."""
    model = deepcopy(model)
    model.head.classify.load_state_dict(layer.state_dict())
    return model


def _folds(labels: Tensor) -> list[Tensor]:
    """Test masks (n,) that hold out each clip once: one clip a fold, or ``MAX_FOLDS`` folds stratified by class."""
    count = min(len(labels), MAX_FOLDS)
    fold = torch.empty_like(labels)
    fold[labels.argsort(stable=True)] = torch.arange(len(labels)) % count
    return [fold == number for number in range(count)]


def held_out_score(labels: Tensor, predictions: Tensor) -> HeldOutScore:
    """UAR of class indices (n,) with a Bayesian interval: each class's recall is drawn from Beta(right + 1/2, wrong +
    1/2), Jeffreys' posterior, and averaged over classes; the interval is widened to include the score. Unlike a
    bootstrap interval, it is not a point if all predictions are right."""
    random = np.random.default_rng(0)
    recalls, draws = [], []
    for label in labels.unique():
        hits = (predictions[labels == label] == label).double()
        right, wrong = float(hits.sum()), float((1 - hits).sum())
        recalls.append(right / (right + wrong))
        draws.append(random.beta(right + 0.5, wrong + 0.5, DRAWS))
    uar = float(np.mean(recalls))
    low, high = np.percentile(np.mean(draws, axis=0), [2.5, 97.5])
    return HeldOutScore(uar, (min(uar, float(low)), max(uar, float(high))), len(labels))


def _fit_classifier(
    layer: nn.Linear, source: Tensor, source_labels: Tensor, speaker: Tensor, speaker_labels: Tensor
) -> nn.Linear:
    """The classifier that minimises, on embeddings (n, E) of the source and the speaker,

        (1 - a) CE(source) + a CE(speaker) + b |W - W_0|^2,  a = ``SPEAKER_WEIGHT``, b = ``REGULARISATION``

    with equal weights of all classes in each CE. The minimum is unique, so there is no seed and no stopping rule."""
    layer = deepcopy(layer).cpu().double().requires_grad_(True)
    initial = [p.detach().clone() for p in layer.parameters()]
    domains = [
        (weight, nn.functional.gelu(x.double().clone()), y, _class_weights(y))
        for weight, x, y in (
            (1 - SPEAKER_WEIGHT, source, source_labels),
            (SPEAKER_WEIGHT, speaker, speaker_labels),
        )
    ]
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        distances = ((p - p0).square().sum() for p, p0 in zip(layer.parameters(), initial, strict=True))
        distance = sum(distances, start=torch.zeros((), dtype=torch.float64))
        total = REGULARISATION * distance
        for weight, x, y, clip_weights in domains:
            losses = nn.functional.cross_entropy(layer(x), y, label_smoothing=0.1, reduction="none")
            total = total + weight * (clip_weights * losses).sum()
        total.backward()
        return total

    with torch.enable_grad():
        optimiser.step(loss)
    return layer.float().requires_grad_(False)


def _class_weights(labels: Tensor) -> Tensor:
    """Weights (n,) that sum to 1, with the same sum for each class that occurs."""
    counts = labels.bincount()
    return (1 / counts[labels].double()) / (counts > 0).sum()
