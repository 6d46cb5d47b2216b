"""A layout that is not there yet: what is asked for, its steps while it waits and settles. Knows nothing of Gradio."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from xser_demo.evaluation.projection import Kind
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import maps
from xser_demo.reporting.maps import Comparison, MapCache, MapSettings
from xser_demo.ui.jobs.queue import HEAVY
from xser_demo.ui.tabs.map import figures

LAYOUT_S = 5  # of two maps, for those who wait
STEP_S = 0.3  # between two pictures: the browser draws, too


@dataclass(frozen=True)
class LayoutRequest:
    model_id: str
    kind: Kind
    knobs: MapSettings
    most: int  # clips of each corpus

    @property
    def name(self) -> str:
        """For the page, whose figures know by it that they wait for this layout."""
        return f"{self.kind} {self.knobs.of(self.kind)} of {self.model_id}, {self.most} clips"


def steps(
    atlas: MapCache, comparison: Comparison, wish: LayoutRequest, heard: list[EncodedClip]
) -> Iterator[str | dict]:
    """Words while others are ahead, then where the points are (``pair.step``), a few times a second. When it ends, both
    maps are in the atlas."""
    shown = 0.0
    with HEAVY.job(LAYOUT_S) as job:
        yield from HEAVY.turn(job)
        for side, layout in atlas.settle(comparison, wish.kind, wish.knobs):
            if time.monotonic() - shown > STEP_S:
                yield figures.step(side, layout, maps.star(comparison, side, layout, heard), wish.name)
                shown = time.monotonic()
