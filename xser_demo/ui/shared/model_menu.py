"""Which models the page offers, and in which order."""

from xser_demo.corpora import corpus
from xser_demo.experiments import model_card, systems
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.source_models import what
from xser_demo.methods import RECOMMENDED
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import naming
from xser_demo.reporting.map_animation import MapHistory
from xser_demo.reporting.palette import MODEL_COLOURS
from xser_demo.ui.shared import texts
from xser_demo.ui.state import Visitor
from xser_demo.utils.errors import SettingsError

OWN = 4  # models that a visitor keeps


def welcome(visitor: Visitor, loaded: Loaded) -> Loaded:
    """A model that its visitor took home and brings back joins those of this visit."""
    number = next(n for n in range(1, 1000) if f"back-{n}" not in visitor.models)
    title = f"Your model, brought back: {loaded.card['title'].removeprefix('Your model: ')}"
    return join(visitor, Loaded(f"back-{number}", loaded.model, loaded.card | {"id": f"back-{number}", "title": title}))


def join(visitor: Visitor, mine: Loaded) -> Loaded:
    """A model becomes one of this visit's, which the other tabs can choose. With many, the oldest goes."""
    visitor.models[mine.id] = mine
    _few(visitor)
    return mine


def _few(visitor: Visitor) -> None:
    """With many models the oldest goes."""
    for old in list(visitor.models)[:-OWN]:
        del visitor.models[old]
        visitor.results.pop(old, None)
        visitor.map_history.pop(old, None)


def keep(visitor: Visitor, result: AdaptationResult, story: MapHistory | None = None) -> Loaded:
    """Give a result to its visitor, as a model that the other tabs can choose. With many, the oldest goes."""
    plan = result.plan
    languages = " to ".join(corpus(key).language_name for key in (plan.source, plan.target))
    name = f"Your model: {languages}, {what(plan.system, plan.variant, plan.method, plan.encoder)}"
    titles = {model.card["title"] for model in visitor.models.values()}
    number = next(n for n in range(1, 1000) if _numbered(name, n) not in titles)
    title, model_id = _numbered(name, number), f"own-{plan.slug()}-{number}"
    loaded = Loaded(model_id, result.model, model_card.model_card(result, model_id, title))
    visitor.models[model_id], visitor.results[model_id] = loaded, result
    if story is not None:
        visitor.map_history[model_id] = story
    _few(visitor)
    return loaded


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} ({number})"


MOST_MODELS = len(MODEL_COLOURS)


BETWEEN = "|"  # the two ids of a pair


def defaults(visitor: Visitor) -> list[str]:
    """The models that are asked first: English only, and the same adapted to German by the recommended method.

    Not the one with the best score: that would be a choice by target labels.
    """
    known = [card for card in _cards(visitor).values() if not card.get("system")]
    plain = [card["id"] for card in known if card["target"] is None and card["source"] == "ravdess"]
    german = [card for card in known if (card["source"], card["target"]) == ("ravdess", "emodb")]
    german.sort(key=lambda card: card["method"] != RECOMMENDED)
    return plain[:1] + [card["id"] for card in german[:1]] or [card["id"] for card in known[:2]]


def menu(visitor: Visitor) -> list[tuple[str, str]]:
    """(name, id) of all models in the order of the menu: own ones, common ground, then system by system."""
    order = {None: -1} | {key: place for place, key in enumerate(systems.SYSTEMS)}
    shipped = {i: card for i, card in _cards(visitor).items() if i not in visitor.models}
    ids = sorted(shipped, key=lambda i: order.get(shipped[i].get("system"), len(order)))  # stable: source only first
    own = [(title, i) for title, i in visitor.choices() if i in visitor.models]
    return own + [(naming.menu_name(shipped[i]), i) for i in ids]


def pairs() -> list[tuple[str, str]]:
    """(name, two ids) of what can be compared at once: a network trained on one language only, and adapted."""
    visitor = Visitor()
    known = _cards(visitor)
    ids = [model_id for _, model_id in menu(visitor)]
    start = defaults(visitor)
    found = [(f"{texts.COMMON}: {known[start[1]]['title']}", BETWEEN.join(start))] if len(start) == 2 else []
    for card in (known[i] for i in ids if known[i].get("system") and known[i]["target"]):
        alike = ("system", "source", "recipe", "label_set")
        plain = [i for i in ids if not known[i]["target"] and all(known[i].get(k) == card.get(k) for k in alike)]
        if plain:
            found.append((naming.menu_name(card), BETWEEN.join((plain[0], card["id"]))))
    return found


def loaded(visitor: Visitor, model_ids: list[str]) -> list[Loaded]:
    """Models by id. Only ids that this visitor can choose: a path must never come in from outside."""
    known = {model_id for _, model_id in visitor.choices()}
    unknown = [model_id for model_id in model_ids if model_id not in known]
    if unknown:
        raise SettingsError(f"There is no model '{unknown[0]}'; choose one of: {', '.join(sorted(known))}.")
    if len(model_ids) > MOST_MODELS:
        raise SettingsError(f"At most {MOST_MODELS} models can answer at once; take one away.")
    return [visitor.model(model_id) for model_id in model_ids]


def colours(models: list[Loaded]) -> list[str]:
    """Slate for a model that was not adapted, as everywhere on the page; the others in order. No two alike."""
    slate, *others = MODEL_COLOURS
    plain = next((model.id for model in models if model.card["target"] is None), models[-1].id)
    if len(models) <= len(others) and all(model.card["target"] for model in models):
        return others[: len(models)]
    rest = iter(others)
    return [slate if model.id == plain else next(rest) for model in models]


def _cards(visitor: Visitor) -> dict[str, dict]:
    """By id, without loading any weights."""
    own = {model_id: one.card for model_id, one in visitor.models.items()}
    return own | {card["id"]: card for card in checkpoints.cards() if card["id"] not in own}
