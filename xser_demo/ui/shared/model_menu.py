"""The models that the page offers: shipped ones and those of the visit, their order, pairs and colours."""

from xser_demo.corpora import corpus
from xser_demo.experiments import model_card, systems
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.source_models import method_title
from xser_demo.methods import RECOMMENDED
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import naming
from xser_demo.reporting.map_animation import MapHistory
from xser_demo.reporting.palette import MODEL_COLOURS
from xser_demo.ui.shared import texts
from xser_demo.ui.state import Visitor
from xser_demo.utils.errors import SettingsError

MAX_OWN_MODELS = 4  # models that a visitor keeps; with more the oldest is dropped
MAX_MODELS = len(MODEL_COLOURS)  # that answer at once
SEPARATOR = "|"  # separates the two ids of a pair


def welcome(visitor: Visitor, loaded: Loaded) -> Loaded:
    """Add a model that the visitor has downloaded before and now uploads to those of this visit."""
    number = next(n for n in range(1, 1000) if f"back-{n}" not in visitor.models)
    title = f"Your uploaded model: {loaded.card['title'].removeprefix('Your model: ')}"
    return join(visitor, Loaded(f"back-{number}", loaded.model, loaded.card | {"id": f"back-{number}", "title": title}))


def join(visitor: Visitor, mine: Loaded) -> Loaded:
    """Add a model to those of this visit, which all tabs offer, with a title of its own."""
    title = _numbered(visitor, mine.card["title"])
    mine = Loaded(mine.id, mine.model, mine.card | {"title": title})
    visitor.models[mine.id] = mine
    _drop_oldest(visitor)
    return mine


def _drop_oldest(visitor: Visitor) -> None:
    for old in list(visitor.models)[:-MAX_OWN_MODELS]:
        del visitor.models[old]
        visitor.results.pop(old, None)
        visitor.map_history.pop(old, None)
        visitor.pooled.pop(old, None)
        visitor.clip_answers.pop(old, None)


def keep(visitor: Visitor, result: AdaptationResult, history: MapHistory | None = None) -> Loaded:
    """Add the model of a result to those of this visit, which all tabs offer."""
    plan = result.plan
    languages = " to ".join(corpus(key).language_name for key in (plan.source, plan.target))
    name = f"Your model: {languages}, {method_title(plan.system, plan.variant, plan.method, plan.encoder)}"
    number = next(n for n in range(1, 1000) if f"own-{plan.slug()}-{n}" not in visitor.models)
    title, model_id = _numbered(visitor, name), f"own-{plan.slug()}-{number}"
    loaded = Loaded(model_id, result.model, model_card.model_card(result, model_id, title))
    visitor.models[model_id], visitor.results[model_id] = loaded, result
    if history is not None:
        visitor.map_history[model_id] = history
    _drop_oldest(visitor)
    return loaded


def _numbered(visitor: Visitor, title: str) -> str:
    """The title, with a number if a model of this visit has it."""
    taken = {model.card["title"] for model in visitor.models.values()}
    return next(one for one in (title, *(f"{title} ({n})" for n in range(2, 1000))) if one not in taken)


def defaults(visitor: Visitor) -> list[str]:
    """The models that are chosen at first: English only, and the same adapted to German by the recommended method.

    Not the one with the best score, which would be a choice by target labels.
    """
    known = [card for card in _cards(visitor).values() if not card.get("system")]
    plain = [card["id"] for card in known if card["target"] is None and card["source"] == "ravdess"]
    german = [card for card in known if (card["source"], card["target"]) == ("ravdess", "emodb")]
    german.sort(key=lambda card: card["method"] != RECOMMENDED)
    return plain[:1] + [card["id"] for card in german[:1]] or [card["id"] for card in known[:2]]


def menu(visitor: Visitor) -> list[tuple[str, str]]:
    """(name, id) of all models: those of the visit, the common ground, then system by system."""
    order = {None: -1} | {key: place for place, key in enumerate(systems.SYSTEMS)}
    shipped = {i: card for i, card in _cards(visitor).items() if i not in visitor.models}
    ids = sorted(shipped, key=lambda i: order.get(shipped[i].get("system"), len(order)))  # stable: source only first
    own = [(title, i) for title, i in visitor.choices() if i in visitor.models]
    return own + [(naming.menu_name(shipped[i]), i) for i in ids]


def pairs() -> list[tuple[str, str]]:
    """(name, two ids) of models to compare: a network trained on one language only, and the same adapted."""
    visitor = Visitor()
    cards = _cards(visitor)
    ids = [model_id for _, model_id in menu(visitor)]
    start = defaults(visitor)
    options = [(f"{texts.COMMON}: {cards[start[1]]['title']}", SEPARATOR.join(start))] if len(start) == 2 else []
    for card in (cards[i] for i in ids if cards[i].get("system") and cards[i]["target"]):
        same = ("system", "source", "recipe", "label_set")
        plain = [i for i in ids if not cards[i]["target"] and all(cards[i].get(k) == card.get(k) for k in same)]
        if plain:
            options.append((naming.menu_name(card), SEPARATOR.join((plain[0], card["id"]))))
    return options


def loaded(visitor: Visitor, model_ids: list[str]) -> list[Loaded]:
    """Models by id. Only ids that this visitor can choose: a path from outside must never be loaded."""
    known = {model_id for _, model_id in visitor.choices()}
    unknown = [model_id for model_id in model_ids if model_id not in known]
    if unknown:
        raise SettingsError(f"There is no model '{unknown[0]}'; choose one of: {', '.join(sorted(known))}.")
    if len(model_ids) > MAX_MODELS:
        raise SettingsError(f"At most {MAX_MODELS} models can answer at once; remove one.")
    return [visitor.model(model_id) for model_id in model_ids]


def colours(models: list[Loaded]) -> list[str]:
    """Slate for a source-only model, as everywhere on the page; the other colours in order, each once."""
    slate, *others = MODEL_COLOURS
    plain = next((model.id for model in models if model.card["target"] is None), models[-1].id)
    if len(models) <= len(others) and all(model.card["target"] for model in models):
        return others[: len(models)]
    rest = iter(others)
    return [slate if model.id == plain else next(rest) for model in models]


def _cards(visitor: Visitor) -> dict[str, dict]:
    """Cards by id, without loading weights."""
    own = {model_id: one.card for model_id, one in visitor.models.items()}
    return own | {card["id"]: card for card in checkpoints.cards() if card["id"] not in own}
