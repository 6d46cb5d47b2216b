"""A score from a few labels: an unbiased draw, spread over the answers, and an interval that holds the truth."""

import numpy as np
import pytest

from xser_demo.evaluation.label_sample import MIN_LABELS, NONE_OF_THESE, draw, estimate
from xser_demo.evaluation.scores import uar


def corpus(clips: int = 300, right: float = 0.7, seed: int = 0):
    """Labels and the answers of two models, the second of which is right half as often."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 4, clips)
    wrong = random.integers(0, 4, (2, clips))
    hits = random.random((2, clips)) < [[right], [right / 2]]
    return labels, list(np.where(hits, labels, wrong))


def test_every_clip_is_equally_likely_at_every_place():
    _, answers = corpus(60)
    drawn = np.array([draw(answers, seed, 10) for seed in range(6000)])
    assert all(len(set(row)) == 10 for row in drawn.tolist())
    for place in (0, 1, 9):
        counts = np.bincount(drawn[:, place], minlength=60)
        assert np.abs(counts - 100).max() < 4.5 * 10  # a Poisson count of 100 has a deviation of 10


def test_every_beginning_is_spread_over_the_answers():
    _, answers = corpus()
    share = np.bincount(answers[0]) / 300
    for seed in range(20):
        drawn = draw(answers, seed, 32)
        for count in (8, 16, 32):
            assert np.abs(np.bincount(answers[0][drawn[:count]], minlength=4) - count * share).max() <= 1
    assert draw(answers, 3).tolist() == draw(answers, 3).tolist() != draw(answers, 4).tolist()


def test_all_clips_of_a_small_pile_are_drawn_once():
    assert sorted(draw([np.array([0, 1, 2, 3, 0, 1, 2, 3, 0])], 0).tolist()) == list(range(9))


@pytest.mark.parametrize("right", [0.2, 0.7, 0.95])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(right):
    labels, answers = corpus(right=right)
    held = []
    for seed in range(60):
        clips = draw(answers, seed, 20)
        for given in answers:
            one = estimate(given, clips, labels[clips], 4)
            held.append(one.low <= uar(labels, given, 4) <= one.high)
    assert np.mean(held) > 0.88


def test_with_every_label_the_score_is_known():
    labels, answers = corpus(50)
    clips = draw(answers, 0)
    one = estimate(answers[0], clips, labels[clips], 4)
    assert one.low == one.high == pytest.approx(uar(labels, answers[0], 4)) and one.labelled == 50


def test_more_labels_narrow_the_interval_and_too_few_give_none():
    labels, answers = corpus()
    clips = draw(answers, 0)
    widths = []
    for count in (8, 20, 50):
        one = estimate(answers[0], clips[:count], labels[clips[:count]], 4)
        widths.append(one.high - one.low)
    assert widths[0] > widths[1] > widths[2]
    assert estimate(answers[0], clips[: MIN_LABELS - 1], labels[clips[: MIN_LABELS - 1]], 4) is None


def test_clips_of_no_class_are_left_out_of_the_corpus():
    """The answer 3 is given to nothing but coughs."""
    labels = np.repeat([0, 1, 2, NONE_OF_THESE], 40)
    answers = np.repeat([0, 1, 2, 3], 40)
    clips = draw([answers], 0, 40)
    one = estimate(answers, clips, labels[clips], 4)
    assert one.labelled == 30 and one.low > 0.7
    assert estimate(answers, clips, np.full(40, NONE_OF_THESE), 4) is None
