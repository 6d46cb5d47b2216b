"""Embeddings and predictions of a source and a target: what maps and domain distances are computed from."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from xser_demo.corpora import corpus
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import LabelSet
from xser_demo.data import domains
from xser_demo.data.domains import Domain
from xser_demo.data.packs import Pack
from xser_demo.evaluation.domain_distance import Distances, DomainDistance
from xser_demo.experiments import task
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import classes, target_pack
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE, TARGET

MAX_CLIPS = 700  # clips of one corpus on a map: more make t-SNE and UMAP slow
MAX_RADIUS = 3.0  # of a point on a map, in median distances from the centre; points beyond are drawn in
UNLABELLED = "not labelled"


@dataclass(frozen=True)
class Clips:
    """Clips on a map. ``utterances`` (n,): those of the source, then those of the target."""

    labels: LabelSet
    source: Domain
    target: Domain
    utterances: list[Utterance]

    def __len__(self) -> int:
        return len(self.utterances)

    def label(self, utterance: Utterance) -> str:
        """The class of an utterance's label."""
        return self.labels.of.get(utterance.emotion, UNLABELLED)

    @property
    def languages(self) -> tuple[str, str]:
        return tuple(corpus(domain.pack.key).language_name for domain in (self.source, self.target))


@dataclass(frozen=True, eq=False)
class Embedded:
    """One model's view of n clips: embeddings ``points`` (n, E), and the predicted class of each."""

    points: Tensor
    predictions: list[str]


def clips(plan: Plan, most: int = MAX_CLIPS) -> Clips:
    """The clips of a plan's source and target whose labels are among its classes, and unlabelled ones; at most ``most``
    of each side."""
    sources, target = [plan.pack(key) for key in plan.sources], target_pack(plan)
    labels, _ = classes(plan.labels, sources, target)
    if len(sources) == 1:
        source = Domain(sources[0], domains.possible(sources[0], labels))
    else:  # standardised source by source, as in training
        train, validation = task.source(plan, labels)
        source = Domain(train.pack, torch.cat([train.rows, validation.rows]).sort().values)
    return subsample(labels, source, Domain(target, domains.possible(target, labels)), most)


def with_labels(clips: Clips, target: Pack) -> Clips:
    """The same clips with the labels of the ``target``'s utterances, which a ``Task`` does not have: to colour points,
    never to train or choose."""
    own = [target.utterances[row] for row in clips.target.rows.tolist()]
    return replace(clips, utterances=[*clips.utterances[: len(clips.source)], *own])


def subsample(labels: LabelSet, source: Domain, target: Domain, most: int) -> Clips:
    """At most ``most`` random clips of each side, the same at every call."""
    sides = [side.part(_random_rows(len(side), most)) for side in (source, target)]
    return Clips(labels, *sides, [side.pack.utterances[row] for side in sides for row in side.rows.tolist()])


def _random_rows(total: int, most: int) -> Tensor:
    return torch.from_numpy(np.sort(np.random.default_rng(0).permutation(total)[:most]))


def embed(model: Model, clips: Clips) -> Embedded:
    """Each side is standardised by its own statistics; a source-only model has the source's for both."""
    source, target = model.predict_all(clips.source, SOURCE), model.predict_all(clips.target, TARGET)
    predicted = torch.cat([source[0], target[0]]).argmax(1).tolist()
    return Embedded(torch.cat([source[1], target[1]]), [model.classes[index] for index in predicted])


def clip_outliers(points: Tensor) -> Tensor:
    """(n, E) embeddings with outliers drawn in to ``MAX_RADIUS``: without a batch norm, one loud clip would set the
    scale of a whole map. Domain distances are measured on the unchanged embeddings."""
    centre = points.median(0).values
    radius = (points - centre).norm(dim=1, keepdim=True)
    return centre + (points - centre) * (MAX_RADIUS * radius.median() / radius.clamp(min=1e-9)).clamp(max=1)


def measure(clips: Clips, *views: Embedded) -> tuple[Distances, ...]:
    """The distance between source and target in each view. The kernel is fixed on the first, before adaptation."""
    n = len(clips.source)
    distance = DomainDistance(views[0].points[:n], clips.source.speakers)
    return tuple(distance.measure(v.points[:n], v.points[n:], clips.target.speakers) for v in views)
