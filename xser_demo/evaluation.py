"""Scores. The only place where target labels are opened."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import confusion_matrix

from xser_demo.domains import SealedLabels

DRAWS = 2000


@dataclass(frozen=True)
class Score:
    uar: float  # mean recall over the classes that occur
    wa: float  # share of clips that are right
    macro_f1: float
    recalls: dict[str, float]
    confusion: list[list[int]]  # rows: labelled as, columns: heard as
    ci95: tuple[float, float]  # of the UAR, speakers and then their clips resampled
    n: int
    speakers: int


def uar(labels: np.ndarray, predictions: np.ndarray, classes: int) -> float:
    """Unweighted average recall; a class that does not occur in ``labels`` is left out of the mean."""
    matrix = confusion_matrix(labels, predictions, labels=range(classes))
    counts = matrix.sum(1)
    return float((matrix.diagonal()[counts > 0] / counts[counts > 0]).mean())


def accuracy(sealed: SealedLabels, predictions: np.ndarray) -> float:
    """Share of right answers. For choosing an epoch by the target's labels, as a paper did: always marked "oracle"."""
    return float((np.array(sealed.open()[0]) == predictions).mean())


def joined(parts: list[SealedLabels]) -> SealedLabels:
    """The labels of several test parts as one, in order."""
    opened = [part.open() for part in parts]
    return SealedLabels(parts[0].classes, *(tuple(x for one in opened for x in one[side]) for side in (0, 1)))


def score(sealed: SealedLabels, predictions: np.ndarray, draws: int = DRAWS) -> Score:
    """Score (n,) class indices, or (seeds, n) for several runs on the same clips: then the figures are means over
    seeds and the interval resamples seeds too."""
    labels, speakers = (np.array(a) for a in sealed.open())
    runs = np.atleast_2d(predictions)
    classes = len(sealed.classes)
    matrices = np.stack([confusion_matrix(labels, run, labels=range(classes)) for run in runs])
    counts = matrices[0].sum(1)
    present = counts > 0
    recalls = matrices.diagonal(axis1=1, axis2=2).mean(0)[present] / counts[present]
    heard = matrices.sum(1)  # (seeds, classes)
    hits = matrices.diagonal(axis1=1, axis2=2)
    f1 = (2 * hits / np.maximum(heard + counts, 1))[:, present].mean()
    samples = bootstrap(labels, speakers, runs, classes, draws)
    low, high = np.percentile(samples, [2.5, 97.5]) if draws else (np.nan, np.nan)
    return Score(
        uar=float(recalls.mean()),
        wa=float((runs == labels).mean()),
        macro_f1=float(f1),
        recalls=dict(zip(np.array(sealed.classes)[present].tolist(), recalls.tolist(), strict=True)),
        confusion=matrices.sum(0).tolist(),
        ci95=(float(low), float(high)),
        n=len(labels),
        speakers=len(set(speakers.tolist())),
    )


def bootstrap(labels: np.ndarray, speakers: np.ndarray, runs: np.ndarray, classes: int, draws: int) -> np.ndarray:
    """(draws,) UARs of a hierarchical bootstrap: seeds, then speakers, then each speaker's clips, with replacement.

    Clips of one speaker are not independent (in URDU a speaker nearly has one emotion), so speakers are drawn first.
    """
    return _resampled_recalls(labels, speakers, runs[None], classes, draws)[0]


def paired_gain(sealed: SealedLabels, better: np.ndarray, base: np.ndarray, draws: int = DRAWS, seed: int = 0):
    """(draws,) differences of UAR of two sets of runs, each (seeds, n), on the same resamples."""
    labels, speakers = (np.array(a) for a in sealed.open())
    both = np.stack([np.atleast_2d(better), np.atleast_2d(base)])
    first, second = _resampled_recalls(labels, speakers, both, len(sealed.classes), draws, seed)
    return first - second


def _resampled_recalls(labels, speakers, systems, classes: int, draws: int, seed: int = 0) -> np.ndarray:
    """``systems`` (S, seeds, n) predictions -> (S, draws) resampled UARs, the same resample for every system.

    Drawing a speaker c times and each time n of his n clips gives clip counts that are multinomial with c n trials, so
    all draws are made at once.
    """
    random = np.random.default_rng(seed)
    hits = (systems == labels).astype(float)  # (S, seeds, n)
    one_hot = np.eye(classes)[labels]  # (n, C)
    who = [np.flatnonzero(speakers == s) for s in np.unique(speakers)]
    times = random.multinomial(len(who), np.full(len(who), 1 / len(who)), size=draws)  # (draws, speakers)
    weight = np.zeros((draws, len(labels)))
    for number, clips in enumerate(who):
        weight[:, clips] = random.multinomial(times[:, number] * len(clips), np.full(len(clips), 1 / len(clips)))
    seeds = systems.shape[1]
    share = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws) / seeds  # (draws, seeds)
    counts = weight @ one_hot  # (draws, C)
    recalled = np.stack(
        [sum(share[:, [k]] * ((weight * run) @ one_hot) for k, run in enumerate(system)) for system in hits]
    )
    with np.errstate(invalid="ignore"):
        return np.nanmean(recalled / np.where(counts > 0, counts, np.nan), axis=2)
