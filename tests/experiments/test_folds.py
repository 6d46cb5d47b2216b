"""The score on unheard speakers is that of all folds together, computed by hand."""

from dataclasses import replace

import numpy as np
import pytest

from xser_demo.evaluation.scores import uar
from xser_demo.experiments import folds
from xser_demo.experiments.folds import Fold, Pooled
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult, adapt
from xser_demo.experiments.source_models import start
from xser_demo.experiments.task import prepare
from xser_demo.reporting import score_tables
from xser_demo.utils.errors import UserError

PLAN = Plan("ravdess", "emodb", "infomax", mode="transductive", epochs=1)


@pytest.fixture(scope="module")
def models():
    task = prepare(PLAN)
    return start(PLAN, task), start(PLAN, task, "speaker")


@pytest.fixture(scope="module")
def pooled(models) -> tuple[list, Pooled]:
    *events, last = folds.adapt_folds(folds.tasks(PLAN), *models)
    return events, last


def one_fold(number: int, models) -> AdaptationResult:
    *_, last = adapt(replace(PLAN, mode="inductive", fold=number), models[0], speaker_model=models[1])
    return last


def test_the_pooled_score_is_that_of_all_folds_by_hand(pooled, models):
    events, last = pooled
    assert [event.number for event in events if isinstance(event, Fold)] == [0, 1, 2, 3, 4]
    runs = [one_fold(number, models) for number in range(5)]
    labels = np.concatenate([run.task.sealed.open()[0] for run in runs])
    speakers = [speaker for run in runs for speaker in run.task.sealed.open()[1]]
    assert len(set(speakers)) == 10 and len(labels) == len(prepare(PLAN).test), "every clip once"
    for name, score in last.scores.items():
        answers = np.concatenate([run.answers[name] for run in runs])
        assert score.uar == pytest.approx(uar(labels, answers, 4)) and (score.n, score.speakers) == (339, 10)
        assert score.ci95[0] < score.uar < score.ci95[1]


def test_without_adaptation_it_is_the_score_of_one_model_on_all_clips(pooled, models):
    *_, whole = adapt(replace(PLAN, method="zscore"), models[0], speaker_model=models[1])
    assert pooled[1].scores["source_only"].uar == whole.scores["source_only"].uar
    assert folds.expected_s(whole) % 5 == 0


def test_it_is_said_what_the_pooled_score_is_over(pooled):
    facts = pooled[1].facts()
    assert facts["folds"] == 5 and facts["plan"]["mode"] == "inductive" and "fold" not in facts["plan"]
    assert facts["uar"]["adapted"] == pytest.approx(pooled[1].scores["adapted"].uar, abs=1e-4)
    assert "did not adapt" not in facts["over"] and "was not adapted to" in facts["over"]
    card = {"uar": {"source_only": 0.7, "zscore": 0.8, "adapted": 0.9, "ci95": [0.85, 0.95], "scored_on": "emodb"},
            "target": "emodb", "labels": ["a", "b", "c", "d"], "mode": "transductive", "unheard": facts}  # fmt: skip
    assert "On speakers that it had not heard, all 5 folds together" in score_tables.card_scores(card)


def test_where_there_are_no_folds_this_is_said():
    assert folds.possible(PLAN) and not folds.possible(replace(PLAN, shift="no anger"))
    with pytest.raises(UserError, match="no pack"):
        folds.tasks(replace(PLAN, target="nowhere"))
