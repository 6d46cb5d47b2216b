"""What votes of a class say: bars, recall with intervals, agreement. Pure functions of numbers.

No group of fewer than five people is shown on its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation.scores import score

SMALLEST_GROUP = 5  # people; smaller groups are merged with the others, or not shown
EVERYONE, KNOW, DO_NOT = "everyone", "know the language", "do not know the language"


@dataclass(frozen=True)
class Vote:
    """``device``: a number, no name. ``knows``: whether the voter's mother tongue is the clip's language."""

    device: int
    clip: int
    emotion: str
    knows: bool


@dataclass(frozen=True)
class Recall:
    """Mean recall over the clips' emotions, 0 to 1, and its 95 percent interval by resampling people."""

    group: str
    uar: float
    ci95: tuple[float, float]
    people: int
    votes: int


def tally(votes: Sequence[Vote], clip: int, emotions: Sequence[str]) -> dict[str, int]:
    """Number of votes for each emotion."""
    chosen = [vote.emotion for vote in votes if vote.clip == clip]
    return {emotion: chosen.count(emotion) for emotion in emotions}


def recalls(votes: Sequence[Vote], labels: Mapping[int, str], emotions: Sequence[str]) -> list[Recall]:
    """Recall of those who know the language, of those who do not, and of everyone. When one of the two groups has
    fewer than five people, only everyone is left; with fewer than five people in all, nobody. ``labels``: of clips
    whose answer has been shown."""
    counted = [vote for vote in votes if vote.clip in labels]
    groups = {
        EVERYONE: counted,
        KNOW: [vote for vote in counted if vote.knows],
        DO_NOT: [vote for vote in counted if not vote.knows],
    }
    people = {name: len({vote.device for vote in group}) for name, group in groups.items()}
    if people[EVERYONE] < SMALLEST_GROUP:
        return []
    split = min(people[KNOW], people[DO_NOT]) >= SMALLEST_GROUP
    return [_recall(name, groups[name], labels, emotions) for name in (groups if split else (EVERYONE,))]


def _recall(name: str, votes: Sequence[Vote], labels: Mapping[int, str], emotions: Sequence[str]) -> Recall:
    place = {emotion: number for number, emotion in enumerate(emotions)}
    truth = tuple(place[labels[vote.clip]] for vote in votes)
    sealed = SealedLabels(tuple(emotions), truth, tuple(str(vote.device) for vote in votes))
    found = score(sealed, np.array([place[vote.emotion] for vote in votes]))
    return Recall(name, found.uar, found.ci95, found.speakers, found.n)


def fleiss_kappa(table: np.ndarray) -> float | None:
    """Agreement beyond chance, Fleiss 1971: 1 if all agree on every clip, 0 as by chance, negative below.

    ``table`` (clips, emotions): numbers of votes. As people miss clips, each clip is weighted by its own number of
    votes n_i: P_i = (sum_j n_ij^2 - n_i) / (n_i (n_i - 1)), and clips with fewer than two votes are left out. None
    without such a clip, or when all votes are for one emotion, where kappa is not defined."""
    table = np.asarray(table, dtype=float)
    table = table[table.sum(1) >= 2] if table.size else table
    if not len(table):
        return None
    count = table.sum(1)
    observed = float((((table**2).sum(1) - count) / (count * (count - 1))).mean())
    by_chance = float(((table.sum(0) / table.sum()) ** 2).sum())
    return None if by_chance > 1 - 1e-12 else (observed - by_chance) / (1 - by_chance)


def kappa_words(kappa: float | None) -> str:
    """One sentence."""
    if kappa is None:
        return "Fleiss' kappa needs two votes on a clip, and votes for more than one emotion."
    value = f"{round(kappa, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")  # never "-0.00"
    if kappa < 0.005:
        return f"Fleiss' kappa is {value}: two of you agree no more often than by chance."
    return f"Fleiss' kappa is {value}: of the agreement that chance leaves open, your votes have {kappa:.0%}."
