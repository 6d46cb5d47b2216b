"""Models on disk: a folder with ``weights.safetensors`` and ``card.json``. No pickle, nothing executable."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from xser_demo.features import front_end
from xser_demo.networks import frozen
from xser_demo.networks.classifier import COMMON, Model, Recipe
from xser_demo.utils import files, places, settings
from xser_demo.utils.device import device
from xser_demo.utils.errors import ModelError

MODEL, START = "model", "start"  # kinds: to listen to, or only to start adaptations by speaker from
CARD_KEYS = {"id", "kind", "title", "method", "source", "target", "labels", "encoder", "mode", "uar", "weights_sha256"}


@dataclass(frozen=True)
class Loaded:
    """A model in evaluation mode and its card."""

    id: str
    model: Model
    card: dict[str, Any]


def save(model: Model, card: dict[str, Any], folder: Path, half: bool = False, shipped: bool = False) -> dict[str, Any]:
    """Write a model folder atomically. Returns the card with the SHA-256 of the weights.

    ``half``: store the weights in half precision; ``load`` converts them back to single precision. ``shipped``: leave
    out frozen lower layers, which are shipped in a file of their own.
    """
    from safetensors.torch import save

    state = {name: tensor.contiguous().cpu() for name, tensor in model.state_dict().items()}
    if shipped:
        state = frozen.without_lower(state, model)
    if half:
        state = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    weights = save(state)
    card = {"kind": MODEL, "front_end": front_end.VERSION} | card
    card["weights_sha256"] = hashlib.sha256(weights).hexdigest()
    with files.atomic_folder(folder) as partial:
        (partial / "weights.safetensors").write_bytes(weights)
        text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
        (partial / "card.json").write_text(text, encoding="utf-8", errors="replace")
    return card


def load(reference: str | Path) -> Loaded:
    """Load a shipped model by its id, else a model folder by its path. ModelError if it is missing or damaged."""
    folder = settings.CHECKPOINTS / str(reference) if is_shipped(reference) else Path(reference).absolute()
    if not (folder / "card.json").is_file():
        shipped = ", ".join(card["id"] for card in cards())
        if not shipped:
            raise ModelError(none_here())
        raise ModelError(
            f"There is no model '{reference}'; choose one of: {shipped}, or give the folder or zip of a model."
        )
    return _load(folder, (folder / "card.json").stat().st_mtime_ns)


def is_shipped(reference: str | Path) -> bool:
    """Whether this is the id of a shipped model."""
    return is_id(str(reference)) and (settings.CHECKPOINTS / str(reference) / "card.json").is_file()


def is_id(reference: str) -> bool:
    """Whether this is an id. Ids are plain names, so that none can lead out of the checkpoints folder."""
    return re.fullmatch(r"[a-z0-9][a-z0-9-]*", reference) is not None


@lru_cache(maxsize=32)
def _load(folder: Path, _modified_ns: int) -> Loaded:
    return read(folder)


def read(folder: Path) -> Loaded:
    """Read a model folder without the cache of ``load``."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        weights = (folder / "weights.safetensors").read_bytes()
        missing = CARD_KEYS - set(card)
        if missing:
            raise ModelError(f"The card of model '{folder.name}' lacks {', '.join(sorted(missing))}; get it again.")
        if front_end.version(card) != front_end.VERSION:
            again = f"adapt again from {card['source']} to {card['target']}" if card["target"] else "train it again"
            raise ModelError(
                f"The model '{card['id']}' learnt from features of an earlier version and would misread today's; run "
                f"xser rerun {folder.name}, or {again}."
            )
        if hashlib.sha256(weights).hexdigest() != card["weights_sha256"]:
            raise ModelError(f"The weights of model '{folder.name}' are not those of its card; get them again.")
        model = Model(tuple(card["labels"]), recipe=recipe(card))
        state = frozen.with_lower(load(weights), model.recipe)
        model.load_state_dict({n: t.float() if t.is_floating_point() else t for n, t in state.items()})
    except (OSError, ValueError, TypeError, RuntimeError, KeyError, IndexError, SafetensorError) as error:
        if isinstance(error, ModelError):
            raise
        reason = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        raise ModelError(f"The model '{folder.name}' cannot be loaded ({reason}); get it again.") from error
    return Loaded(card["id"], model.eval().requires_grad_(False).to(device()), card)


def recipe(card: Mapping[str, Any]) -> Recipe:
    """The network of a model; a card without one means ``COMMON``."""
    return Recipe(**card["recipe"]) if "recipe" in card else COMMON


def none_here() -> str:
    """What to say where no model is shipped or installed."""
    return f"There is no model here; get some with: {places.how_to_get('make models')}"


def cards(kind: str = MODEL) -> list[dict[str, Any]]:
    """Cards of the shipped models of a kind, by source, target (source-only first) and method. Other folders are
    skipped."""
    models = []
    for file in sorted(settings.CHECKPOINTS.glob("*/card.json")):
        if not is_id(file.parent.name):
            continue  # still being written
        try:
            card = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if card.get("kind") == kind:
            models.append(card)
    return sorted(models, key=lambda card: (card["source"], card["target"] or "", card["method"]))
