"""Methods against pytorch-adapt, skada and scikit-learn.

The first two are no dependencies: scripts/make_reference_tensors.py ran them and wrote tests/reference/*.npz, which
name the versions.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import KNeighborsClassifier

from xser_demo.data.domains import Batch
from xser_demo.methods import METHODS
from xser_demo.methods.base import ramp
from xser_demo.methods.discrepancy import MULTIPLES, gaussian_kernel, mmd2
from xser_demo.methods.gan import WARM_UP
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Model, Recipe
from xser_demo.networks.heads.attention import Output
from xser_demo.networks.input_map import InputMap
from xser_demo.networks.memory_bank import NEAREST, TEMPERATURE, MemoryBank

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
THREE = ("anger", "neutral", "sadness")
SMALL = Recipe("gemaps", "mlp", {"hidden": [6], "norm": False, "dropout": 0.0})  # as in the script


def reference(name: str) -> dict[str, torch.Tensor]:
    with np.load(REFERENCE / f"{name}.npz") as file:
        return {key: torch.from_numpy(file[key]) for key in file.files if key != "versions"}


def load(module: torch.nn.Module, there: dict[str, torch.Tensor], prefix: str) -> None:
    parameters = dict(module.named_parameters())
    assert {f"{prefix}.{name}" for name in parameters} == {key for key in there if key.startswith(prefix + ".")}
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(there[f"{prefix}.{name}"])


def begin(name: str, there: dict[str, torch.Tensor], toy, strength: float, schedule: Schedule):
    """The method on the reference's network, in float64, and the reference's batch of each domain."""
    model = Model(THREE, 0, 16, SMALL)
    method = METHODS[name](model, toy.train, toy.target, strength, 0, schedule)
    model.head.hidden[0][0] = torch.nn.Linear(5, 6)
    model.inputs = torch.nn.ModuleList([InputMap(5), InputMap(5)])  # nothing is standardised
    model.double()
    load(model.head.hidden[0], there, "extract")
    load(model.head.classify[0], there, "classify")
    judge = (method.discriminator if name == "gan" else method.domain_classifier).double()
    load(judge, there, "judge")
    method.optimiser = schedule.build(method.parameters())
    batches = []
    for side in ("src_imgs", "target_imgs"):
        frames = there[side]  # a vector is one frame
        batches.append(Batch(frames, torch.ones(len(frames), 1, dtype=torch.bool)))
    return method, judge, batches[0]._replace(labels=there["src_labels"]), batches[1]


def test_mmd_against_skada_and_pytorch_adapt():
    """skada's biased estimate with scikit-learn's kernels; pytorch-adapt's unbiased one with kernels of its own."""
    there = reference("mmd")
    x, y, bandwidth = there["x"], there["y"], float(there["bandwidth"])
    torch.testing.assert_close(mmd2(x, y, bandwidth), there["biased"], rtol=1e-12, atol=1e-14)
    leaf = x.clone().requires_grad_()
    unbiased = mmd2(leaf, y, bandwidth, unbiased=True)
    unbiased.backward()
    torch.testing.assert_close(unbiased.detach(), there["unbiased"], rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(leaf.grad, there["unbiased_slope"], rtol=1e-8, atol=1e-12)


def test_the_five_kernels_against_sklearns_rbf():
    x, y = reference("mmd")["x"], reference("mmd")["y"]
    expected = np.mean([rbf_kernel(x, y, gamma=1 / (m * 3.7)) for m in MULTIPLES], axis=0)
    np.testing.assert_allclose(gaussian_kernel(x, y, 3.7), expected, rtol=1e-12)


def test_mmd_of_one_kernel_is_equation_2_of_the_paper(monkeypatch):
    """1/n^2 sum k(s, s') + 1/m^2 sum k(t, t') - 2/(nm) sum k(s, t), pairs of a clip with itself included."""
    there = reference("mmd")
    x, y, width = there["x"].numpy(), there["y"].numpy(), float(there["bandwidth"])
    monkeypatch.setattr("xser_demo.methods.discrepancy.MULTIPLES", (1.0,))

    def mean_kernel(p, q):
        return sum(np.exp(-sum((a - b) ** 2) / width) for a in p for b in q) / (len(p) * len(q))

    expected = mean_kernel(x, x) + mean_kernel(y, y) - 2 * mean_kernel(x, y)
    ours = float(mmd2(there["x"], there["y"], width))
    assert ours == pytest.approx(expected, abs=1e-12)
    assert ours == pytest.approx(float(there["biased_one_kernel"]), abs=1e-12)


def test_mmd_on_the_first_layer_has_a_constant_weight_and_mmd_a_ramp(toys):
    toy = toys("moved")
    random = torch.Generator().manual_seed(0)
    source, target = (
        Output(torch.randn(8, 4, generator=random), torch.randn(8, 6, generator=random), None) for _ in "st"
    )
    for name, weight in (("mmd", lambda p: 0.7 * ramp(p)), ("mmd_fc", lambda p: 0.7)):
        method = METHODS[name](toy.model(), toy.train, toy.target, 0.7)
        for progress in (0.0, 0.2, 1.0):
            losses = method.loss(source, torch.arange(8) % 4, target, progress)
            added = float(losses["total"] - losses["emotion"])
            assert added == pytest.approx(weight(progress) * float(losses["mmd"]), abs=1e-6)


@pytest.mark.parametrize("name", ["dann", "dann_poster"])
def test_dann_gradients_against_pytorch_adapt(name, toys):
    """DANNHook with its gradient reversal layer on the same batch and weights; DANN's domain loss is the mean over
    both languages, the poster's the sum."""
    there = reference(name)
    progress = 0.4
    method, judge, source, target = begin(
        name, there, toys("moved"), float(there["reversal"]) / ramp(progress), Schedule()
    )
    source_out, target_out = method.model.forward_both(source, target)
    method.loss(source_out, source.labels, target_out, progress)["total"].backward()
    head = method.model.head
    for prefix, module in (("extract", head.hidden[0]), ("classify", head.classify[0]), ("judge", judge)):
        for key, parameter in module.named_parameters():
            expected = there[f"slope.{prefix}.{key}"]
            torch.testing.assert_close(parameter.grad, expected, rtol=1e-6, atol=1e-9, msg=f"{prefix}.{key}")


def test_the_posters_gradients_equal_finite_differences_of_the_two_player_game(toys):
    """Features descend emotion - lambda * ramp * domain, the domain classifier, batch norm included, descends domain;
    emotion is cross entropy without smoothing."""
    there, progress, strength = reference("dann_poster"), 0.3, 0.7
    method, judge, source, target = begin("dann_poster", there, toys("moved"), strength, Schedule())
    features = method.model.head.hidden[0][0].weight

    def play() -> dict[str, torch.Tensor]:
        source_out, target_out = method.model.forward_both(source, target)
        losses = method.loss(source_out, source.labels, target_out, progress)
        torch.testing.assert_close(
            losses["emotion"], torch.nn.functional.cross_entropy(source_out.logits, source.labels)
        )
        return losses

    def slope(parameter: torch.Tensor, index: tuple[int, ...], objective) -> float:
        values, h = [], 1e-6
        for sign in (1, -1):
            with torch.no_grad():
                parameter[index] += sign * h
                values.append(float(objective(play())))
                parameter[index] -= sign * h
        return (values[0] - values[1]) / (2 * h)

    play()["total"].backward()
    weight = strength * ramp(progress)
    for index in [(0, 0), (2, 3), (5, 4)]:
        expected = slope(features, index, lambda losses: (losses["emotion"] - weight * losses["domain"]).detach())
        assert float(features.grad[index]) == pytest.approx(expected, rel=1e-4, abs=1e-8)
    for parameter, index in ((judge[0].weight, (7, 2)), (judge[1].weight, (100,)), (judge[3].bias, (1,))):
        expected = slope(parameter, index, lambda losses: losses["domain"].detach())
        assert float(parameter.grad[index]) == pytest.approx(expected, rel=1e-4, abs=1e-8)


def test_the_posters_domain_classifier_has_512_units_and_hears_the_languages_one_by_one(toys):
    toy = toys("moved")
    method = METHODS["dann_poster"](toy.model(), toy.train, toy.target)
    shapes = [tuple(p.shape) for p in method.domain_classifier.parameters()]
    assert shapes == [(512, 128), (512,), (512,), (512,), (2, 512), (2,)] and method.weight == 1.0
    assert isinstance(method.domain_classifier[1], torch.nn.BatchNorm1d)
    assert {id(p) for p in method.domain_classifier.parameters()} <= {id(p) for p in method.parameters()}
    random, seen = torch.Generator().manual_seed(0), []
    method.domain_classifier[1].register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    sides = [Output(torch.randn(n, 4, generator=random), torch.randn(n, 128, generator=random), None) for n in (8, 5)]
    method.loss(sides[0], torch.arange(8) % 4, sides[1], 0.5)
    assert seen == [8, 5]


def test_two_gan_steps_against_pytorch_adapt(toys):
    """GANHook: judge first, then extractor and classifier against the new judge; SGD with momentum, two steps."""
    there = reference("gan")
    schedule = Schedule(optimiser="sgd", weight_decay=0.0, learning_rate=float(there["rate"]))
    method, judge, source, target = begin("gan", there, toys("moved"), float(there["adversary"]), schedule)
    method.discriminator_optimiser = schedule.build(list(judge.parameters()))
    for _ in range(2):
        method.update(source, target, WARM_UP)
    head = method.model.head
    for prefix, module in (("extract", head.hidden[0]), ("classify", head.classify[0]), ("judge", judge)):
        for key, parameter in module.named_parameters():
            expected = there[f"after.{prefix}.{key}"]
            assert not torch.allclose(expected, there[f"{prefix}.{key}"], rtol=1e-6)
            torch.testing.assert_close(parameter.detach(), expected, rtol=1e-6, atol=1e-9, msg=f"{prefix}.{key}")


def test_the_vote_against_sklearns_nearest_neighbours():
    """Where every class has at most as many rows as may vote, all rows do: scikit-learn's classifier with weights."""
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [NEAREST, 4, 7])
    rows, clips = random.normal(size=(len(labels), 5)), random.normal(size=(30, 5))
    sklearns = KNeighborsClassifier(len(labels), metric="cosine", weights=lambda d: np.exp((1 - d) / TEMPERATURE))
    expected = sklearns.fit(rows, labels).predict_proba(clips)
    ours = MemoryBank(torch.from_numpy(rows), torch.from_numpy(labels), 3).vote(torch.from_numpy(clips)).exp()
    np.testing.assert_allclose(ours, expected, atol=1e-12)


def test_the_nearest_neighbour_of_a_memory_against_sklearn(monkeypatch):
    """With one vote for each class the answer is that of the single nearest row, as in 1-NN by cosine."""
    monkeypatch.setattr("xser_demo.networks.memory_bank.NEAREST", 1)
    random = np.random.default_rng(1)
    labels = random.integers(0, 4, size=60)
    rows, clips = random.normal(size=(60, 5)), random.normal(size=(40, 5))
    expected = KNeighborsClassifier(1, metric="cosine").fit(rows, labels).predict(clips)
    vote = MemoryBank(torch.from_numpy(rows), torch.from_numpy(labels), 4).vote(torch.from_numpy(clips))
    np.testing.assert_array_equal(vote.argmax(1), expected)
