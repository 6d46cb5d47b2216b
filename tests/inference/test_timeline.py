"""Windows of a longer clip, what they say, and how it is drawn."""

from itertools import pairwise

import numpy as np
import pytest

from xser_demo.audio.io import from_array, load
from xser_demo.data.packs import load_cached
from xser_demo.inference.predict import encode_clip, from_pack, predict
from xser_demo.inference.timeline import HOP_S, WINDOW_S, encode_windows, timeline, windows
from xser_demo.networks import checkpoints
from xser_demo.ui.shared.answers import view
from xser_demo.ui.shared.model_menu import defaults
from xser_demo.ui.state import Visitor
from xser_demo.utils import settings
from xser_demo.utils.settings import SAMPLE_RATE


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return load(settings.EXAMPLES / "de-slow-low.flac").samples


@pytest.fixture(scope="module")
def long(voice):
    """A voice, five seconds of silence, and the voice again."""
    silence = np.zeros(5 * SAMPLE_RATE, np.float32)
    return encode_clip(from_array(np.concatenate([voice, silence, voice]), SAMPLE_RATE))


@pytest.mark.parametrize("duration", [4.0, 4.1, 4.3, 7.0, 12.9, 60.0])
def test_windows_lie_inside_and_reach_the_end(duration):
    found = windows(duration)
    assert all(b - a == pytest.approx(WINDOW_S) and a >= 0 and b <= duration + 1e-9 for a, b in found)
    assert all(0 < b - a <= HOP_S + 1e-9 for (a, _), (b, _) in pairwise(found))
    assert duration - found[-1][1] <= HOP_S / 4 + 1e-9


def test_a_short_clip_has_no_windows():
    assert windows(3.9) == []


def test_a_window_is_heard_as_a_clip_of_its_own_and_silence_as_silence(voice, long):
    model, encoded = checkpoints.load("ravdess-source"), encode_windows(long)
    moments = timeline(model, encoded)
    middle = [m for m in moments if len(voice) / SAMPLE_RATE + 1.6 < m.start_s < len(voice) / SAMPLE_RATE + 3]
    assert middle and all(m.probabilities is None and m.emotion is None and not m.sure for m in middle)
    piece = from_array(long.clip.samples[: int(WINDOW_S * SAMPLE_RATE)], SAMPLE_RATE)
    alone = predict(model, encode_clip(piece)).probabilities
    assert moments[0].probabilities == pytest.approx(alone, abs=1e-4)


def test_moments_lie_end_to_end_over_the_clip(long):
    moments = timeline(checkpoints.load("ravdess-emodb-cai2021-dann"), encode_windows(long))
    assert moments[0].start_s == 0 and moments[-1].end_s == pytest.approx(long.duration_s, abs=HOP_S / 4)
    assert all(a.end_s == b.start_s for a, b in pairwise(moments))


def test_a_vector_and_a_stored_utterance_have_no_timeline(long):
    assert timeline(checkpoints.load("ravdess-emodb-latif2019-gan"), encode_windows(long)) == []
    emodb = load_cached("emodb")
    row = max(range(len(emodb.utterances)), key=lambda row: emodb.utterances[row].duration_s)
    assert emodb.utterances[row].duration_s > 4 and encode_windows(from_pack(emodb, row)) == []


def test_the_figure_keeps_its_height_while_the_timeline_comes(long):
    visitor = Visitor(clip=encode_clip(long.clip))
    ids = defaults(visitor)
    first = view.show(visitor, ids).figure
    assert not any(bar.x for bar in first.data if bar.type == "bar")
    assert view.unfold(visitor) and not view.unfold(visitor)  # only once
    second = view.show(visitor, ids).figure
    bars = [bar for bar in second.data if bar.type == "bar"]
    assert len(bars) == 2 and all(bar.x for bar in bars) and first.layout.height == second.layout.height
    assert second.layout.xaxis.range == (0, long.duration_s)


def test_one_head_is_shown_instead_of_their_mean(voice):
    visitor = Visitor(clip=encode_clip(from_array(voice, SAMPLE_RATE)))
    ids = ["ravdess-source", "ravdess-emodb-cai2021-dann"]
    mean, second = (view.show(visitor, ids, head=head).figure.data for head in (0, 2))
    assert view.show(visitor, ids).heads and not view.show(visitor, ids[1:]).heads
    assert not np.array_equal(mean[0].y, second[0].y)
    assert np.array_equal(mean[1].y, second[1].y)  # a curve of Grad-CAM is no head's
