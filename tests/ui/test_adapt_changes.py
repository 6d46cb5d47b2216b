"""What the Adapt tab says has changed: score, confusions, clips; results of other settings; the score of all folds."""

from dataclasses import replace
from functools import cache

import gradio as gr
import numpy as np
import pytest

from xser_demo.data.packs import load_cached
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation.scores import Score, corrections
from xser_demo.experiments.folds import Pooled
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult, adapt
from xser_demo.experiments.source_models import start
from xser_demo.experiments.task import prepare
from xser_demo.reporting import what_changed
from xser_demo.reporting.changed_clips import changed_clips
from xser_demo.ui.shared.model_menu import keep
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import folds_job, live_map, resting_map, tab, unheard, wiring
from xser_demo.ui.tabs.adapt.folds_job import FoldsJob
from xser_demo.ui.tabs.adapt.form import by_name, make_plan
from xser_demo.ui.tabs.adapt.job import AdaptationJob

PLAN = Plan("ravdess", "emodb", "zscore", mode="transductive", budget_s=60.0)
CLASSES = ("anger", "happiness")


@cache
def result() -> AdaptationResult:
    task = prepare(PLAN)
    *_, last = adapt(PLAN, start(PLAN, task), task=task, speaker_model=start(PLAN, task, "speaker"))
    return last


def scored(confusion: list[list[int]]) -> Score:
    return Score(0.5, 0.5, 0.5, dict.fromkeys(CLASSES, 0.5), confusion, (0.4, 0.6), 100, 5)


def test_the_largest_changes_of_the_confusions_are_said():
    before, now = scored([[40, 10], [14, 36]]), scored([[45, 5], [3, 47]])
    said = what_changed.confusions(CLASSES, before, now)
    assert [(one.label, one.heard, one.before, one.now) for one in said] == [
        ("happiness", "anger", 0.28, 0.06),
        ("anger", "happiness", 0.2, 0.1),
    ]
    panel = what_changed.panel(CLASSES, before, now, "epoch 3", "100 clips of 5 speakers")
    assert "happiness heard as anger:</span> <b>28% → 6%" in panel
    assert "40% to 60%" in panel and "epoch 3" in panel and "100 clips of 5 speakers" in panel
    assert "No confusion has changed" in what_changed.panel(CLASSES, before, before, "not adapted yet", "")
    empty = scored([[0, 0], [14, 36]])
    assert [one.label for one in what_changed.confusions(CLASSES, empty, now)] == ["happiness"], "no clip, no share"


def test_clips_that_changed_are_those_whose_labelled_class_gained_or_lost_most():
    sealed = SealedLabels(CLASSES, (0, 0, 0, 1, 1, 0), ("a", "a", "b", "b", "c", "c"))
    before = np.array([[0.4, 0.6], [0.1, 0.9], [0.4, 0.6], [0.2, 0.8], [0.4, 0.6], [0.9, 0.1]])
    now = np.array([[0.7, 0.3], [0.6, 0.4], [0.7, 0.3], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    right, wrong = corrections(sealed, before, now)
    assert [one.clip for one in right] == [1, 0, 2], "largest gain first, of equal ones the earlier"
    assert [one.clip for one in wrong] == [3, 4] and (wrong[0].label, wrong[0].before, wrong[0].now) == (1, 1, 0)
    assert right[0].gain == pytest.approx(0.5) and wrong[0].gain == pytest.approx(-0.7)


def test_three_clips_that_became_right_and_one_that_became_wrong():
    clips = changed_clips(result())
    assert clips == changed_clips(result()) and [clip.right for clip in clips] == [True, True, True, False]
    labels = {one.path: one.emotion for one in load_cached("emodb").utterances}
    for clip in clips:
        assert labels[clip.utterance.path] == clip.label and clip.before != clip.now
        assert (clip.before == clip.label) == (not clip.right)
    assert changed_clips(replace(result(), task=replace(result().task, sealed=None))) == ()


def test_labels_colour_the_points_and_the_task_has_none():
    live = live_map.LiveMap(PLAN, prepare(PLAN))
    n = len(live.clips.source)
    assert all(one.emotion for one in live.clips.utterances) and not any(
        one.emotion for one in live.clips.target.pack.utterances
    )
    real = load_cached("emodb").utterances
    rows = live.clips.target.rows.tolist()
    assert live.clips.utterances[n:] == [real[row] for row in rows]


def page_of(visitor: Visitor):
    """A function that gives what the page says for settings, and the settings of the page."""
    with gr.Blocks():
        made = tab.build(gr.State(visitor), gr.Tabs())
    settings = {name: component.value for name, component in made.settings.items()}

    def describe(**changed) -> dict:
        values = (settings | changed).values()
        return {one.elem_id: change for one, change in made.refresh(visitor, *values).items()}

    return describe, settings


def test_results_of_other_settings_are_dimmed_until_the_settings_are_those_again():
    visitor = Visitor()
    describe, settings = page_of(visitor)
    assert describe()["adapt-stale"] == "", "there is no result yet"
    plan = make_plan(by_name((settings | {"method": "zscore"}).values()))
    visitor.adaptation_job = AdaptationJob(plan, prepare(plan), visitor)
    list(visitor.adaptation_job.follow())
    assert visitor.results
    assert describe(method="zscore")["adapt-stale"] == ""
    for changed in ({"method": "dann"}, {"method": "zscore", "seed": 3}, {"method": "zscore", "target": "ravdess"}):
        assert describe(**changed)["adapt-stale"] == wiring.STALE, changed
    assert describe(method="zscore", fold=2)["adapt-stale"] == "", "a fold means nothing for all clips"
    assert describe(method="zscore", mode="inductive")["adapt-stale"] == wiring.STALE


def test_a_map_at_rest_that_comes_after_a_run_has_begun_is_not_shown(monkeypatch):
    visitor = Visitor()
    describe, settings = page_of(visitor)
    plan = make_plan(by_name((settings | {"method": "zscore"}).values()))
    assert "adapt-now" in describe(method="zscore")

    def pressed_meanwhile(*_):
        visitor.adaptation_job = AdaptationJob(plan, prepare(plan), visitor)

    monkeypatch.setattr(resting_map, "draw", pressed_meanwhile)
    assert "adapt-now" not in describe(method="zscore")
    visitor.adaptation_job.control.stop = True


def test_the_page_adapts_to_all_clips_unless_it_is_told_otherwise():
    _, settings = page_of(Visitor())
    plan = make_plan(by_name(settings.values()))
    assert plan.mode == "transductive" and len(prepare(plan).test) == 339


def test_all_folds_are_scored_on_request_and_the_score_is_kept_with_the_model():
    visitor = Visitor()
    model_id = keep(visitor, result()).id
    job = FoldsJob(visitor, model_id)
    updates = list(job.follow())
    (pooled,) = (update.pooled for update in updates if update.pooled)
    assert isinstance(pooled, Pooled) and pooled is visitor.pooled[model_id]
    assert pooled.scores["adapted"].speakers == 10 and pooled.scores["adapted"].n == 339
    assert visitor.models[model_id].card["unheard"] == pooled.facts()
    assert [update.pooled for update in job.follow()] == [pooled], (
        "the score is still there when the page is opened again"
    )


def test_scoring_all_folds_can_be_stopped_and_keeps_nothing():
    visitor = Visitor()
    model_id = keep(visitor, replace(result(), plan=replace(PLAN, method="infomax"))).id
    visitor.folds_job = FoldsJob(visitor, model_id)
    looking = visitor.folds_job.follow()
    next(update for update in looking if update.text.startswith("Fold"))
    unheard.end(visitor)
    assert list(looking)[-1].text == folds_job.STOPPED and not visitor.pooled


def test_the_score_of_all_folds_is_offered_where_there_are_folds():
    with gr.Blocks():
        view = unheard.Unheard()
    offered = view.offer(result())
    assert offered[view.go].visible and "5 more runs" in offered[view.line]
    shifted = replace(result(), plan=replace(PLAN, shift="no anger"))
    for one in (shifted, replace(result(), scores={})):
        assert not view.offer(one)[view.go].visible
