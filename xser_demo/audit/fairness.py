"""Fairness: is the model as accurate for every sex, speaker, pitch range and language?

For each way to group the clips there are three statistics, after ser-tests: the largest difference between a group and
all clips in UAR, in the recall of an emotion, and in its precision. Their limits are those of random_models.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from xser_demo.audit import random_models
from xser_demo.audit.answers import UNKNOWN, Answered
from xser_demo.audit.properties import (
    FAIRNESS,
    MIN_CLIPS,
    NO_SOUND,
    POINTS,
    SIMULATED,
    Limit,
    Property,
    not_measured,
    too_few,
)

MEASURES = {
    "uar": "Is it as accurate for {}? (UAR)",
    "recall": "Does it recognise each emotion as well for {}? (recall)",
    "precision": "Are its answers as reliable for {}, emotion by emotion? (precision)",
}
OF = {"sex": "women and men", "speaker": "all speakers", "pitch": "low, medium and high voices",
      "language": "all languages"}  # fmt: skip
UNITS = {"sex": "sex", "speaker": "speaker", "pitch": "pitch range", "language": "language"}
FEW_SPEAKERS = 10  # of a group
PITCH_HZ = (145.0, 190.0)  # between low, medium and high voices, as in ser-tests


@dataclass(frozen=True)
class Grouping:
    """A way to group the clips. ``names``: of the groups. ``groups`` (n,): index of each clip's group, -1 for none.
    ``known``: whether it was looked which group a clip is in."""

    by: str
    names: tuple[str, ...]
    groups: np.ndarray
    known: bool = True


def groupings(answered: Answered, pitch: dict[str, float] | None) -> list[Grouping]:
    """The four ways to group. ``pitch``: of each speaker in Hz, as far as it is known."""
    speakers = answered.speakers
    columns = {
        "sex": [{"f": "women", "m": "men"}.get(u.sex, "") for u in answered.utterances],
        "speaker": ["" if who.startswith(UNKNOWN) else who for who in speakers],
        "pitch": [pitch_range((pitch or {}).get(who)) for who in speakers],
        "language": ["" if u.language == "und" else u.language for u in answered.utterances],
    }
    ways = [grouping(by, column, answered) for by, column in columns.items()]
    return [replace(way, known=way.by != "pitch" or pitch is not None) for way in ways]


def grouping(by: str, column: Sequence[str], answered: Answered) -> Grouping:
    """Groups that have enough clips of at least two emotions; clips of the others are in no group."""
    values, classes = np.array(column), len(answered.classes)
    names = tuple(
        name
        for name in sorted(set(column) - {""})
        if (np.bincount(answered.labels[values == name], minlength=classes) >= MIN_CLIPS).sum() >= 2
    )
    index = {name: number for number, name in enumerate(names)}
    return Grouping(by, names, np.array([index.get(name, -1) for name in column]))


def pitch_range(hertz: float | None) -> str:
    """Low, medium or high, "" where the pitch is not known."""
    if hertz is None:
        return ""
    return ("low", "medium", "high")[sum(hertz > edge for edge in PITCH_HZ)]


def properties(answered: Answered, ways: list[Grouping], count: int = random_models.COUNT) -> list[Property]:
    """All properties of fairness, with the limits of ``count`` random models."""
    compared = [way for way in ways if len(way.names) > 1]
    differences = _with_limits(answered, compared, count)
    found = []
    for way in ways:
        for key, text in MEASURES.items():
            name, asks = f"{way.by}-{key}", text.format(OF[way.by])
            if name in differences:
                value, limit = differences[name]
                clips, note = int((way.groups >= 0).sum()), "" if limit.allows(value) else _speakers(way, answered)
                found.append(Property(name, FAIRNESS, asks, value, limit, clips, POINTS, note=note))
            elif way.known:
                found.append(too_few(name, FAIRNESS, asks, _too_few_groups(way), len(answered)))
            else:
                found.append(not_measured(name, FAIRNESS, asks, NO_SOUND))
    return found


def _with_limits(answered: Answered, compared: list[Grouping], count: int) -> dict[str, tuple[float, Limit]]:
    """The statistics of the compared groupings with their limits, by id of the property."""
    if not compared:
        return {}
    drawn = random_models.draw(answered.labels, answered.confusion, count)
    simulated = np.concatenate([statistics(answered, way, drawn) for way in compared], axis=1)
    measured = np.concatenate([statistics(answered, way, answered.answers[None])[0] for way in compared])
    limits = [Limit(float(one), False, SIMULATED) for one in random_models.joint_limits(simulated)]
    names = [f"{way.by}-{key}" for way in compared for key in MEASURES]
    return dict(zip(names, zip(measured.tolist(), limits, strict=True), strict=True))


def statistics(answered: Answered, way: Grouping, answers: np.ndarray) -> np.ndarray:
    """(R, 3) of answers (R, n): the largest absolute difference between a group and all clips, in the order of
    ``MEASURES``. An emotion with fewer than ``MIN_CLIPS`` clips in a group is left out there."""
    shape = (len(way.names), len(answered.classes))
    groups = random_models.confusions(way.groups, answered.labels, answers, shape)
    whole = random_models.confusions(np.zeros_like(way.groups), answered.labels, answers, (1, shape[1]))
    enough = groups.sum(3) >= MIN_CLIPS
    recall = np.where(enough, _recalls(groups) - _recalls(whole), np.nan)
    precision = np.where(enough, _precisions(groups) - _precisions(whole), np.nan)
    differences = (np.nanmean(recall, axis=2, keepdims=True), recall, precision)
    return np.stack([np.nan_to_num(np.abs(one)).max(axis=(1, 2)) for one in differences], axis=1)


def table(answered: Answered, ways: list[Grouping]) -> list[dict]:
    """Clips and UAR of each group, over its emotions with enough clips, as JSON values."""
    rows = []
    for way in ways:
        shape = (len(way.names), len(answered.classes))
        if not way.names:
            continue
        matrices = random_models.confusions(way.groups, answered.labels, answered.answers[None], shape)[0]
        for name, matrix in zip(way.names, matrices, strict=True):
            enough = matrix.sum(1) >= MIN_CLIPS
            uar = float(_recalls(matrix)[enough].mean())
            rows.append({"by": way.by, "group": name, "clips": int(matrix.sum()), "uar": round(uar, 4)})
    return rows


def _recalls(matrices: np.ndarray) -> np.ndarray:
    """(..., C) of (..., C, C)."""
    return matrices.diagonal(axis1=-2, axis2=-1) / np.maximum(matrices.sum(-1), 1)


def _precisions(matrices: np.ndarray) -> np.ndarray:
    """(..., C); nan for a class that is never answered."""
    answered = matrices.sum(-2)
    return np.where(answered > 0, matrices.diagonal(axis1=-2, axis2=-1) / np.maximum(answered, 1), np.nan)


def _too_few_groups(way: Grouping) -> str:
    return (
        f"{f'only one {UNITS[way.by]}' if way.names else f'no {UNITS[way.by]}'} has {MIN_CLIPS} clips of two emotions"
    )


def _speakers(way: Grouping, answered: Answered) -> str:
    """Groups may differ because their few speakers do."""
    if way.by == "speaker":
        return ""
    speakers = np.array(answered.speakers)
    counts = [len(set(speakers[way.groups == number].tolist())) for number in range(len(way.names))]
    spoken = ", ".join(f"{count} {name}" for name, count in zip(way.names, counts, strict=True))
    few = "; with so few, the difference may be one of persons" if min(counts) < FEW_SPEAKERS else ""
    return f"Speakers: {spoken}{few}."
