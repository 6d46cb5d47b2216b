"""Scores. The only place where target labels are opened."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from xser_demo.data.domains import SealedLabels

DRAWS = 2000
BINS = 15  # of confidence, as in Guo et al. 2017


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


@dataclass(frozen=True)
class Point:
    """Of a curve: UAR, and its 95 percent interval (speakers, then clips resampled)."""

    uar: float
    low: float
    high: float


def confusion(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """(classes, classes) counts of (n,) class indices; rows: labelled as, columns: heard as."""
    return np.bincount(np.asarray(labels) * classes + predictions, minlength=classes**2).reshape(classes, classes)


def uar(labels: np.ndarray, predictions: np.ndarray, classes: int) -> float:
    """Unweighted average recall; a class that does not occur in ``labels`` is left out of the mean."""
    matrix = confusion(labels, predictions, classes)
    counts = matrix.sum(1)
    return float((matrix.diagonal()[counts > 0] / counts[counts > 0]).mean())


def accuracy(sealed: SealedLabels, predictions: np.ndarray) -> float:
    """Share of right answers. For choosing an epoch by the target's labels, as a paper did: always marked "oracle"."""
    return float((np.array(sealed.open()[0]) == predictions).mean())


def joined(parts: list[SealedLabels]) -> SealedLabels:
    """The labels of several test parts as one, in order."""
    opened = [part.open() for part in parts]
    return SealedLabels(
        parts[0].classes,
        tuple(label for labels, _ in opened for label in labels),
        tuple(speaker for _, speakers in opened for speaker in speakers),
    )


def score(sealed: SealedLabels, predictions: np.ndarray, draws: int = DRAWS) -> Score:
    """Score (n,) class indices, or (seeds, n) for several runs on the same clips: then the figures are means over
    seeds and the interval resamples seeds too."""
    labels, speakers = (np.array(a) for a in sealed.open())
    runs = np.atleast_2d(predictions)
    classes = len(sealed.classes)
    matrices = np.stack([confusion(labels, run, classes) for run in runs])
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


def paired_gain(
    sealed: SealedLabels, better: np.ndarray, base: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> np.ndarray:
    """(draws,) differences of UAR of two sets of runs, each (seeds, n), on the same resamples."""
    labels, speakers = (np.array(a) for a in sealed.open())
    both = np.stack([np.atleast_2d(better), np.atleast_2d(base)])
    first, second = _resampled_recalls(labels, speakers, both, len(sealed.classes), draws, seed)
    return first - second


def _resampled_recalls(
    labels: np.ndarray, speakers: np.ndarray, systems: np.ndarray, classes: int, draws: int, seed: int = 0
) -> np.ndarray:
    """``systems`` (S, seeds, n) predictions -> (S, draws) resampled UARs, the same resample for every system.

    Drawing a speaker c times and each time n of his n clips gives clip counts that are multinomial with c n trials, so
    all draws are made at once.
    """
    random = np.random.default_rng(seed)
    hits = (systems == labels).astype(float)  # (S, seeds, n)
    one_hot = np.eye(classes)[labels]  # (n, C)
    weight = _clip_counts(speakers, np.unique(speakers), draws, random, random)
    seeds = systems.shape[1]
    share = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws) / seeds  # (draws, seeds)
    counts = weight @ one_hot  # (draws, C)
    recalled = np.stack(
        [sum(share[:, [k]] * ((weight * run) @ one_hot) for k, run in enumerate(system)) for system in hits]
    )
    with np.errstate(invalid="ignore"):
        return np.nanmean(recalled / np.where(counts > 0, counts, np.nan), axis=2)


def _clip_counts(
    speakers: np.ndarray,
    everyone: np.ndarray,
    draws: int,
    random: np.random.Generator,
    random_clips: np.random.Generator,
) -> np.ndarray:
    """(draws, n) how often each clip is drawn: as many speakers as ``everyone`` has, then each one's clips."""
    times = random.multinomial(len(everyone), np.full(len(everyone), 1 / len(everyone)), size=draws)
    weight = np.zeros((draws, len(speakers)), np.float32)  # counts, exact in it
    for number, speaker in enumerate(everyone):
        clips = np.flatnonzero(speakers == speaker)
        if len(clips):
            share = np.full(len(clips), 1 / len(clips))
            weight[:, clips] = random_clips.multinomial(times[:, number] * len(clips), share)
    return weight


class Resamples:
    """Draws of seeds, speakers and clips for all that is scored on one target, so that every difference is paired.

    ``name`` of the target decides which of its speakers are drawn: in whatever is scored on it, also on a part of its
    clips (``everyone``: the labels of all of them, whose speakers are drawn). Seeds are the same for all targets.
    """

    def __init__(
        self, sealed: SealedLabels, name: str, everyone: SealedLabels | None = None, draws: int = DRAWS
    ) -> None:
        labels, speakers = (np.array(a) for a in sealed.open())
        known = np.unique((everyone or sealed).open()[1])
        random = [np.random.default_rng([crc32(name.encode()), number]) for number in range(2)]
        weight = _clip_counts(speakers, known, draws, *random)
        self.labels, self.draws = labels, draws
        self.of = [np.flatnonzero(labels == c) for c in np.unique(labels)]  # clips of each class that occurs
        self.weight = [weight[:, clips] for clips in self.of]

    def uar(self, runs: np.ndarray) -> np.ndarray:
        """(seeds, n) answers -> (draws,) UARs, means over the drawn seeds."""
        recalls = []
        for clips, weight in zip(self.of, self.weight, strict=True):
            hits = (runs[:, clips] == self.labels[clips]).astype(np.float32)
            counts = weight.sum(1, dtype=float)[:, None]
            with np.errstate(invalid="ignore"):
                recalls.append((weight @ hits.T).astype(float) / np.where(counts > 0, counts, np.nan))
        seeds = len(runs)
        share = np.random.default_rng(seeds).multinomial(seeds, np.full(seeds, 1 / seeds), size=self.draws) / seeds
        return (np.nanmean(recalls, axis=0) * share).sum(1)


def part(sealed: SealedLabels, places: np.ndarray) -> SealedLabels:
    """The labels of some of the clips."""
    opened = sealed.open()
    return SealedLabels(sealed.classes, *(tuple(side[i] for i in places.tolist()) for side in opened))


def run_uar(sealed: SealedLabels, runs: np.ndarray) -> float:
    """(seeds, n) answers -> mean UAR."""
    return float(checkpoint_uars(sealed, runs).mean())


def checkpoint_uars(sealed: SealedLabels, answers: np.ndarray) -> np.ndarray:
    """(epochs, n) answers -> (epochs,) UARs."""
    labels = np.array(sealed.open()[0])
    hits = answers == labels
    return np.mean([hits[:, labels == c].mean(1) for c in np.unique(labels)], axis=0)


def oracle_checkpoint(sealed: SealedLabels, places: np.ndarray, answers: np.ndarray) -> int:
    """The checkpoint that the target's labels choose: always marked "oracle".

    ``answers`` (epochs, m) to the clips at ``places`` (m,), which may be one fold. What a fold adds to the UAR of all
    folds together is the sum over its right clips of 1 / clips of their class, so the best of each fold are the best.
    """
    labels = np.array(sealed.open()[0])
    worth = 1 / np.bincount(labels, minlength=len(sealed.classes)).clip(min=1)[labels[places]]
    added = (answers == labels[places]) @ worth
    return int(np.flatnonzero(added >= added.max() - 1e-12)[-1])


def reliability(sealed: SealedLabels, runs: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(seeds, n) answers and their probabilities -> (seeds, ``BINS``, 3): clips, sum of confidence, right answers of
    each bin of equal width."""
    labels = np.array(sealed.open()[0])
    bins = np.minimum((confidence.astype(float) * BINS).astype(int), BINS - 1)
    columns = [np.ones(runs.shape), confidence.astype(float), (runs == labels).astype(float)]
    return np.stack([np.stack([np.bincount(b, c[k], minlength=BINS) for c in columns], 1) for k, b in enumerate(bins)])


def calibration_error(table: np.ndarray) -> float:
    """Expected calibration error, mean over seeds, from the counts of ``reliability``.

    ECE = sum_b n_b / n * |acc_b - conf_b| (Naeini et al. 2015; Guo et al. 2017, eq. 3).
    """
    clips, confidence, right = np.moveaxis(table, 2, 0)
    return float((np.abs(right - confidence).sum(1) / clips.sum(1)).mean())


def floors(sealed: SealedLabels, majority: int) -> dict[str, Score]:
    """What needs no ear: always the class ``majority``, and for each target speaker his own commonest label, which
    needs the labels and is what a look-up of known speakers would reach."""
    labels, speakers = (np.array(a) for a in sealed.open())
    lookup = np.empty_like(labels)
    for speaker in np.unique(speakers):
        lookup[speakers == speaker] = np.bincount(labels[speakers == speaker]).argmax()
    guesses = {"label_majority": np.full_like(labels, majority), "speaker_majority": lookup}
    return {name: score(sealed, guess, 0) for name, guess in guesses.items()}
