"""Two studies: rank correlation of label-free criteria with the true UAR, and of domain distance with the gain."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from xser_demo import methods
from xser_demo.benchmark import statistics
from xser_demo.benchmark.gather import LAST, Run
from xser_demo.benchmark.tables import Table, control, mean_and_interval, round4
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation import scores
from xser_demo.evaluation.scores import DRAWS
from xser_demo.methods.infomax import InfoMax
from xser_demo.training import criteria

CEILING = "ceiling"
NAMES = tuple(criteria.CRITERIA)
SETTINGS = ("inductive", "transductive", "label shift")  # label shift is transductive
# Methods trained on the quantity of a criterion bias its correlation, hence separate groups.
TRAINED_ON = ("all", "InfoMax", "others")


@dataclass(frozen=True, eq=False)
class Checkpoints:
    """Checkpoints of one training."""

    pair: tuple[str, str]
    task: tuple  # (pair, shift, seed, fold): trainings are compared within a task
    infomax: bool
    criteria: np.ndarray  # (epochs, K)
    uars: np.ndarray  # (epochs,) true UAR on the scored clips
    halves: np.ndarray  # (epochs, 2) the same on two random halves of the clips


def is_infomax(method: str) -> bool:
    """Whether the method is trained on the InfoMax criterion."""
    return method in methods.METHODS and issubclass(methods.METHODS[method], InfoMax)


def checkpoints(runs: list[Run]) -> dict[str, list[Checkpoints]]:
    """Checkpoints of all trained methods with one source of another language, by setting."""
    by_setting = defaultdict(list)
    for run in runs:
        plan = run.plan
        if not run.trained or "+" in plan.source or control(plan.source, plan.target):
            continue
        pair = plan.source, plan.target
        for part in run.parts:
            cell = part.record["about"]["plan"]
            sealed, answers = scores.subset(run.sealed, part.indices), part.record["answers"]
            uars = scores.checkpoint_uars(sealed, answers)
            by_setting["label shift" if plan.shift else plan.mode].append(
                Checkpoints(pair, (pair, plan.shift, cell["seed"], cell["fold"]), is_infomax(plan.method),
                            part.record["criteria"].astype(float), uars, uars_of_halves(sealed, answers))
            )  # fmt: skip
    return by_setting


def uars_of_halves(sealed: SealedLabels, answers: np.ndarray) -> np.ndarray:
    """True UARs (epochs, 2) of answers (epochs, n) on two random halves of the clips."""
    order = np.random.default_rng(0).permutation(len(sealed))
    parts = [np.sort(half) for half in np.array_split(order, 2)]
    return np.stack([scores.checkpoint_uars(scores.subset(sealed, half), answers[:, half]) for half in parts], 1)


def ceiling(correlations: np.ndarray) -> np.ndarray:
    """The highest correlation that a perfect criterion could reach with a truth measured on finitely many clips, from
    the correlations r of two halves: the root of the reliability 2 r / (1 + r) (Spearman 1910, Brown 1910)."""
    r = np.clip(correlations, 0, 1)
    return np.sqrt(2 * r / (1 + r))


def criteria_study(runs: list[Run]) -> list[dict]:
    """One row for each setting, group of methods and criterion (and the last epoch, for its regret; and ``CEILING``,
    what a perfect criterion could reach), with

    within: rank correlation with the true UAR over the epochs of a training, mean over trainings
    across: rank correlation over all checkpoints of all methods on one task (pair, seed, fold), mean over tasks
    regret_within, regret_across: best UAR of the same checkpoints minus the UAR of the criterion's choice

    Trainings and tasks are first averaged within a pair of corpora; intervals resample pairs.
    """
    by_setting = checkpoints(runs)
    rows = []
    for setting in (s for s in SETTINGS if s in by_setting):
        for group in TRAINED_ON:
            trainings = [c for c in by_setting[setting] if group == "all" or c.infomax == (group == "InfoMax")]
            if trainings:
                rows += _rows({"setting": setting, "trained_on": group}, trainings)
    return rows


def _rows(start: dict, trainings: list[Checkpoints]) -> list[dict]:
    tasks = defaultdict(list)
    for training in trainings:
        tasks[training.task].append(training)
    pooled = [
        (group[0].pair, *(np.concatenate([getattr(c, name) for c in group]) for name in ("criteria", "uars", "halves")))
        for group in tasks.values()
    ]
    within = _by_pair([(c.pair, c.criteria, c.uars, c.halves) for c in trainings])
    across = _by_pair(pooled)
    counts = {"pairs": len(within), "trainings": len(trainings), "checkpoints": sum(len(c.uars) for c in trainings)}
    rows = []
    for k, name in enumerate((*NAMES, LAST)):
        row = start | {"criterion": name} | counts
        for label, values, column in (
            ("within", within, k),
            ("regret_within", within, len(NAMES) + k),
            ("across", across, k),
            ("regret_across", across, len(NAMES) + k),
        ):
            if name != LAST or label == "regret_within":
                value = k if not label.startswith("regret") else column
                row[label] = mean_and_interval(statistics.over_groups(values[:, value], DRAWS))
        rows.append(row)
    row = start | {"criterion": CEILING} | counts
    for label, values in (("within", within), ("across", across)):
        row[label] = mean_and_interval(statistics.over_groups(ceiling(values[:, -1]), DRAWS))
    return [*rows, row]


def _by_pair(groups: list[tuple[tuple, np.ndarray, np.ndarray, np.ndarray]]) -> np.ndarray:
    """(pair, criteria (m, K), UARs (m,), UARs of halves (m, 2)) -> (pairs, 2 K + 2): correlations, regrets, regret of
    the last checkpoint, correlation of the halves, as means over the groups of a pair; nan for what never varied."""
    by_pair = defaultdict(list)
    for pair, values, uars, halves in groups:
        chosen = [len(uars) - 1 - int(np.argmax(column[::-1])) for column in np.nan_to_num(values, nan=-np.inf).T]
        regrets = uars.max() - uars[[*chosen, len(uars) - 1]]
        same = statistics.spearman(halves[:, :1], halves[:, 1])
        by_pair[pair].append(np.concatenate([statistics.spearman(values, uars), regrets, same]))
    table = []
    for pair in sorted(by_pair):
        stacked = np.array(by_pair[pair])
        known = ~np.isnan(stacked)
        total = np.where(known, stacked, 0).sum(0)
        table.append(np.where(known.any(0), total / known.sum(0).clip(min=1), np.nan))
    return np.array(table)


def distances(table: Table) -> dict:
    """Distances of the domains before training on the target, and gains of each method.

    ``pairs``: distances in the source model's embedding (``source_only``) and after the target's z-score, as means over
    seeds, and each method's transductive gain over source only. ``rank_correlations``: Spearman's, of the unadapted
    distance and the gain, over the pairs.
    """
    pairs = []
    for source, target in table.pairs("transductive"):
        runs = table.at((source, target), "transductive")
        base = runs["source_only"].uar.point if "source_only" in runs else np.nan
        row = {"source": source, "target": target}
        for name in ("source_only", "zscore"):
            measured = [p.record["about"].get("distance") for p in runs[name].run.parts] if name in runs else []
            if measured and all(measured):
                row[name] = {
                    key: round4(np.mean([m[key] for m in measured])) for key in sorted(measured[0]) if key != "n"
                }
        gains = {name: round4(scored.uar.point - base) for name, scored in runs.items() if name != "source_only"}
        pairs.append(row | {"gains": gains})
    measured_pairs = [row for row in pairs if "source_only" in row]
    correlations = []
    for name in sorted(measured_pairs[0]["gains"]) if len(measured_pairs) > 2 else []:
        gain = np.array([row["gains"][name] for row in measured_pairs], float)
        distance = np.array([[row["source_only"][key] for key in ("mmd", "a_distance")] for row in measured_pairs])
        mmd, a_distance = statistics.spearman(distance, gain)
        correlations.append(
            {"method": name, "pairs": len(measured_pairs), "mmd": round4(mmd), "a_distance": round4(a_distance)}
        )
    return {"pairs": pairs, "rank_correlations": correlations}
