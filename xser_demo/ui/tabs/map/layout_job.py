"""Layouts that take seconds: the request for one, and its steps while it is computed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from xser_demo.evaluation.projection import Kind
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import maps
from xser_demo.reporting.maps import Comparison, MapCache, MapSettings
from xser_demo.ui.jobs.queue import HEAVY
from xser_demo.ui.tabs.map import figures

KINDS = [("PCA", "pca"), ("t-SNE", "tsne"), ("UMAP", "umap")]
# Seconds for two maps of 1,000 clips on two busy cores: to lay them out, and to embed the clips by the head of a model.
LAYOUT_S, EMBEDDING_S = 6, {"image": 8}
QUEUE_S = 5  # of a layout, for the estimate that waiting visitors see
STEP_S = 0.3  # between two steps: the browser needs time to draw them


@dataclass(frozen=True)
class LayoutRequest:
    model_id: str
    kind: Kind
    settings: MapSettings
    max_clips: int  # per corpus

    @property
    def name(self) -> str:
        """For the page: figures that wait for this layout carry its name."""
        return f"{self.kind} {self.settings.of(self.kind)} of {self.model_id}, {self.max_clips} clips"


def steps(
    cache: MapCache, comparison: Comparison, request: LayoutRequest, clips: list[EncodedClip]
) -> Iterator[str | dict]:
    """Messages while the job is queued, then a few times a second the positions of the points (``figures.step``). When
    it ends, both maps are in the cache."""
    last = 0.0
    with HEAVY.job(QUEUE_S) as job:
        yield from HEAVY.turn(job)
        for side, layout in cache.settle(comparison, request.kind, request.settings):
            if time.monotonic() - last > STEP_S:
                yield figures.step(side, layout, maps.star(comparison, side, layout, clips), request.name)
                last = time.monotonic()


def status(comparison: Comparison, kind: Kind, ready: bool) -> str:
    """What the maps show; while a layout is not ``ready``, how long it takes."""
    n, name = len(comparison.clips), {value: title for title, value in KINDS}[kind]
    if not ready:
        first = ", the first time up to 20 s" if kind == "umap" else ""
        seconds = max(1, round(LAYOUT_S * n / 1000))
        return f"{name} is laying out {n:,} clips twice, about {seconds} s{first}. It starts from PCA; watch it settle."
    return f"{n:,} clips. Each point is one clip, near clips with a similar embedding; labels only colour the points."
