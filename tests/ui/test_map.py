"""The Map tab without a browser: clicked points, regions, layout settings and animations."""

import itertools
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import gradio as gr
import numpy as np
import pytest

from xser_demo.corpora import corpus
from xser_demo.corpora.custom.scan import scan
from xser_demo.experiments.embeddings import Clips, subsample
from xser_demo.reporting import map_animation, maps, plots
from xser_demo.reporting.map_animation import MAX_LAYOUTS, MAX_SNAPSHOTS, MapHistory
from xser_demo.reporting.maps import PLAIN, Comparison, MapCache, MapSettings
from xser_demo.ui.shared import clip_media, model_pairs
from xser_demo.ui.shared.clips import synthetic_voice
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings
from xser_demo.ui.tabs.map import clip_details, figures, layout_menus, region, tab
from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError

MOST = 60


@pytest.fixture(scope="module")
def map_cache() -> MapCache:
    return MapCache()


@pytest.fixture(scope="module")
def comparison(map_cache) -> Comparison:
    visitor = Visitor()
    model_id = model_pairs.default(model_pairs.choices(visitor))
    return map_cache.comparison(*model_pairs.load_pair(visitor, model_id), max_clips=MOST)


def text(html: str) -> str:
    found = []
    parser = HTMLParser()
    parser.handle_data = found.append
    parser.feed(html)
    return re.sub(r"\s+", " ", " ".join(found))


def test_a_point_shows_its_clip_and_both_predictions(comparison):
    for row in (0, MOST, len(comparison.clips) - 1):
        utterance, shown = comparison.clips.utterances[row], text(clip_details.facts(comparison, row))
        assert corpus(utterance.corpus).name in shown and utterance.speaker in shown
        before, after = (view.predictions[row] for view in comparison.views)
        assert re.search(f"Label {utterance.emotion} Predicted before {before} Predicted after {after}", shown)
        assert ("target" in shown) == (row >= MOST)


def test_without_a_recording_the_stored_bands_are_drawn_and_the_owners_named(comparison, monkeypatch):
    monkeypatch.delenv("XSER_CORPORA", raising=False)
    utterance = comparison.clips.utterances[-1]
    shown = clip_media.media(utterance)
    assert shown.sound is None and shown.figure.data[0].z.shape[0] == 64
    assert "no recording here" in shown.source and corpus("emodb").url in shown.source


def test_the_frequency_marks_of_stored_bands_are_those_of_the_audio(comparison):
    """A mark is at the same share of the height of 64 bands and of 80: both scales are Slaney's and end at 8 kHz."""
    bands = clip_media.stored_bands(comparison.clips.utterances[0])
    assert bands.shape[0] == 64 and -80.5 < bands.min() < bands.max() < 0.5
    few, many = (plots.spectrogram(np.zeros((rows, 9)), 1.0, []).layout.yaxis for rows in (64, 80))
    for low, high in zip(few.tickvals, many.tickvals, strict=True):
        assert (low + 1) / 65 == pytest.approx((high + 1) / 81)


def test_a_recording_is_played(comparison, monkeypatch):
    clip = synthetic_voice(0).encoded.clip
    monkeypatch.setattr(clip_media, "recording", lambda utterance, own: clip)
    shown = clip_media.media(comparison.clips.utterances[0])
    assert shown.sound[0] == settings.SAMPLE_RATE and len(shown.sound[1]) == len(clip.samples) and shown.source == ""


def test_a_visitors_own_recording_has_its_name_and_sound_until_it_is_deleted(comparison, tmp_path):
    """It said "The owners of Your corpus distribute it at ." and was silent."""
    (tmp_path / "takes").mkdir()
    shutil.copy(settings.EXAMPLES / "it-medium.flac", tmp_path / "takes" / "one.flac")
    own = UserRecordings(tmp_path, scan(tmp_path))
    mine = replace(comparison.clips.utterances[-1], corpus="own", path="takes/one.flac", speaker="?one")
    shown = clip_media.media(mine, own)
    assert len(shown.sound[1]) > settings.SAMPLE_RATE and shown.source == ""
    clips = replace(comparison.clips, utterances=[*comparison.clips.utterances[:-1], mine])
    assert "<h3>one.flac</h3>" in clip_details.facts(replace(comparison, clips=clips), len(clips) - 1)
    shutil.rmtree(tmp_path)
    gone = clip_media.media(mine, own)
    assert gone.sound is None and "were deleted" in gone.source and "owners" not in gone.source


def test_steps_wrap_around_and_find_changed_predictions(comparison):
    n = len(comparison.clips)
    assert (
        clip_details.requested_row(comparison, None, "1") == 0
        and clip_details.requested_row(comparison, n - 1, "1") == 0
    )
    assert (
        clip_details.requested_row(comparison, 0, "-1") == n - 1 and clip_details.requested_row(comparison, 3, 7) == 7
    )
    before, after = (one.predictions for one in comparison.views)
    row, seen = None, []
    for _ in range(3):
        row = clip_details.requested_row(comparison, row, clip_details.CHANGED)
        seen.append(row)
    target = range(len(comparison.clips.source), n)
    assert seen == [i for i in target if before[i] != after[i]][:3]


@pytest.mark.parametrize("where", [None, -1, 10**6, True, "2", [1], {"a": 1}, 1.5, "<b>"])
def test_what_is_no_point_is_refused(comparison, where):
    with pytest.raises(SettingsError, match="click another point"):
        clip_details.requested_row(comparison, 0, where)


def test_a_region_counts_corpora_labels_and_answers(comparison):
    chosen = [*range(10, 30), *range(MOST, MOST + 15)]
    shown = text(region.summary(comparison, chosen))
    assert shown.startswith("35 clips in this region: 20 English (RAVDESS) and 15 German (EmoDB)")
    for name in comparison.clips.labels.classes:
        labelled = sum(comparison.clips.utterances[row].emotion == name for row in chosen)
        predicted = [sum(one.predictions[row] == name for row in chosen) for one in comparison.views]
        assert f"{name} {labelled} {predicted[0]} {predicted[1]}" in shown
    assert region.summary(comparison, []) == ""
    assert "English" not in text(region.summary(comparison, [MOST]))


@pytest.mark.parametrize("sent", [None, 3, "abc", {"0": 1}, [None, "1", 1.0, True, -1, 10**9, [2]]])
def test_rows_from_a_browser_are_checked(comparison, sent):
    assert region.valid_rows(sent, comparison) == []
    assert region.valid_rows([5, 2, 5, 10**9], comparison) == [2, 5]


def test_points_know_their_clips_and_ring_and_star_are_no_clips(comparison, map_cache):
    clips = [synthetic_voice(0).encoded]
    for figure in figures.figures(comparison, map_cache, "pca", "emotion", clips):
        rows = [row for trace in figure.data for row in trace.customdata or ()]
        assert sorted(rows) == list(range(len(comparison.clips)))
        assert sum(trace.meta == figures.RING for trace in figure.data) == 1
        assert sum(trace.meta == figures.STAR for trace in figure.data) == 1
        assert list(figure.layout.meta) == [figures.key(comparison), ""]


def test_maps_settle_step_by_step_and_an_unfinished_layout_is_not_cached(comparison, map_cache):
    steps = iter(MapCache().settle(comparison, "tsne", PLAIN))
    assert next(steps)[0] == 0
    quick = MapSettings(perplexity=5, seed=7)
    half = map_cache.settle(comparison, "tsne", quick)
    next(half)
    half.close()
    assert not map_cache.has(*comparison.models, "tsne", quick, MOST)
    sides = [
        side
        for side, layout in map_cache.settle(comparison, "tsne", quick)
        if layout.shape == (len(comparison.clips), 2)
    ]
    assert sides == sorted(sides) and min(sides.count(0), sides.count(1)) >= 10
    assert map_cache.has(*comparison.models, "tsne", quick, MOST)
    clips = [synthetic_voice(0).encoded]
    before, _ = map_cache.layouts(comparison, "tsne", quick)
    step = figures.step(0, before, maps.star(comparison, 0, before, clips), "a name")
    assert step["awaits"] == "a name" and step["side"] == "before" and len(step["star"]) == 1
    np.testing.assert_allclose(np.stack([step["x"], step["y"]], 1), before, atol=0.006)


def test_a_setting_makes_a_new_map_only_of_the_kind_that_uses_it(comparison, map_cache):
    plain = map_cache.layouts(comparison, "pca")
    assert map_cache.layouts(comparison, "pca", MapSettings(perplexity=5, seed=3)) is plain
    other = map_cache.layouts(comparison, "pca", MapSettings(components=(2, 3)))
    np.testing.assert_allclose(np.corrcoef(other[0][:, 0], plain[0][:, 1])[0, 1] ** 2, 1, atol=1e-4)
    assert not map_cache.has(*comparison.models, "tsne", MapSettings(perplexity=5), MOST)
    five = map_cache.layouts(comparison, "tsne", MapSettings(perplexity=5))
    assert map_cache.has(*comparison.models, "tsne", MapSettings(perplexity=5, neighbours=50), MOST)
    assert not map_cache.has(*comparison.models, "tsne", MapSettings(perplexity=5)), "of all clips there is none yet"
    assert not np.allclose(five[0], map_cache.layouts(comparison, "tsne", MapSettings(perplexity=30))[0], atol=0.05)


def test_the_layout_menus_start_with_the_default_settings():
    assert layout_menus.layout_settings("1 and 2", 30, 15, 0.1, 0, maps.MAX_CLIPS) == (PLAIN, maps.MAX_CLIPS)


def test_the_quality_of_both_maps_is_said(comparison, map_cache):
    before, after = map_cache.trust(comparison, "pca")
    assert map_cache.trust(comparison, "pca")[0] is before
    shown = text(figures.trust_note(before, after))
    assert f"before {before.trustworthiness:.2f} and {before.continuity:.2f}" in shown


def test_a_shipped_model_moves_from_before_to_after_with_the_star(comparison, map_cache):
    clips = [synthetic_voice(0).encoded]
    animation = map_animation.move(comparison, map_cache, "pca", PLAIN, clips)
    assert animation.names == ["before", "after"] and all(star.shape == (2,) for star in animation.stars)
    frames = map_animation.frames(animation)
    for frame, layout in zip(frames, map_cache.layouts(comparison, "pca"), strict=True):
        np.testing.assert_allclose(np.stack([frame["x"], frame["y"]], 1), layout, atol=0.006)
    _, after = figures.figures(comparison, map_cache, "pca", "emotion", clips)
    (low, high), _ = after.layout.xaxis.range, after.layout.yaxis.range
    assert all(low <= value <= high for frame in frames for value in frame["x"]), "no frame leaves the picture"
    rows = [int(one) for trace in after.data for one in trace.ids or ()]
    assert sorted(rows) == list(range(len(comparison.clips)))


def history(comparison: Comparison, moments: int, shown: Clips | None = None) -> MapHistory:
    """Clips that move straight from before to after."""
    shown = shown or comparison.clips
    made, rows = MapHistory(shown), map_animation.rows_of(shown, comparison.clips)
    before, after = (view.points[rows] for view in comparison.views)
    for moment in range(moments):
        share = moment / max(1, moments - 1)
        made.add(f"epoch {moment}", before * (1 - share) + after * share, None)
    return made


@pytest.mark.parametrize("kind", ["pca", "tsne", "umap"])
def test_each_map_of_an_animation_starts_from_the_last_and_the_ends_are_the_maps(comparison, map_cache, kind):
    animations = list(map_animation.epochs(history(comparison, 4), comparison, map_cache, kind, PLAIN, []))
    assert [len(animation.names) for animation in animations] == [1, 2, 3, 4]
    assert animations[-1].names == ["before", "epoch 1", "epoch 2", "after"]
    layouts = animations[-1].layouts
    for end, layout in zip((layouts[0], layouts[-1]), map_cache.layouts(comparison, kind), strict=True):
        assert end is layout
    steps = [np.linalg.norm(b - a, axis=1).mean() for a, b in itertools.pairwise(layouts)]
    assert max(steps) < 1.2, "points that lie about 1.8 apart do not jump"


def test_clips_without_epochs_are_hidden_between_the_ends(comparison, map_cache):
    few = subsample(comparison.clips.labels, comparison.clips.source, comparison.clips.target, MOST // 2)
    *_, last = map_animation.epochs(history(comparison, 3, few), comparison, map_cache, "pca", PLAIN, [])
    hidden = [np.isnan(layout).any(axis=1).sum() for layout in last.layouts]
    assert hidden == [0, MOST, 0]
    middle = map_animation.frames(last)[1]
    assert sum(value is None for value in middle["x"]) == MOST


def test_a_history_stays_small(comparison):
    long = history(comparison, 130)
    names = [snapshot.name for snapshot in long.snapshots]
    assert len(names) <= MAX_SNAPSHOTS and names[0] == "epoch 0" and names[-1] == "epoch 129"
    assert [int(n.split()[1]) for n in names] == sorted({int(n.split()[1]) for n in names})
    assert long.snapshots[0].points.dtype == np.float16
    thinned = map_animation.thin(long.snapshots)
    assert len(thinned) == MAX_LAYOUTS and (thinned[0], thinned[-1]) == (long.snapshots[0], long.snapshots[-1])
    assert map_animation.thin(long.snapshots[:3]) == long.snapshots[:3]


def test_no_map_is_drawn_that_nobody_asked_for():
    """Gradio fires ``change`` for the state that asks for one when a page is opened: each visit once drew a map of the
    shipped model, sometimes over an animation of the visitor's own."""
    from xser_demo.ui import app

    settled = next(one for one in app.build().fns.values() if one.name == "draw_settled")
    changes = list(settled.fn(None, *([None] * (len(settled.inputs) - 1))))
    assert [list(one.values()) for one in changes] == [[gr.skip()]], "yielding nothing would empty the maps"


def test_the_first_maps_are_there_before_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(model_pairs, "SHIPPED", MapCache())
    tab.warm_up()
    visitor = Visitor()
    models = model_pairs.load_pair(visitor, model_pairs.default(model_pairs.choices(visitor)))
    assert model_pairs.SHIPPED.has(*models) and model_pairs.SHIPPED.has(*models, "pca")
    assert model_pairs.SHIPPED.has(*models, "tsne")
