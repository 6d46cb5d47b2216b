"""Maps of the clips of two corpora, as models embed them: layouts, their quality, groups of points, and a cache."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from xser_demo.corpora import corpus
from xser_demo.corpora.base import Utterance
from xser_demo.evaluation import projection
from xser_demo.evaluation.domain_distance import Distances
from xser_demo.evaluation.projection import LARGEST, Kind, Trust
from xser_demo.experiments.embeddings import (
    MAX_CLIPS,
    UNLABELLED,
    Clips,
    Embedded,
    clip_outliers,
    clips,
    embed,
    measure,
)
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult
from xser_demo.features.encoders import registry
from xser_demo.inference.predict import EncodedClip, predict
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import score_tables, shipped_maps
from xser_demo.reporting.palette import (
    EMOTION_COLOURS,
    OPEN,
    SOURCE_COLOUR,
    SOURCE_SHAPE,
    TARGET_COLOUR,
    TARGET_SHAPE,
    UNLABELLED_COLOUR,
)
from xser_demo.reporting.plots import Group
from xser_demo.utils.errors import UserError

CACHE_SIZE = 16  # comparisons, layouts and trust values, each
GOLDEN_ANGLE = 137.5  # degrees between the hues of speakers: they differ, however many there are
MARGIN = 0.04  # around the points of a map, of its width
COLOUR_BY = ("corpus", "emotion", "speaker")


@dataclass(frozen=True)
class MapSettings:
    """How a map is laid out; each kind uses some of the values. The defaults are those of most papers."""

    components: tuple[int, int] = LARGEST
    perplexity: int = 30
    neighbours: int = 15
    min_dist: float = 0.1
    seed: int = 0

    def of(self, kind: Kind) -> tuple:
        """The values that ``kind`` uses, so that other values make no new map."""
        if kind == "pca":
            return self.components
        return (self.perplexity, self.seed) if kind == "tsne" else (self.neighbours, self.min_dist, self.seed)


PLAIN = MapSettings()


@dataclass(frozen=True, eq=False)
class Comparison:
    """The same clips before and after adaptation."""

    clips: Clips
    models: tuple[Loaded, Loaded]
    views: tuple[Embedded, Embedded]
    distances: tuple[Distances, Distances]  # between the corpora
    max_clips: int = MAX_CLIPS  # of each corpus


class MapCache:
    """The latest comparisons and their layouts. One cache serves the shipped models; each visitor has another for the
    models of the visit, which is deleted with it."""

    def __init__(self):
        self._comparisons: OrderedDict[tuple, Comparison] = OrderedDict()
        self._layouts: OrderedDict[tuple, tuple[np.ndarray, np.ndarray]] = OrderedDict()
        self._trust: OrderedDict[tuple, tuple[Trust, Trust]] = OrderedDict()

    def has(
        self,
        before: Loaded,
        after: Loaded,
        kind: Kind | None = None,
        settings: MapSettings = PLAIN,
        max_clips: int = MAX_CLIPS,
    ) -> bool:
        comparison = self._comparisons.get(_key(before, after, max_clips))
        if comparison is None or kind is None:
            return comparison is not None
        return _layout_key(comparison, kind, settings) in self._layouts or self._take_shipped(
            comparison, kind, settings
        )

    def comparison(
        self, before: Loaded, after: Loaded, result: AdaptationResult | None = None, max_clips: int = MAX_CLIPS
    ) -> Comparison:
        """``result``: the adaptation of this visit that made the second model; it has measured the distances already.
        ``max_clips``: of each corpus."""
        key = _key(before, after, max_clips)
        if key not in self._comparisons:
            _store(self._comparisons, key, compare(before, after, result, max_clips))
        return self._comparisons[key]

    def layouts(
        self, comparison: Comparison, kind: Kind, settings: MapSettings = PLAIN
    ) -> tuple[np.ndarray, np.ndarray]:
        """Before and after, each (n, 2). A clip stays near its place as far as the embedding allows: the second starts
        from the first (t-SNE, UMAP) and is rotated onto it."""
        key = _layout_key(comparison, kind, settings)
        if key not in self._layouts and not self._take_shipped(comparison, kind, settings):
            for _ in self.settle(comparison, kind, settings):
                pass
        return self._layouts[key]

    def _take_shipped(self, comparison: Comparison, kind: Kind, settings: MapSettings) -> bool:
        """Store the shipped layouts; False without any."""
        if kind != "tsne" or settings.of(kind) != shipped_maps.SETTINGS:
            return False
        layouts = shipped_maps.shipped_layout(*comparison.models, comparison.clips)
        if layouts is not None:
            _store(self._layouts, _layout_key(comparison, kind, settings), layouts)
        return layouts is not None

    def settle(
        self, comparison: Comparison, kind: Kind, settings: MapSettings = PLAIN
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Compute the same layouts step by step: 0 for before or 1 for after, and the positions so far. They are stored
        once both are complete, and not when the caller stops earlier."""
        layouts = []
        for side, view in enumerate(comparison.views):
            for layout in settle(view.points, kind, settings, layouts[0] if layouts else None):
                layout = projection.match(layout, layouts[0]) if layouts else layout
                yield side, layout
            layouts.append(layout)
        _store(self._layouts, _layout_key(comparison, kind, settings), tuple(layouts))

    def trust(self, comparison: Comparison, kind: Kind, settings: MapSettings = PLAIN) -> tuple[Trust, Trust]:
        """Quality of both maps."""
        key = _layout_key(comparison, kind, settings)
        if key not in self._trust:
            pairs = zip(comparison.views, self.layouts(comparison, kind, settings), strict=True)
            values = tuple(projection.trust(clip_outliers(view.points), layout) for view, layout in pairs)
            _store(self._trust, key, values)
        return self._trust[key]


def _key(before: Loaded, after: Loaded, max_clips: int) -> tuple:
    return (*((one.id, one.card.get("weights_sha256")) for one in (before, after)), max_clips)


def _layout_key(comparison: Comparison, kind: Kind, settings: MapSettings) -> tuple:
    return (*_key(*comparison.models, comparison.max_clips), kind, settings.of(kind))


def _store(cache: OrderedDict, key: tuple, value) -> None:
    cache[key] = value
    while len(cache) > CACHE_SIZE:
        cache.popitem(last=False)


def project(
    points: Tensor, kind: Kind, settings: MapSettings, start: np.ndarray | None = None, quick: bool = False
) -> np.ndarray:
    """(n, E) -> (n, 2)."""
    *_, last = settle(points, kind, settings, start, quick)
    return last


def settle(
    points: Tensor, kind: Kind, settings: MapSettings, start: np.ndarray | None = None, quick: bool = False
) -> Iterator[np.ndarray]:
    """(n, E) -> (n, 2), step by step. ``quick``: from a ``start`` near the result, a few iterations are enough."""
    return projection.layout_frames(
        clip_outliers(points),
        kind,
        settings.seed,
        settings.perplexity,
        settings.neighbours,
        start,
        settings.min_dist,
        settings.components,
        quick=quick,
    )


def compare(
    before: Loaded, after: Loaded, result: AdaptationResult | None = None, max_clips: int = MAX_CLIPS
) -> Comparison:
    """Embed the clips of both corpora with both models, and measure how far apart the corpora are."""
    shown = clips_of(after, result, max_clips)
    views = tuple(embed(one.model, shown) for one in (before, after))
    distances = (result.distances_before, result.distances_after) if result else measure(shown, *views)
    return Comparison(shown, (before, after), views, distances, max_clips)


def clips_of(after: Loaded, result: AdaptationResult | None = None, max_clips: int = MAX_CLIPS) -> Clips:
    """The clips on the maps of an adapted model: those of its source and of its target."""
    card = after.card
    plan = Plan(
        card["source"],
        card["target"],
        card["method"],
        card["label_set"],
        system=card.get("system"),
        variant=card.get("variant"),
        encoder=registry.bigger(after.model.recipe.feature),
        seed=card.get("seed", 0),
        own=result.plan.own if result else {},
    )
    return clips(plan, max_clips)


def stars(
    comparison: Comparison, layouts: tuple[np.ndarray, np.ndarray], clips: list[EncodedClip]
) -> list[np.ndarray | None]:
    """The positions of the visitor's m clips on both maps: (m, 2) each, None without clips."""
    return [star(comparison, side, layout, clips) for side, layout in enumerate(layouts)]


def star(comparison: Comparison, side: int, layout: np.ndarray, clips: list[EncodedClip]) -> np.ndarray | None:
    """The same on one map: 0 before, 1 after. None also where the clips lack the features of the model."""
    model, view = comparison.models[side], comparison.views[side]
    try:
        points = [predict(model, clip).embedding for clip in clips]
    except UserError:
        points = []
    return projection.place(np.stack(points), view.points, layout) if points else None


def bounds(layouts: Iterable[np.ndarray]) -> tuple[list[float], list[float]]:
    """The ranges of both axes that show all layouts, with a margin."""
    points = np.concatenate(list(layouts)).astype(float)
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    margin = MARGIN * np.maximum(high - low, 1e-6)
    x, y = ([round(float(side), 3) for side in pair] for pair in zip(low - margin, high + margin, strict=True))
    return x, y


def groups(clips: Clips, view: Embedded, colour_by: str) -> list[Group]:
    """Points by corpus, emotion or speaker (colour) and by corpus (shape)."""
    n = len(clips.source)
    members: dict[tuple, list[int]] = {}
    for row, utterance in enumerate(clips.utterances):
        members.setdefault((row >= n, _value(clips, utterance, colour_by)), []).append(row)
    groups = []
    for number, ((target, value), rows) in enumerate(sorted(members.items())):
        name = corpus(clips.utterances[rows[0]].corpus).name
        groups.append(
            Group(
                name=name if colour_by == "corpus" else f"{value}, {name}",
                colour=_colour(colour_by, value, target, number),
                symbol=(TARGET_SHAPE if target else SOURCE_SHAPE) + (OPEN if value == UNLABELLED else ""),
                index=np.array(rows),
                hover=[_hover(clips.utterances[row], view.predictions[row]) for row in rows],
            )
        )
    return groups


def legend(clips: Clips, colour_by: str, star: bool = False) -> str:
    """The legend of both maps, as HTML."""
    unlabelled = any(clips.label(utterance) == UNLABELLED for utterance in clips.utterances)
    keys = clips.source.pack.key, clips.target.pack.key
    return score_tables.legend(*keys, clips.labels, colour_by, star, unlabelled)


def _value(clips: Clips, utterance: Utterance, colour_by: str) -> str:
    if colour_by == "emotion":
        return clips.label(utterance)
    return utterance.speaker if colour_by == "speaker" else utterance.corpus


def _colour(colour_by: str, value: str, target: bool, number: int) -> str:
    if colour_by == "emotion":
        return EMOTION_COLOURS.get(value, UNLABELLED_COLOUR)
    if colour_by == "speaker":
        return f"hsl({number * GOLDEN_ANGLE % 360:.0f}, 60%, 50%)"
    return TARGET_COLOUR if target else SOURCE_COLOUR


def _hover(utterance: Utterance, prediction: str) -> str:
    speaker = f", speaker {utterance.speaker}" if utterance.speaker else ""
    label = f", labelled {utterance.emotion}" if utterance.emotion else ""
    return f"{corpus(utterance.corpus).name}{speaker}{label}, predicted {prediction}"
