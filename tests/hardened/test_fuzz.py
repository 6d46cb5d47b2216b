"""The first two thousand cases of fuzz.py; ``make fuzz`` runs the long ones."""

import fuzz
import guided
import pytest


@pytest.mark.parametrize(
    "target, cases",
    [("audio", 1_500), ("archive", 60), ("model", 300), pytest.param("archive", 200, marks=pytest.mark.more)],
)
def test_every_broken_file_gets_an_answer_or_a_sentence(target, cases):
    found = fuzz.fuzz(target, cases)
    assert not found["wrong"], found["wrong"]
    assert found["outcomes"]["refused"] > cases / 10 and found["outcomes"]["answer"] > cases / 50  # it does something


# What earlier cases have found: the file came in and broke the first answer of the model.
@pytest.mark.parametrize("number", [107, 142, 227, 384, 417, 460, 1308, 1695, 2794, 4290, 4369])
def test_tensors_that_do_not_fit_are_refused(number, tmp_path):
    assert fuzz.run_one(fuzz.TARGETS["model"](), "model", 0, number) in ("answer", "refused")


@pytest.mark.parametrize("target", guided.TARGETS)
def test_guided_fuzzing_begins_with_files_that_pass(target, tmp_path):
    """So its harness is not older than the code."""
    seeds, one = guided.TARGETS[target](tmp_path)
    for seed in seeds:
        one(seed)
