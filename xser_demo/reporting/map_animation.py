"""Maps that move: one set of clips from epoch to epoch, or from before to after. Knows nothing of Gradio."""

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

MOST_SHOTS = 40  # that a story keeps; of 600 clips with 128 values they take 6 MB
MOST_LAID_OUT = 12  # shots of a t-SNE or UMAP film: each takes about a second
HALF = 6e4  # about the largest number of 16 bits; where a clip lies so far out, it is drawn in anyway
EDGE = 1.06  # of the farthest point, where the picture ends


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The clips as the model embedded them at one moment: (n, E) float16, and the visitor's clip (E,) if any."""

    name: str
    points: np.ndarray
    star: np.ndarray | None


@dataclass
class MapHistory:
    """What an adaptation leaves for the map. ``heard`` is the clip that its stars belong to."""

    clips: Clips
    heard: EncodedClip | None = None
    shots: list[Snapshot] = field(default_factory=list)

    def add(self, name: str, points: torch.Tensor, star: np.ndarray | None) -> None:
        """When there are many, every other one between the first and the last goes."""
        self.shots.append(Snapshot(name, points.clamp(-HALF, HALF).half().numpy(), star))
        if len(self.shots) > MOST_SHOTS:
            del self.shots[1:-1:2]


@dataclass(frozen=True, eq=False)
class Animation:
    """``layouts`` (n, 2) each, on one scale; ``stars`` (2,) or None where nobody knows the place."""

    clips: Clips
    names: list[str]
    layouts: list[np.ndarray]
    stars: list[np.ndarray | None]


def move(
    comparison: Comparison, atlas: MapCache, kind: Kind, knobs: MapSettings, heard: list[EncodedClip]
) -> Animation:
    """From before to after: two shots, of which the layouts are on the maps already."""
    layouts = atlas.layouts(comparison, kind, knobs)
    stars = [None if places is None else places[0] for places in maps.stars(comparison, layouts, heard)]
    return Animation(comparison.clips, ["before", "after"], list(layouts), stars)


def epochs(story: MapHistory, kind: Kind, knobs: MapSettings, heard: EncodedClip | None) -> Iterator[Animation]:
    """A film that grows by one shot at a time. Every layout starts from the one before and is turned onto it; the first
    one comes as PCA, from which the other kinds start, so that there is something to see at once.

    The star shows where every shot has placed it, if it is still the same clip."""
    empty = film = Animation(story.clips, [], [], [])

    def longer(film: Animation, shot: Snapshot, kind: Kind) -> Animation:
        points = torch.from_numpy(shot.points).float()
        last = film.layouts[-1] if film.layouts else None
        layout = maps.project(points, kind, knobs, last)
        layout = layout if last is None else projection.match(layout, last)
        here = shot.star is not None and heard is story.heard
        star = projection.place(shot.star[None], points, layout)[0] if here else None
        return Animation(film.clips, [*film.names, shot.name], [*film.layouts, layout], [*film.stars, star])

    shots = shown(story, kind)
    if kind != "pca":
        yield longer(empty, shots[0], "pca")
    for shot in shots:
        film = longer(film, shot, kind)
        yield film


def shown(story: MapHistory, kind: Kind) -> list[Snapshot]:
    """The shots of its film: not all of those kinds that take their time."""
    return story.shots if kind == "pca" else few(story.shots)


def few(shots: list[Snapshot]) -> list[Snapshot]:
    """At most ``MOST_LAID_OUT``, the first and the last among them."""
    places = np.linspace(0, len(shots) - 1, min(len(shots), MOST_LAID_OUT)).round().astype(int)
    return [shots[place] for place in places]


def first(film: Animation, colour: str) -> go.Figure:
    """The first shot as a figure."""
    nothing = Embedded(torch.empty(0), [""] * len(film.clips))
    groups = [replace(group, hover=[]) for group in maps.groups(film.clips, nothing, colour)]
    star = None if not any(one is not None for one in film.stars) else _star(film.stars[0])[None]
    figure = plots.scatter(film.layouts[0], groups, star).update_layout(showlegend=False, height=400)
    figure.update_traces(marker_size=6, selector=lambda trace: trace.marker.symbol != VISITOR_SHAPE)
    edge = room(film)
    return figure.update_xaxes(range=[-edge, edge]).update_yaxes(range=[-edge, edge])


def room(film: Animation) -> float:
    """How far from the middle the picture must reach."""
    return EDGE * max(float(np.abs(layout).max()) for layout in film.layouts)


def frames(film: Animation, colour: str) -> list[dict]:
    """For the page: the name of each shot, and x and y of every trace of ``first``'s figure, rounded."""
    nothing = Embedded(torch.empty(0), [""] * len(film.clips))
    rows = [group.index for group in maps.groups(film.clips, nothing, colour)]
    starred = any(one is not None for one in film.stars)
    made = []
    for name, layout, star in zip(film.names, film.layouts, film.stars, strict=True):
        traces = [layout[index] for index in rows] + ([_star(star)[None]] if starred else [])
        x, y = ([_numbers(trace[:, axis]) for trace in traces] for axis in (0, 1))
        made.append({"name": name, "x": x, "y": y})
    return made


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 3) for value in values]


def _star(place: np.ndarray | None) -> np.ndarray:
    return np.full(2, np.nan) if place is None else place
