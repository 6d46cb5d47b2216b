"""One adaptation from settings to a scored model: what the page, the command line and the benchmark all call."""

import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch

from xser_demo import calibration, domains, evaluation, methods, selection, settings, systems, training
from xser_demo.corpora.labels import LABEL_SETS, LabelSet, shared
from xser_demo.corpora.splits import folds
from xser_demo.domains import SealedLabels, Source, Target
from xser_demo.encoders.norm import SOURCE, TARGET
from xser_demo.errors import SettingsError
from xser_demo.features import packs
from xser_demo.gauge import Gauge, Shift
from xser_demo.methods.base import Schedule
from xser_demo.model import Model, Recipe

TIMES_PACKS = 10  # memory of an adaptation against its packs: measured 3 to 9, most for several sources
BESIDE = 100 << 20  # bytes for networks, pictures and what they pass on
MODES = ("inductive", "transductive", "supervised")


@dataclass(frozen=True)
class Plan:
    """Everything that decides the outcome of an adaptation."""

    source: str  # a corpus, or several joined by "+"
    target: str  # the same
    method: str
    labels: str = "four"
    mode: str = "inductive"  # adapt on other speakers than those scored; "transductive": on the same clips;
    # "supervised": source is the target, the other speakers' labels are used: an upper reference, not adaptation
    fold: int = 0  # of the target's speakers, scored unless transductive
    seed: int = 0
    strength: float | None = None  # None: as the system or the method says
    source_epochs: int | None = None  # None: as the schedule says
    epochs: int | None = None
    budget_s: float | None = None  # for the adaptation
    system: str | None = None  # None: the common ground
    variant: str | None = None  # of the system; None: its first
    shift: str = ""  # a label shift of the target, see domains.shifted; transductive only
    weights: tuple[float, ...] | None = None  # of several sources: how often each is heard; None: by its size
    encoder: str | None = None  # of features/frozen.py, for the common ground; None: the shipped one
    own: Mapping[tuple[str, str], packs.Pack] = field(default_factory=dict, compare=False, repr=False)
    # corpora that were not packed beforehand, by key and feature: those that users bring

    @property
    def sources(self) -> list[str]:
        return self.source.split("+")

    @property
    def targets(self) -> list[str]:
        return self.target.split("+")

    def pack(self, key: str) -> packs.Pack:
        """A corpus as the features of this plan's network."""
        feature = self.recipe.feature
        return self.own[key, feature] if (key, feature) in self.own else pack(key, feature)

    @property
    def recipe(self) -> Recipe:
        return systems.build(self.system, self.variant, self.encoder)[0]

    @property
    def schedule(self) -> Schedule:
        """That of the system, with the plan's own epochs."""
        schedule = systems.build(self.system, self.variant)[1]
        own = {name: getattr(self, name) for name in ("source_epochs", "epochs") if getattr(self, name) is not None}
        return replace(schedule, **own)

    @property
    def weight(self) -> float | None:
        """The plan's strength; without one the system's for its own method, else the method's."""
        if self.strength is None and self.system is not None:
            variant = systems.get(self.system).variant(self.variant)
            return variant.strength if variant.method == self.method else None
        return self.strength


@dataclass(frozen=True)
class Task:
    """The data of a plan."""

    labels: LabelSet
    dropped: list[str]
    train: Source
    validation: Source
    adapt: Target  # unlabelled clips that the method sees
    test: Target  # clips that are scored: other speakers, or the same clips when transductive
    sealed: SealedLabels | None  # of ``test``; None when too few of the target's clips are labelled


@dataclass(frozen=True)
class Stage:
    """A new part of the work begins."""

    name: str  # "source" or "adapt"
    epochs: int
    task: Task
    model: Model


@dataclass(frozen=True)
class Adapted:
    """The result."""

    plan: Plan
    task: Task
    model: Model
    source_model: Model
    scores: dict[str, evaluation.Score]  # source_only, zscore, adapted; empty when the target has no labels
    answers: dict[str, np.ndarray]  # of the same models: (n,) class of each clip of ``task.test``
    before: Shift
    after: Shift
    finished: training.Finished
    seconds: float
    history: list[training.Epoch] = field(default_factory=list)
    temperature: float = 1.0  # fitted on the source's validation speakers, see calibration.py
    threads: int = 1  # of torch: the last bits of the numbers depend on it

    @property
    def speakers(self) -> int | None:
        """Of the scored clips; None where nobody knows who speaks."""
        known = set(self.task.test.speakers)
        return None if any(who.startswith("?") for who in known) else len(known)

    @property
    def changed(self) -> float:
        """Share of the target's clips that are heard differently after adaptation."""
        return float((self.answers["source_only"] != self.answers["adapted"]).mean())


@lru_cache(maxsize=16)
def pack(key: str, feature: str = "whisper") -> packs.Pack:
    """A pack, read once per process."""
    return packs.load(key, feature)


def check(plan: Plan) -> None:
    """Refuse settings that cannot run, before anything starts."""
    methods.get(plan.method)
    systems.build(plan.system, plan.variant, plan.encoder)
    if plan.variant is not None and plan.system is None:
        raise SettingsError("A variant belongs to a system; name the system too.")
    if plan.labels not in LABEL_SETS:
        raise SettingsError(f"There is no label set '{plan.labels}'; choose one of: {', '.join(LABEL_SETS)}.")
    if plan.mode not in MODES:
        raise SettingsError(f"There is no mode '{plan.mode}'; choose one of: {', '.join(MODES)}.")
    if plan.mode == "supervised":
        if plan.source != plan.target or plan.method != "source_only":
            raise SettingsError("A supervised reference learns from its target: name it as the source, source_only.")
    elif set(plan.targets) & set(plan.sources):
        raise SettingsError("Source and target are the same corpus; choose two different ones.")
    if plan.shift and plan.mode != "transductive":
        raise SettingsError("A label shift can only be simulated in the transductive mode.")
    for side in (plan.sources, plan.targets):
        if len(set(side)) < len(side):
            raise SettingsError("A corpus is named twice; name each once.")
    if plan.weights is not None and len(plan.weights) != len(plan.sources):
        raise SettingsError(
            f"Give as many weights as there are sources, {len(plan.sources)}; there are {len(plan.weights)}."
        )
    if plan.weights is not None and not all(0 < weight <= 100 for weight in plan.weights):
        raise SettingsError("A source's weight must be above 0 and at most 100.")
    if plan.strength is not None and not 0 <= plan.strength <= 100:
        raise SettingsError(f"The strength must lie between 0 and 100; it is {plan.strength:g}.")
    if not all(1 <= count <= 400 for count in (plan.schedule.epochs, plan.schedule.source_epochs)):
        raise SettingsError("The number of epochs must lie between 1 and 400.")
    if plan.budget_s is not None and plan.budget_s <= 0:
        raise SettingsError("The time budget must be longer than 0 seconds.")


def prepare(plan: Plan) -> Task:
    """Load the packs and split them. SettingsError or CorpusError when the plan cannot run.

    A target with unlabelled clips is taken to have the source's classes: which of them occur in it nobody knows."""
    check(plan)
    sources, target = [plan.pack(key) for key in plan.sources], target_pack(plan)
    if len({plan.pack(key).card.get("weights_sha256") for key in [*plan.sources, *plan.targets]}) > 1:
        raise SettingsError(f"The packs were made with different weights of {plan.encoder}; make them with the same.")
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
    parts = target_folds(plan)
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
    return Task(labels, dropped, train, validation, adapt, test, sealed)


def classes(label_set: str, sources: list[packs.Pack], target: packs.Pack) -> tuple[LabelSet, list[str]]:
    """What the models of these corpora tell apart, and the emotions that are left out."""
    known = sources if domains.partly_labelled(target) else [*sources, target]
    return shared(LABEL_SETS[label_set], *([u.emotion for u in one.utterances] for one in known))


def speakers_known(plan: Plan) -> bool:
    """Whether some of the target's speakers can be adapted to and others scored."""
    try:
        return len(target_folds(plan)) > 1
    except SettingsError:
        return False


def memory_needed(plan: Plan) -> int:
    """About how many bytes of memory an adaptation takes at most, beside what is there before it."""
    return BESIDE + TIMES_PACKS * sum(plan.pack(key).values.nbytes for key in [*plan.sources, *plan.targets])


def target_folds(plan: Plan) -> list[list[str]]:
    """Speakers of each fold of the target; of several corpora the first folds together, the second, and so on.
    SettingsError when it is not known who speaks."""
    each = [folds(key, plan.pack(key).utterances) for key in plan.targets]
    if len(each) == 1:
        return each[0]
    fewest = min(len(parts) for parts in each)
    return [
        [f"{key}/{who}" for key, parts in zip(plan.targets, each, strict=True) for p in parts[n::fewest] for who in p]
        for n in range(fewest)
    ]


def source(plan: Plan, labels: LabelSet, speakers: list[str] | None = None) -> tuple[Source, Source]:
    """Training and validation part of one corpus or of several; of the given speakers, all when None."""
    if len(plan.sources) == 1:
        return domains.source(plan.pack(plan.source), labels, plan.seed, speakers)
    if speakers is None:
        parts = _pool(tuple(plan.sources), plan.recipe.feature, labels, plan.seed)
    else:
        parts = domains.pooled([domains.source(plan.pack(key), labels, plan.seed, speakers) for key in plan.sources])
    if plan.weights is None:
        return parts
    weights = dict(zip(plan.sources, plan.weights, strict=True))
    train, validation = parts
    return domains.weighted(train, weights), domains.weighted(validation, weights)


def target_pack(plan: Plan) -> packs.Pack:
    """The target's corpus, or several as one."""
    several = len(plan.targets) > 1
    return _mixture(tuple(plan.targets), plan.recipe.feature) if several else plan.pack(plan.target)


@lru_cache(maxsize=1)
def _mixture(keys: tuple[str, ...], feature: str) -> packs.Pack:
    """Never of what a visitor brought, as ``_pool``."""
    return domains.mixed([pack(key, feature) for key in keys])


@lru_cache(maxsize=1)  # a copy of all frames (English, German and Italian: 114 MB), which each look at a plan needs
def _pool(keys: tuple[str, ...], feature: str, labels: LabelSet, seed: int) -> tuple[Source, Source]:
    """Never of what a visitor brought: one pool serves everybody."""
    return domains.pooled([domains.source(pack(key, feature), labels, seed) for key in keys])


def adapt(
    plan: Plan, source_model: Model | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Stage | training.Event | Adapted]:
    """Train on the source (unless a model trained so is given), adapt to the target, score. Yields events; the last one
    is ``Adapted``. Stop by not asking for the next event. ``clock`` (seconds) is what the budget goes by."""
    task, schedule, threads = prepare(plan), plan.schedule, torch.get_num_threads()
    started = clock()
    if source_model is None:
        begin = fresh(plan, task)
        yield Stage("source", schedule.source_epochs, task, begin)
        for event in training.train_source(task.train, task.validation, plan.seed, model=begin, schedule=schedule):
            yield event
        assert isinstance(event, training.Finished)  # as every training that is not stopped
        source_model = event.model
    method = methods.get(plan.method)
    from_scratch = schedule.from_scratch and method.trains and method.uses_target  # a source-only model is done
    model = fresh(plan, task) if from_scratch else deepcopy(source_model).requires_grad_(True)
    yield Stage("adapt", schedule.epochs, task, model)

    history: list[training.Epoch] = []
    if plan.method == "source_only":
        finished = training.Finished(model, None, 0, 0.0, False, selection.SOURCE_RULE)
    else:
        work = method(model, task.train, task.adapt, plan.weight, plan.seed, schedule)
        for event in training.run(
            work, task.train, task.validation, task.adapt, plan.seed, budget_s=plan.budget_s, clock=clock
        ):
            if isinstance(event, training.Epoch):
                history.append(event)
            if isinstance(event, training.Finished):
                finished = event
            else:
                yield event
    model.requires_grad_(False)
    zscore = deepcopy(source_model)
    methods.get("zscore")(zscore, task.train, task.adapt)
    heard = {"source_only": source_model, "zscore": zscore, "adapted": model}
    answers = {name: predictions(one, task.test) for name, one in heard.items()}
    sealed = task.sealed
    scores = {} if sealed is None else {name: evaluation.score(sealed, one) for name, one in answers.items()}
    before, after = shifts(task, source_model, model)
    temperature = calibration.fit(model, task.validation)
    seconds = clock() - started
    yield Adapted(
        plan, task, model, source_model, scores, answers, before, after, finished, seconds, history, temperature,
        threads,
    )  # fmt: skip


def fresh(plan: Plan, task: Task) -> Model:
    """A model that has learnt nothing of the task yet, its input standardised by the source as a trained one's is.
    ModelError when it should start from ImageNet and those weights cannot be had."""
    model = Model(task.labels.classes, plan.seed, task.train.pack.dim, plan.recipe)
    if plan.system and systems.get(plan.system).variant(plan.variant).start == "imagenet":
        from xser_demo.encoders import imagenet

        imagenet.load(model.head.backbone, imagenet.fetch(plan.recipe.options["network"], settings.IMAGENET))
    model.inputs[SOURCE].fit(task.train)
    return model


def predictions(model: Model, test: Target) -> np.ndarray:
    """(n,) class indices."""
    return model.predict_all(test, TARGET)[0].argmax(1).numpy()


def shifts(task: Task, before: Model, after: Model) -> tuple[Shift, Shift]:
    """The distance between the domains for the model before and after, on source training and all scored clips."""
    speakers = [task.train.speakers, task.test.speakers]
    first = before.predict_all(task.train, SOURCE)[1]
    gauge = Gauge(first, speakers[0])
    return (
        gauge.measure(first, before.predict_all(task.test, TARGET)[1], speakers[1]),
        gauge.measure(after.predict_all(task.train, SOURCE)[1], after.predict_all(task.test, TARGET)[1], speakers[1]),
    )
