"""``adapt``: one adaptation from a plan to a scored model, for the page, the command line and the library."""

import time
from collections.abc import Callable, Generator, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from xser_demo import methods
from xser_demo.data.domains import Target
from xser_demo.evaluation.domain_distance import Distances, DomainDistance
from xser_demo.evaluation.scores import Score, score
from xser_demo.experiments import normalisation, systems
from xser_demo.experiments.normalisation import WHOLE, Normalisation
from xser_demo.experiments.plan import Plan, on_maps
from xser_demo.experiments.task import Task, prepare
from xser_demo.networks import frozen, imagenet
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.networks.temperature import fit
from xser_demo.training import selection
from xser_demo.training.loop import Epoch, Event, Finished, run, train_source
from xser_demo.utils import settings
from xser_demo.utils.device import device


@dataclass(frozen=True)
class Stage:
    """Training on the source or adaptation to the target begins."""

    name: str  # "source" or "adapt"
    epochs: int
    task: Task
    model: Model
    source_model: Model | None = None  # that the adaptation is compared with


@dataclass(frozen=True)
class AdaptationResult:
    """A finished adaptation."""

    plan: Plan
    task: Task
    model: Model
    source_model: Model
    scores: dict[str, Score]  # source_only, zscore, adapted; empty when the target has no labels
    answers: dict[str, np.ndarray]  # predictions of the same models: (n,) class index of each clip of ``task.test``
    distances_before: Distances
    distances_after: Distances
    finished: Finished
    seconds: float
    history: list[Epoch] = field(default_factory=list)
    normalisation: Normalisation = WHOLE
    speaker_model: Model | None = None  # that the adaptation started from, where each speaker was standardised
    temperature: float = 1.0  # fitted on the source's validation speakers, see networks/temperature.py
    threads: int = 1  # of torch: results depend on it in the last bits
    on_maps: Model | None = None  # of a network with frozen layers: the model as it was trained, on their maps

    @property
    def speakers(self) -> int | None:
        """Number of scored speakers; None where speakers are unknown."""
        speakers = set(self.task.test.speakers)
        return None if any(speaker.startswith("?") for speaker in speakers) else len(speakers)

    @property
    def changed(self) -> float:
        """Share of the target's clips whose prediction changed."""
        return float((self.answers["source_only"] != self.answers["adapted"]).mean())


def adapt(
    plan: Plan,
    source_model: Model | None = None,
    clock: Callable[[], float] = time.monotonic,
    task: Task | None = None,
    speaker_model: Model | None = None,
    ended: Callable[[], bool] = lambda: False,
) -> Iterator[Stage | Event | AdaptationResult]:
    """Train on the source unless a ``source_model`` is given, adapt to the target, score. ``task``: the plan's data,
    if they are prepared already. ``speaker_model``: one that was trained on the source with each speaker standardised;
    needed, and trained if it is not given, where the target is normalised by speaker. Yields events; the last one is
    the ``AdaptationResult``. Stop by not asking for the next event, or keep the best epoch so far by ``ended`` (see
    ``training.loop.run``). The time budget is measured by ``clock``."""
    if frozen.is_frozen(plan.recipe) and not plan.own_maps:
        yield from _adapt_on_maps(plan, source_model, clock, ended)
        return
    task = task or prepare(plan)
    schedule, threads = plan.schedule, torch.get_num_threads()
    started = clock()
    if source_model is None:
        source_model = yield from _source(plan, task)
    whole, start = task, source_model
    task, chosen = normalised(plan, whole, source_model)
    if chosen.name == "speaker":
        start = speaker_model or (yield from _source(plan, task))
    method = methods.get(plan.method)
    from_scratch = schedule.from_scratch and method.trains and method.uses_target  # a source-only model is done
    model = fresh(plan, task) if from_scratch else deepcopy(start).requires_grad_(True)
    if method.uses_target:
        expect_speakers(model, task)
    yield Stage("adapt", schedule.epochs, whole, model, source_model)

    history: list[Epoch] = []
    if plan.method == "source_only":
        finished = Finished(model, None, 0, 0.0, False, selection.SOURCE_RULE)
    else:
        adaptation = method(model, task.train, task.adapt, plan.weight, plan.seed, plan.adaptation_schedule)
        data = (task.train, task.validation, task.adapt)
        for event in run(adaptation, *data, plan.seed, budget_s=plan.budget_s, clock=clock, ended=ended):
            if isinstance(event, Epoch):
                history.append(event)
            if isinstance(event, Finished):
                finished = event
            else:
                yield event
    model.requires_grad_(False)
    zscore = deepcopy(start)
    expect_speakers(zscore, task)
    methods.get("zscore")(zscore, task.train, task.adapt)
    models = {"source_only": source_model, "zscore": zscore, "adapted": model}
    answers = {name: predictions(one, whole.test) for name, one in models.items()}
    sealed = task.sealed
    scores = {} if sealed is None else {name: score(sealed, classes) for name, classes in answers.items()}
    before, after = shifts(whole, source_model, model)
    temperature = fit(model, whole.validation)
    seconds = clock() - started
    yield AdaptationResult(
        plan, whole, model, source_model, scores, answers, before, after, finished, seconds, history, chosen,
        start if chosen.name == "speaker" else None, temperature, threads,
    )  # fmt: skip


def _adapt_on_maps(
    plan: Plan, source_model: Model | None, clock: Callable[[], float], ended: Callable[[], bool]
) -> Iterator[Stage | Event | AdaptationResult]:
    """``adapt`` of a network with frozen layers: trained on their maps, which are computed once. Tasks and models of
    the stages have maps; the ``source_model`` and the result's models take clips."""
    mapped = on_maps(plan)
    task = prepare(mapped)
    start = None if source_model is None else frozen.upper_of(source_model, fresh(mapped, task))
    for event in adapt(mapped, start, clock, task, ended=ended):
        if not isinstance(event, AdaptationResult):
            yield event
            continue
        whole = prepare(plan)
        packs = (whole.train.pack, whole.adapt.pack)
        models = (frozen.whole(one, packs) for one in (event.model, event.source_model))
        model, source_model = models
        yield replace(event, plan=plan, task=whole, model=model, source_model=source_model, on_maps=event.model)


def _source(plan: Plan, task: Task) -> Generator[Stage | Event, None, Model]:
    """Train on the source alone."""
    initial = fresh(plan, task)
    yield Stage("source", plan.schedule.source_epochs, task, initial)
    for event in train_source(task.train, task.validation, plan.seed, model=initial, schedule=plan.schedule):
        yield event
    assert isinstance(event, Finished)  # the last event of a training
    return event.model


def normalised(plan: Plan, task: Task, source_model: Model) -> tuple[Task, Normalisation]:
    """The task with the target standardised as the plan says, as far as the answers of z-score allow it, and by whose
    statistics. SettingsError where the plan asks for what would do harm."""
    answers = None
    if normalisation.wants_speakers(plan, task):
        zscore = deepcopy(source_model)
        methods.get("zscore")(zscore, task.train, task.adapt)
        answers = predictions(zscore, task.adapt)
    chosen = normalisation.choose(plan, task, answers)
    tasks = {"speaker": task.by_speaker, "source": task.by_source}
    return (tasks[chosen.name]() if chosen.name in tasks else task), chosen


def expect_speakers(model: Model, task: Task) -> None:
    """Tell the model that the frames of each speaker of this task were standardised, if they were."""
    for domain, corpus in zip((SOURCE, TARGET), task.corpora or (), strict=False):
        model.inputs[domain].expect_speakers(corpus)


def fresh(plan: Plan, task: Task) -> Model:
    """An untrained model whose input is standardised by the source. ModelError when it should start from ImageNet
    weights that are not available."""
    model = Model(task.labels.classes, plan.seed, task.train.pack.dim, plan.recipe)
    start_weights(plan, model)
    model.inputs[SOURCE].fit(task.train)
    expect_speakers(model, task)
    return model.to(device())


def start_weights(plan: Plan, model: Model) -> None:
    """Give an untrained model the ImageNet weights where the plan's variant starts from them. ModelError when they are
    not to be had."""
    if plan.system and systems.get(plan.system).variant(plan.variant).start == "imagenet":
        imagenet.load(model.head.backbone, imagenet.fetch(plan.recipe.options["network"], settings.IMAGENET))


def predictions(model: Model, test: Target) -> np.ndarray:
    """(n,) class indices."""
    return model.predict_all(test, TARGET)[0].argmax(1).numpy()


def shifts(task: Task, before: Model, after: Model) -> tuple[Distances, Distances]:
    """The domain distance of the models ``before`` and ``after``, between source training clips and scored clips."""
    speakers = task.test.speakers
    source = before.predict_all(task.train, SOURCE)[1]
    distance = DomainDistance(source, task.train.speakers)
    return (
        distance.measure(source, before.predict_all(task.test, TARGET)[1], speakers),
        distance.measure(after.predict_all(task.train, SOURCE)[1], after.predict_all(task.test, TARGET)[1], speakers),
    )
