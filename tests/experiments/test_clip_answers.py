"""Answers to every clip of a run, and the score from labels that a user gives some of them."""

from dataclasses import replace

import numpy as np
import pytest

from xser_demo.corpora.custom.recordings import Brought, Choices, FolderScan, Skipped
from xser_demo.data import packs
from xser_demo.data.packs import load_cached
from xser_demo.evaluation.label_sample import NONE_OF_THESE
from xser_demo.evaluation.scores import uar
from xser_demo.experiments import clip_answers
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt
from xser_demo.experiments.user_labels import Labels
from xser_demo.reporting import repeat, report_clips, run_report


@pytest.fixture(scope="module")
def pile():
    """A fourth of EmoDB without labels, and what its clips are labelled as."""
    whole = load_cached("emodb")
    rows = [row for row in range(0, len(whole), 4) if whole.utterances[row].emotion in ("anger", "happiness",
            "neutral", "sadness")]  # fmt: skip
    clips = [replace(whole.utterances[row], corpus="own", emotion="") for row in rows]
    pack = packs.make("own", clips, [whole.frames(row).numpy() for row in rows], {})
    return {("own", "whisper"): pack}, [whole.utterances[row].emotion for row in rows]


@pytest.fixture(scope="module")
def run(pile):
    plan = Plan("ravdess", "own", "zscore", mode="transductive", source_epochs=2, own=pile[0])
    *_, result = adapt(plan)
    return result


@pytest.fixture(scope="module")
def found(run):
    return clip_answers.of(run)


def test_it_has_what_the_run_answered(run, found):
    assert list(found.answers) == ["adapted", "source_only", "zscore"]
    for name, answers in found.answers.items():
        assert (answers == run.answers[name]).all()
    assert found.changed.mean() == pytest.approx(run.changed)
    shares = found.probabilities["adapted"]
    assert shares.shape == (len(run.task.adapt), 4) and shares.sum(1) == pytest.approx(1, abs=1e-4)
    assert (found.unsure == (shares.max(1) < 0.45)).all()


def test_a_csv_comes_back_as_it_was(found, tmp_path):
    file = tmp_path / "answers.csv"
    clip_answers.write(list(clip_answers.rows(found)), file)
    table = clip_answers.read(file)
    assert table.classes == found.classes and table.files == [clip.path for clip in found.utterances]
    assert all((table.answers[name] == found.answers[name]).all() for name in found.answers)
    assert "p:adapted:anger" in file.read_text().splitlines()[0]


def test_the_score_from_labels_agrees_with_all_labels(pile, found):
    truth = np.array([found.classes.index(name) for name in pile[1]])
    place = {clip.path: number for number, clip in enumerate(found.utterances)}
    held = []
    for seed in range(20):
        labels = Labels.begin(found, seed)
        while labels.next is not None:
            labels.give(int(truth[place[labels.next]]))
        for name, one in labels.scores(found.utterances, found.answers).items():
            held.append(one.low <= uar(truth, found.answers[name], 4) <= one.high)
            assert one.labelled == 50
    assert np.mean(held) > 0.85


def test_labels_that_taught_a_model_are_not_scored(pile, found):
    labels = Labels.begin(found)
    for number in range(20):
        labels.give(number % 4)
    assert labels.can_teach
    labels.teach()
    assert [path for path, _ in labels.first_half()] == labels.asked[:10] and not labels.can_teach
    assert labels.scores(found.utterances, found.answers)["adapted"].labelled == 10
    for _ in range(20):
        labels.take_back()
    assert len(labels.given) == 10, "what was taught cannot be taken back"
    assert labels.scores(found.utterances, found.answers)["adapted"] is None


def test_wrong_keys_and_clips_of_no_class(found):
    labels = Labels.begin(found)
    for label in (7, -5, NONE_OF_THESE, 0):
        labels.give(label)
    assert labels.given == [NONE_OF_THESE, 0] and labels.next == labels.asked[2]


def test_the_report_lists_every_clip_and_repeats_with_the_users_own_name(run, found):
    scan = FolderScan("No labels.", (), (Skipped("x.txt", "No sound."),), used=Choices("folder:1", "none"))
    brought = Brought("zip:my <files>.zip", scan)
    labels = Labels.begin(found)
    for _ in range(12):
        labels.give(1)
    html = run_report.html(run, brought=brought, labels=labels)
    assert all(clip.path in html for clip in found.utterances) and "my &lt;files&gt;.zip" in html
    assert "Score from a few labels" in html and "12 labels" in html and "1 files were left out" in html
    command = repeat.command(run.plan, brought)
    assert "--target 'zip:my <files>.zip'" in command and "--speaker-from folder:1 --labels-from none" in command
    assert report_clips.few_labels(run, Labels.begin(found)) == ""
