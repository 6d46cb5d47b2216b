"""Where the attention of models differs by more than that of two seeds."""

import numpy as np
import pytest

from xser_demo.inference import attention
from xser_demo.inference.attention import Differences
from xser_demo.inference.explain import ATTENTION, Curve


def curve(*weights: float) -> Curve:
    return Curve(ATTENTION, np.array(weights) / sum(weights), 10)


@pytest.fixture(autouse=True)
def one(monkeypatch):
    monkeypatch.setattr(attention, "threshold", lambda of_source: 1.0)


def test_a_level_of_one_is_the_mean_over_the_clip():
    np.testing.assert_allclose(attention.level(curve(1, 1, 1, 1), 0.4), 1)
    np.testing.assert_allclose(attention.level(curve(0, 1, 1, 0), 0.4), [0, 2, 2, 0])


def test_models_differ_where_they_exceed_the_threshold():
    found = Differences.of([curve(1, 1, 1, 1, 1), curve(0.5, 0.5, 0.5, 3, 0.5), curve(1, 1, 1, 1, 1)], 0.5)
    assert found.differ and found.stretches() == [(0.3, 0.4)]
    peak = found.peak()
    assert (peak.frame, peak.highest) == (3, 1) and peak.second == pytest.approx(0.35)
    np.testing.assert_allclose(found.levels[[1, 0], 3], [3, 1])


def test_a_smaller_difference_says_nothing():
    found = Differences.of([curve(1, 1, 1, 1), curve(1.2, 0.8, 0.6, 1.4)], 0.4)
    assert not found.differ and found.stretches() == []
    np.testing.assert_allclose(found.mean().values, np.array([1.1, 0.9, 0.8, 1.2]) / 4)


def test_differences_at_both_ends_of_the_clip_are_whole_stretches():
    found = Differences.of([curve(1, 1, 1, 1), curve(4, 0.01, 0.01, 4), curve(1, 1, 1, 1, 1)], 0.4)
    assert found.stretches()[0][0] == 0 and found.stretches()[-1][1] == pytest.approx(0.4)
