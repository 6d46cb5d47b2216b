"""Live map of an adaptation, coloured by emotion. Labels of the target only colour its points."""

import time

import numpy as np
import plotly.graph_objects as go

from xser_demo.evaluation import projection
from xser_demo.experiments.embeddings import clip_outliers, embed, subsample, with_labels
from xser_demo.experiments.model_card import encoder
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import Task, target_pack
from xser_demo.inference.predict import EncodedClip, predict
from xser_demo.networks import frozen
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import Model
from xser_demo.reporting import maps, plots
from xser_demo.reporting.map_animation import MapHistory
from xser_demo.ui.jobs.control import UPDATE_S
from xser_demo.utils.errors import UserError

MAX_TIME_SHARE = 0.2  # of the run spent on drawing: a slow map is drawn less often
MAX_CLIPS = 300  # of each corpus
MAX_CLIPS_IMAGES = 120  # the same for image networks
COLOUR = "emotion"
HEIGHT = 390
MIN_EXTENT = 2.4  # of the axes in each direction, in standard deviations; it grows when points move out


class LiveMap:
    """PCA maps of one set of clips. Each is aligned to the one before, so that points move and do not jump. ``history``
    keeps the embeddings, with that of the visitor's ``clip``; ``layouts`` are the maps as they were drawn."""

    def __init__(self, plan: Plan, task: Task, clip: EncodedClip | None = None):
        most = MAX_CLIPS_IMAGES if plan.recipe.head == "image" else MAX_CLIPS
        self.clips = with_labels(subsample(task.labels, task.train, task.adapt, most), target_pack(plan))
        self.history = MapHistory(self.clips, None if frozen.is_frozen(plan.recipe) else clip)  # maps are no sound
        self.names: list[str] = []
        self.layouts: list[np.ndarray] = []  # (n, 2) each
        self.traces: list[np.ndarray] = []  # the rows of the clips of each trace of the figure
        self.card = encoder(task) | {"label_set": plan.labels}
        self.extent = MIN_EXTENT
        self.next_at = 0.0  # earliest time of the next map

    def due(self) -> bool:
        return time.monotonic() >= self.next_at

    def draw(self, model: Model, name: str) -> go.Figure:
        """``name`` of the moment, for the history."""
        began = time.monotonic()
        view = embed(model, self.clips)
        self.history.add(name, view.points, self._clip_embedding(model))
        layout = projection.layout(clip_outliers(view.points), "pca")
        layout = projection.match(layout, self.layouts[-1]) if self.layouts else layout
        self.names.append(name)
        self.layouts.append(layout)
        groups = maps.groups(self.clips, view, COLOUR)
        self.traces = [group.index for group in groups]
        self.extent = max(self.extent, 1.05 * float(np.abs(layout).max()))
        limits = [-self.extent, self.extent]
        figure = plots.scatter(layout, groups).update_layout(height=HEIGHT).update_traces(marker_size=6)
        figure.update_xaxes(range=limits).update_yaxes(range=limits)
        for trace, rows in zip(figure.data, self.traces, strict=True):
            trace.customdata = rows.tolist()
        self.history.figure = figure
        ended = time.monotonic()
        first = len(self.layouts) == 1  # slower than the others: it loads libraries
        self.next_at = ended + (UPDATE_S if first else max(UPDATE_S, (ended - began) / MAX_TIME_SHARE))
        return figure

    def film(self, uars: dict[str, float]) -> dict:
        """What js/scrubber.js replays: the maps as they were drawn. ``uars``: the score at some of them, by name."""
        frames = [
            {"name": name, "note": f"UAR {uars[name]:.0%}" if name in uars else "", **self._moved(layout)}
            for name, layout in zip(self.names, self.layouts, strict=True)
        ]
        reach = 1.05 * max(float(np.abs(layout).max()) for layout in self.layouts)
        return {"extent": max(MIN_EXTENT, reach), "frames": frames}

    def _moved(self, layout: np.ndarray) -> dict:
        """x and y of every trace of the figure, rounded."""
        rounded = layout.astype(float).round(2)
        return {axis: [rounded[rows, side].tolist() for rows in self.traces] for side, axis in enumerate("xy")}

    def _clip_embedding(self, model: Model) -> np.ndarray | None:
        """(E,) of the visitor's clip."""
        if self.history.heard is not None:
            try:
                return predict(Loaded("", model, self.card), self.history.heard).embedding
            except UserError:
                self.history.heard = None  # it lacks the features of this network; the adaptation goes on without it
        return None
