"""``xser label``: from a CSV of answers to a score, by a file of labels or by keyboard."""

import csv
import json
import os
import pty
import subprocess
import sys

import numpy as np
import pytest

from xser_demo.cli.main import main
from xser_demo.experiments import clip_answers
from xser_demo.utils import settings

CLASSES = ("anger", "happiness", "neutral", "sadness")


@pytest.fixture(scope="module")
def pile(tmp_path_factory):
    """(CSV of two models' answers to 120 clips, label of each clip); the first model is right."""
    random = np.random.default_rng(0)
    labels = {f"clip {number}.wav": CLASSES[one] for number, one in enumerate(random.integers(0, 4, 120))}
    rows = []
    for file, label in labels.items():
        answers = {"adapted": label, "source_only": CLASSES[random.integers(0, 4)]}
        shares = {model: {name: 0.7 if name == one else 0.1 for name in CLASSES} for model, one in answers.items()}
        rows.append({"file": file, "seconds": 1.0} | clip_answers.columns(answers, shares))
    file = tmp_path_factory.mktemp("pile") / "answers.csv"
    clip_answers.write(rows, file)
    return file, labels


def run(capsys, *arguments):
    status = main(["label", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def written(file, labels: dict[str, str]):
    with open(file, "w", newline="") as lines:
        csv.writer(lines).writerows([("file", "label"), *labels.items()])
    return file


def test_a_file_of_labels_gives_a_score_with_an_interval(capsys, pile, tmp_path):
    answers, truth = pile
    asked = run(capsys, answers, "--list")[1].splitlines()
    assert len(set(asked)) == 20 and set(asked) <= set(truth)
    labels = written(tmp_path / "labels.csv", {file: truth[file] for file in asked})
    status, out, _ = run(capsys, answers, "--labels", labels, "--json")
    found = json.loads(out)
    assert status == 0 and found["labelled"] == 20 and found["asked"] == asked and found["not_used"] == 0
    right, chance = found["models"]["adapted"], found["models"]["source_only"]
    assert right["ci95"][0] > 0.6 and chance["ci95"][1] < right["ci95"][0] and right["labelled"] == 20
    assert "UAR" in run(capsys, answers, "--labels", labels)[1]


def test_labels_count_up_to_the_first_that_is_missing(capsys, pile, tmp_path):
    """Else the hard clips would be left out, or those that somebody chose by themselves."""
    answers, truth = pile
    asked = run(capsys, answers, "--list")[1].splitlines()
    given = {file: truth[file] for number, file in enumerate(asked) if number != 12}
    chosen = {file: truth[file] for file in sorted(set(truth) - set(asked))[:5]}
    labels = written(tmp_path / "labels.csv", given | chosen)
    found = json.loads(run(capsys, answers, "--labels", labels, "--json")[1])
    assert found["labelled"] == 12 and found["not_used"] == 7 + 5


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("file,label\nclip 1.wav,angry\n", "write anger, happiness, neutral, sadness or none"),
        ("name,label\n", "columns: file, label"),
        ("", "columns: file, label"),
    ],
)
def test_labels_that_cannot_be_used_are_one_sentence(capsys, pile, tmp_path, text, word):
    (tmp_path / "bad.csv").write_text(text)
    status, out, err = run(capsys, pile[0], "--labels", tmp_path / "bad.csv", "--json")
    assert status == 2 and out == "" and err.startswith("error: ") and word in err and err.count("\n") == 1


def test_other_files_and_counts_are_refused(capsys, pile, tmp_path):
    for arguments, word in (
        ((tmp_path / "none.csv", "--json"), "cannot be read"),
        ((written(tmp_path / "x.csv", {"a": "b"}), "--json"), "xser adapt --csv"),
        ((pile[0], "--count", "3"), "Label 8 to 50 clips"),
        ((pile[0], "--json", "--labels", tmp_path / "no.csv"), "There are no labels"),
    ):
        status, _, err = run(capsys, *arguments)
        assert status == 2 and word in err, (arguments, err)


def test_in_a_terminal_it_asks_and_keeps_every_label_at_once(pile, tmp_path):
    answers, _ = pile
    labels = tmp_path / "typed.csv"
    command = [sys.executable, "-m", "xser_demo", "label", str(answers), "--labels", str(labels), "--count", "10"]
    ours, theirs = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(settings.ROOT)}
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        os.write(ours, b"1\n9\n0\n" + b"2\n" * 8)
        out, err = process.communicate(timeout=120)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 0, err
    assert "1 anger, 2 happiness, 3 neutral, 4 sadness" in err and "There is no '9'" in err and "10 of 10: clip" in err
    with open(labels, newline="") as lines:
        typed = [row["label"] for row in csv.DictReader(lines)]
    assert typed == ["anger", "none"] + ["happiness"] * 8
    assert "10 of 10 clips labelled" in out and "adapted" in out
