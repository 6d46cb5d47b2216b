"""t-SNE maps of the shipped pairs, laid out once (``scripts/make_models.py maps``), so that a page need not wait for
them: ``assets/maps/<id of the adapted model>.npz``."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from xser_demo.experiments import provenance
from xser_demo.experiments.embeddings import Clips
from xser_demo.experiments.source_models import source_only
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.utils import files, settings

FOLDER = settings.ASSETS / "maps"
SETTINGS = (30, 0)  # perplexity and seed; ``maps.PLAIN`` has the same
Layouts = tuple[np.ndarray, np.ndarray]


def pair(after: Loaded) -> tuple[Loaded, Loaded] | None:
    """The shipped source-only model of the same system, network and label set, then the adapted model; None without
    one."""
    card, recipe = after.card, after.model.recipe
    classes = tuple(card["labels"])
    before = source_only(card.get("system"), recipe, card["source"], card.get("label_set"), classes, card.get("seed"))
    return None if before is None else (checkpoints.load(before), after)


def pairs() -> Iterator[tuple[Loaded, Loaded]]:
    """All shipped pairs that are shown on maps: those of one source language."""
    for card in checkpoints.cards():
        if card["target"] and "+" not in card["source"]:
            found = pair(checkpoints.load(card["id"]))
            if found:
                yield found


def fingerprint(before: Loaded, after: Loaded, clips: Clips) -> str:
    """What a layout belongs to: weights, clips and their features, and the settings."""
    packs = [clips.source.pack] if clips.source.pack is clips.target.pack else [clips.source.pack, clips.target.pack]
    parts = [model.card["weights_sha256"] for model in (before, after)] + [provenance.digest(pack) for pack in packs]
    parts += [f"{one.corpus}/{one.path}" for one in clips.utterances]
    return hashlib.sha256(repr((SETTINGS, parts)).encode()).hexdigest()


def shipped_layout(before: Loaded, after: Loaded, clips: Clips) -> Layouts | None:
    """Positions of the clips before and after adaptation, (n, 2) float32 each. None where no layout is shipped, or
    where it was made for other weights, clips or features."""
    if not checkpoints.is_id(after.id) or not (file := file_of(after)).is_file():
        return None
    try:
        with np.load(file, allow_pickle=False) as stored:
            made_for, layouts = str(stored["fingerprint"]), [stored[name] for name in ("before", "after")]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    shape = (len(clips), 2)
    if any(one.shape != shape or one.dtype != np.float16 for one in layouts):
        return None
    if made_for != fingerprint(before, after, clips):
        return None
    first, second = (one.astype(np.float32) for one in layouts)
    return first, second


def write(before: Loaded, after: Loaded, clips: Clips, layouts: Layouts) -> Path:
    """Store a layout for ``shipped_layout``."""
    first, second = (one.astype(np.float16) for one in layouts)
    data = io.BytesIO()
    np.savez_compressed(data, before=first, after=second, fingerprint=np.array(fingerprint(before, after, clips)))
    file = file_of(after)
    files.atomic_write(file, data.getvalue())
    return file


def file_of(after: Loaded) -> Path:
    """Where the layout of an adapted model is."""
    return FOLDER / f"{after.id}.npz"
