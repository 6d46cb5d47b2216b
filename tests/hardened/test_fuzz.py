"""The first two thousand cases of fuzz.py; ``make fuzz`` runs the long ones."""

import fuzz
import pytest


@pytest.mark.parametrize("target, cases", [("audio", 1_200), ("archive", 500), ("model", 300)])
def test_every_broken_file_gets_an_answer_or_a_sentence(target, cases):
    found = fuzz.fuzz(target, cases)
    assert not found["wrong"], found["wrong"]
    assert found["outcomes"]["refused"] > cases / 10 and found["outcomes"]["answer"] > cases / 50  # it does something
