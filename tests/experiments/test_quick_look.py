"""The quick look: answers clip by clip, then the guard, the nearest sources and the recommended ones."""

from dataclasses import replace

import numpy as np
import pytest

from xser_demo.data import packs
from xser_demo.data.packs import load_cached
from xser_demo.experiments import quick_look
from xser_demo.inference.predict import from_pack, predict
from xser_demo.networks import checkpoints
from xser_demo.ui.tabs.recordings import look as view


def pile(key: str, every: int, **changes) -> packs.Pack:
    """Some clips of a shipped corpus as a user's own."""
    whole = load_cached(key)
    rows = range(0, len(whole), every)
    clips = [replace(whole.utterances[row], corpus="own", **changes) for row in rows]
    return packs.make("own", clips, [whole.frames(row).numpy() for row in rows], {})


def test_answers_are_those_of_predict_and_add_up():
    pack, found = pile("emovo", 20), quick_look.begin()
    assert {one.id for one in found.models} == {"ravdess-source", "emodb-source"}
    for row in range(len(pack)):
        found.add(f"{row}.wav", pack.frames(row).numpy())
    model = next(number for number, one in enumerate(found.models) if one.id == "ravdess-source")
    loaded = checkpoints.load("ravdess-source")
    for row in range(0, len(pack), 5):
        assert found.answers[f"{row}.wav"][model] == predict(loaded, from_pack(pack, row)).emotion
    assert all(sum(shares.values()) == pytest.approx(1) for shares in found.shares)
    both = [len(set(answers)) == 1 for answers in found.answers.values()]
    assert found.agreement == pytest.approx(np.mean(both)) and 0 < found.agreement < 1


def test_the_guard_knows_a_corpus_where_a_speaker_has_one_emotion():
    fine, confounded, unknown = pile("emodb", 2), pile("urdu", 1), pile("emodb", 4, speaker="")
    assert quick_look.normalisation(fine).name == "speaker"
    refused = quick_look.normalisation(confounded)
    assert refused.name == "corpus" and "mostly one emotion" in refused.reason
    assert "not known" in quick_look.normalisation(unknown).reason


def test_labels_of_the_recordings_change_nothing():
    labelled, blank = pile("emodb", 3), pile("emodb", 3, emotion="")
    assert quick_look.normalisation(labelled) == quick_look.normalisation(blank)


def test_a_corpus_is_nearest_to_itself():
    ranking = quick_look.nearest(pile("nemo", 4))
    assert ranking[0][0] == "nemo" and [far for _, far in ranking] == sorted(far for _, far in ranking)
    assert {key for key, _ in ranking} == set(quick_look.sources()) == {"ravdess", "emodb", "emovo", "nemo"}
    assert quick_look.sources("emodb") == ["emovo", "nemo", "ravdess"]


def test_what_the_page_says_is_escaped_and_grows():
    found = quick_look.begin()
    assert view.look(found, 9) == ""
    pack = pile("emodb", 12)
    for row in range(len(pack)):
        found.add(f"<b>{row}.wav", pack.frames(row).numpy())
    assert f"{len(pack)} of 99 clips so far" in view.look(found, 99)
    found.finish(pack)
    html = view.look(found, len(pack))
    assert "<b>1.wav" not in html and "&lt;b&gt;1.wav" in html
    assert "Sources, nearest first" in html and "all sources together reached a UAR of" in html
