"""Settings of the page as a link, and a link as settings. Knows nothing of Gradio.

A link names a tab and settings of that tab, ``?tab=map&model=ravdess-emodb-dann&colour=emotion``. Both directions go
through the same checks, so that a link holds only what everyone can choose: no clip, and no model of a visit.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from xser_demo.audio import perturbations
from xser_demo.corpora import joined
from xser_demo.corpora.labels import FOUR, LABEL_SETS
from xser_demo.data import packs
from xser_demo.experiments import systems
from xser_demo.experiments.plan import read_weights
from xser_demo.networks import checkpoints
from xser_demo.reporting import benchmark_results, failure_presets, maps
from xser_demo.reporting.naming import listed
from xser_demo.ui.shared import adapt_options, model_menu
from xser_demo.ui.shared.adapt_options import (
    INDUCTIVE,
    MOST_EPOCHS,
    MOST_SEED,
    MOST_STRENGTH,
    TRANSDUCTIVE,
)
from xser_demo.ui.shared.clips import ANY, emotions, voices
from xser_demo.ui.shared.model_menu import MOST_MODELS
from xser_demo.ui.state import Visitor
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError

MOST_SOURCES = 8  # beside the first
LONGEST = 500  # characters of one value that are looked at
BREAK = "break"  # a preset of the Adapt tab; what else the link says goes beyond it

Values = dict[str, object]


class Unknown(ValueError):
    """A value that the page cannot be set to; ``known`` is what of it can be."""

    def __init__(self, known: object = None):
        super().__init__()
        self.known = known


@dataclass(frozen=True)
class Setting:
    """One setting of a tab. ``what`` it is, for the sentence about an unknown value. ``read`` makes a value of a text
    and of the settings before it, or raises ``Unknown``. ``default`` stands in where a tab needs all its settings."""

    what: str
    read: Callable[[str, Values], object]
    default: Callable[[Values], object] | None = None


@dataclass(frozen=True)
class Link:
    """What to set the page to. ``note``: one sentence about what could not be read, or nothing."""

    tab: str
    settings: Values
    note: str = ""


def read(query: Mapping[str, str]) -> Link | None:
    """The meaning of a query string; None when it has none for this page."""
    given = {name: str(text)[:LONGEST] for name, text in query.items() if "_" not in name}  # Gradio's own have a "_"
    if not given.keys() & {"tab", *(name for known in VOCABULARY.values() for name in (*known, BREAK))}:
        return None
    tab, wrong = given.pop("tab", "listen"), []
    if tab not in VOCABULARY:
        return Link("listen", {}, _note(["a tab"]))
    known, found = VOCABULARY[tab], {}
    if tab == "adapt" and BREAK in given:
        name = given.pop(BREAK)
        if name in failure_presets.FAILURE_PRESETS:
            given = _preset(name) | given
        else:
            wrong.append("a preset")
    for name, setting in known.items():
        text = given.pop(name, None)
        try:
            value = None if text in (None, "") else setting.read(text, found)
        except Unknown as problem:
            wrong.append(setting.what)
            value = problem.known
        if value is None and setting.default:
            found[name] = setting.default(found)
        elif value is not None:
            found[name] = value
    return Link(tab, found, _note(wrong + ["a setting"] * bool(given)))


def write(tab: str, values: Mapping[str, object]) -> str:
    """The query string of a tab and its settings. What a link could not bring back is left out."""
    found: Values = {}
    pairs = [("tab", tab)]
    for name, setting in VOCABULARY.get(tab, {}).items():
        text = _text(values.get(name))
        try:
            value = setting.read(text, found) if text else None
        except Unknown as problem:
            value = problem.known
        if value is not None:
            found[name] = value
            pairs.append((name, _text(value)))
        elif setting.default:
            found[name] = setting.default(found)
    return urlencode(pairs)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _note(wrong: list[str]) -> str:
    if not wrong:
        return ""
    wrong = list(dict.fromkeys(wrong))
    return f"The link asked for {listed(wrong)} that {'is' if len(wrong) == 1 else 'are'} not here."


def _preset(name: str) -> dict[str, str]:
    one = failure_presets.FAILURE_PRESETS[name]
    return {key: _text(getattr(one, key)) for key in ("source", "target", "method", "mode", "strength", "shift")}


def one_of(what: str, choices: Callable[[Values], Iterable], default: Callable | None = None) -> Setting:
    """``choices``: the values a menu offers, given the settings before it."""

    def read(text: str, found: Values) -> object:
        for value in choices(found):
            if _text(value) == text:
                return value
        raise Unknown

    return Setting(what, read, default)


def some_of(
    what: str, choices: Callable[[Values], Iterable[str]], most: int, default: Callable | None = None
) -> Setting:
    """Several, joined by commas."""

    def read(text: str, found: Values) -> list[str]:
        known, wanted = set(choices(found)), list(dict.fromkeys(text.split(",")))
        there = [one for one in wanted if one in known][:most]
        if there != wanted:
            raise Unknown(there or None)
        return there

    return Setting(what, read, default)


def number(what: str, low: float, high: float, kind: type = int, default: Callable | None = None) -> Setting:
    def read(text: str, found: Values) -> float:
        try:
            value = kind(text)
        except ValueError:
            raise Unknown from None
        if not low <= value <= high:  # neither is "nan"
            raise Unknown
        return value

    return Setting(what, read, default)


def _models() -> list[str]:
    return [model_id for _, model_id in model_menu.menu(Visitor())]


def _adapted() -> list[str]:
    return [card["id"] for card in checkpoints.cards() if card["target"] and "+" not in card["source"]]


def _emotions(found: Values) -> list[str]:
    corpus = found.get("corpus")
    return [ANY, *(emotions(corpus)[1:] if corpus else FOUR)]


def _offer(found: Values) -> adapt_options.FormDefaults:
    return adapt_options.form_defaults(found["system"], found.get("variant"))


def _corpora(side: int) -> Callable[[Values], list[str]]:
    return lambda found: adapt_options.corpora(found["system"], found.get("variant"), found.get("encoder", ""))[side]


def _first(side: int) -> Callable[[Values], str | None]:
    """The system's own corpus where it is here."""

    def default(found: Values) -> str | None:
        wanted = (_offer(found).source, _offer(found).target)[side]
        return wanted if wanted in _corpora(side)(found) else None

    return default


def _others(side: int) -> Callable[[Values], list[str]]:
    """Corpora that neither side has yet."""

    def choices(found: Values) -> list[str]:
        taken = {found.get("source"), found.get("target"), *(found.get("more") or ())}
        return [one for one in _corpora(side)(found) if one not in taken]

    return choices


def _weights(text: str, found: Values) -> str:
    """As typed, one for each source."""
    try:
        given = read_weights(text)
    except UserError:
        raise Unknown from None
    if len(given or ()) != 1 + len(found.get("more") or ()):
        raise Unknown
    return text


def _folds(found: Values) -> list[int]:
    target = joined(found.get("target"), found.get("second"))
    return (
        [key for _, key in adapt_options.fold_choices(target, found["system"], found.get("variant"))] if target else []
    )


def _second(pairs: Iterable[tuple[str, object]]) -> list:
    return [value for _, value in pairs]


def _strength(text: str, found: Values) -> float:
    """Of a change of the sound; some have two directions."""
    low = perturbations.PERTURBATIONS[found["shift"]].low if "shift" in found else 0
    return number("", low, 1, float).read(text, found)


def _benchmark(menu: Callable[[dict], Iterable]) -> Callable[..., list]:
    """Choices that depend on the benchmark's file; none while it is not there."""

    def choices(found: Values | None = None) -> list:
        try:
            return list(menu(benchmark_results.read(settings.ASSETS / "results" / "scores.json")))
        except UserError:
            return []

    return choices


VOCABULARY: dict[str, dict[str, Setting]] = {
    "listen": {
        "models": some_of("a model", lambda _: _models(), MOST_MODELS),
        "corpus": one_of("a corpus", lambda _: packs.available()),
        "emotion": one_of("an emotion", _emotions),
    },
    "map": {
        "model": one_of("a model", lambda _: _adapted()),
        "kind": one_of("a kind of map", lambda _: ("pca", "tsne", "umap")),
        "colour": one_of("a colouring", lambda _: maps.COLOUR_BY),
        "components": one_of("a pair of components", lambda _: ("1 and 2", "1 and 3", "2 and 3")),
        "perplexity": one_of("a perplexity", lambda _: (5, 15, 30, 50, 100)),
        "neighbours": one_of("a number of neighbours", lambda _: (5, 15, 30, 50, 100)),
        "distance": one_of("a distance", lambda _: (0.0, 0.1, 0.3, 0.6, 0.9)),
        "seed": one_of("a seed", lambda _: range(5)),
        "clips": one_of("a number of clips", lambda _: (100, 200, 300, 500, maps.MOST)),
    },
    "adapt": {  # all of them, each in accord with those before it
        "system": one_of(
            "a system", lambda _: [adapt_options.COMMON, *systems.SYSTEMS], lambda _: adapt_options.COMMON
        ),
        "variant": one_of(
            "a variant", lambda f: _second(adapt_options.variants(f["system"])), lambda f: _offer(f).variant
        ),
        "method": one_of(
            "a method",
            lambda f: _second(adapt_options.method_choices(f["system"], f.get("variant"))),
            lambda f: _offer(f).method,
        ),
        "encoder": one_of("an encoder", lambda f: _second(adapt_options.encoder_choices(f["system"])), lambda _: ""),
        "source": one_of("a corpus", _corpora(0), _first(0)),
        "target": one_of("a corpus", _corpora(1), _first(1)),
        "more": some_of("a corpus", _others(0), MOST_SOURCES, lambda _: []),
        "weights": Setting("weights", _weights, lambda _: ""),
        "second": one_of("a corpus", _others(1), lambda _: ""),
        "labels": one_of("a set of emotions", lambda _: LABEL_SETS, lambda f: _offer(f).labels),
        "shift": one_of("a label shift", lambda f: _second(failure_presets.shifts(f["labels"])), lambda _: ""),
        "mode": one_of(
            "a mode",
            lambda f: [TRANSDUCTIVE] if f["shift"] else [INDUCTIVE, TRANSDUCTIVE],
            lambda f: TRANSDUCTIVE if f["shift"] else INDUCTIVE,
        ),
        "fold": one_of("a fold", _folds, lambda f: 0 if _folds(f) else None),
        "epochs": number("a number of epochs", 1, MOST_EPOCHS, default=lambda f: _offer(f).epochs),
        "strength": number("a strength", 0, MOST_STRENGTH, float, default=lambda _: None),
        "seed": number("a seed", 0, MOST_SEED, default=lambda _: 0),
    },
    "yours": {},
    "lab": {
        "shift": one_of("a change", lambda _: perturbations.PERTURBATIONS),
        "strength": Setting("a strength", _strength),
        "model": one_of("a model", lambda _: _adapted()),
        "voice": one_of("a voice", lambda _: range(len(voices()))),
    },
    "systems": {"system": one_of("a system", lambda _: [*systems.SYSTEMS, adapt_options.COMMON])},
    "benchmark": {
        "mode": one_of("a mode", lambda _: benchmark_results.MODES),
        "source": one_of("a corpus", _benchmark(lambda known: _second(benchmark_results.sources(known)))),
        "target": one_of("a corpus", _benchmark(lambda known: _second(benchmark_results.targets(known)))),
        "shift": one_of(
            "a label shift", _benchmark(lambda known: _second(benchmark_results.shifts(known))), lambda _: ""
        ),
        "methods": some_of("a method", _benchmark(lambda known: known["about"]["methods"]), 100),
    },
    "lecture": {},
    "about": {},
}
