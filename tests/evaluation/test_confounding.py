"""The guard of normalisation by speaker: how much of a model's answers the speaker explains."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from xser_demo.data.packs import load_cached
from xser_demo.evaluation.confounding import LIMIT, confounding

FOUR = ("anger", "happiness", "neutral", "sadness")


def test_against_the_mutual_information_of_scikit_learn():
    random = np.random.default_rng(0)
    speakers, answers = random.integers(0, 12, 400), random.integers(0, 4, 400)
    answers[:200] = speakers[:200] % 4
    shuffled = [mutual_info_score(speakers, np.random.default_rng(seed).permutation(answers)) for seed in range(100)]
    entropy = mutual_info_score(answers, answers)
    expected = (mutual_info_score(speakers, answers) - np.mean(shuffled)) / entropy
    assert confounding([f"s{speaker}" for speaker in speakers], answers) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("each", [2, 5, 50])
def test_independent_answers_are_not_confounded_however_few_clips_a_speaker_has(each):
    speakers = np.repeat(np.arange(20), each)
    found = [confounding(speakers, np.random.default_rng(seed).integers(0, 4, len(speakers))) for seed in range(10)]
    assert abs(np.mean(found)) < 0.04


def test_one_emotion_for_each_speaker_is_everything():
    speakers = np.repeat(np.arange(20), 20)
    assert confounding(speakers, speakers % 4) > 0.9
    assert confounding(["a"] * 30, np.arange(30) % 4) == pytest.approx(0, abs=1e-9)
    assert confounding([str(n) for n in range(30)], [0] * 30) == 0


def test_labels_of_the_shipped_corpora_say_which_one_is_confounded():
    """With labels, as the answers of a perfect model; models' answers are in tests/experiments."""
    for key in ("emodb", "emovo", "nemo", "ravdess", "urdu"):
        spoken = [u for u in load_cached(key).utterances if u.emotion in FOUR]
        value = confounding([u.speaker for u in spoken], [FOUR.index(u.emotion) for u in spoken])
        assert (value > LIMIT) == (key == "urdu"), (key, value)
