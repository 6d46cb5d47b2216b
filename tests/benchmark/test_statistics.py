"""Intervals, p values, Holm's correction, calibration and the temperature against examples whose answer is known."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from xser_demo.benchmark import statistics, study
from xser_demo.benchmark.statistics import Sample
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation import scores
from xser_demo.networks.temperature import fit_temperature

CLASSES = ("anger", "happiness", "neutral", "sadness")


def made_up(speakers: int = 8, each: int = 12, seed: int = 0) -> tuple[SealedLabels, np.ndarray]:
    """Labels of all speakers, and two runs that are right two times in three, more for some speakers."""
    random = np.random.default_rng(seed)
    labels = random.integers(4, size=speakers * each)
    skill = np.repeat(random.uniform(0.4, 0.9, speakers), each)
    runs = np.where(random.random((2, len(labels))) < skill, labels, random.integers(4, size=(2, len(labels))))
    who = tuple(f"s{n}" for n in range(speakers) for _ in range(each))
    return SealedLabels(CLASSES, tuple(labels.tolist()), who), runs


def test_holm_equals_the_example_worked_by_hand():
    # sorted 0.005 0.01 0.03 0.04, times 4 3 2 1: 0.02 0.03 0.06 0.04, and the last may not fall below 0.06
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert statistics.holm([0.6, 0.7]) == [1, 1] and statistics.holm([0.2]) == [0.2] and statistics.holm([]) == []


def test_p_is_two_sided_symmetric_and_never_zero():
    draws = np.random.default_rng(0).normal(1.0, 1, 1999)
    assert statistics.p_value(draws) == statistics.p_value(-draws)
    assert statistics.p_value(draws) == pytest.approx(2 * 0.159, abs=0.03)  # P(N(1, 1) <= 0) = 0.159
    assert statistics.p_value(np.ones(1999)) == pytest.approx(0.001)
    assert statistics.p_value(np.zeros(1999)) == 1


def test_p_below_five_percent_is_an_interval_without_zero():
    random = np.random.default_rng(1)
    for shift in np.linspace(-3, 3, 25):
        sample = Sample(shift, random.normal(shift, 1, 2000))
        low, high = sample.ci95
        assert abs(sample.p - 0.05) < 0.003 or (sample.p < 0.05) == (low > 0 or high < 0)


def test_differences_and_means_are_paired():
    sealed, runs = made_up()
    resamples = scores.Resamples(sealed, "somewhere", draws=500)
    own = Sample(0.5, resamples.uar(runs))
    assert (own - own).ci95 == (0, 0) and (own - own).p == 1
    other = Sample(0.6, resamples.uar(made_up(seed=2)[1]))
    np.testing.assert_allclose((own - other).draws, -(other - own).draws)
    np.testing.assert_allclose(statistics.mean([own, other]).draws, (own.draws + other.draws) / 2)


def test_resamples_of_one_target_draw_the_same_speakers_for_all_and_for_a_part():
    """Answers that are right for one speaker only: how often he is drawn shows in every score on that target."""
    sealed, _ = made_up(each=200)
    labels, who = (np.array(x) for x in sealed.open())
    right = np.where(who == "s3", labels, (labels + 1) % 4)[None]
    some = np.flatnonzero(labels != 3)
    whole = scores.Resamples(sealed, "a", draws=300).uar(right)
    part = scores.Resamples(scores.subset(sealed, some), "a", sealed, draws=300).uar(right[:, some])
    assert np.corrcoef(whole, part)[0, 1] > 0.97
    other = scores.Resamples(sealed, "b", draws=300).uar(right)
    assert abs(np.corrcoef(whole, other)[0, 1]) < 0.3
    assert np.array_equal(whole, scores.Resamples(sealed, "a", draws=300).uar(right))


def test_resamples_agree_with_the_bootstrap_of_a_single_score():
    sealed, runs = made_up()
    labels, who = (np.array(x) for x in sealed.open())
    first = scores.bootstrap(labels, who, runs, 4, 2000)
    second = scores.Resamples(sealed, "somewhere").uar(runs)
    assert second.mean() == pytest.approx(first.mean(), abs=0.01) and second.std() == pytest.approx(
        first.std(), rel=0.1
    )


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """Speakers of unequal skill whose mean is known; 20 speakers, since few make every bootstrap too narrow."""
    held = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        skill = np.repeat(random.choice([0.5, 0.9], 20), 20)
        labels = np.tile(np.arange(4), 100)
        guesses = np.where(random.random(400) < skill, labels, (labels + 1) % 4)
        sealed = SealedLabels(CLASSES, tuple(labels.tolist()), tuple(np.repeat(np.arange(20), 20).astype(str)))
        low, high = np.percentile(scores.Resamples(sealed, str(seed), draws=300).uar(guesses[None]), [2.5, 97.5])
        held += low <= 0.7 <= high
    assert held / 60 >= 0.85


def test_calibration_error_equals_the_example_worked_by_hand():
    # bins of 1/15: two clips near 0.5 (one right), two at 0.9 (both right): |1/2 - 0.51| / 2 + |1 - 0.9| / 2
    sealed = SealedLabels(CLASSES, (0, 1, 2, 3), ("a", "a", "b", "b"))
    confidence = np.array([[0.50, 0.52, 0.9, 0.9]])
    table = scores.reliability(sealed, np.array([[0, 2, 2, 3]]), confidence)
    assert table.shape == (1, 15, 3) and table[0, :, 0].tolist() == [0] * 7 + [2] + [0] * 5 + [2, 0]
    assert scores.calibration_error(table) == pytest.approx(0.5 * 0.01 + 0.5 * 0.1)
    sure = scores.reliability(sealed, np.array([[0, 1, 2, 3]]), np.ones((1, 4)))
    assert scores.calibration_error(sure) == 0 and sure[0, 14, 0] == 4  # 1.0 is in the last bin


def test_temperature_is_what_the_logits_were_multiplied_by():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(20000, 4, generator=generator)
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]
    assert fit_temperature(logits, labels) == pytest.approx(1, abs=0.05)
    assert fit_temperature(3 * logits, labels) == pytest.approx(3, abs=0.15)


def test_the_oracle_takes_the_best_checkpoint_of_each_fold():
    labels = np.array([0, 0, 0, 1, 1, 2])
    sealed = SealedLabels(CLASSES, tuple(labels.tolist()), tuple("abcdef"))
    places = np.array([1, 2, 5])  # labels 0, 0, 2, worth 1/3, 1/3 and 1
    assert scores.oracle_checkpoint(sealed, places, np.array([[0, 0, 0], [1, 1, 2]])) == 1
    assert scores.oracle_checkpoint(sealed, places, np.array([[0, 0, 2], [0, 1, 2]])) == 0


def test_checkpoints_and_runs_score_as_single_answers_do():
    sealed, runs = made_up()
    labels = np.array(sealed.open()[0])
    alone = [scores.uar(labels, run, 4) for run in runs]
    np.testing.assert_allclose(scores.checkpoint_uars(sealed, runs), alone)
    assert scores.run_uar(sealed, runs) == pytest.approx(scores.score(sealed, runs, 0).uar)


def test_floors_are_the_commonest_class_and_each_speakers_own():
    sealed = SealedLabels(CLASSES, (0, 0, 1, 1, 1, 2), ("a", "a", "a", "b", "b", "b"))
    floors = scores.trivial_baselines(sealed, 1)
    assert floors["label_majority"].uar == pytest.approx(1 / 3)
    assert floors["speaker_majority"].uar == pytest.approx((1 + 2 / 3 + 0) / 3)


def test_rank_correlation_against_scipy():
    random = np.random.default_rng(0)
    values, truth = random.integers(5, size=(30, 6)).astype(float), random.integers(8, size=30).astype(float)
    values[:, 5] = 1
    each = [spearmanr(column, truth).statistic for column in values.T]
    np.testing.assert_allclose(statistics.spearman(values, truth), each, atol=1e-12)
    assert np.isnan(statistics.spearman(values, np.ones(30))).all()


def test_pairs_that_agree_give_a_narrow_interval_and_unknown_ones_are_left_out():
    sample = statistics.over_groups(np.array([0.3, np.nan, 0.3]), 200)
    assert sample.point == pytest.approx(0.3) and sample.ci95 == pytest.approx((0.3, 0.3))
    assert np.isnan(statistics.over_groups(np.array([np.nan]), 10).point)


def test_the_ceiling_is_the_correlation_that_the_truth_itself_would_reach():
    random = np.random.default_rng(0)
    truth = random.normal(size=200_000)
    for noise in (0.3, 1.0, 3.0):
        halves = truth[:, None] + noise * random.normal(size=(len(truth), 2))
        found = study.ceiling(np.corrcoef(halves.T)[:1, 1])
        assert found[0] == pytest.approx(np.corrcoef(truth, halves.mean(1))[0, 1], abs=0.01)
    assert study.ceiling(np.array([-0.3, 0.0, 1.0])).tolist() == [0, 0, 1]
