"""InfoMax with estimated class frequencies."""

import numpy as np
import pytest
import torch

from xser_demo.methods import METHODS
from xser_demo.methods.base import cross_entropy
from xser_demo.methods.coral_infomax_em import estimate_prior
from xser_demo.methods.infomax import InfoMax
from xser_demo.networks.heads.attention import Output
from xser_demo.training.loop import run, run_to_end


@pytest.mark.parametrize("true", [(0.25, 0.25, 0.25, 0.25), (0.7, 0.1, 0.1, 0.1), (0.05, 0.45, 0.3, 0.2)])
def test_frequencies_of_a_calibrated_classifier_are_found(true):
    """Clips of four Gaussians, answered by Bayes' rule for balanced classes."""
    random = np.random.default_rng(0)
    centres = 2.0 * np.eye(4)
    clips = centres[random.choice(4, size=4000, p=true)] + random.normal(size=(4000, 4))
    logits = torch.tensor(-((clips[:, None] - centres) ** 2).sum(2) / 2)
    probabilities = logits.softmax(1)
    prior = estimate_prior(probabilities)
    assert prior.sum() == pytest.approx(1)
    assert prior.numpy() == pytest.approx(np.array(true), abs=0.03)
    counted = torch.bincount(probabilities.argmax(1), minlength=4) / 4000
    assert (prior - torch.tensor(true)).abs().max() <= (counted - torch.tensor(true)).abs().max() + 0.005


def test_sure_answers_are_counted():
    probabilities = torch.eye(4)[[0, 0, 0, 1]]
    assert estimate_prior(probabilities).tolist() == pytest.approx([0.75, 0.25, 0, 0])


def test_with_an_even_prior_the_loss_is_that_of_infomax(toys):
    """log C apart, which has no gradient."""
    toy = toys("moved")
    generator = torch.Generator().manual_seed(0)
    source, target = (
        Output(torch.randn(9, 4, generator=generator), torch.zeros(9, 2), torch.zeros(9, 0, 1)) for _ in range(2)
    )
    labels = torch.arange(9) % 4
    method = METHODS["coral_infomax_em"](toy.model(), toy.train, toy.target)
    method.prior = torch.full((4,), 0.25)
    plain = InfoMax(toy.model(), toy.train, toy.target, method.weight)
    mine, theirs = (
        m.loss(source, labels, target, 0.5)["total"] - cross_entropy(source, labels) for m in (method, plain)
    )
    assert float(mine - theirs) == pytest.approx(plain.weight * 0.98661 * np.log(4), rel=1e-3)


def test_the_estimate_is_made_once_an_epoch_and_keeps_a_share_even(toys, monkeypatch):
    toy = toys("labels")
    method = METHODS["coral_infomax_em"](toy.model(), toy.train, toy.target)
    calls = []
    monkeypatch.setattr(
        "xser_demo.methods.coral_infomax_em.estimate_prior",
        lambda probabilities: calls.append(len(probabilities)) or estimate_prior(probabilities),
    )
    run_to_end(run(method, toy.train, toy.validation, toy.target, epochs=3))
    assert calls == [len(toy.target)] * 3
    assert method.prior.min() >= 0.3 / 4 - 1e-6 and float(method.prior.sum()) == pytest.approx(1, abs=1e-5)
    assert int(method.prior.argmax()) == toy.train.classes.index("neutral")  # 20 of 23 clips
