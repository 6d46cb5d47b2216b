"""The small map beside the answers: all clips of two corpora move once from before to after adaptation.

Positions are those of the shipped t-SNE maps, so no model runs. js/small_map.js draws them on a canvas.
"""

from dataclasses import dataclass
from functools import cache

import gradio as gr
import numpy as np

from xser_demo.experiments.embeddings import Clips
from xser_demo.inference.predict import EncodedClip
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import maps, shipped_maps
from xser_demo.reporting.palette import EMOTION_COLOURS, UNLABELLED_COLOUR
from xser_demo.reporting.shipped_maps import Layouts
from xser_demo.ui.js import script
from xser_demo.ui.shared import model_pairs
from xser_demo.ui.shared.components import as_text
from xser_demo.utils.errors import UserError

SIDE = 1000  # positions are whole numbers from 0 to this
HTML = """<figure><canvas role="img" aria-label="Map of all clips before and after adaptation"></canvas>
<figcaption><button type="button">Before → after</button> <output></output></figcaption></figure>"""


@dataclass(frozen=True, eq=False)
class Places:
    """The clips of a shipped pair of models on its map."""

    pair: tuple[Loaded, Loaded]
    layouts: Layouts  # before and after, (n, 2) each
    clips: Clips

    def scaled(self, positions: np.ndarray) -> list:
        """Positions (..., 2) of the layouts as whole numbers from 0 to ``SIDE``."""
        low, high = min(one.min() for one in self.layouts), max(one.max() for one in self.layouts)
        return ((positions - low) * SIDE / (high - low)).round().astype(int).tolist()

    def row(self, stored: tuple[str, int]) -> int | None:
        """The place of a corpus's clip among all clips."""
        sides = (self.clips.source, self.clips.target)
        clips = [(side.pack.key, row) for side in sides for row in side.rows.tolist()]
        return clips.index(stored) if stored in clips else None


def small_map(model_ids: list[str], clip: EncodedClip | None) -> gr.HTML:
    """The component's HTML, hidden where these models have no shipped map."""
    return gr.HTML(
        html_template=HTML,
        js_on_load=script("small_map"),
        elem_id="small-map",
        padding=False,
        **props(model_ids, clip),
    )


def props(model_ids: list[str], clip: EncodedClip | None = None) -> dict:
    """What js/small_map.js draws. A ``clip`` of a corpus has a ring, the visitor's own a star, once that is known
    without waiting (see ``late_star``)."""
    places = _places(*model_ids) if len(model_ids) == 2 else None
    if places is None:
        return {"points": None, "ring": None, "star": None}
    ring = places.row(clip.stored) if clip and clip.stored else None
    star = _star(places, clip) if _has_star(clip) and model_pairs.SHIPPED.has(*places.pair) else None
    return {"points": _points(places), "ring": ring, "star": star}


def late_star(model_ids: list[str], clip: EncodedClip | None) -> dict:
    """The star, where two models must embed all clips for it first, which takes 1 s; else nothing to change."""
    places = _places(*model_ids) if len(model_ids) == 2 else None
    if places is None or not _has_star(clip) or model_pairs.SHIPPED.has(*places.pair):
        return {}
    return {"star": _star(places, clip)}


def _has_star(clip: EncodedClip | None) -> bool:
    return clip is not None and clip.stored is None


def _star(places: Places, clip: EncodedClip) -> list | None:
    """Positions before and after; None where the clip lacks the features of a model."""
    found = maps.stars(model_pairs.SHIPPED.comparison(*places.pair), places.layouts, [clip])
    positions = [one[0] for one in found if one is not None]
    return places.scaled(np.stack(positions)) if len(positions) == 2 else None


@cache
def _places(before: str, after: str) -> Places | None:
    """None without a shipped map of these two models."""
    shipped = {card["id"] for card in checkpoints.cards()}
    if not {before, after} <= shipped:
        return None
    adapted = checkpoints.load(after)
    pair = shipped_maps.pair(adapted) if adapted.card["target"] and "+" not in adapted.card["source"] else None
    if pair is None or pair[0].id != before:
        return None
    try:
        clips = maps.clips_of(adapted)
    except UserError:  # a pack is not here
        return None
    layouts = shipped_maps.shipped_layout(*pair, clips)
    return None if layouts is None else Places(pair, layouts, clips)


@cache
def _points(places: Places) -> str:
    """Positions and colours of all clips, for js/small_map.js."""
    labels = [places.clips.label(utterance) for utterance in places.clips.utterances]
    classes = sorted(set(labels))
    points = {
        "before": places.scaled(places.layouts[0]),
        "after": places.scaled(places.layouts[1]),
        "colours": [EMOTION_COLOURS.get(name, UNLABELLED_COLOUR) for name in classes],
        "colour": [classes.index(label) for label in labels],
        "sources": len(places.clips.source),
    }
    return as_text(points)
