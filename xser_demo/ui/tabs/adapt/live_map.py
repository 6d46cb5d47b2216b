"""Live map of an adaptation."""

import time

import numpy as np
import plotly.graph_objects as go

from xser_demo.evaluation import projection
from xser_demo.experiments.embeddings import Clips, clip_outliers, embed, subsample
from xser_demo.experiments.model_card import encoder
from xser_demo.experiments.task import Task
from xser_demo.inference.predict import EncodedClip, predict
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import Model
from xser_demo.reporting import maps, plots
from xser_demo.reporting.map_animation import MapHistory
from xser_demo.ui.jobs.control import UPDATE_S
from xser_demo.utils.errors import UserError

MAX_TIME_SHARE = 0.2  # of the run spent on drawing: a slow map is drawn less often
MAX_CLIPS = 300  # of each corpus
MAX_CLIPS_IMAGES = 120  # the same for image networks
MIN_EXTENT = 2.4  # of the axes in each direction, in standard deviations; it grows when points move out


class LiveMap:
    """PCA maps of one set of clips. Each is aligned to the one before, so that points move and do not jump. ``history``
    keeps the embeddings, with that of the visitor's ``clip``."""

    def __init__(self, task: Task, label_set: str, images: bool = False, clip: EncodedClip | None = None):
        self.clips: Clips = subsample(task.labels, task.train, task.adapt, MAX_CLIPS_IMAGES if images else MAX_CLIPS)
        self.history = MapHistory(self.clips, clip)
        self.card = encoder(task) | {"label_set": label_set}
        self.layout: np.ndarray | None = None  # the last one, (n, 2)
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
        self.layout = layout if self.layout is None else projection.match(layout, self.layout)
        groups = maps.groups(self.clips, view, "corpus", labelled=False)
        self.extent = max(self.extent, 1.05 * float(np.abs(self.layout).max()))
        limits = [-self.extent, self.extent]
        figure = plots.scatter(self.layout, groups).update_layout(height=340).update_traces(marker_size=6)
        figure.update_xaxes(range=limits).update_yaxes(range=limits)
        ended = time.monotonic()
        self.next_at = ended + max(UPDATE_S, (ended - began) / MAX_TIME_SHARE)
        return figure

    def _clip_embedding(self, model: Model) -> np.ndarray | None:
        """(E,) of the visitor's clip."""
        if self.history.heard is not None:
            try:
                return predict(Loaded("", model, self.card), self.history.heard).embedding
            except UserError:
                self.history.heard = None  # it lacks the features of this network; the adaptation goes on without it
        return None
