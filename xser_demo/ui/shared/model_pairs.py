"""Which models the maps compare: an adapted one, and the one that heard its source alone. Knows nothing of Gradio."""

from xser_demo.corpora import corpus
from xser_demo.experiments.model_card import encoder
from xser_demo.experiments.source_models import source_only, what
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting.maps import MapCache
from xser_demo.ui.shared.model_menu import defaults
from xser_demo.ui.state import Visitor
from xser_demo.utils.errors import ModelError, UserError

SHIPPED = MapCache()  # of shipped models only: the same for everyone


def choices(visitor: Visitor) -> list[tuple[str, str]]:
    """(title, id) of adapted models: own ones, then those of the common ground, then the systems, each by its pairs.
    Models of several source languages are left out: four clouds on a map say less than two."""
    own = [
        (visitor.models[model_id].card["title"], model_id) for model_id in visitor.results if model_id in visitor.models
    ]
    adapted = (card for card in checkpoints.cards() if card["target"] and "+" not in card["source"])
    shipped = sorted(adapted, key=lambda card: card.get("system") or "")
    return own + [(_title(card), card["id"]) for card in shipped]


def _title(card: dict) -> str:
    """Languages, then what was done: in a menu of many, the titles of cards differ too late in the line."""
    try:
        how = what(card.get("system"), card.get("variant"), card["method"])
        return f"{corpus(card['source']).language_name} to {corpus(card['target']).language_name}: {how}"
    except UserError:
        return card["title"]  # of a corpus, a method or a system that is not built in


def default(there: list[tuple[str, str]]) -> str | None:
    """The model that Listen asks first, too, else any."""
    ids = [model_id for _, model_id in there]
    return next((one for one in defaults(Visitor()) if one in ids), (ids or [None])[0])


def two(visitor: Visitor, model_id: str) -> tuple[Loaded, Loaded]:
    """A model and the one that heard the source alone: of the same system, network and task, never of another."""
    if model_id not in {one for _, one in choices(visitor)}:  # never a path from outside
        raise ModelError("This model is no longer there; choose another one.")
    after = visitor.model(model_id)
    if model_id in visitor.models:
        made = visitor.results[model_id]
        return Loaded(f"{model_id}-start", made.source_model, encoder(made.task)), after
    card, classes = after.card, tuple(after.card["labels"])
    recipe = after.model.recipe
    before = source_only(card.get("system"), recipe, card["source"], card.get("label_set"), classes, card.get("seed"))
    if before is None:
        raise ModelError(f"The source-only model to compare '{card['title']}' with is not here; run 'make models'.")
    return checkpoints.load(before), after
