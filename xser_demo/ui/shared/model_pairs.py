"""Model pairs that the maps compare: an adapted model and the source-only model that it started from."""

import gradio as gr

from xser_demo.corpora import corpus
from xser_demo.experiments.embeddings import MAX_CLIPS
from xser_demo.experiments.model_card import encoder
from xser_demo.experiments.source_models import method_title
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import shipped_maps
from xser_demo.reporting.maps import Comparison, MapCache
from xser_demo.ui.shared.model_menu import defaults
from xser_demo.ui.state import Visitor
from xser_demo.utils import places
from xser_demo.utils.errors import ModelError, UserError

SHIPPED = MapCache()  # of shipped models, shared by all visitors


def choices(visitor: Visitor) -> list[tuple[str, str]]:
    """(title, id) of adapted models: those of the visit, then shipped ones, published systems last.

    Models of several source languages are left out: four clouds of points on a map are hard to read.
    """
    own = [
        (visitor.models[model_id].card["title"], model_id) for model_id in visitor.results if model_id in visitor.models
    ]
    adapted = (card for card in checkpoints.cards() if card["target"] and "+" not in card["source"])
    shipped = sorted(adapted, key=lambda card: card.get("system") or "")
    return own + [(_title(card), card["id"]) for card in shipped]


def _title(card: dict) -> str:
    """Languages first, then the method: in a long menu, the titles of cards differ too late in the line."""
    try:
        method = method_title(card.get("system"), card.get("variant"), card["method"])
        return f"{corpus(card['source']).language_name} to {corpus(card['target']).language_name}: {method}"
    except UserError:
        return card["title"]  # of a corpus, a method or a system that is not built in


def menu(elem_id: str, scale: int) -> gr.Dropdown:
    models = choices(Visitor())
    return gr.Dropdown(
        models, value=default(models), label="Adapted model", scale=scale, min_width=260, elem_id=elem_id
    )


def default(available: list[tuple[str, str]]) -> str | None:
    """The id of the adapted model that Listen shows first, or else of the first in ``available``."""
    ids = [model_id for _, model_id in available]
    return next((one for one in defaults(Visitor()) if one in ids), (ids or [None])[0])


def load_pair(visitor: Visitor, model_id: str) -> tuple[Loaded, Loaded]:
    """The source-only model of the same system, network and label set, then the adapted one. ModelError without it."""
    if model_id not in {one for _, one in choices(visitor)}:  # never a path from outside
        raise ModelError("This model is no longer available; choose another one.")
    after = visitor.model(model_id)
    if model_id in visitor.models:
        result = visitor.results[model_id]
        return Loaded(f"{model_id}-start", result.source_model, encoder(result.task)), after
    pair = shipped_maps.pair(after)
    if pair is None:
        title = after.card["title"]
        raise ModelError(
            f"The source-only model to compare '{title}' with is not here; "
            f"get it with: {places.how_to_get('make models')}"
        )
    return pair


def cache_for(visitor: Visitor, own: MapCache, model_id: str) -> MapCache:
    """Where the maps of a model are kept: ``own`` for models of this visit, the shared cache for shipped ones."""
    return own if model_id in visitor.models else SHIPPED


def compare(visitor: Visitor, own: MapCache, model_id: str, max_clips: int = MAX_CLIPS) -> Comparison:
    """Both models of a pair on the same clips, from the cache if they are there. An adaptation of this visit has
    measured its distances already, on the clips that were scored."""
    models, cache = load_pair(visitor, model_id), cache_for(visitor, own, model_id)
    return cache.comparison(*models, visitor.results.get(model_id), max_clips)
