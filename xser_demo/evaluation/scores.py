"""Scores: UAR with bootstrap intervals, calibration error, baselines. The only module that opens target labels."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from xser_demo.data.sealed_labels import SealedLabels

DRAWS = 2000  # of a bootstrap
BINS = 15  # of confidence, as in Guo et al. 2017


@dataclass(frozen=True)
class Score:
    """Scores of predictions on one set of clips."""

    uar: float  # mean recall over the classes that occur
    wa: float  # weighted accuracy: share of correct predictions
    macro_f1: float
    recalls: dict[str, float]
    confusion: list[list[int]]  # rows: labels, columns: predictions
    ci95: tuple[float, float]  # of the UAR, by resampling speakers and then their clips
    n: int
    speakers: int


@dataclass(frozen=True)
class Point:
    """A point of a curve: UAR and its 95 percent interval, by resampling speakers and then their clips."""

    uar: float
    low: float
    high: float


def confusion(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """Confusion matrix (classes, classes) of class indices (n,): rows are labels, columns are predictions."""
    return np.bincount(np.asarray(labels) * classes + predictions, minlength=classes**2).reshape(classes, classes)


def uar(labels: np.ndarray, predictions: np.ndarray, classes: int) -> float:
    """Unweighted average recall of class indices (n,); classes that do not occur in ``labels`` are left out."""
    matrix = confusion(labels, predictions, classes)
    counts = matrix.sum(1)
    return float((matrix.diagonal()[counts > 0] / counts[counts > 0]).mean())


def accuracy(sealed: SealedLabels, predictions: np.ndarray) -> float:
    """Share of correct predictions (n,). For choosing an epoch by the target's labels, as a paper did; always marked
    "oracle"."""
    return float((np.array(sealed.open()[0]) == predictions).mean())


@dataclass(frozen=True)
class Correction:
    """A clip that became right or wrong; ``label``, ``before`` and ``now`` are class indices. ``gain``: of the
    probability of the labelled class."""

    clip: int
    label: int
    before: int
    now: int
    gain: float


def corrections(sealed: SealedLabels, before: np.ndarray, now: np.ndarray) -> tuple[list[Correction], list[Correction]]:
    """Clips that became right and clips that became wrong, from probabilities (n, classes); those with the largest
    change of the labelled class first, of equal ones the earlier. To show some of them, never to train or choose."""
    labels = np.array(sealed.open()[0])
    rows = np.arange(len(labels))
    first, last, gains = before.argmax(1), now.argmax(1), now[rows, labels] - before[rows, labels]

    def found(chosen: np.ndarray, sign: int) -> list[Correction]:
        clips = np.flatnonzero(chosen)
        order = clips[np.argsort(-sign * gains[clips], kind="stable")].tolist()
        return [Correction(c, int(labels[c]), int(first[c]), int(last[c]), float(gains[c])) for c in order]

    was, is_now = first == labels, last == labels
    return found(~was & is_now, 1), found(was & ~is_now, -1)


def concatenate(parts: list[SealedLabels]) -> SealedLabels:
    """The labels of several test parts, one after another."""
    opened = [part.open() for part in parts]
    return SealedLabels(
        parts[0].classes,
        tuple(label for labels, _ in opened for label in labels),
        tuple(speaker for _, speakers in opened for speaker in speakers),
    )


def score(sealed: SealedLabels, predictions: np.ndarray, draws: int = DRAWS) -> Score:
    """Score class indices (n,), or (seeds, n) of several runs on the same clips; then scores are means over seeds and
    the interval resamples seeds too. Without ``draws`` the interval is nan."""
    labels, speakers = (np.array(a) for a in sealed.open())
    runs = np.atleast_2d(predictions)
    classes = len(sealed.classes)
    matrices = np.stack([confusion(labels, run, classes) for run in runs])
    counts = matrices[0].sum(1)
    present = counts > 0
    recalls = matrices.diagonal(axis1=1, axis2=2).mean(0)[present] / counts[present]
    predicted = matrices.sum(1)  # (seeds, classes)
    hits = matrices.diagonal(axis1=1, axis2=2)
    f1 = (2 * hits / np.maximum(predicted + counts, 1))[:, present].mean()
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
    """UARs (draws,) of a hierarchical bootstrap: seeds, then speakers, then each speaker's clips, with replacement.

    Clips of one speaker are not independent (in URDU, a speaker has nearly one emotion), so speakers are drawn first.
    """
    return _resampled_recalls(labels, speakers, runs[None], classes, draws)[0]


def paired_gain(
    sealed: SealedLabels, better: np.ndarray, base: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> np.ndarray:
    """Differences (draws,) of the UARs of two sets of runs, each (seeds, n), on the same resamples."""
    labels, speakers = (np.array(a) for a in sealed.open())
    both = np.stack([np.atleast_2d(better), np.atleast_2d(base)])
    first, second = _resampled_recalls(labels, speakers, both, len(sealed.classes), draws, seed)
    return first - second


def _resampled_recalls(
    labels: np.ndarray, speakers: np.ndarray, systems: np.ndarray, classes: int, draws: int, seed: int = 0
) -> np.ndarray:
    """Predictions ``systems`` (S, seeds, n) -> resampled UARs (S, draws), with the same resamples for every system.

    Drawing a speaker c times, and each time n of their n clips, gives clip counts that are multinomial with c n trials,
    so all draws are made at once.
    """
    random = np.random.default_rng(seed)
    hits = (systems == labels).astype(float)  # (S, seeds, n)
    one_hot = np.eye(classes)[labels]  # (n, C)
    weight = _clip_counts(speakers, np.unique(speakers), draws, random, random)
    seeds = systems.shape[1]
    share = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws) / seeds  # (draws, seeds)
    counts = weight @ one_hot  # (draws, C)
    hit_counts = np.stack(
        [sum(share[:, [k]] * ((weight * run) @ one_hot) for k, run in enumerate(system)) for system in hits]
    )
    with np.errstate(invalid="ignore"):
        return np.nanmean(hit_counts / np.where(counts > 0, counts, np.nan), axis=2)


def _clip_counts(
    speakers: np.ndarray,
    all_speakers: np.ndarray,
    draws: int,
    random: np.random.Generator,
    random_clips: np.random.Generator,
) -> np.ndarray:
    """How often each clip is drawn (draws, n): first ``all_speakers`` are resampled, then each one's clips."""
    times = random.multinomial(len(all_speakers), np.full(len(all_speakers), 1 / len(all_speakers)), size=draws)
    weight = np.zeros((draws, len(speakers)), np.float32)  # exact for counts
    for number, speaker in enumerate(all_speakers):
        clips = np.flatnonzero(speakers == speaker)
        if len(clips):
            share = np.full(len(clips), 1 / len(clips))
            weight[:, clips] = random_clips.multinomial(times[:, number] * len(clips), share)
    return weight


class Resamples:
    """Bootstrap draws of seeds, speakers and clips, shared by all scores on one target, so that differences are paired.

    The ``name`` of the target is the seed of the speaker draws. ``everyone``: labels of all clips of the target, if
    only a part is scored; its speakers are drawn. The draws of seeds are the same for all targets.
    """

    def __init__(
        self, sealed: SealedLabels, name: str, everyone: SealedLabels | None = None, draws: int = DRAWS
    ) -> None:
        labels, speakers = (np.array(a) for a in sealed.open())
        all_speakers = np.unique((everyone or sealed).open()[1])
        random = [np.random.default_rng([crc32(name.encode()), number]) for number in range(2)]
        weight = _clip_counts(speakers, all_speakers, draws, *random)
        self.labels, self.draws = labels, draws
        self.class_clips = [np.flatnonzero(labels == c) for c in np.unique(labels)]  # of each class that occurs
        self.weights = [weight[:, clips] for clips in self.class_clips]

    def uar(self, runs: np.ndarray) -> np.ndarray:
        """Predictions (seeds, n) -> UARs (draws,), means over the drawn seeds."""
        recalls = []
        for clips, weight in zip(self.class_clips, self.weights, strict=True):
            hits = (runs[:, clips] == self.labels[clips]).astype(np.float32)
            counts = weight.sum(1, dtype=float)[:, None]
            with np.errstate(invalid="ignore"):
                recalls.append((weight @ hits.T).astype(float) / np.where(counts > 0, counts, np.nan))
        seeds = len(runs)
        share = np.random.default_rng(seeds).multinomial(seeds, np.full(seeds, 1 / seeds), size=self.draws) / seeds
        return (np.nanmean(recalls, axis=0) * share).sum(1)


def speakers(sealed: SealedLabels) -> np.ndarray:
    """The speaker of each clip (n,), for splits by speaker."""
    return np.array(sealed.open()[1])


def subset(sealed: SealedLabels, indices: np.ndarray) -> SealedLabels:
    """The labels of the clips with these indices (m,)."""
    opened = sealed.open()
    return SealedLabels(sealed.classes, *(tuple(column[i] for i in indices.tolist()) for column in opened))


def run_uar(sealed: SealedLabels, runs: np.ndarray) -> float:
    """Mean UAR of predictions (seeds, n)."""
    return float(checkpoint_uars(sealed, runs).mean())


def checkpoint_uars(sealed: SealedLabels, predictions: np.ndarray) -> np.ndarray:
    """Predictions (epochs, n) -> UARs (epochs,)."""
    labels = np.array(sealed.open()[0])
    hits = predictions == labels
    return np.mean([hits[:, labels == c].mean(1) for c in np.unique(labels)], axis=0)


def oracle_checkpoint(sealed: SealedLabels, indices: np.ndarray, predictions: np.ndarray) -> int:
    """The checkpoint with the best UAR by the target's labels, counted from 0; always marked "oracle".

    ``predictions`` (epochs, m) for the clips at ``indices`` (m,), which may be one fold. A fold contributes to the UAR
    of all folds the sum over its correct clips of 1 / (clips of their class), so each fold can be maximised alone.
    """
    labels = np.array(sealed.open()[0])
    weights = 1 / np.bincount(labels, minlength=len(sealed.classes)).clip(min=1)[labels[indices]]
    sums = (predictions == labels[indices]) @ weights
    return int(np.flatnonzero(sums >= sums.max() - 1e-12)[-1])


def reliability(sealed: SealedLabels, runs: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Predictions and their probabilities, both (seeds, n) -> (seeds, ``BINS``, 3): number of clips, sum of confidences
    and number of correct predictions in bins of equal width."""
    labels = np.array(sealed.open()[0])
    bins = np.minimum((confidence.astype(float) * BINS).astype(int), BINS - 1)
    columns = [np.ones(runs.shape), confidence.astype(float), (runs == labels).astype(float)]
    return np.stack([np.stack([np.bincount(b, c[k], minlength=BINS) for c in columns], 1) for k, b in enumerate(bins)])


def calibration_error(table: np.ndarray) -> float:
    """Expected calibration error, mean over seeds, from a table (seeds, ``BINS``, 3) of ``reliability``.

    ECE = sum_b n_b / n * |acc_b - conf_b| (Naeini et al. 2015; Guo et al. 2017, eq. 3).
    """
    clips, confidence, correct = np.moveaxis(table, 2, 0)
    return float((np.abs(correct - confidence).sum(1) / clips.sum(1)).mean())


def trivial_baselines(sealed: SealedLabels, majority: int) -> dict[str, Score]:
    """Scores of two baselines that ignore the audio: always the class ``majority``; and for each target speaker their
    most frequent label, which needs the labels and is what recognising the speaker would reach."""
    labels, speakers = (np.array(a) for a in sealed.open())
    by_speaker = np.empty_like(labels)
    for speaker in np.unique(speakers):
        by_speaker[speakers == speaker] = np.bincount(labels[speakers == speaker]).argmax()
    predictions = {"label_majority": np.full_like(labels, majority), "speaker_majority": by_speaker}
    return {name: score(sealed, values, 0) for name, values in predictions.items()}
