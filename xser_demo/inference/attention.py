"""Where models differ in what they attend to. Two seeds of one recipe differ, too: what does not exceed that says
nothing about the models (benchmark/attention_noise.py measured it once)."""

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from xser_demo.inference.explain import ATTENTION, Curve
from xser_demo.utils import settings

FILE = settings.ASSETS / "results" / "attention_noise.json"


def level(curve: Curve, duration: float) -> np.ndarray:
    """(n,) the weight of each moment as a multiple of the mean over the clip of ``duration`` seconds."""
    return curve.values * curve.rate_hz * duration


@lru_cache(maxsize=2)
def threshold(of_source: bool) -> float:
    """The difference between two seeds that 95 of 100 clips do not exceed, in the unit of ``level``. ``of_source``: on
    clips of the source corpus, where adapted models vary more."""
    measured = json.loads(FILE.read_text(encoding="utf-8"))["thresholds"]
    return float(measured["source" if of_source else "others"])


@dataclass(frozen=True)
class Moment:
    """The moment with the largest difference. ``highest`` and ``lowest``: rows of the two curves there."""

    frame: int
    second: float
    highest: int
    lowest: int


@dataclass(frozen=True)
class Differences:
    """The attention of models on one clip. ``levels`` (models, T), see ``level``."""

    levels: np.ndarray
    rate_hz: float
    least: float  # smaller differences are those of two seeds

    @classmethod
    def of(cls, curves: list[Curve], duration: float, of_source: bool = False) -> "Differences":
        """Of at least one curve. All have the rate of the shared encoder; a frame more at the end is left out.
        ``of_source``: the clip belongs to the corpus that a model was trained on."""
        length = min(len(curve.values) for curve in curves)
        levels = np.stack([level(curve, duration)[:length] for curve in curves])
        return cls(levels, curves[0].rate_hz, threshold(of_source))

    @property
    def spread(self) -> np.ndarray:
        """(T,) the largest difference of any two models at each moment."""
        return np.ptp(self.levels, axis=0)

    @property
    def differ(self) -> bool:
        return bool(self.spread.max(initial=0) > self.least)

    def stretches(self) -> list[tuple[float, float]]:
        """Start and end, in seconds, of the parts of the clip in which the models differ."""
        inside = np.concatenate([[False], self.spread > self.least, [False]]).astype(int)
        starts, ends = (np.flatnonzero(np.diff(inside) == step) for step in (1, -1))
        return [(start / self.rate_hz, end / self.rate_hz) for start, end in zip(starts, ends, strict=True)]

    def mean(self) -> Curve:
        """The curve that stands for all models while they do not differ."""
        values = self.levels.mean(axis=0)
        return Curve(ATTENTION, values / max(float(values.sum()), 1e-12), self.rate_hz)

    def peak(self) -> Moment:
        frame = int(self.spread.argmax())
        column = self.levels[:, frame]
        return Moment(frame, (frame + 0.5) / self.rate_hz, int(column.argmax()), int(column.argmin()))
