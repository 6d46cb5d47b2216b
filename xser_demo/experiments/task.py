"""``Task``: the data of a plan, split into source, adaptation and test parts; ``prepare`` makes it."""

from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache

from xser_demo.corpora.labels import LABEL_SETS, LabelSet, frequent, shared
from xser_demo.corpora.splits import folds
from xser_demo.data import domains, normalise, packs
from xser_demo.data.domains import Source, Target
from xser_demo.data.normalise import Moments
from xser_demo.data.packs import load_cached
from xser_demo.data.pooling import mix_targets, pool_sources, weight_sources
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.experiments.plan import Plan, check
from xser_demo.networks.memory import training_bytes
from xser_demo.utils.errors import SettingsError

MEMORY_FACTOR = 10  # memory of an adaptation over that of its copied frames: measured 3 to 9, most for several sources
MEMORY_BASE = 100 << 20  # bytes for networks, figures and activations


@dataclass(frozen=True)
class Task:
    """The data of a plan. A method sees ``adapt`` of the target and nothing else."""

    labels: LabelSet
    dropped: list[str]
    train: Source
    validation: Source
    adapt: Target  # unlabelled clips that the method sees
    test: Target  # clips that are scored: other speakers, or the same clips when transductive
    sealed: SealedLabels | None  # of ``test``; None when too few of the target's clips are labelled
    corpora: tuple[Moments, Moments] | None = None  # of source and target, where each speaker was standardised

    def by_source(self) -> "Task":
        """The same task with the target standardised by the statistics of the source."""
        adapt = copy(self.adapt)
        adapt.statistics = self.train.moments()
        return replace(self, adapt=adapt, test=adapt if self.test is self.adapt else self.test)

    def by_speaker(self) -> "Task":
        """The same task with the frames of each speaker standardised by their own clips (data/normalise.py). Scored
        clips are shrunk towards the clips that the method sees."""
        source, target = (normalise.moments(part.pack, part.rows) for part in (self.train, self.adapt))
        adapt = self.adapt.by_speaker(target)
        return replace(
            self,
            train=self.train.by_speaker(source),
            validation=self.validation.by_speaker(source),
            adapt=adapt,
            test=adapt if self.test is self.adapt else self.test.by_speaker(target),
            corpora=(source, target),
        )


def prepare(plan: Plan, parts: list[list[str]] | None = None) -> Task:
    """Load the packs and split them. SettingsError or CorpusError when the plan cannot run. ``parts``: the target's
    speakers in each fold; None: the corpus's own folds.

    A target with unlabelled clips is assumed to have the source's classes, since its own are not known."""
    check(plan)
    sources, target = [plan.pack(key) for key in plan.sources], target_pack(plan)
    if len({plan.pack(key).card.get("weights_sha256") for key in [*plan.sources, *plan.targets]}) > 1:
        raise SettingsError(f"The packs were made with different weights of {plan.encoder}; use the same for all.")
    labels, dropped = classes(plan.labels, sources, target)
    partly = domains.partly_labelled(target)
    if plan.mode == "transductive":
        train, validation = source(plan, labels)
        if partly:
            adapt, test, sealed = domains.partly(target, labels)
        else:
            test, sealed = domains.target(target, labels, shift=plan.shift)
            adapt = test
        return Task(labels, dropped, train, validation, adapt, test, sealed)
    parts = parts or target_folds(plan)
    if not 0 <= plan.fold < len(parts):
        raise SettingsError(f"{plan.target} has folds 0 to {len(parts) - 1}; there is no fold {plan.fold}.")
    others = [speaker for number, part in enumerate(parts) if number != plan.fold for speaker in part]
    train, validation = source(plan, labels, others if plan.mode == "supervised" else None)
    if partly:
        adapt, _, _ = domains.partly(target, labels, others)
        _, test, sealed = domains.partly(target, labels, parts[plan.fold])
    else:
        adapt, _ = domains.target(target, labels, others)
        test, sealed = domains.target(target, labels, parts[plan.fold])
    test.scored = True
    return Task(labels, dropped, train, validation, adapt, test, sealed)


def classes(label_set: str, sources: list[packs.Pack], target: packs.Pack) -> tuple[LabelSet, list[str]]:
    """The classes that these corpora share, and the emotions that are dropped. A source needs a few clips of a class:
    batches are balanced, so that two clips would be drawn hundreds of times."""
    learnt = [frequent(LABEL_SETS[label_set], [u.emotion for u in pack.utterances]) for pack in sources]
    scored = [] if domains.partly_labelled(target) else [[u.emotion for u in target.utterances]]
    every = {u.emotion for pack in sources for u in pack.utterances} | {emotion for one in scored for emotion in one}
    labels, _ = shared(LABEL_SETS[label_set], *learnt, *scored)
    return labels, sorted(every - set(labels.of))


def speakers_known(plan: Plan) -> bool:
    """Whether the target has two folds of speakers at least: one to adapt to, one to score."""
    try:
        return len(target_folds(plan)) > 1
    except SettingsError:
        return False


def memory_needed(plan: Plan) -> int:
    """Upper estimate of the additional memory of an adaptation, in bytes."""
    sides = [[plan.pack(key) for key in keys] for keys in (plan.sources, plan.targets)]
    classes = len(LABEL_SETS[plan.labels].classes)
    network = training_bytes(plan.recipe, classes, sides[0][0].dim, plan.schedule.batch)
    return MEMORY_BASE + sum(map(_memory_of, sides)) + network


def _memory_of(side: list[packs.Pack]) -> int:
    """Several corpora are joined in a copy. Of one, ``MAX_COPIED`` frames are copied at most; those beyond are read
    from the file as they are needed, so that they are in memory once at most."""
    total = sum(pack.values.nbytes for pack in side)
    share = min(1, normalise.MAX_COPIED / max(1, len(side[0].values))) if len(side) == 1 else 1
    return int(total * (1 + share * (MEMORY_FACTOR - 1)))


def target_folds(plan: Plan) -> list[list[str]]:
    """Speakers of each fold of the target. Several corpora: their first folds are joined, their second, and so on.
    SettingsError when speakers are unknown."""
    by_corpus = {key: folds(key, plan.pack(key).utterances) for key in plan.targets}
    if len(by_corpus) == 1:
        return by_corpus[plan.target]
    count = min(len(corpus_folds) for corpus_folds in by_corpus.values())
    return [
        [
            f"{key}/{speaker}"
            for key, corpus_folds in by_corpus.items()
            for fold in corpus_folds[number::count]
            for speaker in fold
        ]
        for number in range(count)
    ]


def source(plan: Plan, labels: LabelSet, speakers: list[str] | None = None) -> tuple[Source, Source]:
    """Training and validation part of the source corpora; of the given ``speakers``, None: of all."""
    if speakers is None and not _own(plan, plan.sources):
        parts = _pool(tuple(plan.sources), plan.recipe.feature, labels, plan.seed)
    else:
        parts = _parts([plan.pack(key) for key in plan.sources], labels, plan.seed, speakers)
    if plan.weights is None:
        return parts
    weights = dict(zip(plan.sources, plan.weights, strict=True))
    train, validation = parts
    return weight_sources(train, weights), weight_sources(validation, weights)


def target_pack(plan: Plan) -> packs.Pack:
    """The target's pack; several corpora are mixed into one."""
    if len(plan.targets) == 1:
        return plan.pack(plan.target)
    if _own(plan, plan.targets):
        return mix_targets([plan.pack(key) for key in plan.targets])
    return _mixture(tuple(plan.targets), plan.recipe.feature)


def _own(plan: Plan, keys: list[str]) -> bool:
    """Whether some of these packs are not the shipped ones."""
    return any((key, plan.recipe.feature) in plan.own for key in keys)


@lru_cache(maxsize=1)
def _mixture(keys: tuple[str, ...], feature: str) -> packs.Pack:
    """Shipped packs only: one mixture serves every visitor."""
    return mix_targets([load_cached(key, feature) for key in keys])


@lru_cache(maxsize=1)  # a copy of all frames (English, German and Italian: 114 MB), which every change of a form needs
def _pool(keys: tuple[str, ...], feature: str, labels: LabelSet, seed: int) -> tuple[Source, Source]:
    """Shipped packs only: one pool serves every visitor, and its speakers are standardised once."""
    return _parts([load_cached(key, feature) for key in keys], labels, seed)


def _parts(
    of: list[packs.Pack], labels: LabelSet, seed: int, speakers: list[str] | None = None
) -> tuple[Source, Source]:
    """Training and validation part of one pack, or of several pooled ones."""
    parts = [domains.source(pack, labels, seed, speakers) for pack in of]
    return pool_sources(parts) if len(parts) > 1 else parts[0]
