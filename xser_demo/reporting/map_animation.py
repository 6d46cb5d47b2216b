"""The animated map: the clips of the after map from before to after adaptation, epoch by epoch where they are kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go
import torch

from xser_demo.evaluation import projection
from xser_demo.evaluation.projection import Kind
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import maps
from xser_demo.reporting.maps import Clips, Comparison, MapCache, MapSettings

MAX_SNAPSHOTS = 40  # of a history; of 600 clips with 128 values they take 6 MB
MAX_LAYOUTS = 12  # of a t-SNE or UMAP animation: each takes about a second
MAX_FLOAT16 = 6e4  # about the largest 16-bit float; outliers that far away are drawn closer anyway


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The clips as the model embedded them at one moment: (n, E) float16, and the visitor's clip (E,) if any."""

    name: str
    points: np.ndarray
    star: np.ndarray | None


@dataclass
class MapHistory:
    """Snapshots of an adaptation for its animated map. ``heard``: the visitor's clip, shown as a star. ``figure``: the
    map as the run drew it last; the customdata of its points are their rows among ``clips``."""

    clips: Clips
    heard: EncodedClip | None = None
    snapshots: list[Snapshot] = field(default_factory=list)
    figure: go.Figure | None = None

    def add(self, name: str, points: torch.Tensor, star: np.ndarray | None) -> None:
        """Add a snapshot. When there are too many, every second one between the first and the last is deleted."""
        points = points.clamp(-MAX_FLOAT16, MAX_FLOAT16).half().numpy()
        self.snapshots.append(Snapshot(name, points, star))
        if len(self.snapshots) > MAX_SNAPSHOTS:
            del self.snapshots[1:-1:2]


@dataclass(frozen=True, eq=False)
class Animation:
    """``layouts`` (n, 2) each, in the order of the maps' clips and on one scale; NaN for clips without a position in a
    frame. ``stars`` (2,) each, None where the position is unknown."""

    names: list[str]
    layouts: list[np.ndarray]
    stars: list[np.ndarray | None]

    def and_then(self, name: str, layout: np.ndarray, star: np.ndarray | None) -> "Animation":
        return Animation([*self.names, name], [*self.layouts, layout], [*self.stars, star])


def move(
    comparison: Comparison, cache: MapCache, kind: Kind, settings: MapSettings, clips: list[EncodedClip]
) -> Animation:
    """From before to after: two frames, with the layouts of the maps. ``clips``: the visitor's, of which the first is
    the star."""
    layouts = cache.layouts(comparison, kind, settings)
    stars = [None if positions is None else positions[0] for positions in maps.stars(comparison, layouts, clips)]
    return Animation(["before", "after"], list(layouts), stars)


def epochs(
    history: MapHistory,
    comparison: Comparison,
    cache: MapCache,
    kind: Kind,
    settings: MapSettings,
    clips: list[EncodedClip],
) -> Iterator[Animation]:
    """An animation that grows by one frame at a time: it begins and ends with the layouts of the maps. In between, the
    clips of the history are laid out anew, each frame from the one before and rotated onto it.

    The star is shown in between only if the visitor's clip is still the one of the history.
    """
    ends = move(comparison, cache, kind, settings, clips)
    animation = Animation(ends.names[:1], ends.layouts[:1], ends.stars[:1])
    yield animation
    rows = rows_of(history.clips, comparison.clips)
    shown = rows >= 0
    heard = bool(clips) and clips[0] is history.heard
    for snapshot in frames_of(history, kind)[1:-1]:
        points, last = torch.from_numpy(snapshot.points[shown]).float(), animation.layouts[-1][rows[shown]]
        placed = projection.match(maps.project(points, kind, settings, last, quick=True), last)
        layout = np.full_like(animation.layouts[0], np.nan)
        layout[rows[shown]] = placed
        star = projection.place(snapshot.star[None], points, placed)[0] if heard and snapshot.star is not None else None
        animation = animation.and_then(snapshot.name, layout, star)
        yield animation
    yield animation.and_then(ends.names[1], ends.layouts[1], ends.stars[1])


def rows_of(clips: Clips, among: Clips) -> np.ndarray:
    """(h,) the row of each of ``clips`` ``among`` others, -1 for one that is not there."""
    rows = {place: row for row, place in enumerate(places(among))}
    return np.array([rows.get(place, -1) for place in places(clips)])


def places(clips: Clips) -> list[tuple[str, int]]:
    """Corpus and row in its pack of each clip: names and labels may be sealed."""
    return [(side.pack.key, row) for side in (clips.source, clips.target) for row in side.rows.tolist()]


def frames_of(history: MapHistory, kind: Kind) -> list[Snapshot]:
    """The snapshots of an animation: all for PCA, a few for the kinds that take time."""
    return history.snapshots if kind == "pca" else thin(history.snapshots)


def thin(snapshots: list[Snapshot]) -> list[Snapshot]:
    """At most ``MAX_LAYOUTS``, evenly spaced, with the first and the last."""
    chosen = np.linspace(0, len(snapshots) - 1, min(len(snapshots), MAX_LAYOUTS)).round().astype(int)
    return [snapshots[number] for number in chosen]


def frames(animation: Animation) -> list[dict]:
    """For js/film.js: the name of each frame, x and y of every clip (None without a position) and the star, rounded."""
    return [
        {"name": name, "x": _numbers(layout[:, 0]), "y": _numbers(layout[:, 1]), "star": _star(star)}
        for name, layout, star in zip(animation.names, animation.layouts, animation.stars, strict=True)
    ]


def _star(position: np.ndarray | None) -> list[float | None] | None:
    return None if position is None else _numbers(position)


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 2) for value in values]
