"""What a visitor brings to the maps: their clip and its way, its neighbours, and recordings without labels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xser_demo.data.packs import load_cached
from xser_demo.experiments.embeddings import UNLABELLED
from xser_demo.experiments.plan import Plan
from xser_demo.inference.predict import from_pack, predict
from xser_demo.reporting import map_animation, map_star, maps, plots
from xser_demo.reporting.maps import PLAIN, Comparison, MapCache
from xser_demo.reporting.palette import EMOTION_COLOURS
from xser_demo.ui.shared import model_pairs
from xser_demo.ui.shared.clips import synthetic_voice
from xser_demo.ui.shared.model_menu import MAX_OWN_MODELS, keep
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import frames as adapt_frames
from xser_demo.ui.tabs.map import clip_details, figures, nearest

MOST = 60
QUICK = Plan("ravdess", "emodb", "gan", "valence", system="latif2019-gan", epochs=3)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    visitor = Visitor()
    model_id = model_pairs.default(model_pairs.choices(visitor))
    return MapCache().comparison(*model_pairs.load_pair(visitor, model_id), max_clips=MOST)


def test_an_adaptation_leaves_its_epochs_with_the_way_of_the_visitors_clip():
    visitor = Visitor(clip=synthetic_voice(0).encoded)
    last = list(adapt_frames.frames(QUICK, clip=visitor.clip))[-1]
    own = keep(visitor, last.result, last.map_history)
    history, cache = visitor.map_history[own.id], MapCache()
    shots = history.snapshots
    assert shots[0].name == "before" and shots[-1].name == "after" and len(shots) > 2
    comparison = model_pairs.compare(visitor, cache, own.id, MOST)
    *_, animation = map_animation.epochs(history, comparison, cache, "pca", PLAIN, [visitor.clip])
    seen = ~np.isnan(animation.layouts[1][:, 0])
    assert seen[:MOST].any() and seen[MOST:].any(), "clips of the target, too, whose labels the run did not see"
    assert all(star is not None and np.isfinite(star).all() for star in animation.stars)
    assert np.abs(animation.stars[0] - animation.stars[-1]).max() > 0
    stranger = synthetic_voice(1).encoded
    *_, other = map_animation.epochs(history, comparison, cache, "pca", PLAIN, [stranger])
    assert other.stars[1:-1] == [None] * (len(shots) - 2), "another clip was not there then"

    layout = cache.layouts(comparison, "pca")[1]
    way = map_star.way(history, comparison, layout, visitor.clip)
    assert way.names == [one.name for one in shots[:-1]] and np.isfinite(way.positions).all()
    assert map_star.way(history, comparison, layout, stranger) is None
    before, after = figures.figures(comparison, cache, "pca", "emotion", [visitor.clip], history=history)
    ways, stars = ([t for t in after.data if t.meta == name] for name in (figures.WAY, figures.STAR))
    assert (ways[0].x[-1], ways[0].y[-1]) == (stars[0].x[0], stars[0].y[0]), "it ends at the star"
    assert [t for t in before.data if t.meta == figures.WAY] == []
    for _ in range(MAX_OWN_MODELS):
        keep(visitor, last.result, last.map_history)
    assert own.id not in visitor.map_history and len(visitor.map_history) == MAX_OWN_MODELS


def test_clips_without_a_label_do_not_look_neutral(comparison):
    first, *others = comparison.clips.utterances
    mine = replace(comparison.clips, utterances=[*others, replace(first, emotion="")][::-1])
    hollow = [group for group in maps.groups(mine, comparison.views[0], "emotion") if group.name.startswith(UNLABELLED)]
    assert len(hollow) == 1 and hollow[0].symbol == "circle-open" and len(hollow[0].index) == 1
    assert hollow[0].colour not in EMOTION_COLOURS.values()
    drawn = plots.scatter(np.zeros((len(mine), 2)), hollow).data[0]
    assert drawn.marker.line.width > 1, "the outline is all that is seen of it"
    assert "not labelled" in maps.legend(mine, "emotion") and "not labelled" not in maps.legend(mine, "corpus")
    assert "not labelled" not in maps.legend(comparison.clips, "emotion")
    assert "#7F7F7F" not in clip_details.facts(replace(comparison, clips=mine), 0).partition("Predicted before")[0]


def test_the_clips_nearest_to_the_visitors_are_named_and_can_be_opened(comparison):
    clip = synthetic_voice(0).encoded
    said = nearest.lines(comparison, [clip])
    for side, when in ((0, "before"), (1, "after")):
        point = predict(comparison.models[side], clip).embedding
        distance = np.linalg.norm(comparison.views[side].points.numpy() - point, axis=1)
        rows = distance[:MOST].argmin(), MOST + distance[MOST:].argmin()
        assert map_star.nearest(comparison, side, clip) == rows
        line = said.split("<p>")[1 + side]
        assert f"Nearest to your clip {when} adaptation: English clip" in line and "; German clip" in line
        assert all(f"data-row='{row}'" in line for row in rows)
        for row in rows:
            utterance = comparison.clips.utterances[row]
            assert Path(utterance.path).stem in line and f"labelled {utterance.emotion}" in line
    assert nearest.lines(comparison, []) == ""


def test_a_stored_clip_is_not_its_own_neighbour(comparison):
    key, row = comparison.clips.source.pack.key, int(comparison.clips.source.rows[3])
    assert map_star.nearest(comparison, 0, from_pack(load_cached(key), row))[0] != 3
