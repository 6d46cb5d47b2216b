"""The label-free rule on candidates made by hand."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score

from xser_demo.training.selection import Candidate, choose, infomax, source_score
from xser_demo.training.states import States


def test_highest_information_within_one_standard_error_wins():
    good = Candidate(2, 0.78, 0.05, 0.9)
    candidates = [Candidate(1, 0.80, 0.04, 0.2), good, Candidate(3, 0.70, 0.20, 1.3)]
    assert choose(candidates) is good  # epoch 3 knows most about the target but has lost the source


def test_the_limit_is_the_standard_error_of_the_best_and_belongs_to_it():
    edge = Candidate(2, 0.75, 0.9, 0.9)
    assert choose([Candidate(1, 0.8125, 0.0625, 0.2), edge]) is edge
    assert choose([Candidate(1, 0.8125, 0.0624, 0.2), edge]).epoch == 1
    assert choose([Candidate(1, 1.0, 0.0, 0.2), Candidate(2, 0.99, 0.0, 0.9)]).epoch == 1


def test_ties_go_to_the_later_epoch_in_any_order():
    tied = [Candidate(1, 0.8, 0.02, 0.5), Candidate(2, 0.8, 0.02, 0.5)]
    assert choose(tied).epoch == choose(tied[::-1]).epoch == 2


def test_without_a_target_the_source_decides():
    nan = math.nan
    assert choose([Candidate(1, 0.7, 0.1, nan), Candidate(2, 0.8, 0.1, nan), Candidate(3, 0.75, 0.1, nan)]).epoch == 2
    assert choose([Candidate(1, 0.8, 0.1, nan), Candidate(2, 0.8, 0.1, nan)]).epoch == 2


def test_one_candidate_is_chosen():
    only = Candidate(1, 0.0, 0.0, 0.0)
    assert choose([only]) is only


def test_source_score_is_uar_and_its_standard_error():
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 3], [30, 10, 5])  # class 2 does not occur
    logits = torch.from_numpy(random.normal(size=(45, 4)) + 1.5 * np.eye(4)[labels]).float()
    uar, error = source_score(logits, torch.from_numpy(labels))
    guesses = logits.argmax(1).numpy()
    expected = np.mean([(guesses[labels == c] == c).mean() for c in (0, 1, 3)])
    assert uar == pytest.approx(expected)
    if 2 not in guesses:
        assert uar == pytest.approx(balanced_accuracy_score(labels, guesses))
    recalls = [(guesses[labels == c] == c).mean() for c in (0, 1, 3)]
    drawn = [
        np.mean([random.binomial(n, r) / n for n, r in zip((30, 10, 5), recalls, strict=True)]) for _ in range(4000)
    ]
    assert error == pytest.approx(np.std(drawn), rel=0.1)


def test_infomax_is_high_for_sure_and_varied_answers_only():
    sure = 50 * torch.eye(4).repeat(5, 1)
    assert infomax(sure) == pytest.approx(math.log(4), abs=1e-5)
    assert infomax(torch.zeros(20, 4)) == pytest.approx(0, abs=1e-5)
    assert infomax(sure[:1].repeat(20, 1)) == pytest.approx(0, abs=1e-5)


def test_only_states_that_the_rule_may_still_take_are_kept():
    """For random candidates the kept states always hold the chosen one, at every epoch, and few are kept."""
    random, kept = np.random.default_rng(0), []
    for _ in range(200):
        states = States()
        for epoch in range(1, 21):
            values = random.integers(0, 6, 3) / 10
            states.add(Candidate(epoch, values[0], values[1], values[2]), layer(epoch))
            chosen = choose(states.candidates)
            assert chosen.epoch in states._states
        kept.append(len(states))
        model = layer(0)
        states.restore(chosen, model)
        assert float(model.weight) == chosen.epoch
    assert np.mean(kept) < 5


def test_states_of_big_networks_are_on_the_disk(monkeypatch):
    monkeypatch.setattr("xser_demo.training.states.IN_MEMORY", 0)
    states = States()
    for epoch in (1, 2, 3):
        states.add(Candidate(epoch, 0.5, 0.1, float("nan")), layer(epoch))
    (file,) = states._states.values()
    assert file.is_file() and [one.name for one in file.parent.iterdir()] == ["3.safetensors"]
    model = layer(0)
    states.restore(choose(states.candidates), model)
    assert float(model.weight) == 3 and not file.parent.exists()


def layer(value: float) -> torch.nn.Linear:
    made = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(made.weight, value)
    return made
