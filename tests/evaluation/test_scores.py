"""Scores against scikit-learn, and the bootstrap."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix, f1_score, recall_score

from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation.scores import bootstrap, paired_gain, score, uar

CLASSES = ("anger", "happiness", "neutral", "sadness")


def case(
    n: int = 120, speakers: int = 10, without: int | None = None, seed: int = 0
) -> tuple[SealedLabels, np.ndarray]:
    """Labels of uneven classes with guesses that are right two times in three."""
    random = np.random.default_rng(seed)
    labels = random.choice(4, size=n, p=[0.4, 0.3, 0.2, 0.1])
    if without is not None:
        labels[labels == without] = (without + 1) % 4
    guesses = np.where(random.random(n) < 0.66, labels, random.integers(4, size=n))
    who = tuple(f"s{s}" for s in random.integers(speakers, size=n))
    return SealedLabels(CLASSES, tuple(labels.tolist()), who), guesses


@pytest.mark.parametrize("without", [None, 0, 3])
def test_scores_equal_sklearn(without):
    sealed, guesses = case(without=without)
    labels = np.array(sealed.open()[0])
    present = sorted(set(labels))
    result = score(sealed, guesses, draws=10)
    recalls = recall_score(labels, guesses, labels=present, average=None)
    assert result.uar == pytest.approx(recall_score(labels, guesses, labels=present, average="macro"))
    assert result.uar == pytest.approx(uar(labels, guesses, 4))
    assert result.wa == pytest.approx(accuracy_score(labels, guesses))
    assert result.macro_f1 == pytest.approx(f1_score(labels, guesses, labels=present, average="macro"))
    assert result.recalls == pytest.approx(dict(zip([CLASSES[c] for c in present], recalls, strict=True)))
    assert result.confusion == confusion_matrix(labels, guesses, labels=range(4)).tolist()
    assert result.n == len(labels) == len(sealed) and result.speakers == len(set(sealed.open()[1]))
    if without is None:
        assert result.uar == pytest.approx(balanced_accuracy_score(labels, guesses))


def test_a_class_that_is_never_heard_counts_as_zero():
    sealed = SealedLabels(CLASSES, (0, 0, 1, 1), ("a", "b", "a", "b"))
    result = score(sealed, np.array([0, 0, 0, 0]), draws=10)
    assert result.uar == 0.5 and result.recalls == {"anger": 1.0, "happiness": 0.0}
    assert result.macro_f1 == pytest.approx((2 / 3 + 0) / 2)


def test_several_seeds_give_means():
    sealed, first = case()
    _, second = case(seed=1)
    both = score(sealed, np.stack([first, second]), draws=10)
    alone = [score(sealed, run, draws=10) for run in (first, second)]
    for name in ("uar", "wa", "macro_f1"):
        assert getattr(both, name) == pytest.approx(np.mean([getattr(one, name) for one in alone]))
    assert np.sum(both.confusion) == 2 * both.n


def test_interval_contains_the_score_and_repeats():
    sealed, guesses = case()
    result = score(sealed, guesses, draws=400)
    assert result.ci95[0] < result.uar < result.ci95[1]
    assert score(sealed, guesses, draws=400) == result
    perfect = score(sealed, np.array(sealed.open()[0]), draws=50)
    assert perfect.uar == 1 and perfect.ci95 == (1.0, 1.0)


def test_speakers_who_are_all_right_or_all_wrong_widen_the_interval():
    labels = np.tile([0, 1, 2, 3], 50)
    speakers = np.repeat(np.arange(10), 20).astype(str)
    clustered = np.where(np.repeat(np.arange(10), 20) < 7, labels, (labels + 1) % 4)
    scattered = np.where(np.random.default_rng(0).permutation(200) < 140, labels, (labels + 1) % 4)
    assert (clustered == labels).sum() == (scattered == labels).sum()
    widths = []
    for guesses, who in [(clustered, speakers), (scattered, speakers), (clustered, np.arange(200).astype(str))]:
        low, high = np.percentile(bootstrap(labels, who, guesses[None], 4, 400), [2.5, 97.5])
        widths.append(high - low)
    assert widths[0] > 2 * widths[1] and widths[0] > 2 * widths[2]


def test_bootstrap_of_single_clip_speakers_is_the_binomial_one():
    """One clip per speaker twice resampled: the speakers' draw alone remains."""
    labels = np.tile([0, 1], 100)
    guesses = np.where(np.random.default_rng(0).random(200) < 0.7, labels, 1 - labels)
    draws = bootstrap(labels, np.arange(200).astype(str), guesses[None], 2, 1000)
    recalls = np.array([(guesses[labels == c] == c).mean() for c in (0, 1)])
    assert draws.std() == pytest.approx(np.sqrt((recalls * (1 - recalls) / 100).sum()) / 2, rel=0.12)


def test_seeds_that_differ_widen_the_interval():
    sealed, _ = case()
    labels, speakers = (np.array(a) for a in sealed.open())
    always, never = labels, (labels + 1) % 4
    draws = bootstrap(labels, speakers, np.stack([always, never]), 4, 200)
    assert draws.min() == 0 and draws.max() == 1


def test_paired_gain_of_a_system_over_itself_is_nothing():
    sealed, guesses = case()
    assert (paired_gain(sealed, guesses, guesses, draws=100) == 0).all()
    runs = np.stack([guesses, case(seed=1)[1]])
    assert (paired_gain(sealed, runs, runs, draws=100) == 0).all()


def test_paired_gain_is_the_difference_of_scores_and_narrower_than_unpaired():
    sealed, base = case()
    labels, speakers = (np.array(a) for a in sealed.open())
    better = base.copy()
    wrong = np.flatnonzero(base != labels)[::2]
    better[wrong] = labels[wrong]
    gain = paired_gain(sealed, better, base, draws=400)
    expected = score(sealed, better, 1).uar - score(sealed, base, 1).uar
    assert (gain >= 0).all() and gain.mean() == pytest.approx(expected, abs=0.02)
    assert gain.std() < bootstrap(labels, speakers, base[None], 4, 400).std()
    np.testing.assert_allclose(paired_gain(sealed, base, better, draws=400), -gain)
