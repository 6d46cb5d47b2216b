"""Maps that come with the repository: they fit the shipped models and clips, or are not used."""

from dataclasses import replace

import numpy as np
import pytest

from xser_demo.evaluation import projection
from xser_demo.networks import checkpoints
from xser_demo.reporting import maps, shipped_maps
from xser_demo.reporting.maps import PLAIN, Comparison, MapCache
from xser_demo.reporting.shipped_maps import shipped_layout

FIRST = "ravdess-emodb-coral-infomax-em"
ADAPTED = [card["id"] for card in checkpoints.cards() if card["target"] and "+" not in card["source"]]


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return maps.compare(*shipped_maps.pair(checkpoints.load(FIRST)), max_clips=40)


def test_every_shipped_pair_has_a_map_and_no_map_is_left_over():
    assert sorted(ADAPTED) == sorted(after.id for _, after in shipped_maps.pairs())
    assert sorted(ADAPTED) == sorted(file.stem for file in shipped_maps.FOLDER.glob("*.npz"))
    assert sum(file.stat().st_size for file in shipped_maps.FOLDER.glob("*")) < 1_000_000
    assert PLAIN.of("tsne") == shipped_maps.SETTINGS


@pytest.mark.parametrize("model_id", ADAPTED)
def test_a_shipped_map_fits_its_models_and_clips(model_id):
    pair = shipped_maps.pair(checkpoints.load(model_id))
    clips = maps.clips_of(pair[1])
    layouts = shipped_layout(*pair, clips)
    assert layouts is not None, "run 'scripts/make_models.py maps'"
    for layout in layouts:
        assert layout.shape == (len(clips), 2) and layout.dtype == np.float32
        np.testing.assert_allclose(layout.mean(0), 0, atol=0.01)
        np.testing.assert_allclose(layout.var(0).mean(), 1, atol=0.01)
    assert np.linalg.norm(layouts[1] - layouts[0], axis=1).mean() < 1.6, "at random it would be 1.8"


def test_the_first_t_sne_map_is_not_computed(monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("computed")

    monkeypatch.setattr(projection, "layout_frames", refuse)
    pair, cache = shipped_maps.pair(checkpoints.load(FIRST)), MapCache()
    whole = cache.comparison(*pair)
    assert cache.has(*pair, "tsne") and len(cache.layouts(whole, "tsne")[0]) == len(whole.clips)
    for trust in cache.trust(whole, "tsne"):
        assert trust.trustworthiness > 0.95
    assert not cache.has(*pair, "umap")
    assert not cache.has(*pair, "tsne", replace(PLAIN, seed=1))


def test_a_map_of_other_weights_clips_or_features_is_ignored(comparison, monkeypatch, tmp_path):
    monkeypatch.setattr(shipped_maps, "FOLDER", tmp_path)
    (before, after), clips = comparison.models, comparison.clips
    assert shipped_layout(before, after, clips) is None, "there is no file yet"
    places = np.random.default_rng(0).normal(size=(2, len(clips), 2))
    file = shipped_maps.write(before, after, clips, (places[0], places[1]))
    np.testing.assert_allclose(shipped_layout(before, after, clips), places, atol=0.01)
    retrained = replace(after, card=after.card | {"weights_sha256": "0" * 64})
    assert shipped_layout(before, retrained, clips) is None
    assert shipped_layout(before, after, replace(clips, utterances=clips.utterances[::-1])) is None
    assert shipped_layout(before, after, maps.clips_of(after, max_clips=30)) is None
    data = file.read_bytes()
    for damaged in (b"", data[:100], data[:-40], b"no archive", data.replace(b"before", b"befoul")):
        file.write_bytes(damaged)
        assert shipped_layout(before, after, clips) is None
    np.savez(file, before=np.array([{}], dtype=object), after=places[1], fingerprint="x")
    assert shipped_layout(before, after, clips) is None, "nothing is unpickled"


def test_the_map_after_adaptation_starts_from_the_one_before(comparison):
    """A clip stays near its place as far as the embedding allows."""
    before, after = MapCache().layouts(comparison, "tsne")
    alone = projection.match(maps.project(comparison.views[1].points, "tsne", PLAIN), before)
    moved, moved_alone = (np.linalg.norm(one - before, axis=1).mean() for one in (after, alone))
    assert moved <= moved_alone
