"""Can harm be foreseen without labels? A forecast from what a finished run shows, checked on other targets.

    python -m xser_demo.benchmark.harm_forecast [--cells DIR] [--out FILE]

Harm: the UAR of a method is more than a point below that of target z-score with the same seed. Every transductive run
of the preregistered suite without label shift is a case. ``MEASURES`` need no label: how many of the other methods
agree with its answers and with z-score's, how many answers differ from z-score's, how the shares of the answers moved,
its mean confidence, and how often and how much the method harmed and gained on the other targets. A logistic regression
(of harm) and a ridge regression (of the gain, for the recommended method) are fitted on all targets but one and asked
about that one. ``base``: always the rate, or the mean gain, of the other targets. Intervals resample targets.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from xser_demo import methods
from xser_demo.benchmark.gather import Run, gather
from xser_demo.benchmark.store import atomic_write
from xser_demo.evaluation.scores import checkpoint_uars
from xser_demo.utils import settings

matplotlib.use("Agg")
import matplotlib.pyplot as plt

CELLS = settings.ASSETS / "results" / "preregistered"
FILE = settings.ASSETS / "results" / "harm_forecast.json"
MEASURES = ("support", "support_zscore", "differs", "moved", "entropy_gained", "confidence")
HARM = -0.01
DRAWS = 2000
BINS = 5


@dataclass(frozen=True)
class Case:
    target: str
    method: str
    measures: tuple[float, ...]  # in the order of ``MEASURES``
    gain: float  # over z-score


def cases(cells: Path) -> list[Case]:
    runs: dict[str, dict[str, Run]] = {}
    for run in gather(cells).runs:
        if run.plan.mode == "transductive" and not run.plan.shift:
            runs.setdefault(run.plan.target, {})[run.plan.method] = run
    return [case for target, found in runs.items() for case in _cases(target, found)]


def _cases(target: str, runs: dict[str, Run]) -> list[Case]:
    answers = {name: run.answers() for name, run in runs.items()}
    uars = {name: checkpoint_uars(run.sealed, answers[name]) for name, run in runs.items()}
    found = []
    for name in (name for name in runs if name not in ("zscore", "source_only")):
        confidence = runs[name].confidence("calibrated")
        for seed, (given, zscore) in enumerate(zip(answers[name], answers["zscore"], strict=True)):
            others = np.stack([one[seed] for other, one in answers.items() if other != name])
            now, before = (np.bincount(one, minlength=4) / len(one) for one in (given, zscore))
            measures = (
                (others == given).mean(),
                (others == zscore).mean(),
                (given != zscore).mean(),
                np.abs(now - before).sum() / 2,
                _entropy(now) - _entropy(before),
                0.5 if confidence is None else confidence[seed].mean(),
            )
            gain = float(uars[name][seed] - uars["zscore"][seed])
            found.append(Case(target, name, tuple(map(float, measures)), gain))
    return found


def forecast(found: list[Case]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Leave one target out: probability of harm, its base rate, forecast gain and mean gain, each (n,)."""
    targets, gains = np.array([case.target for case in found]), np.array([case.gain for case in found])
    columns = np.zeros((4, len(found)))
    for target in np.unique(targets):
        known, asked = np.flatnonzero(targets != target), np.flatnonzero(targets == target)
        inputs = np.array([(*case.measures, *_record(found, case, target)) for case in found])
        harm = gains[known] < HARM
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.3)).fit(inputs[known], harm)
        regressor = make_pipeline(StandardScaler(), Ridge(10)).fit(inputs[known], gains[known])
        columns[0, asked], columns[1, asked] = classifier.predict_proba(inputs[asked])[:, 1], harm.mean()
        columns[2, asked] = regressor.predict(inputs[asked])
        for number in asked:
            columns[3, number] = np.mean([found[k].gain for k in known if found[k].method == found[number].method])
    return columns[0], columns[1], columns[2], columns[3]


def _record(found: list[Case], case: Case, left_out: str) -> tuple[float, float]:
    """How often the method harmed and what it gained on targets other than the case's own and the one left out."""
    others = [one.gain for one in found if one.method == case.method and one.target not in (case.target, left_out)]
    return float(np.mean([gain < HARM for gain in others])), float(np.mean(others))


def summary(found: list[Case]) -> dict:
    harmful, base, gain, mean_gain = forecast(found)
    truth = np.array([case.gain for case in found])
    harm, targets = truth < HARM, np.array([case.target for case in found])
    ours = np.array([case.method == methods.RECOMMENDED for case in found])
    names, random, aucs = np.unique(targets), np.random.default_rng(0), []
    for _ in range(DRAWS):
        chosen = np.concatenate([np.flatnonzero(targets == name) for name in random.choice(names, len(names))])
        if 0 < harm[chosen].sum() < len(chosen):
            aucs.append(roc_auc_score(harm[chosen], harmful[chosen]))
    bins = np.minimum((harmful * BINS).astype(int), BINS - 1)
    return {
        "cases": len(found),
        "harmful": round(float(harm.mean()), 4),
        "auc": round(float(roc_auc_score(harm, harmful)), 4),
        "auc_ci95": [round(float(one), 4) for one in np.percentile(aucs, [2.5, 97.5])],
        "auc_by_target": {
            str(name): round(float(roc_auc_score(harm[targets == name], harmful[targets == name])), 4) for name in names
        },
        "brier": round(float(np.square(harmful - harm).mean()), 4),
        "brier_base": round(float(np.square(base - harm).mean()), 4),
        "recommended_harmful": round(float(harm[ours].mean()), 4),
        "recommended_error": round(float(np.abs(gain - truth)[ours].mean()), 4),
        "recommended_error_base": round(float(np.abs(mean_gain - truth)[ours].mean()), 4),
        "reliability": [
            {
                "forecast": round(float(harmful[bins == b].mean()), 4),
                "harmful": round(float(harm[bins == b].mean()), 4),
                "cases": int((bins == b).sum()),
            }
            for b in range(BINS)
            if (bins == b).any()
        ],
    }


def draw(found: dict, file: Path) -> None:
    """The reliability diagram: on the diagonal a forecast holds as often as it says."""
    figure, panel = plt.subplots(figsize=(4.2, 4.2))
    panel.plot([0, 1], [0, 1], color="black", linewidth=0.8)
    rows = found["reliability"]
    panel.plot([row["forecast"] for row in rows], [row["harmful"] for row in rows], marker="o", color="#0f766e")
    for row in rows:
        panel.annotate(f"{row['cases']}", (row["forecast"], row["harmful"]), xytext=(5, 5), textcoords="offset points")
    panel.set(xlabel="forecast probability of harm", ylabel="share of runs that did harm", xlim=(0, 1), ylim=(0, 1))
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def _entropy(shares: np.ndarray) -> float:
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cells", type=Path, default=CELLS)
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    found = summary(cases(options.cells))
    atomic_write(options.out, (json.dumps(found, indent=1) + "\n").encode())
    draw(found, options.out.with_suffix(".svg"))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
