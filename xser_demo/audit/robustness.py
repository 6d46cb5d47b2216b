"""Robustness: do the answers stay the same when the recording changes?

The clips of the sample are changed (conditions.py), encoded as always and answered again. All clips of a speaker are
changed in the same way, as if that person had used another microphone all the time: a model that standardises each
speaker then takes its statistics from changed clips, too.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from xser_demo.audit.answers import Answered, Answering
from xser_demo.audit.conditions import CONDITIONS, Condition
from xser_demo.audit.properties import (
    MIN_CLIPS,
    NO_SOUND,
    POINTS,
    ROBUSTNESS,
    Limit,
    Property,
    not_measured,
    too_few,
    wilson,
)
from xser_demo.audit.sound import Sound
from xser_demo.evaluation import scores

MIN_SAMPLE = 30  # clips, for a share of unchanged answers


def properties(
    model: Answering,
    answered: Answered | None,
    sound: Sound | None,
    tell: Callable[[str], None] = lambda text: None,
) -> list[Property]:
    """All properties of robustness. ``answered``: the answers to ``sound.clean``; without sound nothing is measured."""
    found = []
    for number, condition in enumerate(CONDITIONS, start=1):
        if sound is None or answered is None:
            found += [not_measured(key, ROBUSTNESS, text, NO_SOUND) for key, text in asked(condition)]
            continue
        tell(f"Robustness {number}: {condition.words}.")
        changed = again(model, answered, sound, condition)
        found.append(unchanged(condition, answered, changed))
        if condition.lost:
            found.append(lost(condition, answered, changed))
    return found


def asked(condition: Condition) -> list[tuple[str, str]]:
    """(id, question) of the properties of a condition."""
    found = [(condition.id, f"Do its answers stay the same with {condition.words}?")]
    if condition.lost:
        found.append((f"{condition.id}-uar", f"Is it as accurate with {condition.words}? (change of the UAR)"))
    return found


def again(model: Answering, answered: Answered, sound: Sound, condition: Condition, seed: int = 0) -> Answered:
    """The answers to the same clips under a condition."""
    probabilities = model.probabilities(sound.changed(condition, seed), torch.arange(len(answered)))
    return replace(answered, probabilities=probabilities)


def unchanged(condition: Condition, before: Answered, after: Answered) -> Property:
    key, asks = asked(condition)[0]
    return same_answers(key, ROBUSTNESS, asks, before, after, condition.unchanged)


def same_answers(key: str, kind: str, asks: str, before: Answered, after: Answered, limit: Limit) -> Property:
    """The share of clips whose answer is the same."""
    n = len(before)
    if n < MIN_SAMPLE:
        return too_few(key, kind, asks, f"{MIN_SAMPLE} are needed, and there are {n}", n)
    same = int((before.answers == after.answers).sum())
    return Property(key, kind, asks, same / n, limit, n, interval=wilson(same, n))


def lost(condition: Condition, before: Answered, after: Answered) -> Property:
    (key, asks), limit = asked(condition)[1], condition.lost
    n, counts = len(before), before.confusion.sum(1)
    if n < MIN_SAMPLE or (counts[counts > 0] < MIN_CLIPS).any():
        reason = f"{MIN_SAMPLE}, and {MIN_CLIPS} of each emotion, are needed"
        return too_few(key, ROBUSTNESS, asks, reason, n)
    classes = len(before.classes)
    change = scores.uar(before.labels, after.answers, classes) - scores.uar(before.labels, before.answers, classes)
    low, high = np.percentile(scores.paired_gain(before.sealed, after.answers, before.answers), [2.5, 97.5])
    return Property(key, ROBUSTNESS, asks, change, limit, n, POINTS, (float(low), float(high)))
