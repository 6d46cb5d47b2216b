"""What the maps show: the clips of two corpora as models embed them. Knows nothing of Gradio."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from xser_demo.corpora import corpus
from xser_demo.corpora.base import Utterance
from xser_demo.evaluation import projection
from xser_demo.evaluation.domain_distance import Distances
from xser_demo.evaluation.projection import LARGEST, Kind, Trust
from xser_demo.experiments.embeddings import MOST, Clips, Embedded, clip_outliers, clips, embed, measure
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult
from xser_demo.features.encoders import registry
from xser_demo.inference.predict import EncodedClip, predict
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import score_tables
from xser_demo.reporting.palette import EMOTION_COLOURS, SOURCE_COLOUR, SOURCE_SHAPE, TARGET_COLOUR, TARGET_SHAPE
from xser_demo.reporting.plots import Group
from xser_demo.utils.errors import UserError

KEPT = 16  # comparisons, and layouts of each kind, that an atlas remembers
GOLDEN = 137.5  # degrees; hues this far apart stay apart, however many there are
UNLABELLED_COLOUR = "#9A9A9A"
COLOUR_BY = ("corpus", "emotion", "speaker")


@dataclass(frozen=True)
class MapSettings:
    """How a map is laid out; each kind heeds its own. The defaults are those of most papers."""

    components: tuple[int, int] = LARGEST
    perplexity: int = 30
    neighbours: int = 15
    min_dist: float = 0.1
    seed: int = 0

    def of(self, kind: Kind) -> tuple:
        """The values that ``kind`` heeds, so that another one's knob makes no new map."""
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
    shifts: tuple[Distances, Distances]
    most: int = MOST  # clips of each corpus that were asked for


class MapCache:
    """Comparisons and their layouts, the latest few. One serves the shipped models, each visitor's own models have
    another, so that they go when the visitor goes."""

    def __init__(self):
        self._comparisons: OrderedDict[tuple, Comparison] = OrderedDict()
        self._layouts: OrderedDict[tuple, tuple[np.ndarray, np.ndarray]] = OrderedDict()
        self._trust: OrderedDict[tuple, tuple[Trust, Trust]] = OrderedDict()

    def has(
        self, before: Loaded, after: Loaded, kind: Kind | None = None, knobs: MapSettings = PLAIN, most: int = MOST
    ) -> bool:
        key = _key(before, after, most)
        return key in self._comparisons if kind is None else (*key, kind, knobs.of(kind)) in self._layouts

    def comparison(
        self, before: Loaded, after: Loaded, made: AdaptationResult | None = None, most: int = MOST
    ) -> Comparison:
        """``made``: the adaptation of this visit that gave the second model, which has measured the distances already;
        ``most`` clips of each corpus at the most."""
        key = _key(before, after, most)
        if key not in self._comparisons:
            _keep(self._comparisons, key, compare(before, after, made, most))
        return self._comparisons[key]

    def layouts(self, comparison: Comparison, kind: Kind, knobs: MapSettings = PLAIN) -> tuple[np.ndarray, np.ndarray]:
        """Before and after, each (n, 2); the second is turned onto the first, so that left stays left."""
        key = (*_key(*comparison.models, comparison.most), kind, knobs.of(kind))
        if key not in self._layouts:
            for _ in self.settle(comparison, kind, knobs):
                pass
        return self._layouts[key]

    def settle(
        self, comparison: Comparison, kind: Kind, knobs: MapSettings = PLAIN
    ) -> Iterator[tuple[int, np.ndarray]]:
        """The same layouts while they settle: 0 before or 1 after, and where its points are. They are kept when both
        have come to rest, not when nobody looks on to the end."""
        there = []
        for side, view in enumerate(comparison.views):
            for layout in settle(view.points, kind, knobs):
                layout = projection.match(layout, there[0]) if there else layout
                yield side, layout
            there.append(layout)
        _keep(self._layouts, (*_key(*comparison.models, comparison.most), kind, knobs.of(kind)), tuple(there))

    def trust(self, comparison: Comparison, kind: Kind, knobs: MapSettings = PLAIN) -> tuple[Trust, Trust]:
        """Quality of both maps."""
        key = (*_key(*comparison.models, comparison.most), kind, knobs.of(kind))
        if key not in self._trust:
            layouts = self.layouts(comparison, kind, knobs)
            pairs = zip(comparison.views, layouts, strict=True)
            _keep(
                self._trust, key, tuple(projection.trust(clip_outliers(view.points), layout) for view, layout in pairs)
            )
        return self._trust[key]


def project(points: Tensor, kind: Kind, knobs: MapSettings, start: np.ndarray | None = None) -> np.ndarray:
    """(n, E) -> (n, 2)."""
    *_, last = settle(points, kind, knobs, start)
    return last


def settle(points: Tensor, kind: Kind, knobs: MapSettings, start: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """A layout (n, 2) of (n, E) while it settles. From a ``start``, which is near, a few iterations are enough."""
    return projection.settle(
        clip_outliers(points),
        kind,
        knobs.seed,
        knobs.perplexity,
        knobs.neighbours,
        start,
        knobs.min_dist,
        knobs.components,
        quick=start is not None,
    )


def _key(before: Loaded, after: Loaded, most: int) -> tuple:
    return (*((one.id, one.card.get("weights_sha256")) for one in (before, after)), most)


def _keep(memory: OrderedDict, key: tuple, value) -> None:
    memory[key] = value
    while len(memory) > KEPT:
        memory.popitem(last=False)


def compare(before: Loaded, after: Loaded, made: AdaptationResult | None = None, most: int = MOST) -> Comparison:
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
        own=made.plan.own if made else {},
    )
    shown, shifts = clips(plan, most), (made.distances_before, made.distances_after) if made else None
    views = tuple(embed(one.model, shown) for one in (before, after))
    return Comparison(shown, (before, after), views, shifts or measure(shown, *views), most)


def stars(
    comparison: Comparison, layouts: tuple[np.ndarray, np.ndarray], heard: list[EncodedClip]
) -> list[np.ndarray | None]:
    """Where the visitor's m clips lie on both maps: (m, 2) each, None without clips."""
    return [star(comparison, side, layout, heard) for side, layout in enumerate(layouts)]


def star(comparison: Comparison, side: int, layout: np.ndarray, heard: list[EncodedClip]) -> np.ndarray | None:
    """The same on one map: 0 before, 1 after. None, too, where the model cannot hear them: its encoder is not here."""
    model, view = comparison.models[side], comparison.views[side]
    try:
        points = [predict(model, one).embedding for one in heard]
    except UserError:
        points = []
    return projection.place(np.stack(points), view.points, layout) if points else None


def groups(clips: Clips, view: Embedded, colour_by: str, labelled: bool = True) -> list[Group]:
    """Colour by corpus, emotion or speaker; the shape always says the corpus. ``labelled``: the labels may be shown;
    not while a model trains, where the target has none."""
    n = len(clips.source)
    members: dict[tuple, list[int]] = {}
    for row, utterance in enumerate(clips.utterances):
        members.setdefault((row >= n, _value(clips, utterance, colour_by)), []).append(row)
    made = []
    for number, ((target, value), rows) in enumerate(sorted(members.items())):
        name = corpus(clips.utterances[rows[0]].corpus).name
        made.append(
            Group(
                name=name if colour_by == "corpus" else f"{value}, {name}",
                colour=_colour(colour_by, value, target, number),
                symbol=TARGET_SHAPE if target else SOURCE_SHAPE,
                index=np.array(rows),
                hover=[_words(clips.utterances[row], view.predictions[row], labelled) for row in rows],
            )
        )
    return made


def legend(clips: Clips, colour_by: str, star: bool = False) -> str:
    """The legend of both maps, as HTML."""
    return score_tables.legend(clips.source.pack.key, clips.target.pack.key, clips.labels, colour_by, star)


def _value(clips: Clips, utterance: Utterance, colour_by: str) -> str:
    if colour_by == "emotion":
        return clips.label(utterance)
    return utterance.speaker if colour_by == "speaker" else utterance.corpus


def _colour(colour_by: str, value: str, target: bool, number: int) -> str:
    if colour_by == "emotion":
        return EMOTION_COLOURS.get(value, UNLABELLED_COLOUR)
    if colour_by == "speaker":
        return f"hsl({number * GOLDEN % 360:.0f}, 60%, 50%)"
    return TARGET_COLOUR if target else SOURCE_COLOUR


def _words(utterance: Utterance, heard: str, labelled: bool) -> str:
    label = f", labelled {utterance.emotion}" if labelled and utterance.emotion else ""
    who = f", speaker {utterance.speaker}" if utterance.speaker else ""
    return f"{corpus(utterance.corpus).name}{who}{label}, heard as {heard}"
