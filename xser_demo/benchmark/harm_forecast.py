"""Can harm be foreseen without labels? A forecast from what a finished run shows, checked on other targets.

    XSER_ASSETS=DIR python -m xser_demo.benchmark.harm_forecast CELLS [--cells DIR] [--out FILE]

``CELLS``: runs of AESDD and TurEV-DB (benchmark/harm_cases.py, which also says what ``XSER_ASSETS`` must hold).

Harm: the UAR of a method is more than a point below that of target z-score with the same seed. A logistic regression
(of harm) and a ridge regression (of the gain, for the recommended method) are fitted on all targets but one and asked
about that one. They know the ``MEASURES`` of harm_cases.py, none of which needs a label, and how often and how much the
method harmed and gained on the other targets. ``base``: always the rate, or the mean gain, of the other targets.
Intervals resample targets. TurEV-DB is only asked about.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from xser_demo import methods
from xser_demo.benchmark.harm_cases import GUARD, MEASURES, NEIGHBOURS, PORTFOLIO, SOUND, Case, cases
from xser_demo.benchmark.store import atomic_write
from xser_demo.utils import settings

matplotlib.use("Agg")
import matplotlib.pyplot as plt

RESULTS = settings.ROOT / "assets" / "results"
CELLS, FILE = RESULTS / "preregistered", RESULTS / "harm_forecast.json"
CHECK = "turev"
SETS = {  # what a forecast may know, besides the record of the method
    "portfolio": PORTFOLIO,
    "portfolio, neighbours": (*PORTFOLIO, *NEIGHBOURS),
    "portfolio, neighbours, guard": (*PORTFOLIO, *NEIGHBOURS, *GUARD),
    "all": MEASURES,
    "before a run: guard, level and band": (*GUARD, *SOUND),
}
HARM = -0.01
DRAWS = 2000
BINS = 5


@dataclass(frozen=True)
class Forecast:
    """(n,) each: probability of harm, its base rate, forecast gain and mean gain of the method."""

    harm: np.ndarray
    base: np.ndarray
    gain: np.ndarray
    mean_gain: np.ndarray


def forecast(known: Sequence[Case], asked: Sequence[Case], names: Sequence[str] = MEASURES) -> Forecast:
    """Of ``asked``, whose outcome is not looked at; ``known`` has none of their targets."""
    columns = [MEASURES.index(name) for name in names]
    record = _record(known)
    inputs, questions = (
        np.array([[*(case.measures[column] for column in columns), *record(case)] for case in some])
        for some in (known, asked)
    )
    gains = np.array([case.gain for case in known])
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.3)).fit(inputs, gains < HARM)
    regressor = make_pipeline(StandardScaler(), Ridge(10)).fit(inputs, gains)
    return Forecast(
        classifier.predict_proba(questions)[:, 1],
        np.full(len(asked), (gains < HARM).mean()),
        regressor.predict(questions),
        questions[:, -1],
    )


def _record(known: Sequence[Case]):
    """How often a case's method harmed and what it gained, on known targets other than the case's own."""
    gains: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for case in known:
        gains[case.method][case.target].append(case.gain)

    def of(case: Case) -> tuple[float, float]:
        others = [gain for target, some in gains[case.method].items() if target != case.target for gain in some]
        return float(np.mean([gain < HARM for gain in others])), float(np.mean(others))

    return of


def leave_one_target_out(found: Sequence[Case], names: Sequence[str] = MEASURES) -> Forecast:
    targets = np.array([case.target for case in found])
    whole = Forecast(*np.zeros((4, len(found))))
    for target in np.unique(targets):
        asked = np.flatnonzero(targets == target)
        one = forecast([case for case in found if case.target != target], [found[n] for n in asked], names)
        for name, values in vars(one).items():
            getattr(whole, name)[asked] = values
    return whole


def summary(found: Sequence[Case]) -> dict:
    """All figures; cases of ``CHECK`` are only asked about."""
    fitted, check = ([case for case in found if (case.target == CHECK) == asked] for asked in (False, True))
    whole = leave_one_target_out(fitted)
    variants = {name: _short(fitted, leave_one_target_out(fitted, names)) for name, names in SETS.items()}
    result = {"measures": list(MEASURES), **_figures(fitted, whole), "auc_ci95": _interval(fitted, whole.harm)}
    targets = sorted({case.target for case in fitted})
    result["auc_by_target"] = {name: _auc(*_of(name, fitted, whole.harm)) for name in targets}
    result["by_measures"] = variants
    result["reliability"] = _reliability(fitted, whole.harm)
    if check:
        result[CHECK] = _figures(check, forecast(fitted, check))
    return result


def _figures(found: Sequence[Case], made: Forecast) -> dict:
    truth = np.array([case.gain for case in found])
    harm, ours = truth < HARM, np.array([case.method == methods.RECOMMENDED for case in found])
    return {
        "cases": len(found),
        "harmful": _round(harm.mean()),
        "auc": _auc(found, made.harm),
        "brier": _round(np.square(made.harm - harm).mean()),
        "brier_base": _round(np.square(made.base - harm).mean()),
        "recommended_harmful": _round(harm[ours].mean()),
        "recommended_error": _round(np.abs(made.gain - truth)[ours].mean()),
        "recommended_error_base": _round(np.abs(made.mean_gain - truth)[ours].mean()),
    }


def _short(found: Sequence[Case], made: Forecast) -> dict:
    every = _figures(found, made)
    return {"auc": every["auc"], "auc_ci95": _interval(found, made.harm), "brier": every["brier"]}


def _of(target: str, found: Sequence[Case], values: np.ndarray) -> tuple[list[Case], np.ndarray]:
    rows = [row for row, case in enumerate(found) if case.target == target]
    return [found[row] for row in rows], values[rows]


def _auc(found: Sequence[Case], values: np.ndarray) -> float | None:
    """None where all cases or none did harm."""
    harm = np.array([case.gain < HARM for case in found])
    return _round(roc_auc_score(harm, values)) if 0 < harm.sum() < len(harm) else None


def _interval(found: Sequence[Case], values: np.ndarray) -> list[float]:
    """95 percent interval of the AUC, over targets."""
    harm, targets = np.array([case.gain < HARM for case in found]), np.array([case.target for case in found])
    names, random, aucs = np.unique(targets), np.random.default_rng(0), []
    for _ in range(DRAWS):
        chosen = np.concatenate([np.flatnonzero(targets == name) for name in random.choice(names, len(names))])
        if 0 < harm[chosen].sum() < len(chosen):
            aucs.append(roc_auc_score(harm[chosen], values[chosen]))
    return [_round(one) for one in np.percentile(aucs, [2.5, 97.5])]


def _reliability(found: Sequence[Case], values: np.ndarray) -> list[dict]:
    harm = np.array([case.gain < HARM for case in found])
    bins = np.minimum((values * BINS).astype(int), BINS - 1)
    rows = [(values[bins == b].mean(), harm[bins == b].mean(), int((bins == b).sum())) for b in np.unique(bins)]
    return [{"forecast": _round(said), "harmful": _round(was), "cases": count} for said, was, count in rows]


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


def _round(value: float) -> float:
    return round(float(value), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("development", type=Path, metavar="CELLS", help="what benchmark/harm_cases.py computed")
    parser.add_argument("--cells", type=Path, default=CELLS, help="of the preregistered suite")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    found = summary([*cases(options.cells), *cases(options.development)])
    atomic_write(options.out, (json.dumps(found, indent=1) + "\n").encode())
    draw(found, options.out.with_suffix(".svg"))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
