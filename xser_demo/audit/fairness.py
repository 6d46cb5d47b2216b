"""Fairness: is the model as good for every sex, speaker, pitch range and language?

For each way to group the clips there are three statistics, after ser-tests: the largest difference between a group and
all clips in UAR, in the recall of an emotion, and in its precision. Their limits are those of random_models.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xser_demo.audit import random_models
from xser_demo.audit.answers import UNKNOWN, Answered
from xser_demo.audit.properties import FAIRNESS, MIN_CLIPS, POINTS, SIMULATED, Limit, Property, too_few

MEASURES = {
    "uar": "as right (UAR)",
    "recall": "as well recognised, emotion by emotion (recall)",
    "precision": "given answers as reliable, emotion by emotion (precision)",
}
OF = {"sex": "Are women and men", "speaker": "Are all speakers", "pitch": "Are low, medium and high voices",
      "language": "Are all languages"}  # fmt: skip
UNITS = {"sex": ("sex", "sexes"), "speaker": ("speaker", "speakers"), "pitch": ("pitch range", "pitch ranges"),
         "language": ("language", "languages")}  # fmt: skip
FEW_SPEAKERS = 10  # of a group
PITCH_HZ = (145.0, 190.0)  # between low, medium and high voices, as in ser-tests


@dataclass(frozen=True)
class Grouping:
    """A way to group the clips. ``names``: of the groups. ``groups`` (n,): index of each clip's group, -1 for none."""

    by: str
    names: tuple[str, ...]
    groups: np.ndarray


def groupings(answered: Answered, pitch: dict[str, float] | None) -> list[Grouping]:
    """The four ways to group. ``pitch``: of each speaker in Hz, as far as it is known."""
    speakers = answered.speakers
    columns = {
        "sex": [{"f": "women", "m": "men"}.get(u.sex, "") for u in answered.utterances],
        "speaker": ["" if who.startswith(UNKNOWN) else who for who in speakers],
        "pitch": [pitch_range((pitch or {}).get(who)) for who in speakers],
        "language": ["" if u.language == "und" else u.language for u in answered.utterances],
    }
    return [grouping(by, column, answered) for by, column in columns.items()]


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
    measured = np.concatenate([statistics(answered, way, answered.answers[None])[0] for way in compared] or [[]])
    drawn = random_models.draw(answered.labels, answered.confusion, count)
    simulated = [statistics(answered, way, drawn) for way in compared]
    limits = random_models.joint_limits(np.concatenate(simulated, axis=1)) if compared else []
    values = iter(zip(measured, limits, strict=True))
    found: list[Property] = []
    for way in ways:
        for key, text in MEASURES.items():
            name, asks = f"{way.by}-{key}", f"{OF[way.by]} {text}?"
            if way in compared:
                value, limit = next(values)
                bound = Limit(float(limit), False, SIMULATED)
                clips = int((way.groups >= 0).sum())
                found.append(
                    Property(name, FAIRNESS, asks, float(value), bound, clips, POINTS, note=_note(way, answered))
                )
            else:
                found.append(too_few(name, FAIRNESS, asks, _one_group(way), len(answered)))
    return found


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
    return np.stack([np.nanmax(np.abs(one), axis=(1, 2)) for one in differences], axis=1)


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


def _one_group(way: Grouping) -> str:
    one, many = UNITS[way.by]
    have = f"only one {one} has" if way.names else f"no {one} has"
    return f"{have} {MIN_CLIPS} clips of two emotions or more, so there are no {many} to compare"


def _note(way: Grouping, answered: Answered) -> str:
    """Groups of speakers may differ because their few speakers do."""
    if way.by == "speaker":
        return ""
    speakers = np.array(answered.speakers)
    counts = [len(set(speakers[way.groups == number].tolist())) for number in range(len(way.names))]
    spoken = ", ".join(f"{count} {name}" for name, count in zip(way.names, counts, strict=True))
    few = "; with so few, a difference may be one of persons" if min(counts) < FEW_SPEAKERS else ""
    return f"Speakers: {spoken}{few}."
