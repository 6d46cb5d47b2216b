"""Settings of the page as a link, and a link as settings.

A link names a tab and settings of that tab, ``?tab=map&model=ravdess-emodb-dann&colour=emotion``. Both directions use
the same checks (vocabulary.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from xser_demo.reporting.failure_presets import FAILURE_PRESETS
from xser_demo.ui.navigation.vocabulary import VOCABULARY, Unknown, Values, as_text
from xser_demo.utils.words import listed

MAX_LENGTH = 500  # characters of one value; the rest is ignored
BREAK = "break"  # a preset of the Adapt tab; other settings of the link overrule it


@dataclass(frozen=True)
class Link:
    """What to set the page to. ``note``: one sentence about what could not be read, or ""."""

    tab: str
    settings: Values
    note: str = ""


def read(query: Mapping[str, str]) -> Link | None:
    """The meaning of a query string; None when it has none for this page."""
    texts = {name: str(text)[:MAX_LENGTH] for name, text in query.items() if "_" not in name}  # Gradio's have a "_"
    if not texts.keys() & {"tab", BREAK, *(name for settings in VOCABULARY.values() for name in settings)}:
        return None
    tab, unknown = texts.pop("tab", "listen"), []
    if tab not in VOCABULARY:
        return Link("listen", {}, _note(["a tab"]))
    if tab == "adapt" and BREAK in texts:
        name = texts.pop(BREAK)
        if name in FAILURE_PRESETS:
            texts = _preset(name) | texts
        else:
            unknown.append("a preset")
    values: Values = {}
    for name, setting in VOCABULARY[tab].items():
        text = texts.pop(name, None)
        try:
            value = setting.read(text, values) if text else None
        except Unknown as problem:
            unknown.append(setting.noun)
            value = problem.known
        if value is None and setting.default:
            values[name] = setting.default(values)
        elif value is not None:
            values[name] = value
    return Link(tab, values, _note(unknown + ["a setting"] * bool(texts)))


def write(tab: str, values: Mapping[str, object]) -> str:
    """The query string of a tab and its settings, without values that a link cannot set."""
    checked: Values = {}
    pairs = [("tab", tab)]
    for name, setting in VOCABULARY.get(tab, {}).items():
        text = as_text(values.get(name))
        try:
            value = setting.read(text, checked) if text else None
        except Unknown as problem:
            value = problem.known
        if value is not None:
            checked[name] = value
            pairs.append((name, as_text(value)))
        elif setting.default:
            checked[name] = setting.default(checked)
    return urlencode(pairs)


def _note(unknown: list[str]) -> str:
    if not unknown:
        return ""
    unknown = list(dict.fromkeys(unknown))
    return f"The link asked for {listed(unknown)} that {'is' if len(unknown) == 1 else 'are'} not here."


def _preset(name: str) -> dict[str, str]:
    preset = FAILURE_PRESETS[name]
    return {key: as_text(getattr(preset, key)) for key in ("source", "target", "method", "mode", "strength", "shift")}
