"""The original eGeMAPSv02 functionals by openSMILE, an optional package with its own licence (docs/gemaps.md).

``gemaps`` is this project's open vector of the same families. opensmile is imported only when it is used.
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import numpy as np

from xser_demo.features import gemaps
from xser_demo.utils.errors import SettingsError
from xser_demo.utils.progress import log
from xser_demo.utils.settings import SAMPLE_RATE

LICENCE_NOTICE = (
    "eGeMAPS is computed by openSMILE (audEERING GmbH), whose licence allows research and education only, "
    "not commercial products."
)


def available() -> bool:
    """Whether opensmile is installed (found, not imported)."""
    return find_spec("opensmile") is not None


@cache
def _smile():
    if not available():
        raise SettingsError(
            "eGeMAPS needs openSMILE, which is not installed; run 'pip install opensmile' (research and education "
            "only) or choose the GeMAPS-like features."
        )
    import opensmile

    return opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=opensmile.FeatureLevel.Functionals
    )


def names() -> tuple[str, ...]:
    """openSMILE's names of the 88 dimensions, in its order; equal to ``gemaps.NAMES``."""
    return tuple(_smile().feature_names)


def groups() -> dict[str, tuple[int, ...]]:
    """Plain-language group -> its dimensions; each dimension is in exactly one group."""
    return gemaps.groups(names())


def extract(samples: np.ndarray) -> np.ndarray:
    """``samples``: (n,) float32 at 16 kHz. Returns (88,) float32; SettingsError without opensmile.

    Values that openSMILE leaves undefined (clips shorter than 60 ms have no frame) are 0, so the vector is finite.
    """
    return np.nan_to_num(_smile()(samples, SAMPLE_RATE).reshape(-1)).astype(np.float32)


def licence_note(feature: str, tell: Callable[[str], None] = log) -> None:
    """Report openSMILE's licence, which is not the project's, before it is used."""
    if feature == "egemaps":
        tell(LICENCE_NOTICE)
