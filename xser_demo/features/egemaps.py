"""The original eGeMAPSv02 functionals by openSMILE, for those who may use it: an optional package (docs/gemaps.md).

``gemaps`` is this project's open vector of the same families. Nothing here imports opensmile before it is asked to.
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
    """openSMILE's names of the 88 dimensions, in its order (``gemaps.NAMES`` has the same in the same order)."""
    return tuple(_smile().feature_names)


def groups() -> dict[str, tuple[int, ...]]:
    """Plain-language group -> its dimensions; each dimension is in exactly one."""
    return gemaps.groups(names())


def extract(samples: np.ndarray) -> np.ndarray:
    """``samples``: (n,) float32 at 16 kHz. Returns (88,) float32; SettingsError without opensmile.

    What openSMILE leaves undefined (clips of less than 60 ms give no frame) is 0, so that the vector is finite.
    """
    return np.nan_to_num(_smile()(samples, SAMPLE_RATE).reshape(-1)).astype(np.float32)


def licence_note(feature: str, tell: Callable[[str], None] = log) -> None:
    """openSMILE's licence is not the project's: said before it is used."""
    if feature == "egemaps":
        tell(LICENCE_NOTICE)
