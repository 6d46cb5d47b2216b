"""The two maps as figures that a page can link: every point knows its clip, and one is ready to be ringed. Knows
nothing of Gradio."""

import numpy as np
import plotly.graph_objects as go

from xser_demo.evaluation.projection import Kind, Trust
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import maps, plots, score_tables
from xser_demo.reporting.maps import Clips, Comparison, MapCache, MapSettings
from xser_demo.reporting.palette import INK, MODEL_COLOURS, VISITOR_SHAPE

TITLES = ("Before: source only", "After: adapted")
RING, STAR = "ring", "star"  # the traces around the chosen point, and of the visitor's clip
DIM = 0.12  # opacity of points outside a region


def key(comparison: Comparison) -> str:
    """Names the clips of a comparison in their order: what was chosen on one map stays so on another of the same."""
    clips = comparison.clips
    return f"{clips.source.pack.key} {clips.target.pack.key} {clips.labels.name} {comparison.most}"


def figures(
    comparison: Comparison,
    atlas: MapCache,
    kind: Kind,
    colour: str,
    heard: list[EncodedClip],
    knobs: MapSettings = maps.PLAIN,
    awaits: str = "",
) -> list[go.Figure]:
    """Before and after. ``awaits``: the name of the layout they are shown in place of, whose steps they follow."""
    layouts = atlas.layouts(comparison, kind, knobs)
    places = maps.stars(comparison, layouts, heard)
    made = []
    for layout, view, star, title in zip(layouts, comparison.views, places, TITLES, strict=True):
        groups = maps.groups(comparison.clips, view, colour)
        figure = plots.scatter(layout, groups, star, title)
        for trace, group in zip(figure.data, groups, strict=False):  # the star comes after them and stays as it is
            texts = [text.replace(", labelled", "<br>labelled") for text in trace.text]  # long lines are cut off
            trace.update(customdata=group.index.tolist(), text=texts, unselected={"marker": {"opacity": DIM}})
        made.append(linked(figure, key(comparison), awaits))
    return made


def linked(figure: go.Figure, clips: str, awaits: str = "") -> go.Figure:
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
    whole = {"marker": {"opacity": 1}}
    figure.update_traces(meta=STAR, unselected=whole, selector=lambda t: t.marker.symbol == VISITOR_SHAPE)
    drawn = {"line": {"color": INK, "width": 2}}
    return figure.update_layout(showlegend=False, height=360, meta=[clips, awaits], newselection=drawn)


def step(side: int, layout: np.ndarray, star: np.ndarray | None, awaits: str) -> dict:
    """For the page: where the clips, in their order, and the star are on one map while it settles."""
    x, y = (np.round(layout[:, axis].astype(float), 2).tolist() for axis in (0, 1))
    place = None if star is None else np.round(star.astype(float), 2).tolist()
    return {"awaits": awaits, "side": ("before", "after")[side], "x": x, "y": y, "star": place}


def legend(clips: Clips, colour: str, star: bool) -> str:
    return score_tables.legend(clips.source.pack.key, clips.target.pack.key, clips.labels, colour, star)


def trust_words(before: Trust, after: Trust) -> str:
    """The quality of both maps in small print, as HTML."""
    pairs = ((one.trustworthiness, one.continuity) for one in (before, after))
    said = "; ".join(f"{when} {a:.2f} and {b:.2f}" for when, (a, b) in zip(("before", "after"), pairs, strict=True))
    return (
        "<strong>How far to trust this picture:</strong> trustworthiness (neighbours on the map are neighbours for the "
        f"model) and continuity (the model's neighbours stay neighbours on the map): {said}; 1 is best, a map at "
        "random has about 0.5. Distances between far groups mean little on t-SNE and UMAP maps."
    )
