"""Training loop: a generator of events, which stops when the caller stops iterating."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from xser_demo.data.domains import Batch, Source, Target, drop_frames
from xser_demo.methods.base import Method
from xser_demo.methods.schedule import Schedule
from xser_demo.methods.source_only import SourceOnly
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.training import selection
from xser_demo.training.states import States

Outputs = tuple[Tensor, Tensor]  # logits (n, classes) and embeddings (n, E) of all clips of a domain


@dataclass(frozen=True)
class Step:
    """End of an optimiser step."""

    epoch: int
    progress: float  # 0 to 1
    losses: dict[str, float]


@dataclass(frozen=True)
class Epoch:
    """End of a pass over the source. ``model`` is trained further: read it before asking for the next event."""

    epoch: int
    losses: dict[str, float]  # means over the epoch
    candidate: selection.Candidate
    model: Model
    validation: Outputs  # on the source's validation speakers
    target: Outputs | None  # on the unlabelled target


@dataclass(frozen=True)
class Finished:
    """End of the training, with the chosen checkpoint."""

    model: Model
    chosen: selection.Candidate | None  # None for methods that do not train
    epochs: int  # completed
    seconds: float
    stopped_early: bool  # by the time budget, or on demand
    rule: str  # of selection
    on_demand: bool = False


Event = Step | Epoch | Finished


def train_source(
    train: Source,
    validation: Source,
    seed: int = 0,
    epochs: int | None = None,
    budget_s: float | None = None,
    model: Model | None = None,
    schedule: Schedule = Schedule(),  # noqa: B008  frozen
) -> Iterator[Event]:
    """Train a model on the source alone; both of its domains get the source's statistics.

    ``epochs``: None for those of the schedule. ``model``: an untrained one; None for the common network.
    """
    model = model or Model(train.classes, seed, train.pack.dim)
    method = SourceOnly(model, train, None, seed=seed, schedule=schedule)
    yield from run(method, train, validation, None, seed, epochs or schedule.source_epochs, budget_s)


def run(
    method: Method,
    train: Source,
    validation: Source,
    target: Target | None,
    seed: int = 0,
    epochs: int | None = None,
    budget_s: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    ended: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train with a method and select a checkpoint. The last event is ``Finished``; then the method's model has the
    selected weights. ``epochs``: None for those of the schedule. ``budget_s`` is measured by ``clock`` (seconds), which
    may stop during a pause. ``ended``: whether to end now. At least one epoch is completed; the best one so far is
    chosen."""
    started = clock()
    model = method.model
    target = target if method.uses_target else None
    epochs = epochs or method.schedule.epochs
    if not method.trains:
        yield Finished(model.eval(), None, 0, clock() - started, False, "nothing to choose: nothing was trained")
        return

    generator = torch.Generator().manual_seed(seed)
    steps = -(-len(train) // method.schedule.batch)
    states = States()
    out_of_time = False

    def over() -> bool:
        return ended() or (budget_s is not None and clock() - started > budget_s)

    for epoch in range(1, epochs + 1):
        pairs = batches(train, target, method.schedule, steps, generator, model.device)
        sums: dict[str, float] = {}
        for step in _steps(method, pairs, epoch, epochs, steps):
            sums = {name: sums.get(name, 0.0) + value for name, value in step.losses.items()}
            yield step
            out_of_time = over()
            if out_of_time and states.candidates:
                break
        if out_of_time and states.candidates:
            break  # an unfinished epoch is not a candidate
        validation_out, target_out = _outputs(model, validation, target)
        candidate = make_candidate(epoch, validation_out, validation.labels, target_out)
        states.add(candidate, model)
        losses = {name: value / steps for name, value in sums.items()}
        yield Epoch(epoch, losses, candidate, model, validation_out, target_out)
        if out_of_time:
            break

    chosen = selection.choose(states.candidates)
    states.restore(chosen, model)
    rule = selection.RULE if target else selection.SOURCE_RULE
    on_demand = out_of_time and ended()
    yield Finished(model.eval(), chosen, len(states.candidates), clock() - started, out_of_time, rule, on_demand)


def _steps(method: Method, pairs: Iterator[tuple[Batch, Batch]], epoch: int, epochs: int, steps: int) -> Iterator[Step]:
    """The optimiser steps of one epoch."""
    method.start_epoch()
    method.model.train()
    for step, pair in enumerate(pairs):
        progress = (epoch - 1 + step / steps) / epochs
        yield Step(epoch, progress, method.update(*pair, progress))


def _outputs(model: Model, validation: Source, target: Target | None) -> tuple[Outputs, Outputs | None]:
    """What the model says at the end of an epoch; without a target its target side becomes a copy of the source's."""
    model.eval()
    if target is None:
        model.copy_source_to_target()
    return model.predict_all(validation, SOURCE), model.predict_all(target, TARGET) if target else None


def batches(
    train: Source,
    target: Target | None,
    schedule: Schedule,
    steps: int,
    generator: torch.Generator,
    device: torch.device,
) -> Iterator[tuple[Batch, Batch]]:
    """Batches of source and target for one epoch on a device; the second is None for methods that ignore the target."""
    source_indices = class_balanced_order(train.labels, steps, schedule.batch, generator, train.weights)
    target_indices = target_order(target, steps, schedule.batch, generator) if target else None
    for step in range(steps):
        source_batch = drop_frames(train.batch(source_indices[step]), schedule.frame_dropout, generator).to(device)
        target_batch = None
        if target and target_indices is not None:
            target_batch = drop_frames(target.batch(target_indices[step]), schedule.frame_dropout, generator).to(device)
        yield source_batch, cast(Batch, target_batch)


def run_to_end(events: Iterator[Event]) -> Finished:
    """Run to the end and return the last event."""
    *_, last = events
    assert isinstance(last, Finished)
    return last


def make_candidate(epoch: int, validation: Outputs, labels: Tensor, target: Outputs | None) -> selection.Candidate:
    """Scores of a checkpoint for ``selection.choose``; ``labels`` (n,) of the validation speakers."""
    uar, error = selection.source_score(validation[0], labels)
    information = selection.infomax(target[0]) if target else float("nan")
    return selection.Candidate(epoch, uar, error, information)


def target_order(target: Target, steps: int, batch: int, generator: torch.Generator) -> Tensor:
    """Indices (steps, batch) of target clips, in a new random order for each pass over the target."""
    size = min(batch, len(target))
    rounds = -(-steps * size // len(target))
    order = torch.cat([torch.randperm(len(target), generator=generator) for _ in range(rounds)])
    return order[: steps * size].view(steps, size)


def class_balanced_order(
    labels: Tensor, steps: int, batch: int, generator: torch.Generator, weights: Tensor | None = None
) -> Tensor:
    """Indices (steps, batch) in which every class is equally frequent; the clips of a class come in random order, or
    are drawn with ``weights`` (n,)."""
    classes = labels.unique()
    total = steps * batch
    share = -(-total // len(classes))
    columns = []
    for c in classes:
        members = (labels == c).nonzero().flatten()
        if weights is not None:
            columns.append(members[torch.multinomial(weights[members], share, True, generator=generator)])
            continue
        rounds = [members[torch.randperm(len(members), generator=generator)] for _ in range(-(-share // len(members)))]
        columns.append(torch.cat(rounds)[:share])
    return torch.stack(columns, dim=1).flatten()[:total].view(steps, batch)
