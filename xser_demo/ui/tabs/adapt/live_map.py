"""The live map of an adaptation. Knows nothing of Gradio."""

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
from xser_demo.ui.jobs.control import EVERY
from xser_demo.utils.errors import UserError

DRAWING = 0.2  # of the time at most: where a picture is dear, there are fewer
MOST = 300  # clips of each corpus on a live map
MOST_IMAGES = 120  # the same for networks that see pictures
ROOM = 2.4  # of a live map in each direction, in deviations of the points; it grows when points move out


class LiveMap:
    """PCA maps of one set of clips, each turned onto the one before, so that points move and do not jump. What was
    drawn is kept as a story, with the place of the visitor's clip ``heard``."""

    def __init__(self, task: Task, images: bool = False, heard: EncodedClip | None = None):
        most = MOST_IMAGES if images else MOST
        self.clips: Clips = subsample(task.labels, task.train, task.adapt, most)
        self.story = MapHistory(self.clips, heard)
        self.card = encoder(task)
        self.last: np.ndarray | None = None
        self.room = ROOM
        self.next = 0.0  # when the next picture may be drawn

    def due(self) -> bool:
        return time.monotonic() >= self.next

    def draw(self, model: Model, name: str) -> go.Figure:
        """``name`` of the moment, for the story."""
        began = time.monotonic()
        view = embed(model, self.clips)
        self.story.add(name, view.points, self._star(model))
        layout = projection.layout(clip_outliers(view.points), "pca")
        self.last = layout if self.last is None else projection.match(layout, self.last)
        groups = maps.groups(self.clips, view, "corpus", labelled=False)
        self.room = max(self.room, 1.05 * float(np.abs(self.last).max()))
        figure = plots.scatter(self.last, groups).update_layout(height=340).update_traces(marker_size=6)
        figure.update_xaxes(range=[-self.room, self.room]).update_yaxes(range=[-self.room, self.room])
        ended = time.monotonic()
        self.next = ended + max(EVERY, (ended - began) / DRAWING)
        return figure

    def _star(self, model: Model) -> np.ndarray | None:
        """Where the model puts the visitor's clip, (E,)."""
        if self.story.heard is not None:
            try:
                return predict(Loaded("", model, self.card), self.story.heard).embedding
            except UserError:
                self.story.heard = None  # it lacks what this network listens to; the adaptation goes on without it
        return None
