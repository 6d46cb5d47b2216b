"""The small map beside the answers: all clips of two corpora move once from before to after adaptation.

Positions are those of the shipped t-SNE maps, so no model runs. js/small_map.js draws them on a canvas.
"""

from functools import cache

import gradio as gr

from xser_demo.networks import checkpoints
from xser_demo.reporting import maps, shipped_maps
from xser_demo.reporting.palette import EMOTION_COLOURS, UNLABELLED_COLOUR
from xser_demo.ui.js import script
from xser_demo.utils.errors import UserError

SIDE = 1000  # positions are whole numbers from 0 to this
HTML = """<figure><canvas role="img" aria-label="Map of all clips before and after adaptation"></canvas>
<figcaption><button type="button">Before → after</button> <output></output></figcaption></figure>"""


def small_map(model_ids: list[str], ringed: tuple[str, int] | None) -> gr.HTML:
    """The component's HTML, hidden where these models have no shipped map."""
    return gr.HTML(
        html_template=HTML,
        js_on_load=script("small_map"),
        elem_id="small-map",
        padding=False,
        **props(model_ids, ringed),
    )


def props(model_ids: list[str], ringed: tuple[str, int] | None = None) -> dict:
    """What js/small_map.js draws. ``ringed``: corpus and row of the clip to mark."""
    points, clips = (_points(*model_ids) if len(model_ids) == 2 else None) or (None, [])
    return {"points": points, "ring": clips.index(ringed) if ringed in clips else None}


@cache
def _points(before: str, after: str) -> tuple[dict, list[tuple[str, int]]] | None:
    """Positions and colours of all clips of a shipped pair, and corpus and row of each; None without a shipped map."""
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
    if layouts is None:
        return None
    low, high = min(one.min() for one in layouts), max(one.max() for one in layouts)
    places = [((one - low) * SIDE / (high - low)).round().astype(int) for one in layouts]
    labels = [clips.label(utterance) for utterance in clips.utterances]
    classes = sorted(set(labels))
    points = {
        "before": places[0].tolist(),
        "after": places[1].tolist(),
        "colours": [EMOTION_COLOURS.get(name, UNLABELLED_COLOUR) for name in classes],
        "colour": [classes.index(label) for label in labels],
        "sources": len(clips.source),
    }
    return points, [(side.pack.key, row) for side in (clips.source, clips.target) for row in side.rows.tolist()]
