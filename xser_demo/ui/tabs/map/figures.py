"""The two maps as linked figures: every point carries the row of its clip, and a ring marks the chosen one."""

import numpy as np
import plotly.graph_objects as go

from xser_demo.evaluation.projection import Kind, Trust
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import maps, plots
from xser_demo.reporting.maps import Comparison, MapCache, MapSettings
from xser_demo.reporting.palette import INK, MODEL_COLOURS, VISITOR_SHAPE

TITLES = ("Before: source only", "After: adapted")
RING, STAR = "ring", "star"  # traces: the ring around the chosen point, the visitor's clip
OUTSIDE = 0.12  # opacity of points outside a region


def key(comparison: Comparison) -> str:
    """Identifies the clips of a comparison and their order: a selection stays valid on every map with the same key."""
    clips = comparison.clips
    return f"{clips.source.pack.key} {clips.target.pack.key} {clips.labels.name} {comparison.max_clips}"


def figures(
    comparison: Comparison,
    cache: MapCache,
    kind: Kind,
    colour: str,
    clips: list[EncodedClip],
    settings: MapSettings = maps.PLAIN,
    awaits: str = "",
) -> list[go.Figure]:
    """Before and after. ``clips``: the visitor's, drawn as stars. ``awaits``: name of the layout (``LayoutRequest``)
    that is being computed and whose steps these figures follow."""
    layouts = cache.layouts(comparison, kind, settings)
    stars = maps.stars(comparison, layouts, clips)
    drawn = []
    for layout, view, star, title in zip(layouts, comparison.views, stars, TITLES, strict=True):
        groups = maps.groups(comparison.clips, view, colour)
        figure = plots.scatter(layout, groups, star, title)
        for trace, group in zip(figure.data, groups, strict=False):  # the star comes after them and stays as it is
            texts = [text.replace(", labelled", "<br>labelled") for text in trace.text]  # long lines are cut off
            trace.update(customdata=group.index.tolist(), text=texts, unselected={"marker": {"opacity": OUTSIDE}})
        drawn.append(_linked(figure, key(comparison), awaits))
    return drawn


def _linked(figure: go.Figure, clips: str, awaits: str) -> go.Figure:
    figure.add_scatter(
        x=[],
        y=[],
        mode="markers",
        meta=RING,
        hoverinfo="skip",
        marker={"symbol": "circle-open", "size": 20, "color": MODEL_COLOURS[2], "line": {"width": 3}},
        unselected={"marker": {"opacity": 1}},
    )
    figure.update_traces(marker_size=6, selector=lambda t: t.meta != RING and t.marker.symbol != VISITOR_SHAPE)
    opaque = {"marker": {"opacity": 1}}
    figure.update_traces(meta=STAR, unselected=opaque, selector=lambda t: t.marker.symbol == VISITOR_SHAPE)
    outline = {"line": {"color": INK, "width": 2}}
    return figure.update_layout(showlegend=False, height=360, meta=[clips, awaits], newselection=outline)


def step(side: int, layout: np.ndarray, star: np.ndarray | None, awaits: str) -> dict:
    """One step of a layout for js/map.js: positions of the clips, in their order, and of the star."""
    x, y = (np.round(layout[:, axis].astype(float), 2).tolist() for axis in (0, 1))
    position = None if star is None else np.round(star.astype(float), 2).tolist()
    return {"awaits": awaits, "side": ("before", "after")[side], "x": x, "y": y, "star": position}


def trust_note(before: Trust, after: Trust) -> str:
    """The quality of both maps in small print, as HTML."""
    pairs = ((one.trustworthiness, one.continuity) for one in (before, after))
    values = "; ".join(f"{when} {a:.2f} and {b:.2f}" for when, (a, b) in zip(("before", "after"), pairs, strict=True))
    return (
        "<strong>How far to trust this picture:</strong> trustworthiness (neighbours on the map are neighbours in the "
        f"embedding) and continuity (neighbours in the embedding stay neighbours on the map): {values}. 1 is best; a "
        "random map has about 0.5. Distances between distant groups mean little on t-SNE and UMAP maps."
    )
