"""The two maps as linked figures: every point carries the row of its clip, and a ring marks the chosen one."""

import numpy as np
import plotly.graph_objects as go

from xser_demo.evaluation.projection import Kind, Trust
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import map_star, maps, plots
from xser_demo.reporting.map_animation import MapHistory
from xser_demo.reporting.map_star import Way
from xser_demo.reporting.maps import Comparison, MapCache, MapSettings
from xser_demo.reporting.palette import INK, MODEL_COLOURS, VISITOR_SHAPE

TITLES = ("Before: source only", "After: adapted")
RING, STAR, WAY = "ring", "star", "way"  # traces: the ring around the chosen point, the visitor's clip and its way
WAY_COLOUR = "#B45309"  # legible on white and on black
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
    history: MapHistory | None = None,
) -> list[go.Figure]:
    """Before and after. ``clips``: the visitor's, drawn as stars. ``awaits``: name of the layout (``LayoutRequest``)
    that is being computed and whose steps these figures follow. ``history`` of the adaptation: the way of the star
    through its epochs is drawn on the second map."""
    layouts = cache.layouts(comparison, kind, settings)
    stars = maps.stars(comparison, layouts, clips)
    x_range, y_range = maps.bounds(layouts)
    drawn = []
    for layout, view, star, title in zip(layouts, comparison.views, stars, TITLES, strict=True):
        groups = maps.groups(comparison.clips, view, colour)
        figure = plots.scatter(layout, groups, star, title)
        for trace, group in zip(figure.data, groups, strict=False):  # the star comes after them and stays as it is
            texts = [text.replace(", labelled", "<br>labelled") for text in trace.text]  # long lines are cut off
            rows = group.index.tolist()
            faint = {"marker": {"opacity": OUTSIDE}}
            trace.update(customdata=rows, ids=[str(row) for row in rows], text=texts, unselected=faint)
        # Both maps on one scale: without "domain", each would widen its range when it is resized.
        figure.update_xaxes(range=x_range, constrain="domain").update_yaxes(range=y_range, constrain="domain")
        drawn.append(_linked(figure, key(comparison), awaits))
    if clips and not awaits and stars[1] is not None:
        _add_way(drawn[1], map_star.way(history, comparison, layouts[1], clips[0]), stars[1][0])
    return drawn


def _add_way(figure: go.Figure, way: Way | None, star: np.ndarray) -> None:
    """A thin line through the positions of the epochs to the star, below it."""
    if way is None:
        return
    positions = np.concatenate([way.positions, star[None]])
    figure.add_scatter(
        x=positions[:, 0],
        y=positions[:, 1],
        mode="lines+markers",
        meta=WAY,
        line={"color": WAY_COLOUR, "width": 1.5},
        marker={"size": 4, "color": WAY_COLOUR},
        text=[f"your clip, {name}" for name in [*way.names, "after"]],
        hovertemplate="%{text}<extra></extra>",
    )
    figure.update_layout(meta=[*figure.layout.meta, positions.round(3).T.tolist()])  # for js/map.js, which hides it
    *others, last = figure.data
    star_at = next(number for number, trace in enumerate(others) if trace.meta == STAR)
    figure.data = (*others[:star_at], last, *others[star_at:])


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
