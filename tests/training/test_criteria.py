"""Criteria against other people's code, at their extremes, and on shifts made by hand.

skada and pytorch-adapt are no dependencies: scripts/make_reference_criteria.py ran them and wrote
tests/reference/criteria.npz, which names the versions.
"""

import math
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import balanced_accuracy_score

from xser_demo.training import selection
from xser_demo.training.criteria import CRITERIA, SHRINKAGE, Evidence, discriminant, measure

REFERENCE = Path(__file__).parents[1] / "reference" / "criteria.npz"
SAME = {"rel": 1e-9, "abs": 1e-10}


@pytest.fixture(scope="module")
def there() -> dict[str, np.ndarray]:
    with np.load(REFERENCE) as file:
        return dict(file)


@pytest.fixture(scope="module")
def small(there) -> Evidence:
    """The checkpoint that the references judged."""
    return Evidence(*(torch.from_numpy(there[field.name]) for field in fields(Evidence)))


def answering(logits: torch.Tensor, embedding: torch.Tensor | None = None) -> Evidence:
    """A checkpoint that gives these answers on the target; the rest is noise."""
    random = torch.Generator().manual_seed(0)
    clips, classes = logits.shape

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=random)

    labels = torch.arange(24) % classes
    return Evidence(
        noise(30, 5),
        noise(24, classes),
        noise(24, 5),
        labels,
        logits,
        noise(clips, 5) if embedding is None else embedding,
    )


def of(name: str, logits: torch.Tensor) -> float:
    return CRITERIA[name].function(answering(logits))


def blobs(spread: float = 0.5) -> Evidence:
    """Four emotions in four corners, the same in both domains; the answers on the target are right."""
    random = torch.Generator().manual_seed(1)
    corners = 3 * torch.eye(4)

    def draw(n: int) -> tuple[torch.Tensor, torch.Tensor]:
        labels = torch.arange(n) % 4
        return corners[labels] + spread * torch.randn(n, 4, generator=random), labels

    (train, _), (validation, labels), (target, _) = draw(80), draw(60), draw(100)
    return Evidence(train, 4 * validation, validation, labels, 4 * target, target)


# against references


@pytest.mark.parametrize("name", ["entropy", "infomax", "bnm", "snd", "dev"])
def test_against_pytorch_adapt(name, there, small):
    assert CRITERIA[name].function(small) == pytest.approx(float(there[f"pytorch_adapt.{name}"]), **SAME)


@pytest.mark.parametrize("name", ["entropy", "snd", "dev"])
def test_against_skada(name, there, small):
    assert CRITERIA[name].function(small) == pytest.approx(float(there[f"skada.{name}"]), **SAME)


def test_importance_weighted_against_skada(there, small):
    """Its weights sum to one, and it learns the densities on the clips that it scores."""
    evidence = replace(small, train_embedding=small.validation_embedding)
    ours = CRITERIA["iwv"].function(evidence) / float(evidence.weights.mean())
    assert ours == pytest.approx(float(there["skada.iwv"]), **SAME)


def test_weights_against_sklearns_lda(there, small):
    np.testing.assert_allclose(small.weights, there["weights"], rtol=1e-9)


def sklearns_scores(x: torch.Tensor, labels: torch.Tensor, points: torch.Tensor) -> np.ndarray:
    """Of three classes or more; scikit-learn adds the logarithm of their priors."""
    lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE).fit(x.numpy(), labels.numpy())
    return lda.decision_function(points.numpy()) - np.log(lda.priors_)


@pytest.mark.parametrize(("clips", "dim"), [(90, 5), (30, 50)])
def test_discriminant_against_sklearns_lda(clips, dim):
    random = torch.Generator().manual_seed(0)
    labels = (torch.arange(clips) % 7).clamp(max=2)  # a frequent and two rare classes
    x = torch.randn(clips, dim, generator=random).double() + 7 + labels[:, None]
    points = torch.randn(40, dim, generator=random).double() + 8
    ours = discriminant(x, labels, 3, points).softmax(1)
    expected = torch.from_numpy(sklearns_scores(x, labels, points)).softmax(1)
    torch.testing.assert_close(ours, expected, rtol=1e-6, atol=1e-9)


def test_reverse_against_sklearns_lda(small):
    pseudo = small.target_logits.argmax(1)
    assert len(pseudo.unique()) == 4
    back = sklearns_scores(small.target_embedding, pseudo, small.validation_embedding).argmax(1)
    expected = balanced_accuracy_score(small.validation_labels.numpy(), back)
    assert CRITERIA["reverse"].function(small) == pytest.approx(expected)


def test_source_val_and_infomax_are_those_of_the_rule(small):
    scores = measure(small)
    assert scores["source_val"] == selection.source_score(small.validation_logits, small.validation_labels)[0]
    assert scores["infomax"] == pytest.approx(selection.infomax(small.target_logits))


# extremes

SURE = 100 * torch.eye(4).repeat(5, 1)  # 20 clips, five of each class
ONE_CLASS = 100 * torch.eye(4)[0].repeat(20, 1)
UNSURE = torch.zeros(20, 4)


def test_entropy_at_its_extremes():
    assert of("entropy", SURE) == of("entropy", ONE_CLASS) == pytest.approx(0)
    assert of("entropy", UNSURE) == pytest.approx(-math.log(4))


def test_infomax_at_its_extremes():
    assert of("infomax", SURE) == pytest.approx(math.log(4))
    assert of("infomax", ONE_CLASS) == pytest.approx(0) and of("infomax", UNSURE) == pytest.approx(0)


def test_bnm_at_its_extremes():
    assert of("bnm", SURE) == pytest.approx(math.sqrt(4 / 20))
    assert of("bnm", ONE_CLASS) == pytest.approx(math.sqrt(1 / 20))  # one singular value, sqrt(20)
    assert of("bnm", UNSURE) == pytest.approx(math.sqrt(1 / 20) / 2)


def test_snd_at_its_extremes():
    """A clip has as many neighbours as its class has others; clips of another class weigh e^-20, next to nothing."""
    assert of("snd", SURE) == pytest.approx(math.log(4), abs=1e-5)
    assert of("snd", ONE_CLASS) == of("snd", UNSURE) == pytest.approx(math.log(19))
    assert of("snd", 100 * torch.eye(4)) == pytest.approx(math.log(3))  # nobody near: all are equally far


# collapse


def test_who_punishes_a_collapse_to_one_class():
    healthy = blobs()
    healthy = replace(healthy, target_logits=healthy.target_logits / 4)  # right, and not quite sure
    collapsed = replace(healthy, target_logits=100 * torch.eye(4)[2].repeat(100, 1))
    good, bad = measure(healthy), measure(collapsed)
    for name in ("infomax", "bnm", "reverse"):
        assert bad[name] < good[name] - 0.01, name
    for name in ("entropy", "snd"):
        assert bad[name] > good[name] + 0.01, name
    for name in ("source_val", "iwv", "dev"):  # look at the target's embedding only
        assert bad[name] == good[name], name
    assert bad["reverse"] == pytest.approx(1 / 4)


def test_reverse_finds_the_way_back_only_if_answers_follow_the_embedding():
    structured = blobs()
    order = torch.randperm(100, generator=torch.Generator().manual_seed(0))
    shuffled = replace(structured, target_embedding=structured.target_embedding[order])
    assert CRITERIA["reverse"].function(structured) > 0.95
    assert CRITERIA["reverse"].function(shuffled) < 0.6


def test_reverse_drops_when_classes_change_places_in_the_target():
    right = blobs()
    swapped = replace(right, target_embedding=right.target_embedding[:, [1, 0, 3, 2]])
    assert CRITERIA["reverse"].function(swapped) < 0.05


# a shift with a known loss


def shift(seed: int, clips: tuple[int, int, int] = (200, 110, 400)) -> tuple[Evidence, float]:
    """The target is moved along the first axis, to where the checkpoint errs; also its loss there on many clips."""
    random = torch.Generator().manual_seed(seed)

    def cloud(n: int, move: float) -> torch.Tensor:
        return torch.randn(n, 8, generator=random) + move * torch.eye(8)[0]

    def answer(x: torch.Tensor) -> torch.Tensor:
        return torch.stack([torch.zeros(len(x)), 3 * x[:, 0]], 1)

    def label(x: torch.Tensor) -> torch.Tensor:  # the checkpoint says 1 for all that is above 0
        return ((x[:, 0] > 0) & (x[:, 0] < 1)).long()

    train, validation, target = cloud(clips[0], 0), cloud(clips[1], 0), cloud(clips[2], 1)
    many = cloud(20000, 1)
    truth = float(torch.nn.functional.cross_entropy(answer(many), label(many)))
    return Evidence(train, answer(validation), validation, label(validation), answer(target), target), truth


def test_weights_find_the_loss_on_the_target():
    evidence, truth = shift(0, (20000, 40000, 20000))
    assert float(evidence.losses.mean()) < truth / 2
    assert -CRITERIA["iwv"].function(evidence) == pytest.approx(truth, rel=0.1)
    assert -CRITERIA["dev"].function(evidence) == pytest.approx(truth, rel=0.1)


def test_few_clips_find_it_on_average_and_dev_with_less_variance():
    draws = [shift(seed) for seed in range(40)]
    truth = np.mean([truth for _, truth in draws])
    plain = np.mean([float(evidence.losses.mean()) for evidence, _ in draws])
    iwv, dev = (np.array([-CRITERIA[name].function(evidence) for evidence, _ in draws]) for name in ("iwv", "dev"))
    assert plain < truth / 2
    assert iwv.mean() == pytest.approx(truth, rel=0.25) and dev.mean() == pytest.approx(truth, rel=0.25)
    assert dev.var() < iwv.var() / 4


def test_weights_are_the_true_ratio_of_two_gaussians():
    """N(0, I) and N(e, I): log w = x_1 - 1/2, up to the shrinkage, which leaves I as it is."""
    evidence, _ = shift(1, (50000, 200, 50000))
    np.testing.assert_allclose(evidence.weights.log(), evidence.validation_embedding[:, 0] - 0.5, atol=0.15)


# robustness


def test_the_order_of_clips_does_not_count(small):
    random = torch.Generator().manual_seed(0)
    source, validation, target = (
        torch.randperm(len(x), generator=random)
        for x in (small.train_embedding, small.validation_logits, small.target_logits)
    )
    moved = Evidence(
        small.train_embedding[source],
        small.validation_logits[validation],
        small.validation_embedding[validation],
        small.validation_labels[validation],
        small.target_logits[target],
        small.target_embedding[target],
    )
    assert measure(moved) == pytest.approx(measure(small), **SAME)


def test_the_same_twice_and_all_at_once_as_one_by_one(small):
    first = measure(small)
    assert list(first) == list(CRITERIA) and all(type(value) is float for value in first.values())
    assert measure(replace(small)) == first
    assert {name: criterion.function(replace(small)) for name, criterion in CRITERIA.items()} == first


def constant(evidence: Evidence, *names: str) -> Evidence:
    return replace(evidence, **{name: torch.ones_like(getattr(evidence, name)) for name in names})


HARD = {
    "saturated answers": lambda e: replace(
        e, target_logits=1e4 * e.target_logits, validation_logits=1e4 * e.validation_logits
    ),
    "one class": lambda e: replace(e, target_logits=e.target_logits * 0 + 9 * torch.eye(4)[1]),
    "a class predicted once": lambda e: replace(e, target_logits=9 * torch.eye(4)[[0] + [1] * 49]),
    "all embeddings in one place": lambda e: constant(e, "train_embedding", "validation_embedding", "target_embedding"),
    "validation in one place": lambda e: constant(e, "validation_embedding"),
    "target in one place": lambda e: constant(e, "target_embedding"),
    "domains far apart": lambda e: replace(e, target_embedding=e.target_embedding + 1e4),
    "validation sounds like the target": lambda e: replace(
        e, target_embedding=e.target_embedding + 1e4, validation_embedding=e.validation_embedding + 1e4
    ),
    "fewer clips than dimensions": lambda e: Evidence(
        e.train_embedding.repeat(1, 30),
        e.validation_logits,
        e.validation_embedding.repeat(1, 30),
        e.validation_labels,
        e.target_logits,
        e.target_embedding.repeat(1, 30),
    ),
    "one clip each": lambda e: Evidence(*(getattr(e, field.name)[:1] for field in fields(Evidence))),
}


@pytest.mark.parametrize("case", HARD)
@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_always_a_number(case, kind, small):
    tensors = (getattr(HARD[case](small), field.name) for field in fields(Evidence))
    scores = measure(Evidence(*(t.to(kind) if t.is_floating_point() else t for t in tensors)))
    assert all(math.isfinite(value) for value in scores.values()), scores


def test_without_a_shift_the_weights_are_one_and_dev_and_iwv_the_plain_loss(small):
    still = replace(small, target_embedding=small.train_embedding[:50], train_embedding=small.train_embedding[:50])
    plain = -float(small.losses.mean())
    scores = measure(still)
    assert scores["iwv"] == pytest.approx(plain) and scores["dev"] == pytest.approx(plain)


def test_weights_that_are_all_the_same_leave_nothing_to_take_out(small):
    same = HARD["validation in one place"](small)
    almost = replace(same, validation_embedding=same.validation_embedding + 1e-12 * small.validation_embedding)
    for evidence in (same, almost):  # what is left of the variance in the second is rounding
        scores = measure(evidence)
        assert scores["dev"] == pytest.approx(scores["iwv"])


def test_the_origin_of_the_embedding_does_not_count(small):
    names = ("train_embedding", "validation_embedding", "target_embedding")
    moved = replace(small, **{name: getattr(small, name) + 1e6 for name in names})
    assert measure(moved) == pytest.approx(measure(small), rel=1e-6)
