"""Methods against other people's code, plain double loops and finite differences."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from torch import nn

from xser_demo.methods import METHODS
from xser_demo.methods.base import cross_entropy, ramp
from xser_demo.methods.coral import Coral
from xser_demo.methods.discrepancy import MULTIPLES, matrix_power, median_bandwidth, mmd2
from xser_demo.methods.infomax import entropies
from xser_demo.networks.domain_norm import EPSILON, SOURCE, TARGET, DomainBatchNorm
from xser_demo.networks.heads.attention import EMBEDDING, Output


def clouds(n: int = 9, m: int = 7, dim: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    x = torch.randn(n, dim, generator=random, dtype=torch.float64)
    return x, 0.5 + 1.5 * torch.randn(m, dim, generator=random, dtype=torch.float64)


@pytest.mark.parametrize("unbiased", [False, True])
def test_mmd_equals_a_double_loop(unbiased):
    x, y = clouds()
    bandwidth = 3.7

    def kernel(a, b):
        return sum(np.exp(-sum((a - b) ** 2) / (m * bandwidth)) for m in MULTIPLES) / len(MULTIPLES)

    def mean_kernel(p, q, skip_same):
        pairs = [(i, j) for i in range(len(p)) for j in range(len(q)) if not (skip_same and i == j)]
        return sum(kernel(p[i], q[j]) for i, j in pairs) / len(pairs)

    a, b = x.numpy(), y.numpy()
    expected = mean_kernel(a, a, unbiased) + mean_kernel(b, b, unbiased) - 2 * mean_kernel(a, b, False)
    assert float(mmd2(x, y, bandwidth, unbiased)) == pytest.approx(expected, abs=1e-12)


def test_median_bandwidth_equals_a_double_loop():
    x, _ = clouds(n=7)  # 21 pairs: an odd number, so that every definition of the median agrees
    pairs = [((a - b) ** 2).sum() for i, a in enumerate(x.numpy()) for b in x.numpy()[:i]]
    assert float(median_bandwidth(x)) == pytest.approx(np.median(pairs), rel=1e-10)


def test_mmd_gradient_equals_finite_differences():
    x, y = clouds()
    assert torch.autograd.gradcheck(lambda p: mmd2(p, y, 3.0), x.requires_grad_())


def test_matrix_power_equals_numpy():
    x, _ = clouds(n=40)
    c = x.T @ x
    root = matrix_power(c, 0.5)
    torch.testing.assert_close(root @ root, c)
    torch.testing.assert_close(matrix_power(c, -1.0), torch.from_numpy(np.linalg.inv(c.numpy())))


def test_coral_gives_the_target_the_covariance_of_the_source(toys):
    toy = toys("turned")

    def shrunk(speech):
        frames = np.concatenate([speech.pack.frames(row).double().numpy() for row in speech.rows.tolist()])
        z = (frames - frames.mean(0)) / frames.std(0, ddof=1)
        return (1 - Coral.shrinkage) * np.cov(z.T) + Coral.shrinkage * np.eye(z.shape[1])

    matrix = METHODS["coral"](toy.model(), toy.train, toy.target).model.inputs[TARGET].matrix.double().numpy()
    assert np.abs(shrunk(toy.target) - shrunk(toy.train)).max() > 0.05
    np.testing.assert_allclose(matrix.T @ shrunk(toy.target) @ matrix, shrunk(toy.train), atol=1e-5)


def test_gradient_reversal_equals_finite_differences_of_the_two_player_game(toys):
    """Features descend emotion - lambda * ramp * domain, the domain classifier descends domain."""
    toy = toys("moved")
    strength, progress = 0.7, 0.3
    method = METHODS["dann"](toy.model(), toy.train, toy.target, strength)
    method.domain_classifier.double()
    random = torch.Generator().manual_seed(0)
    xs, xt = (torch.randn(6, 3, generator=random, dtype=torch.float64) for _ in range(2))
    features = (0.3 * torch.randn(3, EMBEDDING, generator=random, dtype=torch.float64)).requires_grad_()
    classifier = torch.randn(EMBEDDING, 4, generator=random, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 3, 0, 1])

    def play() -> dict[str, torch.Tensor]:
        source, target = (Output((x @ features) @ classifier, x @ features, None) for x in (xs, xt))
        return method.loss(source, labels, target, progress)

    def slope(parameter: torch.Tensor, index: tuple[int, int], objective) -> float:
        values, h = [], 1e-6
        for sign in (1, -1):
            with torch.no_grad():
                parameter[index] += sign * h
                values.append(float(objective(play())))
                parameter[index] -= sign * h
        return (values[0] - values[1]) / (2 * h)

    play()["total"].backward()
    weight = strength * ramp(progress)
    for index in [(0, 0), (1, 50), (2, 127)]:
        expected = slope(features, index, lambda losses: losses["emotion"] - weight * losses["domain"])
        assert float(features.grad[index]) == pytest.approx(expected, rel=1e-4, abs=1e-8)
    first = method.domain_classifier[0].weight
    for index in [(0, 0), (10, 50), (63, 127)]:
        expected = slope(first, index, lambda losses: losses["domain"])
        assert float(first.grad[index]) == pytest.approx(expected, rel=1e-4, abs=1e-8)


def test_ramp_is_that_of_ganin_and_lempitsky():
    for p in (0.0, 0.1, 0.5, 1.0):
        assert ramp(p) == pytest.approx(2 / (1 + np.exp(-10 * p)) - 1, abs=1e-6)


def test_information_equals_scipy():
    p = torch.softmax(3 * clouds(n=30)[0], dim=1)
    marginal, conditional = entropies(p)
    assert float(marginal) == pytest.approx(entropy(p.numpy().mean(0)), abs=1e-12)
    assert float(conditional) == pytest.approx(entropy(p.numpy(), axis=1).mean(), abs=1e-12)


def test_infomax_loss_is_the_stated_sum(toys):
    toy = toys("moved")
    method = METHODS["infomax"](toy.model(), toy.train, toy.target, 0.8)
    a, b = (Output(torch.randn(12, 4, generator=torch.Generator().manual_seed(s)), None, None) for s in (0, 1))
    labels = torch.arange(12) % 4
    p = b.logits.softmax(1).numpy()
    gain = entropy(p.mean(0)) - entropy(p, axis=1).mean()
    expected = float(cross_entropy(a, labels)) - 0.8 * ramp(0.4) * gain
    assert float(method.loss(a, labels, b, 0.4)["total"]) == pytest.approx(expected, abs=1e-5)


def test_domain_batch_norm_sent_one_domain_is_torchs():
    ours, torchs = DomainBatchNorm(EMBEDDING), nn.BatchNorm1d(EMBEDDING, eps=EPSILON)
    random = torch.Generator().manual_seed(0)
    for _ in range(5):
        x = 2 + 3 * torch.randn(32, EMBEDDING, generator=random)
        assert torch.equal(ours(x, SOURCE), torchs(x))
    ours.eval(), torchs.eval()
    assert torch.equal(ours(x, SOURCE), torchs(x))
    assert torch.equal(ours.mean[TARGET], torch.zeros(EMBEDDING)) and torch.equal(
        ours.var[TARGET], torch.ones(EMBEDDING)
    )


def test_adabn_standardises_the_targets_embedding(toys):
    toy = toys("turned")
    model = METHODS["adabn"](toy.model(), toy.train, toy.target).model
    norm = model.head.norm
    entered = ((model.predict_all(toy.target)[1] - norm.bias) / norm.weight).detach()
    torch.testing.assert_close(entered.mean(0), torch.zeros(EMBEDDING), atol=1e-4, rtol=0)
    torch.testing.assert_close(entered.var(0), torch.ones(EMBEDDING), atol=2e-3, rtol=0)
    source = toy.source_model.head.norm
    assert torch.equal(norm.mean[SOURCE], source.mean[SOURCE]) and torch.equal(norm.weight, source.weight)


def test_zscore_is_sklearns_standard_scaler(toys):
    from sklearn.preprocessing import StandardScaler

    toy = toys("moved")
    frames = np.concatenate([toy.target.pack.frames(row).numpy() for row in toy.target.rows.tolist()])
    ours = METHODS["zscore"](toy.model(), toy.train, toy.target).model.inputs[TARGET](torch.from_numpy(frames))
    np.testing.assert_allclose(ours.numpy(), StandardScaler().fit_transform(frames), atol=2e-3)  # n against n - 1
