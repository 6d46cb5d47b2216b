"""Bars, recall and agreement of a class, against values worked out by hand or by another library."""

import numpy as np
import pytest

from xser_demo.classroom.votes import EVERYONE, KNOW, Vote, fleiss_kappa, kappa_words, recalls, tally
from xser_demo.corpora.labels import FOUR

# Fleiss 1971, the worked example: 10 subjects, 14 raters, 5 categories; kappa 0.210.
FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def test_kappa_of_the_published_example():
    assert fleiss_kappa(np.array(FLEISS)) == pytest.approx(0.210, abs=5e-4)


def test_kappa_at_its_ends():
    assert fleiss_kappa(np.array([[5, 0], [0, 5]])) == pytest.approx(1)
    assert fleiss_kappa(np.array([[5, 5], [5, 5]])) < 0
    for undefined in ([], [[1, 0]], [[4, 0], [3, 0]]):
        assert fleiss_kappa(np.array(undefined)) is None
    assert "100%" in kappa_words(1.0) and "two votes" in kappa_words(None) and "by chance" in kappa_words(-0.1)


def test_clips_that_somebody_missed_count_with_their_own_number_of_votes():
    assert fleiss_kappa(np.array([[4, 0], [0, 3], [1, 0]])) == pytest.approx(1)


def votes(people: int, right: float, knows: bool, first: int = 0) -> list[Vote]:
    """Each person votes on two clips, the first of them rightly in a share of the people."""
    of_people = []
    for number in range(people):
        heard = "anger" if number < right * people else "sadness"
        of_people += [Vote(first + number, 0, heard, knows), Vote(first + number, 1, "neutral", knows)]
    return of_people


LABELS = {0: "anger", 1: "neutral"}


def test_recall_is_the_mean_over_emotions_with_an_interval_over_people():
    everyone, know, do_not = recalls([*votes(10, 0.5, True), *votes(10, 0, False, 10)], LABELS, FOUR)
    assert (know.uar, do_not.uar, everyone.uar) == pytest.approx((0.75, 0.5, 0.625))
    assert know.ci95[0] < know.uar < know.ci95[1] and do_not.ci95 == (0.5, 0.5)
    assert (everyone.people, everyone.votes) == (20, 40)


def test_a_group_under_five_is_merged_and_a_class_under_five_is_not_shown():
    assert [one.group for one in recalls([*votes(10, 1, True), *votes(4, 0, False, 10)], LABELS, FOUR)] == [EVERYONE]
    assert [one.group for one in recalls([*votes(5, 1, True), *votes(5, 0, False, 5)], LABELS, FOUR)][:2] == [
        EVERYONE,
        KNOW,
    ]
    assert recalls(votes(4, 1, True), LABELS, FOUR) == []


def test_only_clips_whose_answer_was_shown_count():
    (everyone,) = recalls(votes(6, 0, True), {1: "neutral"}, FOUR)
    assert everyone.uar == 1 and everyone.votes == 6
    assert tally(votes(6, 0.5, True), 0, FOUR) == {"anger": 3, "happiness": 0, "neutral": 0, "sadness": 3}
