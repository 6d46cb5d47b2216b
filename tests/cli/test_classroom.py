"""``xser classroom rehearse``: what it refuses, its figures, and a whole hour on a page of its own."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from xser_demo.cli.classroom import rehearsal
from xser_demo.cli.classroom.phones import Seen
from xser_demo.cli.main import main
from xser_demo.corpora.labels import FOUR


def rehearse(*words: str) -> int:
    """The command's exit status; in a thread, since a browser of another test may have its event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(main, ["classroom", "rehearse", *words]).result()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--address", "http://192.168.1.5:7860"], "this computer only"),
        (["--students", "101"], "1 to 100 phones"),
        (["--corpora", "/nowhere"], "No corpus with acted clips"),
        ([], "Name the folder"),
    ],
)
def test_what_cannot_be_rehearsed_is_one_sentence(words, why, capsys, monkeypatch):
    monkeypatch.setenv("XSER_CORPORA", "")
    assert rehearse(*words) == 2
    said = capsys.readouterr().err
    assert why in said and said.startswith("error: ") and said.count("\n") == 1


def test_a_page_that_is_not_there_is_named(corpora_dir, unused_port, capsys, monkeypatch):
    monkeypatch.setenv("XSER_CORPORA", "")  # the command sets it
    address = f"http://127.0.0.1:{unused_port}"
    assert rehearse("--students", "1", "--corpora", str(corpora_dir), "--address", address) == 2
    assert f"Nothing answers at {address}" in capsys.readouterr().err


def test_phones_act_like_people_of_several_corpora(corpora_dir):
    found = rehearsal.voices(corpora_dir, 3, random.Random(0))
    for clips in found:
        assert len({emotion for emotion, _ in clips}) == rehearsal.TAKES
        assert all(emotion in FOUR and sound.startswith(b"RIFF") for emotion, sound in clips)


def test_a_vote_is_on_the_projector_when_the_bars_have_so_many():
    seen = Seen(votes=[(0.0, 0.1), (0.2, 0.3), (5.0, 5.1)], bars=[(0.05, 0), (0.4, 2), (4.9, 0), (5.5, 1)])
    assert rehearsal.on_projector(seen) == pytest.approx([0.4, 0.2, 0.5])
    assert rehearsal.quantiles([3, 1, 2]) == {"n": 3, "median": 2, "p95": 3, "worst": 3}
    assert rehearsal.quantiles([]) == {"n": 0}


@pytest.mark.more
def test_the_hour_from_the_command_line(serving, corpora_dir, capsys, monkeypatch):
    monkeypatch.setenv("XSER_CORPORA", "")
    with serving() as address:
        words = ["--students", "12", "--corpora", str(corpora_dir), "--address", address, "--json"]
        assert rehearse(*words) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["join_s"]["n"] == 12 and figures["vote_on_projector_s"]["n"] == 4 * 12
    assert figures["clips"] + figures["refused"] == 24 and set(figures["uar"]) >= {"Adapted to the room"}
