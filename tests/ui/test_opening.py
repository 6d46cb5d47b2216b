"""The opening of the Listen tab: chosen clips, counts of right answers, the small map."""

import json
from dataclasses import replace

import numpy as np
import pytest

from xser_demo.data.packs import load_cached
from xser_demo.inference.predict import from_pack, predict
from xser_demo.networks import checkpoints
from xser_demo.reporting import scenes
from xser_demo.reporting.maps import MapCache
from xser_demo.ui.shared import model_pairs
from xser_demo.ui.shared.model_menu import defaults
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.listen import opening, small_map

PAIRS = [(key, others) for _, key in opening.languages() for others in (False, True)]


def test_every_language_has_models_and_chosen_clips():
    assert [name for name, _ in opening.languages()] == ["German", "Italian", "Polish", "Urdu"]
    for key, others in PAIRS:
        ids = opening.models_for(key, others)
        assert len(ids) == 2 and opening.target_of(ids) == (key, others)
        found = opening.scenes_of(ids)
        assert found.corpus == key and len(found.chosen) >= 3
    assert opening.models_for("emodb", False) == defaults(Visitor())


@pytest.mark.parametrize(("key", "others"), PAIRS)
def test_the_stored_scenes_are_what_the_shipped_models_say(key, others):
    """On the chosen clips each; the counts of one pair are computed again in full below."""
    found = opening.scenes_of(opening.models_for(key, others))
    pack = load_cached(key)
    for clip in found.chosen:
        label = pack.utterances[clip.row].emotion
        first, second = (
            predict(checkpoints.load(one), from_pack(pack, clip.row)) for one in (found.before, found.after)
        )
        assert clip.label == label == second.emotion != first.emotion and first.sure and second.sure


def test_counts_are_those_of_all_clips():
    ids = defaults(Visitor())
    assert scenes.measure(*(checkpoints.load(one) for one in ids)) == opening.scenes_of(ids)


def test_other_weights_and_a_broken_file_have_no_scenes(monkeypatch, tmp_path):
    before, after = (checkpoints.load(one).card for one in defaults(Visitor()))
    assert scenes.find(before, after) and scenes.find(before, after | {"weights_sha256": "0"}) is None
    for content in ("", "[{}]", json.dumps({"a": 1}), "[1]"):
        (tmp_path / "scenes.json").write_text(content)
        monkeypatch.setattr(scenes, "FILE", tmp_path / "scenes.json")
        scenes.load.cache_clear()
        assert scenes.load() == {}
    scenes.load.cache_clear()


def test_the_tally_counts_each_clip_once_and_only_labelled_clips_of_a_corpus():
    visitor, ids = Visitor(), defaults(Visitor())
    assert "your random clips" not in opening.tally(visitor, ids, ("emodb", 0))
    opening.count(visitor, None, None, {})
    opening.count(visitor, ("emodb", 0), None, dict.fromkeys(ids, "anger"))
    for _ in range(2):
        opening.count(visitor, ("emodb", 3), "anger", {ids[0]: "sadness", ids[1]: "anger"})
    opening.count(visitor, ("emovo", 3), "anger", dict.fromkeys(ids, "anger"))
    said = opening.tally(visitor, ids, ("emodb", 3))
    assert "<b>0</b> and <b>1</b> of 1;" in said and "339 clips of EmoDB" in said
    assert opening.tally(visitor, ids, None) == opening.tally(visitor, ids[:1], ("emodb", 3)) == ""


def test_the_small_map_is_that_of_the_shipped_pair():
    ids = defaults(Visitor())
    first = opening.picked(opening.scenes_of(ids)).encoded
    drawn = small_map.props(ids, first)
    points = json.loads(drawn["points"])
    assert len(points["before"]) == len(points["after"]) == len(points["colour"]) > drawn["ring"] >= points["sources"]
    assert len(points["colours"]) == 4 and drawn["star"] is None
    assert small_map.props(ids, replace(first, stored=("emodb", 10_000)))["ring"] is None
    for other in (
        ids[:1],
        [ids[0], "own-1"],
        [ids[1], ids[0]],
        ["ravdess-source", "others-emodb-coral-infomax-em"],
        ["own-1", ids[1]],
    ):
        assert small_map.props(other, first) == {"points": None, "ring": None, "star": None}
        assert small_map.late_star(other, replace(first, stored=None)) == {}


def test_the_visitors_own_clip_is_a_star_beside_its_twin_on_the_small_map(monkeypatch):
    """At first it waits for both models to embed all clips, then it comes with the answers."""
    monkeypatch.setattr(model_pairs, "SHIPPED", MapCache())
    ids = defaults(Visitor())
    stored = opening.picked(opening.scenes_of(ids)).encoded
    own = replace(stored, stored=None)
    assert small_map.props(ids, own)["star"] is None and small_map.late_star(ids, stored) == {}
    star = small_map.late_star(ids, own)["star"]
    again = small_map.props(ids, own)
    assert again["ring"] is None and again["star"] == star and small_map.late_star(ids, own) == {}
    ring, points = small_map.props(ids, stored)["ring"], json.loads(again["points"])
    sides = zip(("before", "after"), star, strict=True)
    away = [np.hypot(*np.subtract(one, points[side][ring])) for side, one in sides]
    assert away[0] < 2, "the model before takes a corpus's clip as it takes any clip"
    assert away[1] < small_map.SIDE / 3, "the model after hears the visitor's clip beside other recordings"
