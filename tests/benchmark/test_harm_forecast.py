"""The forecast of harm: nothing of the target that it is asked about is known, and the shipped figures are its own."""

import json
from dataclasses import replace

import numpy as np
import pytest

from xser_demo import methods
from xser_demo.benchmark import harm_forecast
from xser_demo.benchmark.harm_forecast import MEASURES, Case


def made_up(informative: bool) -> list[Case]:
    """Four targets and five methods; where it is informative, the first measure is the gain."""
    random = np.random.default_rng(0)
    return [
        Case(target, method, (gain if informative else random.normal(), *random.normal(size=len(MEASURES) - 1)), gain)
        for target in "abcd"
        for method in (*"uvwx", methods.RECOMMENDED)
        for gain in random.normal(0, 0.05, 6)
    ]


def test_it_finds_what_the_measures_say_and_nothing_where_they_say_nothing(monkeypatch):
    monkeypatch.setattr(harm_forecast, "DRAWS", 50)
    good, bad = (harm_forecast.summary(made_up(informative)) for informative in (True, False))
    assert good["auc"] > 0.95 and good["brier"] < good["brier_base"] / 2
    assert 0.3 < bad["auc"] < 0.7 and bad["brier"] > bad["brier_base"] - 0.02
    assert good["auc_ci95"][0] <= good["auc"] <= good["auc_ci95"][1] and set(good["auc_by_target"]) == set("abcd")


def test_the_outcome_on_a_target_does_not_reach_its_own_forecast():
    cases = made_up(True)
    changed = [replace(case, gain=-case.gain) if case.target == "a" else case for case in cases]
    asked = [number for number, case in enumerate(cases) if case.target == "a"]
    for before, after in zip(harm_forecast.forecast(cases), harm_forecast.forecast(changed), strict=True):
        assert after[asked] == pytest.approx(before[asked])


def test_the_shipped_forecast_is_too_weak_to_be_shown():
    """The page stays silent below an AUC of 0.65; if the forecast gets better, the page must show it."""
    found = json.loads(harm_forecast.FILE.read_text())
    assert found["auc"] < 0.65 and found["brier"] > found["brier_base"]
    assert sum(row["cases"] for row in found["reliability"]) == found["cases"]
