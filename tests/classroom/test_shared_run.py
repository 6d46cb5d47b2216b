"""The run and the map of a class: halves of students, sealed labels, scores by models that have not heard them."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from rooms import a_room, spoken

from xser_demo.classroom import shared_run, shift
from xser_demo.classroom.room import Room
from xser_demo.classroom.shared_run import ROWS, Outcome, Progress
from xser_demo.classroom.takes import as_pack
from xser_demo.corpora.labels import FOUR
from xser_demo.evaluation.domain_distance import Distances
from xser_demo.utils.errors import SettingsError

PEOPLE = 12


@pytest.fixture(scope="module")
def room() -> Room:
    room = a_room()
    spoken(room, PEOPLE)
    return room


def run(takes, keys) -> tuple[list[Progress], Outcome]:
    *told, outcome = shared_run.run(takes, keys, random.Random(5), epochs=1)
    return told, outcome


@pytest.fixture(scope="module")
def done(room) -> tuple[list[Progress], Outcome]:
    return run(list(room.takes.values()), list(room.takes))


def test_every_clip_is_answered_by_the_model_of_the_other_half(room, done):
    told, outcome = done
    assert set(outcome.answers) == set(room.takes) and outcome.classes == FOUR
    assert all(word in FOUR for both in outcome.answers.values() for word in both)
    assert list(outcome.scores) and set(outcome.scores) == set(ROWS)
    for score in outcome.scores.values():
        assert (score.n, score.speakers) == (2 * PEOPLE, PEOPLE) and score.ci95[0] <= score.uar <= score.ci95[1]
    right = Counter(
        room.takes[key].emotion for key, (_, after) in outcome.answers.items() if after == room.takes[key].emotion
    )
    asked = Counter(take.emotion for take in room.takes.values())
    assert outcome.scores["adapted"].uar == pytest.approx(sum(right[one] / asked[one] for one in asked) / len(asked))
    assert [gain.over for gain in outcome.gains] == ["source_only", "zscore", "weight_0"]
    shares = [one.share for one in told]
    assert shares == sorted(shares) and 0 < shares[-1] <= 1 and any(one.points for one in told)
    assert not any("s1" in one.text for one in told)


def test_what_was_asked_decides_no_answer(room, done):
    """The asked emotions are the labels: shuffled, they change the score and nothing else."""
    takes = list(room.takes.values())
    emotions = [take.emotion for take in takes]
    random.Random(1).shuffle(emotions)
    shuffled = [replace(take, emotion=emotion) for take, emotion in zip(takes, emotions, strict=True)]
    _, outcome = run(shuffled, list(room.takes))
    assert outcome.answers == done[1].answers
    assert outcome.scores["adapted"].uar != done[1].scores["adapted"].uar


def test_halves_are_of_students_and_need_six(room):
    one, other = shared_run.halves(list(room.takes.values()), random.Random(2))
    assert not set(one) & set(other) and len(one) == len(other) == PEOPLE // 2
    few = [take for take in room.takes.values() if f"s{take.number}" in one[:5]]
    with pytest.raises(SettingsError, match="Clips of 5 students"):
        shared_run.halves(few, random.Random(2))


def test_an_outcome_forgets_single_answers_and_keeps_its_scores(done):
    outcome = done[1]
    key = next(iter(outcome.answers))
    less = outcome.without([key])
    assert set(outcome.answers) - set(less.answers) == {key} and less.scores is outcome.scores


@pytest.mark.parametrize(
    "bounds, verdict", [((0.1, 0.2), "better"), ((-0.1, 0.2), "the same"), ((-0.2, -0.1), "worse")]
)
def test_better_needs_the_whole_interval(done, bounds, verdict):
    gain = replace(done[1].gains[0], ci95=bounds)
    assert replace(done[1], gains=[gain, *done[1].gains[1:]]).verdict == verdict


def test_the_map_has_both_sides_and_distances_with_their_reference(room):
    found = shift.measure(list(room.takes.values()), list(room.takes))
    assert set(found.points) == set(room.takes) and (found.students, found.clips) == (PEOPLE, 2 * PEOPLE)
    assert len(found.actors) >= 60 and {emotion for _, _, emotion in found.actors} == set(FOUR)
    assert [point[2] for point in found.points.values()] == [take.emotion for take in room.takes.values()]
    as_it_is, by_corpus, by_speaker = found.steps
    assert as_it_is.explained is None and as_it_is.distances.n == 2 * PEOPLE
    assert by_corpus.distances.mmd < as_it_is.distances.mmd  # German actors, moved to where English ones are
    assert by_speaker.distances.within_a_distance >= 0


def test_what_is_explained_is_the_gap_above_the_reference():
    def at(value: float) -> Distances:
        return Distances(0.1, value, 0.05, 0.2, 20)

    assert shift.explained(at(1.2), at(0.7)) == pytest.approx(0.5)
    assert shift.explained(at(1.2), at(0.1)) == 1 and shift.explained(at(1.2), at(1.5)) == 0
    assert shift.explained(at(0.25), at(0.2)) is None


def test_microphones_are_described_in_words(room):
    takes = list(room.takes.values())

    def heard(**change):
        return shift.microphones([replace(take, features=replace(take.features, **change)) for take in takes])

    assert "12 dB quieter" in heard(level_dbfs=-45.0) or "quieter than the studio" in heard(level_dbfs=-60.0)
    assert "3.4 kHz" in heard(band_hz=3400) and "gain control" in heard(gain_control=True)


def test_the_pack_of_a_class_names_nobody(room):
    pack = as_pack(list(room.takes.values()))
    assert len(pack) == 2 * PEOPLE and len({one.speaker for one in pack.utterances}) == PEOPLE
    assert not any(one.sex or one.text_id for one in pack.utterances)


def test_a_half_with_too_few_clips_is_refused_before_anything_is_trained():
    room = a_room()
    spoken(room, shared_run.FEWEST_STUDENTS)  # two clips each
    with pytest.raises(SettingsError, match="has 6 clips, and the run needs 8 in each half"):
        run(list(room.takes.values()), list(room.takes))
