"""Correctness: is the model right, for every emotion, and does it know when it is not?

Limits of ser-tests are for four classes; for another number they keep their place between chance and 1.
"""

import numpy as np

from xser_demo.audit.answers import UNKNOWN, Answered
from xser_demo.audit.properties import CORRECTNESS, MIN_CLIPS, OURS, POINTS, SER_TESTS, Limit, Property, too_few, wilson
from xser_demo.evaluation import scores
from xser_demo.inference.predict import sure

MAX_CLASS_DIFFERENCE = Limit(0.15, False, SER_TESTS)
MAX_SPEAKER_DIFFERENCE = Limit(0.1, False, SER_TESTS)
MAX_ECE = Limit(0.1, False, OURS)
NOT_NEGATIVE = Limit(0.0, True, OURS)
MIN_ECE_CLIPS = 100  # an expected calibration error in 15 bins is too high with fewer


def properties(answered: Answered) -> list[Property]:
    """All properties of correctness."""
    return [
        *_averages(answered),
        *_each_class(answered),
        _class_shares(answered),
        _speaker_shares(answered),
        _confused(answered),
        _calibrated(answered),
        _knows(answered),
    ]


def at_least(classes: int) -> Limit:
    """The 0.5 of ser-tests for recall and precision, a third of the way from chance to 1."""
    return Limit(1 / classes + (1 - 1 / classes) / 3, True, SER_TESTS)


def _averages(answered: Answered) -> list[Property]:
    score, classes = scores.score(answered.sealed, answered.answers), len(answered.classes)
    limit, n = at_least(classes), len(answered)
    precision = precisions(answered.confusion)
    asks = {
        "uar": "Is it right often enough, averaged over the emotions (UAR)?",
        "uap": "Are its answers right often enough, averaged over the emotions (precision)?",
        "above-chance": "Is it better than guessing, even at the lower end of the interval of its UAR?",
    }
    counts = answered.confusion.sum(1)
    if scarce := [name for name, count in zip(answered.classes, counts, strict=True) if 0 < count < MIN_CLIPS]:
        reason = f"{MIN_CLIPS} of each emotion are needed, and {scarce[0]} has fewer"
        return [too_few(key, CORRECTNESS, text, reason, n) for key, text in asks.items()]
    above = Limit(1 / len(score.recalls), True, OURS)
    return [
        Property("uar", CORRECTNESS, asks["uar"], score.uar, limit, n, interval=score.ci95),
        Property("uap", CORRECTNESS, asks["uap"], float(np.nanmean(precision[counts > 0])), limit, n),
        Property("above-chance", CORRECTNESS, asks["above-chance"], score.ci95[0], above, n),
    ]


def _each_class(answered: Answered) -> list[Property]:
    """Recall and precision of each class."""
    found, matrix, limit = [], answered.confusion, at_least(len(answered.classes))
    for kind, totals, asks in (
        ("recall", matrix.sum(1), "Are clips of {} recognised?"),
        ("precision", matrix.sum(0), "Can one rely on the answer {}?"),
    ):
        for index, name in enumerate(answered.classes):
            total, right = int(totals[index]), int(matrix[index, index])
            key, text = f"{kind}-{name}", asks.format(name)
            if total < MIN_CLIPS:
                of = "labelled" if kind == "recall" else "answered"
                found.append(too_few(key, CORRECTNESS, text, f"{total} are {of} {name}, {MIN_CLIPS} are needed", total))
                continue
            share = right / total
            found.append(Property(key, CORRECTNESS, text, share, limit, total, interval=wilson(right, total)))
    return found


def _class_shares(answered: Answered) -> Property:
    asks = "Does it answer each emotion about as often as it occurs? (largest difference)"
    matrix, n = answered.confusion, len(answered)
    largest = float(np.abs(matrix.sum(0) - matrix.sum(1)).max() / n)
    return Property("class-shares", CORRECTNESS, asks, largest, MAX_CLASS_DIFFERENCE, n, POINTS)


def _speaker_shares(answered: Answered) -> Property:
    """As ser-tests: the error of each class's share, averaged over speakers with enough clips; the largest class."""
    asks = "Does it also do so for each speaker? (mean difference, of the worst emotion)"
    errors = []
    speakers = np.array(answered.speakers)
    known = sorted({who for who in speakers.tolist() if not who.startswith(UNKNOWN)})
    for speaker in known:
        own = speakers == speaker
        matrix = scores.confusion(answered.labels[own], answered.answers[own], len(answered.classes))
        if matrix.sum(1).min() >= MIN_CLIPS:
            errors.append(np.abs(matrix.sum(0) - matrix.sum(1)) / own.sum())
    if len(errors) < 2:
        reason = f"{len(errors)} of {len(known)} speakers have {MIN_CLIPS} clips of each emotion, two are needed"
        return too_few("speaker-shares", CORRECTNESS, asks, reason, len(answered))
    worst = float(np.mean(errors, axis=0).max())
    note = f"{len(errors)} speakers have enough clips."
    return Property(
        "speaker-shares", CORRECTNESS, asks, worst, MAX_SPEAKER_DIFFERENCE, len(answered), POINTS, note=note
    )


def _confused(answered: Answered) -> Property:
    asks = "Is each emotion answered as itself more often than as any other? (smallest lead)"
    matrix = answered.confusion
    enough = matrix.sum(1) >= MIN_CLIPS
    if not enough.any():
        return too_few("confusion", CORRECTNESS, asks, f"no emotion has {MIN_CLIPS}", len(answered))
    shares = matrix[enough] / matrix[enough].sum(1, keepdims=True)
    own = np.eye(len(matrix), dtype=bool)[enough]
    lead = shares[own] - np.where(own, -1, shares).max(1)
    worst = np.array(answered.classes)[enough][lead.argmin()]
    note = f"The smallest lead has {worst}."
    return Property("confusion", CORRECTNESS, asks, float(lead.min()), NOT_NEGATIVE, len(answered), POINTS, note=note)


def _calibrated(answered: Answered) -> Property:
    asks = "Is it about as sure as it is right? (expected calibration error)"
    if len(answered) < MIN_ECE_CLIPS:
        reason = f"{MIN_ECE_CLIPS} are needed, and there are {len(answered)}"
        return too_few("calibration", CORRECTNESS, asks, reason, len(answered))
    largest = answered.probabilities.max(1)
    table = scores.reliability(answered.sealed, answered.answers[None], largest[None])
    return Property("calibration", CORRECTNESS, asks, scores.calibration_error(table), MAX_ECE, len(answered), POINTS)


def _knows(answered: Answered) -> Property:
    """The page's rule for "not sure" (inference/predict.py)."""
    asks = 'Are the answers that the page marks "not sure" wrong more often than the others? (difference)'
    marked, right = ~sure(answered.probabilities), answered.answers == answered.labels
    if min(marked.sum(), (~marked).sum()) < MIN_CLIPS:
        reason = f"{int(marked.sum())} of {len(answered)} are marked so, {MIN_CLIPS} are needed"
        return too_few("not-sure", CORRECTNESS, asks, reason, len(answered))
    lead = float(right[~marked].mean() - right[marked].mean())
    return Property("not-sure", CORRECTNESS, asks, lead, NOT_NEGATIVE, len(answered), POINTS)


def precisions(matrix: np.ndarray) -> np.ndarray:
    """(C,) of a confusion matrix; 0 for a class that is never answered, as in ser-tests."""
    return matrix.diagonal() / np.maximum(matrix.sum(0), 1)
