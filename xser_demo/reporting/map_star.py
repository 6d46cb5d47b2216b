"""The visitor's clip on the maps: its way through the epochs of an adaptation, and the clips nearest to it."""

from dataclasses import dataclass

import numpy as np
import torch

from xser_demo.evaluation import projection
from xser_demo.experiments.embeddings import Clips
from xser_demo.inference.predict import EncodedClip, predict
from xser_demo.reporting.map_animation import MapHistory, places, rows_of
from xser_demo.reporting.maps import Comparison
from xser_demo.utils.errors import UserError


@dataclass(frozen=True, eq=False)
class Way:
    """Where the visitor's clip was: ``names`` of the moments, and its positions (m, 2) on the map after adaptation."""

    names: list[str]
    positions: np.ndarray


def way(history: MapHistory | None, comparison: Comparison, layout: np.ndarray, clip: EncodedClip) -> Way | None:
    """The way of ``clip`` on the after map ``layout`` (n, 2), up to its star, which is not part of it. At each moment
    the clip is placed among the clips that were nearest to it then. None if the adaptation did not see this clip."""
    if history is None or clip is not history.heard:
        return None
    rows = rows_of(history.clips, comparison.clips)
    shown = rows >= 0
    seen = [snapshot for snapshot in history.snapshots[:-1] if snapshot.star is not None]
    if not seen or not shown.any():
        return None
    positions = [
        projection.place(one.star[None], torch.from_numpy(one.points[shown]).float(), layout[rows[shown]])
        for one in seen
    ]
    return Way([one.name for one in seen], np.concatenate(positions))


def nearest(comparison: Comparison, side: int, clip: EncodedClip) -> tuple[int, int] | None:
    """Rows of the source clip and of the target clip that are nearest to the visitor's in the embedding of one model: 0
    before, 1 after. None where the clip lacks the features of the model."""
    try:
        point = predict(comparison.models[side], clip).embedding
    except UserError:
        return None
    distances = np.linalg.norm(comparison.views[side].points.numpy() - point, axis=1)
    distances[_same(comparison.clips, clip)] = np.inf
    n = len(comparison.clips.source)
    return int(distances[:n].argmin()), n + int(distances[n:].argmin())


def _same(clips: Clips, clip: EncodedClip) -> np.ndarray:
    """(n,) True for the visitor's clip itself, where that is a stored utterance."""
    return np.array([place == clip.stored for place in places(clips)])
