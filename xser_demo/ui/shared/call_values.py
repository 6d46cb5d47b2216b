"""Checks of the values that other programs send to the endpoints. Each returns what was meant; SettingsError says in a
sentence what is wrong."""

from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import benchmark_results
from xser_demo.ui.shared import model_menu
from xser_demo.ui.shared.model_menu import defaults
from xser_demo.ui.state import Visitor
from xser_demo.utils.errors import SettingsError

MAX_NAME = 200  # characters


def sound_file(audio: str | None) -> str:
    if audio is None:
        raise SettingsError("Send a sound file.")
    return audio


def models(ids: list[str] | None, most: int) -> list[Loaded]:
    """Shipped models by id; without ids those that the page selects first."""
    if not isinstance(ids or [], list):
        raise SettingsError("'models' must be a list of model ids.")
    chosen = list(dict.fromkeys(word(model_id, "models") for model_id in ids or [])) or defaults(Visitor())[:most]
    if not chosen:
        raise SettingsError("There is no model here; train some with: make models")
    if len(chosen) > most:
        raise SettingsError(f"At most {most} models are asked at once; name fewer.")
    return model_menu.loaded(Visitor(), chosen)


def corpora(value: str | None, side: str, known: list[str]) -> str:
    """One of the ``known`` corpora, or several joined by "+"."""
    keys = word(value, side).split("+")
    for key in keys:
        if key not in known:
            raise SettingsError(f"There is no corpus '{key}' for '{side}' here; choose one of: {', '.join(known)}.")
    return "+".join(keys)


def mode(value: str | None) -> str:
    return one_of(value, "mode", benchmark_results.MODES) or benchmark_results.MODES[0]


def one_of(value: str | None, name: str, known) -> str | None:
    """One of the ``known`` values; None when it is missing or empty."""
    chosen = word(value, name)
    if chosen and chosen not in known:
        advice = f"choose one of: {', '.join(known)}" if known else "leave it out"
        raise SettingsError(f"There is no {name} '{chosen}' here; {advice}.")
    return chosen or None


def word(value: str | None, name: str, default: str = "") -> str:
    if value is None or value == "":
        return default
    if not isinstance(value, str) or len(value) > MAX_NAME or not value.isprintable():
        raise SettingsError(f"'{name}' must be a short text.")
    return value


def number(value: float | None, name: str, low: float, high: float, whole: bool = False) -> float | None:
    if value is None:
        return None
    valid = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high  # nan fails
    if not valid or (whole and value != int(value)):
        kind = "whole number" if whole else "number"
        raise SettingsError(f"'{name}' must be a {kind} from {low:g} to {high:g}.")
    return int(value) if whole else float(value)
