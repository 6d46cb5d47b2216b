"""Animated maps: one set of clips from epoch to epoch, or from before to after adaptation."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import plotly.graph_objects as go
import torch

from xser_demo.evaluation import projection
from xser_demo.evaluation.projection import Kind
from xser_demo.experiments.embeddings import Embedded
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import maps, plots
from xser_demo.reporting.maps import Clips, Comparison, MapCache, MapSettings
from xser_demo.reporting.palette import VISITOR_SHAPE

MAX_SNAPSHOTS = 40  # of a history; of 600 clips with 128 values they take 6 MB
MAX_LAYOUTS = 12  # of a t-SNE or UMAP animation: each takes about a second
MAX_FLOAT16 = 6e4  # about the largest 16-bit float; outliers that far away are drawn closer anyway
MARGIN = 1.06  # the picture ends at this multiple of the farthest point


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The clips as the model embedded them at one moment: (n, E) float16, and the visitor's clip (E,) if any."""

    name: str
    points: np.ndarray
    star: np.ndarray | None


@dataclass
class MapHistory:
    """Snapshots of an adaptation for its animated map. ``heard``: the visitor's clip, shown as a star."""

    clips: Clips
    heard: EncodedClip | None = None
    snapshots: list[Snapshot] = field(default_factory=list)

    def add(self, name: str, points: torch.Tensor, star: np.ndarray | None) -> None:
        """Add a snapshot. When there are too many, every second one between the first and the last is deleted."""
        points = points.clamp(-MAX_FLOAT16, MAX_FLOAT16).half().numpy()
        self.snapshots.append(Snapshot(name, points, star))
        if len(self.snapshots) > MAX_SNAPSHOTS:
            del self.snapshots[1:-1:2]


@dataclass(frozen=True, eq=False)
class Animation:
    """``layouts`` (n, 2) each, on one scale; ``stars`` (2,) each, None where the position is unknown."""

    clips: Clips
    names: list[str]
    layouts: list[np.ndarray]
    stars: list[np.ndarray | None]


def move(
    comparison: Comparison, cache: MapCache, kind: Kind, settings: MapSettings, clips: list[EncodedClip]
) -> Animation:
    """From before to after: two frames, with the layouts of the maps. ``clips``: the visitor's, of which the first is
    the star."""
    layouts = cache.layouts(comparison, kind, settings)
    stars = [None if positions is None else positions[0] for positions in maps.stars(comparison, layouts, clips)]
    return Animation(comparison.clips, ["before", "after"], list(layouts), stars)


def epochs(history: MapHistory, kind: Kind, settings: MapSettings, clip: EncodedClip | None) -> Iterator[Animation]:
    """An animation that grows by one frame at a time. Every layout starts from the one before and is rotated onto it;
    t-SNE and UMAP start with a PCA frame, so that there is something to see at once.

    The star is shown only if ``clip`` is still the one of the history.
    """
    empty = animation = Animation(history.clips, [], [], [])

    def extend(animation: Animation, snapshot: Snapshot, kind: Kind) -> Animation:
        points = torch.from_numpy(snapshot.points).float()
        last = animation.layouts[-1] if animation.layouts else None
        layout = maps.project(points, kind, settings, last)
        layout = layout if last is None else projection.match(layout, last)
        same = snapshot.star is not None and clip is history.heard
        star = projection.place(snapshot.star[None], points, layout)[0] if same else None
        return Animation(
            animation.clips, [*animation.names, snapshot.name], [*animation.layouts, layout], [*animation.stars, star]
        )

    snapshots = frames_of(history, kind)
    if kind != "pca":
        yield extend(empty, snapshots[0], "pca")
    for snapshot in snapshots:
        animation = extend(animation, snapshot, kind)
        yield animation


def frames_of(history: MapHistory, kind: Kind) -> list[Snapshot]:
    """The snapshots of an animation: all for PCA, a few for the kinds that take time."""
    return history.snapshots if kind == "pca" else thin(history.snapshots)


def thin(snapshots: list[Snapshot]) -> list[Snapshot]:
    """At most ``MAX_LAYOUTS``, evenly spaced, with the first and the last."""
    chosen = np.linspace(0, len(snapshots) - 1, min(len(snapshots), MAX_LAYOUTS)).round().astype(int)
    return [snapshots[number] for number in chosen]


def first(animation: Animation, colour: str) -> go.Figure:
    """The first frame as a figure."""
    groups = [replace(group, hover=[]) for group in _groups(animation, colour)]
    star = _position(animation.stars[0])[None] if _has_star(animation) else None
    figure = plots.scatter(animation.layouts[0], groups, star).update_layout(showlegend=False, height=400)
    figure.update_traces(marker_size=6, selector=lambda trace: trace.marker.symbol != VISITOR_SHAPE)
    edge = extent(animation)
    return figure.update_xaxes(range=[-edge, edge]).update_yaxes(range=[-edge, edge])


def extent(animation: Animation) -> float:
    """How far from the middle the picture reaches."""
    return MARGIN * max(float(np.abs(layout).max()) for layout in animation.layouts)


def frames(animation: Animation, colour: str) -> list[dict]:
    """For js/film.js: the name of each frame, and x and y of every trace of ``first``'s figure, rounded."""
    rows = [group.index for group in _groups(animation, colour)]
    frames = []
    for name, layout, star in zip(animation.names, animation.layouts, animation.stars, strict=True):
        traces = [layout[index] for index in rows] + ([_position(star)[None]] if _has_star(animation) else [])
        x, y = ([_numbers(trace[:, axis]) for trace in traces] for axis in (0, 1))
        frames.append({"name": name, "x": x, "y": y})
    return frames


def _groups(animation: Animation, colour: str) -> list[plots.Group]:
    no_predictions = Embedded(torch.empty(0), [""] * len(animation.clips))
    return maps.groups(animation.clips, no_predictions, colour)


def _has_star(animation: Animation) -> bool:
    return any(star is not None for star in animation.stars)


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 3) for value in values]


def _position(star: np.ndarray | None) -> np.ndarray:
    return np.full(2, np.nan) if star is None else star
