"""The map before the first run: the clips of both languages as the source-only model places them."""

import threading
from dataclasses import replace

import plotly.graph_objects as go

from xser_demo.experiments.plan import Plan
from xser_demo.experiments.source_models import start
from xser_demo.experiments.task import Task
from xser_demo.reporting.curves import titled
from xser_demo.ui.tabs.adapt.live_map import LiveMap

FAST = ("attention", "mlp")  # networks that place 600 clips at once; others are drawn when they train
KEPT = 32  # figures

_drawn: dict[Plan, go.Figure | None] = {}
_one_at_a_time = threading.Lock()  # a class that opens the tab together waits for one drawing


def draw(plan: Plan, task: Task) -> go.Figure | None:
    """The figure that a run of this plan begins with; ``task``: its data. None where it would have to wait: for a
    source model that is not shipped or a slow network; and for a visitor's own recordings, which no cache may hold."""
    if plan.own or plan.recipe.head not in FAST:
        return None
    same = replace(plan, strength=None, epochs=None, budget_s=None, normalise=None)
    with _one_at_a_time:
        if same not in _drawn:
            if len(_drawn) == KEPT:
                _drawn.pop(next(iter(_drawn)))
            model = start(plan, task)
            figure = None if model is None else LiveMap(plan, task).draw(model, "before")
            _drawn[same] = figure and titled(figure, "Before adaptation")
        return _drawn[same]
