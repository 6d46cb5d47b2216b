"""The room on the map: the class beside the actors that the English model learnt from, and what their distance is made
of. The labels are what people were asked to act; they colour points and choose nothing."""

from collections.abc import Hashable, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch

from xser_demo import methods
from xser_demo.classroom.clips import SOURCE, model_id
from xser_demo.classroom.takes import as_pack
from xser_demo.corpora.custom import reference_levels
from xser_demo.corpora.user import KEY
from xser_demo.data.domains import Domain
from xser_demo.evaluation.domain_distance import Distances, DomainDistance
from xser_demo.evaluation.projection import Projection
from xser_demo.experiments.embeddings import clip_outliers
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import expect_speakers
from xser_demo.experiments.task import Task, prepare
from xser_demo.networks import checkpoints
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE as SOURCE_SIDE
from xser_demo.networks.domain_norm import TARGET

FEWEST = 8  # clips that say anything about a distance
MOST_ACTORS = 200  # clips of actors on the map
NO_GAP = 0.1  # of the A-distance above its reference: less is none
QUIETER_DB, NARROWER_HZ, MANY = 6.0, 500, 0.25  # differences that are said

AS_IT_IS, BY_CORPUS, BY_SPEAKER = "as it is", "by the room's own mean and spread", "by each student's own, too"


@dataclass(frozen=True)
class Step:
    """The distance of the class from the actors under one normalisation. ``explained``: share of the gap between the
    distance as it is and its reference that this normalisation closes, None where there is no gap."""

    name: str
    distances: Distances
    explained: float | None


@dataclass(frozen=True)
class RoomShift:
    """``actors`` and ``points``: (x, y, emotion) on one map, ``points`` by the keys of the takes."""

    students: int
    clips: int
    actors: list[tuple[float, float, str]]
    points: dict[Hashable, tuple[float, float, str]]
    steps: list[Step]
    microphones: str  # level, band and gain control, in words


def measure(takes: Sequence, keys: Sequence[Hashable]) -> RoomShift:
    """``takes`` of ``room.Room`` and their keys. SettingsError for fewer than eight."""
    plan = Plan(SOURCE, KEY, "zscore", mode="transductive", own={(KEY, "whisper"): as_pack(list(takes))})
    task = prepare(plan)
    english = checkpoints.load(model_id(None)).model
    studio = english.predict_all(task.train, SOURCE_SIDE)[1]
    room = english.predict_all(task.adapt, SOURCE_SIDE)[1]
    layout, chosen = _map(studio, room)
    labels = [task.labels.classes[label] for label in task.train.labels[torch.from_numpy(chosen)].tolist()]
    actors = [_point(place, label) for place, label in zip(layout[: len(chosen)], labels, strict=True)]
    of_room = layout[len(chosen) :]
    rows = task.adapt.rows.tolist()
    points = {keys[row]: _point(place, takes[row].emotion) for row, place in zip(rows, of_room, strict=True)}
    students = len({take.number for take in takes})
    return RoomShift(students, len(takes), actors, points, _steps(task, english, studio, room), microphones(takes))


def _map(studio: torch.Tensor, room: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """PCA of the class and of about as many actors, so that neither decides the plane alone; and which actors."""
    count = min(len(studio), max(60, min(MOST_ACTORS, 2 * len(room))))
    chosen = np.sort(np.random.default_rng(0).permutation(len(studio))[:count])
    both = clip_outliers(torch.cat([studio[torch.from_numpy(chosen)], room]))
    return Projection.fit(both)(both), chosen


def _point(place: np.ndarray, emotion: str) -> tuple[float, float, str]:
    return round(float(place[0]), 3), round(float(place[1]), 3), emotion


def _steps(task: Task, english: Model, studio: torch.Tensor, room: torch.Tensor) -> list[Step]:
    """The three distances, each in the model that belongs to it, with its own reference."""
    speakers = task.adapt.speakers
    kernel = DomainDistance(studio, task.train.speakers)
    found = {AS_IT_IS: kernel.measure(studio, room, speakers)}
    found[BY_CORPUS] = kernel.measure(studio, _standardised(english, task, task.adapt), speakers)
    by_speaker, model = task.by_speaker(), _speaker_model()
    if model is not None:
        expect_speakers(model, by_speaker)
        start = model.predict_all(by_speaker.train, SOURCE_SIDE)[1]
        each = _standardised(model, by_speaker, by_speaker.adapt)
        found[BY_SPEAKER] = DomainDistance(start, task.train.speakers).measure(start, each, speakers)
    before = found[AS_IT_IS]
    return [Step(name, one, None if name == AS_IT_IS else explained(before, one)) for name, one in found.items()]


def explained(before: Distances, after: Distances) -> float | None:
    """Share of the gap that is closed, 0 to 1."""
    gap = before.a_distance - before.within_a_distance
    left = max(0.0, after.a_distance - after.within_a_distance)
    return None if gap < NO_GAP else float(np.clip(1 - left / gap, 0, 1))


def _standardised(model: Model, task: Task, target: Domain) -> torch.Tensor:
    """Embeddings of the target under target z-score."""
    model = deepcopy(model)
    methods.get("zscore")(model, task.train, task.adapt)
    return model.predict_all(target, TARGET)[1]


def _speaker_model() -> Model | None:
    for card in checkpoints.cards(checkpoints.START):
        if card["source"] == SOURCE and card["target"] is None and card.get("normalise") == "speaker":
            return deepcopy(checkpoints.load(card["id"]).model)
    return None


def microphones(takes: Sequence) -> str:
    """How the phones differ from the studio, in a sentence or two."""
    studio = reference_levels.table()[SOURCE]
    level = float(np.median([take.features.level_dbfs for take in takes])) - studio.level_dbfs
    band = float(np.median([take.features.band_hz for take in takes]))
    hints = np.mean([take.features.gain_control for take in takes])
    said = []
    if abs(level) >= QUIETER_DB:
        said.append(f"The phones are {abs(level):.0f} dB {'louder' if level > 0 else 'quieter'} than the studio")
    if studio.band_hz - band >= NARROWER_HZ:
        said.append(f"half of the clips end below {band / 1000:.1f} kHz, the studio's at {studio.band_hz / 1000:.1f}")
    if hints >= MANY:
        said.append(f"{hints:.0%} of the clips sound as if the phone had evened out loud and quiet (gain control)")
    if not said:
        return "Level and band of the phones are about those of the studio, and few clips hint at gain control."
    text = "; ".join(said)
    return (
        f"{text[0].upper()}{text[1:]}. The models do not hear the level itself, but noise and loudness within a clip."
    )
