"""Which label-free criterion tells good checkpoints from bad ones? Does the distance of the domains tell the gain?"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from xser_demo import methods
from xser_demo.benchmark import statistics
from xser_demo.benchmark.gather import LAST, Run
from xser_demo.benchmark.tables import Table, control, figure, round4
from xser_demo.evaluation import scores
from xser_demo.methods.infomax import InfoMax
from xser_demo.training import criteria

DRAWS = 2000
NAMES = tuple(criteria.CRITERIA)
SETTINGS = ("inductive", "transductive", "label shift")  # label shift is transductive
# Methods that are trained on a criterion's own quantity flatter it, hence apart.
TRAINED_ON = ("all", "InfoMax", "others")


@dataclass(frozen=True, eq=False)
class Checkpoints:
    """Those of one training."""

    pair: tuple[str, str]
    task: tuple  # (pair, shift, seed, fold): what trainings are compared within
    infomax: bool
    criteria: np.ndarray  # (epochs, K)
    truth: np.ndarray  # (epochs,) UAR on the clips that the cell scored


def is_infomax(method: str) -> bool:
    return method in methods.METHODS and issubclass(methods.METHODS[method], InfoMax)


def checkpoints(runs: list[Run]) -> dict[str, list[Checkpoints]]:
    """Of all trained methods, one source and another language, by setting."""
    found = defaultdict(list)
    for run in runs:
        plan = run.plan
        if not run.trained or "+" in plan.source or control(plan.source, plan.target):
            continue
        pair = plan.source, plan.target
        for part in run.parts:
            own = part.record["about"]["plan"]
            truth = scores.checkpoint_uars(scores.subset(run.sealed, part.places), part.record["answers"])
            found["label shift" if plan.shift else plan.mode].append(
                Checkpoints(pair, (pair, plan.shift, own["seed"], own["fold"]), is_infomax(plan.method),
                            part.record["criteria"].astype(float), truth)
            )  # fmt: skip
    return found


def criteria_study(runs: list[Run]) -> list[dict]:
    """One row for each setting, group of methods and criterion (and the last epoch, for its regret):

    within: rank correlation with the true UAR over the epochs of a training, mean over trainings
    across: over all checkpoints of all methods on one task (pair, seed, fold), mean over tasks
    regret_within, regret_across: best UAR among the same checkpoints minus that of the criterion's choice

    Trainings and tasks are first averaged within a pair of corpora; intervals resample pairs.
    """
    found = checkpoints(runs)
    rows = []
    for setting in (s for s in SETTINGS if s in found):
        for which in TRAINED_ON:
            some = [c for c in found[setting] if which == "all" or c.infomax == (which == "InfoMax")]
            if some:
                rows += _rows({"setting": setting, "trained_on": which}, some)
    return rows


def _rows(start: dict, some: list[Checkpoints]) -> list[dict]:
    tasks = defaultdict(list)
    for one in some:
        tasks[one.task].append(one)
    pooled = [
        (group[0].pair, *(np.concatenate([getattr(c, side) for c in group]) for side in ("criteria", "truth")))
        for group in tasks.values()
    ]
    within = _by_pair([(c.pair, c.criteria, c.truth) for c in some])
    across = _by_pair(pooled)
    counts = {"pairs": len(within), "trainings": len(some), "checkpoints": sum(len(c.truth) for c in some)}
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
                row[label] = figure(statistics.over_groups(values[:, value], DRAWS))
        rows.append(row)
    return rows


def _by_pair(groups: list[tuple[tuple, np.ndarray, np.ndarray]]) -> np.ndarray:
    """(pair, criteria (m, K), truth (m,)) -> (pairs, 2 K + 1): correlations, regrets, regret of the last checkpoint,
    means over the groups of a pair; nan where a criterion never varied."""
    of = defaultdict(list)
    for pair, values, truth in groups:
        chosen = [len(truth) - 1 - int(np.argmax(column[::-1])) for column in np.nan_to_num(values, nan=-np.inf).T]
        regrets = truth.max() - truth[[*chosen, len(truth) - 1]]
        of[pair].append(np.concatenate([statistics.spearman(values, truth), regrets]))
    table = []
    for pair in sorted(of):
        stacked = np.array(of[pair])
        known = ~np.isnan(stacked)
        total = np.where(known, stacked, 0).sum(0)
        table.append(np.where(known.any(0), total / known.sum(0).clip(min=1), np.nan))
    return np.array(table)


def distances(table: Table) -> dict:
    """How far apart the domains are before anything was trained on the target, and what each method gained there.

    ``pairs``: distances as the source's model stands (``source_only``) and after the target's own z-score, means over
    seeds, and each method's gain over source only (transductive). ``rank_correlations``: Spearman's of the unadapted
    distance and the gain over the pairs.
    """
    pairs = []
    for source, target in table.pairs("transductive"):
        known = table.at((source, target), "transductive")
        base = known["source_only"].uar.point if "source_only" in known else np.nan
        row = {"source": source, "target": target}
        for name in ("source_only", "zscore"):
            measured = [p.record["about"].get("distance") for p in known[name].run.parts] if name in known else []
            if measured and all(measured):
                row[name] = {
                    key: round4(np.mean([m[key] for m in measured])) for key in sorted(measured[0]) if key != "n"
                }
        gains = {name: round4(one.uar.point - base) for name, one in known.items() if name != "source_only"}
        pairs.append(row | {"gains": gains})
    whole = [row for row in pairs if "source_only" in row]
    correlations = []
    for name in sorted(whole[0]["gains"]) if len(whole) > 2 else []:
        gain = np.array([row["gains"][name] for row in whole], float)
        far = np.array([[row["source_only"][key] for key in ("mmd", "a_distance")] for row in whole])
        mmd, a_distance = statistics.spearman(far, gain)
        correlations.append({"method": name, "pairs": len(whole), "mmd": round4(mmd), "a_distance": round4(a_distance)})
    return {"pairs": pairs, "rank_correlations": correlations}
