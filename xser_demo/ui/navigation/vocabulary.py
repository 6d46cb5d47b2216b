"""What a link can set: the settings of each tab, how a text becomes a value, and which values are known.

A link holds only what everyone can choose: no clip, and no model of a visit.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from xser_demo.audio import perturbations
from xser_demo.corpora import joined
from xser_demo.corpora.labels import FOUR, LABEL_SETS
from xser_demo.data import packs
from xser_demo.experiments import systems
from xser_demo.experiments.plan import read_weights
from xser_demo.networks import checkpoints
from xser_demo.reporting import benchmark_results, failure_presets, maps
from xser_demo.ui.shared import adapt_options, model_menu
from xser_demo.ui.shared.adapt_options import INDUCTIVE, MAX_EPOCHS, MAX_SEED, MAX_STRENGTH, TRANSDUCTIVE
from xser_demo.ui.shared.clips import ANY, emotions, voices
from xser_demo.ui.shared.model_menu import MAX_MODELS
from xser_demo.ui.state import Visitor
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError

MAX_SOURCES = 8  # beside the first
Values = dict[str, object]


class Unknown(ValueError):
    """A value that the page cannot be set to; ``known`` is the part of it that it can."""

    def __init__(self, known: object = None):
        super().__init__()
        self.known = known


@dataclass(frozen=True)
class Setting:
    """One setting of a tab.

    ``noun``: its name in the sentence about an unknown value. ``read`` makes a value of a text and of the settings
    before it, or raises ``Unknown``. ``default`` is the value where a tab needs all its settings.
    """

    noun: str
    read: Callable[[str, Values], object]
    default: Callable[[Values], object] | None = None


def as_text(value: object) -> str:
    """A value as it stands in a link."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def one_of(noun: str, choices: Callable[[Values], Iterable], default: Callable | None = None) -> Setting:
    """``choices``: the values a menu offers, given the settings before it."""

    def read(text: str, values: Values) -> object:
        for value in choices(values):
            if as_text(value) == text:
                return value
        raise Unknown

    return Setting(noun, read, default)


def some_of(
    noun: str, choices: Callable[[Values], Iterable[str]], max_count: int, default: Callable | None = None
) -> Setting:
    """Several, joined by commas."""

    def read(text: str, values: Values) -> list[str]:
        known, wanted = set(choices(values)), list(dict.fromkeys(text.split(",")))
        chosen = [value for value in wanted if value in known][:max_count]
        if chosen != wanted:
            raise Unknown(chosen or None)
        return chosen

    return Setting(noun, read, default)


def number(noun: str, low: float, high: float, kind: type = int, default: Callable | None = None) -> Setting:
    def read(text: str, values: Values) -> float:
        try:
            value = kind(text)
        except ValueError:
            raise Unknown from None
        if not low <= value <= high:  # neither is "nan"
            raise Unknown
        return value

    return Setting(noun, read, default)


def _models() -> list[str]:
    return [model_id for _, model_id in model_menu.menu(Visitor())]


def _adapted() -> list[str]:
    return [card["id"] for card in checkpoints.cards() if card["target"] and "+" not in card["source"]]


def _emotions(values: Values) -> list[str]:
    corpus = values.get("corpus")
    return [ANY, *(emotions(corpus)[1:] if corpus else FOUR)]


def _defaults(values: Values) -> adapt_options.FormDefaults:
    return adapt_options.form_defaults(values["system"], values.get("variant"))


def _corpora(side: int) -> Callable[[Values], list[str]]:
    return lambda values: adapt_options.corpora(values["system"], values.get("variant"), values.get("encoder", ""))[
        side
    ]


def _first(side: int) -> Callable[[Values], str | None]:
    """The corpus that the system's paper uses, where it is available."""

    def default(values: Values) -> str | None:
        preset = (_defaults(values).source, _defaults(values).target)[side]
        return preset if preset in _corpora(side)(values) else None

    return default


def _others(side: int) -> Callable[[Values], list[str]]:
    """Corpora that neither side has yet."""

    def choices(values: Values) -> list[str]:
        taken = {values.get("source"), values.get("target"), *(values.get("more") or ())}
        return [corpus for corpus in _corpora(side)(values) if corpus not in taken]

    return choices


def _weights(text: str, values: Values) -> str:
    """As typed, one for each source."""
    try:
        weights = read_weights(text)
    except UserError:
        raise Unknown from None
    if len(weights or ()) != 1 + len(values.get("more") or ()):
        raise Unknown
    return text


def _folds(values: Values) -> list[int]:
    target = joined(values.get("target"), values.get("second"))
    return (
        [key for _, key in adapt_options.fold_choices(target, values["system"], values.get("variant"))]
        if target
        else []
    )


def _second(pairs: Iterable[tuple[str, object]]) -> list:
    """The values of (name, value)."""
    return [value for _, value in pairs]


def _strength(text: str, values: Values) -> float:
    """Of a perturbation; some have two directions."""
    low = perturbations.PERTURBATIONS[values["shift"]].low if "shift" in values else 0
    return number("", low, 1, float).read(text, values)


def _benchmark(menu: Callable[[dict], Iterable]) -> Callable[..., list]:
    """Choices from the benchmark's result file; none without it."""

    def choices(values: Values | None = None) -> list:
        try:
            return list(menu(benchmark_results.read(settings.ASSETS / "results" / "scores.json")))
        except UserError:
            return []

    return choices


VOCABULARY: dict[str, dict[str, Setting]] = {
    "listen": {
        "models": some_of("a model", lambda _: _models(), MAX_MODELS),
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
        "clips": one_of("a number of clips", lambda _: (100, 200, 300, 500, maps.MAX_CLIPS)),
    },
    "adapt": {  # all of them, each valid with those before it
        "system": one_of(
            "a system", lambda _: [adapt_options.COMMON, *systems.SYSTEMS], lambda _: adapt_options.COMMON
        ),
        "variant": one_of(
            "a variant",
            lambda values: _second(adapt_options.variants(values["system"])),
            lambda values: _defaults(values).variant,
        ),
        "method": one_of(
            "a method",
            lambda values: _second(adapt_options.method_choices(values["system"], values.get("variant"))),
            lambda values: _defaults(values).method,
        ),
        "encoder": one_of(
            "an encoder", lambda values: _second(adapt_options.encoder_choices(values["system"])), lambda _: ""
        ),
        "source": one_of("a corpus", _corpora(0), _first(0)),
        "target": one_of("a corpus", _corpora(1), _first(1)),
        "more": some_of("a corpus", _others(0), MAX_SOURCES, lambda _: []),
        "weights": Setting("weights", _weights, lambda _: ""),
        "second": one_of("a corpus", _others(1), lambda _: ""),
        "labels": one_of("a set of emotions", lambda _: LABEL_SETS, lambda values: _defaults(values).labels),
        "shift": one_of(
            "a label shift", lambda values: _second(failure_presets.shifts(values["labels"])), lambda _: ""
        ),
        "mode": one_of(
            "a mode",
            lambda values: [TRANSDUCTIVE] if values["shift"] else [TRANSDUCTIVE, INDUCTIVE],
            lambda _: TRANSDUCTIVE,
        ),
        "fold": one_of("a fold", _folds, lambda values: 0 if _folds(values) else None),
        "epochs": number("a number of epochs", 1, MAX_EPOCHS, default=lambda values: _defaults(values).epochs),
        "strength": number("a strength", 0, MAX_STRENGTH, float, default=lambda _: None),
        "seed": number("a seed", 0, MAX_SEED, default=lambda _: 0),
        "normalise": one_of("a normalisation", lambda _: _second(adapt_options.NORMALISE), lambda _: ""),
    },
    "yours": {},
    "lab": {
        "shift": one_of("a perturbation", lambda _: perturbations.PERTURBATIONS),
        "strength": Setting("a strength", _strength),
        "model": one_of("a model", lambda _: _adapted()),
        "voice": one_of("a voice", lambda _: range(len(voices()))),
    },
    "systems": {"system": one_of("a system", lambda _: [*systems.SYSTEMS, adapt_options.COMMON])},
    "benchmark": {
        "mode": one_of("a mode", lambda _: benchmark_results.MODES),
        "source": one_of("a corpus", _benchmark(lambda results: _second(benchmark_results.sources(results)))),
        "target": one_of("a corpus", _benchmark(lambda results: _second(benchmark_results.targets(results)))),
        "shift": one_of(
            "a label shift", _benchmark(lambda results: _second(benchmark_results.shifts(results))), lambda _: ""
        ),
        "methods": some_of("a method", _benchmark(lambda results: results["about"]["methods"]), 100),
    },
    "lecture": {},
    "about": {},
}
