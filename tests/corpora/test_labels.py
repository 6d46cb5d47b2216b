"""Label sets and what several corpora share of them."""

from collections import Counter

import pytest

from xser_demo.corpora import CORPORA
from xser_demo.corpora.labels import EMOTIONS, LABEL_SETS, frequent, shared
from xser_demo.corpora.locate import read
from xser_demo.utils.errors import SettingsError


@pytest.mark.parametrize("name", LABEL_SETS)
def test_label_set_is_consistent(name):
    label_set = LABEL_SETS[name]
    assert label_set.name == name
    assert set(label_set.of) <= set(EMOTIONS)
    assert set(label_set.of.values()) == set(label_set.classes)
    for emotion in EMOTIONS:
        index = label_set.index(emotion)
        assert (index is None) == (emotion not in label_set.of)
        assert index is None or label_set.classes[index] == label_set.of[emotion]


def test_groups_cover_every_emotion_and_plain_sets_have_their_size():
    used = set(EMOTIONS) - {"excited", "frustration"}
    assert set(LABEL_SETS["valence"].of) == set(LABEL_SETS["arousal"].of) == used
    assert not any({"excited", "frustration"} & set(label_set.of) for label_set in LABEL_SETS.values())
    assert [len(LABEL_SETS[name].classes) for name in ("four", "five", "six", "seven")] == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("key", "negative", "positive"), [("emodb", 385, 150), ("emovo", 336, 252), ("urdu", 200, 200)]
)
def test_valence_counts_equal_the_published_ones(key, negative, positive, corpora_dir):
    of = LABEL_SETS["valence"].of
    assert Counter(of[clip.emotion] for clip in read(key, corpora_dir)) == {
        "negative": negative,
        "positive": positive,
    }


def test_shared_classes_and_dropped_emotions():
    emodb, aesdd = CORPORA["emodb"].emotions, CORPORA["aesdd"].emotions
    label_set, dropped = shared(LABEL_SETS["four"], emodb, aesdd)
    assert label_set.classes == ("anger", "happiness", "sadness")
    assert label_set.index("neutral") is None and label_set.index("sadness") == 2
    assert dropped == ["boredom", "disgust", "fear", "neutral"]


def test_shared_grouped_set_uses_every_emotion():
    label_set, dropped = shared(LABEL_SETS["valence"], CORPORA["ravdess"].emotions, CORPORA["urdu"].emotions)
    assert label_set == LABEL_SETS["valence"] and dropped == []


def test_too_few_classes_are_refused():
    with pytest.raises(SettingsError, match="'four' cannot be used: only anger is present in all"):
        shared(LABEL_SETS["four"], ["anger", "sadness"], ["anger", "neutral"])
    with pytest.raises(SettingsError, match="no class is present"):
        shared(LABEL_SETS["four"], ["anger"], ["boredom"])


def test_a_class_of_a_few_clips_is_not_learnt():
    emotions = ["anger"] * 40 + ["sadness"] * 40 + ["happiness"] * 4 + ["neutral"] * 5
    assert set(frequent(LABEL_SETS["four"], emotions)) == {"anger", "sadness", "neutral"}
    arousal = ["fear"] * 3 + ["surprise"] * 2 + ["sadness"] * 4 + ["calm"] * 2  # classes count, not emotions
    assert frequent(LABEL_SETS["arousal"], arousal) == arousal
