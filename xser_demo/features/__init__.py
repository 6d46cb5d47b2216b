"""The input features of models. Each is a sequence of frames (T, D); a vector is a sequence of one frame."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from xser_demo.features.encoders.registry import ENCODERS


@dataclass(frozen=True)
class Feature:
    name: str
    title: str
    dim: int
    rate_hz: float | None  # frames per second; None for a vector
    extract: Callable[[np.ndarray], np.ndarray]  # (n,) samples at 16 kHz -> (T, dim) float32
    groups: Callable[[], dict[str, tuple[int, ...]]] = dict  # plain name -> dimensions; empty if they have no names
    encoder: str | None = None  # the frozen encoder of these frames; they keep their place in the clip


def _frozen(samples: np.ndarray, name: str) -> np.ndarray:
    from xser_demo.features.encoders import frozen

    return next(frozen.speech_frames(name, [samples])).frames


def _mel(samples: np.ndarray) -> np.ndarray:
    from xser_demo.features import mel

    return mel.bands(samples)


def _gemaps(samples: np.ndarray) -> np.ndarray:
    from xser_demo.audio.silence import trim
    from xser_demo.features import gemaps

    return gemaps.extract(trim(samples))[None]


def _gemaps_groups() -> dict[str, tuple[int, ...]]:
    from xser_demo.features import gemaps

    return gemaps.GROUPS


def _egemaps(samples: np.ndarray) -> np.ndarray:
    from xser_demo.audio.silence import trim
    from xser_demo.features import egemaps

    return egemaps.extract(trim(samples))[None]


def _egemaps_groups() -> dict[str, tuple[int, ...]]:
    from xser_demo.features import egemaps

    return egemaps.groups()


def _averages(samples: np.ndarray) -> np.ndarray:
    from xser_demo.features import averages

    return averages.extract(samples)[None]  # not trimmed: it skips the first 0.5 s itself


def _averages_groups() -> dict[str, tuple[int, ...]]:
    from xser_demo.features import averages

    return averages.GROUPS


FEATURES = {
    feature.name: feature
    for feature in (
        Feature(
            "whisper", "frozen Whisper frames", 512, 10, partial(_frozen, name="whisper"), encoder="whisper-base-4"
        ),
        Feature("mel", "log-mel bands", 64, 50, _mel),
        Feature("gemaps", "GeMAPS-like statistics", 88, None, _gemaps, _gemaps_groups),
        Feature("egemaps", "eGeMAPS functionals (openSMILE)", 88, None, _egemaps, _egemaps_groups),
        Feature("averages", "149 averages over time", 149, None, _averages, _averages_groups),
        *(
            Feature(one.id, f"frozen {one.title} frames", one.dim, 10, partial(_frozen, name=one.id), encoder=one.id)
            for one in ENCODERS.values()
        ),
    )
}
