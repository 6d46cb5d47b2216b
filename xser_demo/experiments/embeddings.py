"""Clips of a source and a target as a model embeds and hears them: what maps and distances are made of."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from xser_demo.corpora import corpus
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import LabelSet
from xser_demo.data import domains
from xser_demo.data.domains import Domain
from xser_demo.evaluation.domain_distance import Distances, DomainDistance
from xser_demo.experiments import task
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import classes, target_pack
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE, TARGET

MOST = 700  # clips of one corpus on a map: more only make t-SNE and UMAP slow
FAR = 3.0  # times the median distance from the middle; a point beyond stands at that distance on a map
UNLABELLED = "not labelled"


@dataclass(frozen=True)
class Clips:
    """Clips on a map, those of the source first. ``utterances`` (n,) in that order."""

    labels: LabelSet
    source: Domain
    target: Domain
    utterances: list[Utterance]

    def __len__(self) -> int:
        return len(self.utterances)

    def label(self, utterance: Utterance) -> str:
        """The class of its label."""
        return self.labels.of.get(utterance.emotion, UNLABELLED)

    @property
    def languages(self) -> tuple[str, str]:
        return tuple(corpus(speech.pack.key).language_name for speech in (self.source, self.target))


@dataclass(frozen=True, eq=False)
class Embedded:
    """What one model makes of the clips: ``points`` (n, E), and what each is ``heard`` as."""

    points: Tensor
    predictions: list[str]


def clips(plan: Plan, most: int = MOST) -> Clips:
    """All clips of a plan's source and target that its labels cover, and unlabelled ones, at most ``most`` of each."""
    sources, target = [plan.pack(key) for key in plan.sources], target_pack(plan)
    labels, _ = classes(plan.labels, sources, target)
    if len(sources) == 1:
        source = Domain(sources[0], domains.possible(sources[0], labels))
    else:  # as the model has heard them
        train, validation = task.source(plan, labels)
        source = Domain(train.pack, torch.cat([train.rows, validation.rows]).sort().values)
    return subsample(labels, source, Domain(target, domains.possible(target, labels)), most)


def subsample(labels: LabelSet, source: Domain, target: Domain, most: int) -> Clips:
    """At most ``most`` clips of each side, always the same ones."""
    sides = [Domain(side.pack, side.rows[_few(len(side), most)]) for side in (source, target)]
    return Clips(labels, *sides, [side.pack.utterances[row] for side in sides for row in side.rows.tolist()])


def _few(total: int, most: int) -> Tensor:
    return torch.from_numpy(np.sort(np.random.default_rng(0).permutation(total)[:most]))


def embed(model: Model, clips: Clips) -> Embedded:
    """Each side with its own statistics; a source-only model holds the source's in both places."""
    source, target = model.predict_all(clips.source, SOURCE), model.predict_all(clips.target, TARGET)
    answers = torch.cat([source[0], target[0]]).argmax(1).tolist()
    return Embedded(torch.cat([source[1], target[1]]), [model.classes[answer] for answer in answers])


def clip_outliers(points: Tensor) -> Tensor:
    """(n, E) with what lies far out drawn in: of embeddings without a batch norm, one loud clip would set the scale of
    a whole map. Distances between languages are measured on the points as they are."""
    middle = points.median(0).values
    radius = (points - middle).norm(dim=1, keepdim=True)
    return middle + (points - middle) * (FAR * radius.median() / radius.clamp(min=1e-9)).clamp(max=1)


def measure(clips: Clips, *views: Embedded) -> tuple[Distances, ...]:
    """The distance between the two sides in each view. The first, before adaptation, is what the gauge is made on."""
    n = len(clips.source)
    gauge = DomainDistance(views[0].points[:n], clips.source.speakers)
    return tuple(gauge.measure(v.points[:n], v.points[n:], clips.target.speakers) for v in views)
