"""The training loop: order of clips, time budget, choice of the checkpoint, cancellation."""

import math

import numpy as np
import pytest
import torch

from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data import domains, packs
from xser_demo.methods import METHODS
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.training import selection
from xser_demo.training.loop import (
    Epoch,
    Finished,
    Step,
    class_balanced_order,
    make_candidate,
    run,
    run_to_end,
    target_order,
    train_source,
)

FOUR = LABEL_SETS["four"]
DIM = 8


@pytest.fixture(scope="module")
def data():
    """Train, validation, target: 4 classes around 4 centres."""
    random = np.random.default_rng(0)
    centres = 2 * random.normal(size=(4, DIM))

    def pack(key: str, shift: float) -> packs.Pack:
        table = [
            Utterance(f"{s}/{e}{i}.wav", key, "xx", f"{key}{s}", "fm"[s % 2], e, "", 1.0)
            for s in range(6)
            for e in FOUR.classes
            for i in range(6)
        ]
        frames = [
            (centres[FOUR.index(u.emotion)] + shift + random.normal(size=(random.integers(3, 9), DIM))).astype(
                np.float32
            )
            for u in table
        ]
        return packs.make(key, table, frames, {})

    train, validation = domains.source(pack("a", 0.0), FOUR, seed=0)
    target, _ = domains.target(pack("b", 2.0), FOUR)
    return train, validation, target


def test_source_training_learns_and_treats_the_target_like_the_source(data):
    train, validation, target = data
    events = list(train_source(train, validation, epochs=6))
    finished = events[-1]
    assert isinstance(finished, Finished) and finished.epochs == 6 and not finished.stopped_early
    assert finished.chosen.source_uar > 0.9 and math.isnan(finished.chosen.infomax)
    assert finished.rule == selection.SOURCE_RULE
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert epochs[-1].losses["total"] < epochs[0].losses["total"]
    a = finished.model.predict_all(target, SOURCE)[0]
    assert torch.equal(a, finished.model.predict_all(target, TARGET)[0])


def test_final_weights_are_those_of_the_chosen_epoch(data):
    train, validation, target = data
    model = run_to_end(train_source(train, validation, epochs=2)).model
    states = {}
    events = run(METHODS["mmd"](model, train, target), train, validation, target, epochs=5)
    for event in events:
        if isinstance(event, Epoch):
            states[event.epoch] = {name: value.clone() for name, value in event.model.state_dict().items()}
            assert not event.model.training
    chosen = states[event.chosen.epoch]
    assert event.rule == selection.RULE
    assert all(torch.equal(value, chosen[name]) for name, value in event.model.state_dict().items())
    answers = event.model.predict_all(validation, SOURCE), event.model.predict_all(target, TARGET)
    again = make_candidate(event.chosen.epoch, answers[0], validation.labels, answers[1])
    assert again == event.chosen


def test_watching_does_not_change_the_result(data):
    train, validation, target = data

    def result(look):
        model = run_to_end(train_source(train, validation, epochs=1)).model
        for event in run(METHODS["dann"](model, train, target), train, validation, target, epochs=2):
            if look and not isinstance(event, Step):
                event.model.predict_all(target)
        return event.model.state_dict()

    a, b = result(True), result(False)
    assert all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("budget", [0.0, 0.15])
def test_budget_ends_early_with_a_model(data, budget):
    train, validation, target = data
    finished = run_to_end(train_source(train, validation, epochs=10_000, budget_s=budget))
    assert finished.stopped_early and 1 <= finished.epochs < 10_000 and finished.chosen.epoch <= finished.epochs
    assert finished.seconds < budget + 2
    assert torch.isfinite(finished.model.predict_all(target)[0]).all() and not finished.model.training


def test_budget_that_suffices_changes_nothing(data):
    train, validation, _ = data
    a, b = (run_to_end(train_source(train, validation, epochs=2, budget_s=s)) for s in (None, 600.0))
    assert not b.stopped_early and a.chosen.source_uar == b.chosen.source_uar
    assert all(torch.equal(a.model.state_dict()[name], value) for name, value in b.model.state_dict().items())


def test_an_unfinished_epoch_is_no_candidate(data):
    """Time runs out in the middle of epoch 3."""
    train, validation, _ = data
    steps = -(-len(train) // Schedule().batch)
    assert steps > 1
    ticks = iter(range(10_000))
    fresh = METHODS["source_only"](Model(train.classes, 0, train.pack.dim), train, None)
    limits = {"epochs": 9, "budget_s": 2 * steps + 0.5, "clock": lambda: next(ticks)}
    events = list(run(fresh, train, validation, None, **limits))
    assert [e.epoch for e in events if isinstance(e, Epoch)] == [1, 2] and events[-1].epochs == 2
    assert sum(isinstance(e, Step) for e in events) == 2 * steps + 1 and events[-1].stopped_early


def test_ended_on_demand_the_best_epoch_so_far_is_kept(data):
    """The same epochs and the same choice as of a run that is that long."""
    train, validation, target = data
    steps = -(-len(train) // Schedule().batch)

    def method():
        return METHODS["infomax"](Model(train.classes, 0, train.pack.dim), train, target)

    asked = iter(range(10_000))
    events = list(run(method(), train, validation, target, epochs=9, ended=lambda: next(asked) >= 2 * steps + 1))
    finished = events[-1]
    assert finished.on_demand and finished.stopped_early and finished.epochs == 2
    candidates = [event.candidate for event in events if isinstance(event, Epoch)]
    assert finished.chosen == selection.choose(candidates)
    at_once = run_to_end(run(method(), train, validation, target, epochs=9, ended=lambda: True))
    assert at_once.epochs == 1, "an epoch is completed first"


def test_closing_and_throwing_end_the_run(data):
    train, validation, _ = data
    events = train_source(train, validation)
    assert isinstance(next(events), Step)
    events.close()
    assert list(events) == []
    never_started = train_source(train, validation)
    never_started.close()
    events = train_source(train, validation)
    next(events)
    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt())


def test_classes_are_balanced_and_all_clips_are_used():
    labels = torch.tensor([0] * 50 + [1] * 7 + [3] * 20)  # of class 2 there is none
    order = class_balanced_order(labels, 4, 30, torch.Generator().manual_seed(0))
    assert order.shape == (4, 30)
    for row in order:
        assert labels[row].bincount(minlength=4).tolist() == [10, 10, 0, 10]
    assert set(order.flatten().tolist()) >= set(range(50, 77))
    common = order.flatten()[labels[order.flatten()] == 0]
    assert len(common.unique()) == 40  # no clip of the frequent class comes twice before all came once
    rare = order.flatten()[labels[order.flatten()] == 1].bincount()[50:]
    assert rare.min() >= 5 and rare.max() <= 6
    other = class_balanced_order(labels, 4, 30, torch.Generator().manual_seed(1))
    assert not torch.equal(order, other)


def test_classes_that_do_not_divide_the_batch_differ_by_one():
    labels = torch.arange(30) % 3
    counts = labels[class_balanced_order(labels, 2, 32, torch.Generator().manual_seed(0))].flatten().bincount()
    assert counts.sum() == 64 and counts.max() - counts.min() <= 1


@pytest.mark.parametrize("size", [8, 64, 100])
def test_every_target_clip_comes_before_any_comes_again(data, size):
    target = domains.Target(data[2].pack, torch.arange(size))
    order = target_order(target, 5, Schedule().batch, torch.Generator().manual_seed(0))
    assert order.shape == (5, min(size, Schedule().batch))
    counts = order.flatten().bincount(minlength=size)
    assert counts.max() - counts.min() <= 1 and counts.sum() == order.numel()


def test_too_small_a_target_is_refused(data):
    pack = data[2].pack
    with pytest.raises(ValueError, match="only 0 clips of these emotions; at least 8"):
        domains.target(pack, FOUR, speakers=["nobody"])


def test_source_and_validation_share_no_speaker(data):
    train, validation, _ = data
    speakers = [{part.pack.utterances[row].speaker for row in part.rows.tolist()} for part in (train, validation)]
    assert speakers[0] and speakers[1] and not speakers[0] & speakers[1]
