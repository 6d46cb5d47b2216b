"""The training loop: a generator of events. Whoever iterates it stops it by not asking for the next event."""

import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from xser_demo.data.domains import Source, Target, drop_frames
from xser_demo.methods.base import Method
from xser_demo.methods.schedule import Schedule
from xser_demo.methods.source_only import SourceOnly
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.training import selection

Outputs = tuple[Tensor, Tensor]  # logits (n, classes) and embeddings (n, E) of all clips of a domain


@dataclass(frozen=True)
class Step:
    """One optimiser step is done."""

    epoch: int
    progress: float  # 0 to 1
    losses: dict[str, float]


@dataclass(frozen=True)
class Epoch:
    """One pass over the source is done. ``model`` is the live model: read it before asking for the next event."""

    epoch: int
    losses: dict[str, float]  # means over the epoch
    candidate: selection.Candidate
    model: Model
    validation: Outputs  # the candidate's answers on the source's validation speakers
    target: Outputs | None  # and on the unlabelled target


@dataclass(frozen=True)
class Finished:
    """The chosen checkpoint."""

    model: Model
    chosen: selection.Candidate | None  # None for methods that do not train
    epochs: int  # how many were run
    seconds: float
    stopped_early: bool  # by the time budget
    rule: str


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
    """Train a model on the source alone, ``epochs`` or as many as the schedule says; both of its domains are left with
    the source's statistics. ``model``: a fresh one; None: that of the common ground."""
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
) -> Iterator[Event]:
    """Run a method to its end; ``epochs``: as its schedule says. The last event is ``Finished``; the method's model
    then holds the chosen weights. ``clock`` (seconds) is what the budget goes by; one may stand still in a pause."""
    started = clock()
    model = method.model
    target = target if method.uses_target else None
    epochs, size = epochs or method.schedule.epochs, method.schedule.batch
    if not method.trains:
        yield Finished(model.eval(), None, 0, clock() - started, False, "nothing to choose: nothing was trained")
        return

    generator = torch.Generator().manual_seed(seed)
    steps = -(-len(train) // size)
    kept: list[tuple[selection.Candidate, dict[str, Tensor] | None]] = []
    out_of_time = False
    for epoch in range(1, epochs + 1):
        model.train()
        order = class_balanced_order(train.labels, steps, size, generator, train.weights)
        other = target_order(target, steps, size, generator) if target else None
        sums: dict[str, float] = {}
        for step in range(steps):
            progress = (epoch - 1 + step / steps) / epochs
            own = drop_frames(train.batch(order[step]), method.schedule.frame_dropout, generator)
            batch = drop_frames(target.batch(other[step]), method.schedule.frame_dropout, generator) if target else None
            losses = method.update(own, batch, progress)
            sums = {name: sums.get(name, 0.0) + value for name, value in losses.items()}
            yield Step(epoch, progress, losses)
            out_of_time = budget_s is not None and clock() - started > budget_s
            if out_of_time and kept:
                break
        if out_of_time and kept:
            break  # an unfinished epoch is no candidate
        model.eval()
        if target is None:
            model.copy_source_to_target()
        validated = model.predict_all(validation, SOURCE)
        heard = model.predict_all(target, TARGET) if target else None
        candidate = make_candidate(epoch, validated, validation.labels, heard)
        kept.append((candidate, deepcopy(model.state_dict())))
        if target is None:  # the best so far is all that can be chosen; a wide network's states would fill the memory
            best = selection.choose([one for one, _ in kept])
            kept = [(one, state if one is best else None) for one, state in kept]
        losses = {name: value / steps for name, value in sums.items()}
        yield Epoch(epoch, losses, candidate, model, validated, heard)
        if out_of_time:
            break

    chosen = selection.choose([candidate for candidate, _ in kept])
    model.load_state_dict(next(state for candidate, state in kept if candidate is chosen))
    rule = selection.RULE if target else selection.SOURCE_RULE
    yield Finished(model.eval(), chosen, len(kept), clock() - started, out_of_time, rule)


def run_to_end(events: Iterator[Event]) -> Finished:
    """Run to the end and give the result."""
    *_, last = events
    return last


def make_candidate(epoch: int, validation: Outputs, labels: Tensor, target: Outputs | None) -> selection.Candidate:
    uar, error = selection.source_score(validation[0], labels)
    gain = selection.infomax(target[0]) if target else float("nan")
    return selection.Candidate(epoch, uar, error, gain)


def target_order(target: Target, steps: int, batch: int, generator: torch.Generator) -> Tensor:
    """(steps, batch) indices of target clips: a new random order as often as needed."""
    size = min(batch, len(target))
    rounds = -(-steps * size // len(target))
    order = torch.cat([torch.randperm(len(target), generator=generator) for _ in range(rounds)])
    return order[: steps * size].view(steps, size)


def class_balanced_order(
    labels: Tensor, steps: int, batch: int, generator: torch.Generator, weights: Tensor | None = None
) -> Tensor:
    """(steps, batch) indices in which every class is equally frequent; each class is gone through in random order, or
    drawn by ``weights`` (n,)."""
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
