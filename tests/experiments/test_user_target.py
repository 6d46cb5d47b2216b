"""User corpora as targets: unlabelled, partly labelled, of unknown speakers; mixtures; several sources at once."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from xser_demo.data import packs
from xser_demo.data.packs import load_cached
from xser_demo.experiments import run
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import prepare, speakers_known
from xser_demo.reporting import maps, run_report, score_tables
from xser_demo.training.loop import class_balanced_order
from xser_demo.ui.shared import adapt_options, model_pairs
from xser_demo.ui.shared.model_menu import keep
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings
from xser_demo.ui.tabs.adapt import frames as adapt_frames
from xser_demo.ui.tabs.adapt import run_table
from xser_demo.ui.tabs.adapt.form import by_name, make_plan
from xser_demo.ui.tabs.map import clip_details, region
from xser_demo.utils.errors import SettingsError


def own(labelled: bool, speakers: bool) -> dict:
    """A quarter of EmoDB as somebody's own corpus."""
    whole = load_cached("emodb")
    rows = [row for row in range(len(whole)) if row % 4 == 0]
    frames = [whole.frames(row).numpy() for row in rows]
    clips = [whole.utterances[row] for row in rows]
    clips = [
        replace(u, corpus="own", emotion=u.emotion if labelled else "", speaker=u.speaker if speakers else "")
        for u in clips
    ]
    return {("own", "whisper"): packs.make("own", clips, frames, {})}


def test_a_target_without_labels_is_adapted_to_and_not_scored():
    plan = Plan("ravdess", "own", "zscore", mode="transductive", own=own(labelled=False, speakers=False))
    *_, result = run.adapt(plan)
    assert result.scores == {} and result.task.sealed is None
    assert result.task.labels.classes == ("anger", "happiness", "neutral", "sadness")
    assert len(result.task.adapt) == len(result.task.test) == len(plan.own["own", "whisper"])
    assert result.distances_after.mmd < result.distances_before.mmd


def test_labels_of_an_own_target_change_nothing_but_the_scores():
    clips = own(labelled=True, speakers=True)
    plan = Plan("ravdess", "own", "coral", mode="transductive", source_epochs=1, epochs=1, own=clips)
    *_, known = run.adapt(plan)
    pack = clips["own", "whisper"]
    four = [row for row, u in enumerate(pack.utterances) if u.emotion in known.task.labels.of]
    blank = packs.make(
        "own", [replace(pack.utterances[r], emotion="") for r in four], [pack.frames(r).numpy() for r in four], {}
    )
    again = packs.make("own", [pack.utterances[r] for r in four], [pack.frames(r).numpy() for r in four], {})
    weights = []
    for one in (blank, again):
        *_, result = run.adapt(replace(plan, own={("own", "whisper"): one}))
        weights.append(result.model.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(weights[0].values(), weights[1].values(), strict=True))
    assert set(known.scores) == {"source_only", "zscore", "adapted"}


def test_clips_without_a_label_are_adapted_to_and_the_labelled_ones_scored():
    clips = own(labelled=True, speakers=True)
    pack = clips["own", "whisper"]
    half = [replace(u, emotion="" if row % 2 else u.emotion) for row, u in enumerate(pack.utterances)]
    plan = Plan(
        "ravdess", "own", "zscore", mode="transductive", own={("own", "whisper"): replace(pack, utterances=half)}
    )
    task = prepare(plan)
    blank = sum(not u.emotion for u in half)
    assert len(task.adapt) == len(task.test) + blank
    assert len(task.test) == len(task.sealed) == sum(u.emotion in task.labels.of for u in half)


def test_without_speakers_nothing_can_be_inductive():
    plan = Plan("ravdess", "own", "zscore", own=own(labelled=True, speakers=False))
    assert not speakers_known(plan)
    with pytest.raises(SettingsError, match="not known who speaks"):
        prepare(plan)
    assert speakers_known(replace(plan, own=own(labelled=True, speakers=True)))


def test_a_target_may_be_a_mixture_and_its_folds_stay_disjoint():
    plan = Plan("ravdess", "emodb+emovo", "zscore")
    task = prepare(plan)
    adapt, test = set(task.adapt.speakers), set(task.test.speakers)
    assert not adapt & test
    assert {who.split("/")[0] for who in adapt} == {who.split("/")[0] for who in test} == {"emodb", "emovo"}
    *_, result = run.adapt(replace(plan, mode="transductive", source_epochs=1))
    assert result.scores["adapted"].n == len(result.task.test)
    row = result.task.test.rows[0]
    assert torch.equal(result.task.test.pack.frames(row), load_cached("emodb").frames(row))


def test_weights_say_how_often_a_source_is_heard():
    plan = Plan("ravdess+emodb", "emovo", "zscore", mode="transductive", weights=(1.0, 3.0))
    train = prepare(plan).train
    order = class_balanced_order(train.labels, 50, 64, torch.Generator().manual_seed(0), train.weights).flatten()
    german = torch.tensor([who.startswith("emodb/") for who in train.speakers])[order].float().mean()
    assert abs(german - 0.75) < 0.03
    for wrong in ((1.0,), (1.0, 0.0), (1.0, 1e9)):
        with pytest.raises(SettingsError):
            prepare(replace(plan, weights=wrong))


def test_the_page_tells_what_can_be_told_without_labels():
    plan = Plan("ravdess", "own", "zscore", mode="transductive", own=own(labelled=False, speakers=False))
    visitor = Visitor()
    *_, last = adapt_frames.frames(plan)
    assert "of the predictions changed" in last.text and last.target is None
    said = score_tables.result(last.result)
    assert "Too few clips are labelled" in said and "UAR" not in said and "Predicted" in said
    made = keep(visitor, last.result, last.map_history)
    assert made.card["uar"] is None and "Too few clips are labelled" in score_tables.card_scores(made.card)
    assert "no labels" in run_table.table(visitor.results.values())
    page = run_report.html(last.result)
    assert "Right and wrong answers" not in page and "predictions have changed" in page
    pair = model_pairs.load_pair(visitor, made.id)
    comparison = maps.MapCache().comparison(*pair, last.result)
    n = len(plan.own["own", "whisper"])
    assert len(comparison.clips.target) == n
    words = clip_details.facts(comparison, len(comparison.clips) - 1)
    assert "not labelled" in words and "speaker" not in words
    assert f"{n} your corpus" in region.summary(
        comparison, list(range(len(comparison.clips) - n, len(comparison.clips)))
    )
    for colour in maps.COLOUR_BY:
        assert maps.groups(comparison.clips, comparison.views[1], colour)


def test_recordings_that_were_not_brought_are_asked_for():
    choices = ("common", None, "ravdess", "own", "zscore", "transductive", None, "four", 2, None, 0, "")
    with pytest.raises(SettingsError, match="Your data"):
        make_plan(by_name(choices))
    brought = UserRecordings(Path("none"), None, {"whisper": own(labelled=True, speakers=True)["own", "whisper"]})
    assert prepare(make_plan(by_name(choices), brought)).sealed is not None
    assert adapt_options.user_fold_choices(brought)
    with pytest.raises(SettingsError, match="Same encoder for all"):
        make_plan(by_name(("cai2021-dann", None, *choices[2:])), brought)
