"""A running adaptation without a browser: live scores, failure presets, settings and background jobs."""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import gradio as gr
import numpy as np
import pytest
import torch

from xser_demo.data import domains
from xser_demo.data.packs import load_cached
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation.domain_distance import DomainDistance, proxy_a_distance
from xser_demo.evaluation.scores import Point, Score
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult, adapt
from xser_demo.experiments.source_models import find
from xser_demo.experiments.task import prepare
from xser_demo.inference.predict import from_pack
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import curves, failure_presets, maps, repeat, score_tables
from xser_demo.ui.jobs.control import Control
from xser_demo.ui.jobs.queue import HEAVY
from xser_demo.ui.shared.model_menu import keep
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import domain_classifier, resting_map, run_table, tab
from xser_demo.ui.tabs.adapt import frames as adapt_frames
from xser_demo.ui.tabs.adapt.form import by_name, make_plan, read_strength, settings_of
from xser_demo.ui.tabs.adapt.job import AdaptationJob
from xser_demo.ui.tabs.adapt.live_scores import DomainConfusion
from xser_demo.utils.errors import SettingsError

QUICK = Plan("ravdess", "emodb", "coral_infomax_em", epochs=2, mode="transductive")


def lessons(plan: Plan) -> tuple[list[adapt_frames.LiveUpdate], AdaptationResult]:
    frames = [f for f in adapt_frames.frames(plan) if f.target is not None or f.result]
    return frames, frames[-1].result


def shown(frame: adapt_frames.LiveUpdate) -> list[float]:
    return list(next(line.y for line in frame.target.data if line.name == "adapting"))


def test_target_labels_change_what_is_shown_and_never_what_is_chosen(monkeypatch):
    frames, honest = lessons(QUICK)
    assert len(shown(frames[-1])) == QUICK.epochs, "one for every epoch"
    real = domains.target

    def shuffled(*given, **more):
        target, sealed = real(*given, **more)
        labels, speakers = sealed.open()
        mixed = random.Random(0).sample(labels, len(labels))
        return target, SealedLabels(sealed.classes, tuple(mixed), speakers)

    monkeypatch.setattr(domains, "target", shuffled)
    others, other = lessons(QUICK)
    assert shown(frames[-1]) != shown(others[-1])
    assert honest.finished.chosen == other.finished.chosen
    pairs = zip(honest.model.state_dict().values(), other.model.state_dict().values(), strict=True)
    assert all(torch.equal(one, two) for one, two in pairs)


def test_the_curve_on_the_target_cannot_be_misread():
    frames, result = lessons(QUICK)
    figure = frames[-1].target
    assert "never used for choosing" in figure.layout.title.text and "for teaching" in figure.layout.title.text
    lines = {line.name: line for line in figure.data}
    chosen = result.finished.chosen.epoch
    assert {"source only", "target z-score", "adapting", "95% interval", f"chosen, epoch {chosen}"} <= set(lines)
    assert lines["source only"].y[0] == pytest.approx(result.scores["source_only"].uar)
    assert lines["adapting"].y[chosen - 1] == pytest.approx(result.scores["adapted"].uar)
    low, high = lines["95% interval"].y[chosen - 1], result.scores["adapted"].ci95[0]
    assert abs(low - high) < 0.05, "few resamples give nearly the same interval"
    before = curves.on_target(Point(0.5, 0.4, 0.6), {1: Point(0.5, 0.4, 0.6)})
    assert not any("chosen" in (line.name or "") for line in before.data)


def test_the_classifiers_answers_are_those_of_the_a_distance():
    random_ = np.random.default_rng(0)
    near, far = random_.normal(size=(80, 6)), random_.normal(size=(60, 6)) + 0.7
    speakers, others = [f"a{i % 8}" for i in range(80)], [f"b{i % 6}" for i in range(60)]
    distance = DomainDistance(near, speakers)
    source, target = distance.domain_recalls(near, far, others)
    assert distance.measure(near, far, others).a_distance == pytest.approx(max(0, 2 * (source + target - 1)))
    assert 0.5 < DomainConfusion(source, target).share < 1
    assert proxy_a_distance(near[:1], ["a"], far[:1], ["b"]) == 0, "a single clip is no clue"


def test_the_panel_says_before_now_and_after():
    confusion = {0: DomainConfusion(1.0, 0.96)}
    first = domain_classifier.panel("ravdess", "emodb", confusion, False)
    assert "98%" in first and "Now" not in first and first.count("<table>") == 1
    confusion |= {4: DomainConfusion(0.7, 0.8), 9: DomainConfusion(0.5, 0.52)}
    now, after = (domain_classifier.panel("ravdess", "emodb", confusion, done) for done in (False, True))
    assert "Now, epoch 9" in now and "51%" in now and "epoch 4" in now
    assert "After" in after and "Now" not in after


@cache
def adapted() -> AdaptationResult:
    return list(adapt(Plan("ravdess", "emodb", "zscore", mode="transductive", shift="no sadness")))[-1]


def result(**uars: float) -> AdaptationResult:
    last = adapted()
    scores = {n: replace(last.scores[n], uar=uar, ci95=(uar - 0.09, uar + 0.09)) for n, uar in uars.items()}
    return replace(last, scores=scores, plan=failure_presets.FAILURE_PRESETS["missing"].plan)


@pytest.mark.parametrize(
    ("base", "simple", "mine", "outcome", "against"),
    [
        (0.7, 0.6, 0.5, "It broke: worse than not adapting at all, and worse than", "Also worse than"),
        (0.7, 0.5, 0.6, "It broke: worse than not adapting at all, and better than", "Better than"),
        (0.64, 0.5, 0.6, "It seems to have broken: worse than not adapting at all, and better", "Better than"),
        (0.5, 0.7, 0.6, "It broke only in part", "Worse than"),
        (0.5, 0.6, 0.7, "It did not break this time: not worse than before, and better", "Also better than"),
        (0.7, 0.5, 0.502, "It broke: worse than not adapting at all, and as good as", "As good as"),
    ],
)
def test_whether_it_broke_is_said_from_the_scores(base, simple, mine, outcome, against):
    made = result(source_only=base, zscore=simple, adapted=mine)
    assert failure_presets.outcome(made).startswith(outcome)
    assert failure_presets.outcome(made) in score_tables.result(made, failure_presets.outcome(made))
    usual = replace(made, plan=replace(made.plan, shift=""))
    assert failure_presets.outcome(usual) == ""
    assert against in score_tables.result(usual) and f"({100 * simple:.0f}%)" in score_tables.result(usual)


def test_presets_can_run_and_are_recognised():
    for one in failure_presets.FAILURE_PRESETS.values():
        task = prepare(one.plan)
        assert failure_presets.of(replace(one.plan, seed=3, epochs=5, budget_s=60.0)) is one
        assert one.title in failure_presets.explained(one.plan)
        assert find(one.plan, task) is not None, "it begins at once"
    assert failure_presets.explained(Plan("ravdess", "emodb", "mmd")) == "" == failure_presets.explained(None)


def test_what_the_speakers_preset_says_of_urdu():
    spoken: dict[str, set] = {}
    for utterance in load_cached("urdu").utterances:
        spoken.setdefault(utterance.speaker, set()).add(utterance.emotion)
    assert (len(spoken), sum(len(emotions) == 1 for emotions in spoken.values())) == (29, 26)
    task = prepare(failure_presets.FAILURE_PRESETS["speakers"].plan)
    speakers = task.test.speakers
    counts = {speaker: speakers.count(speaker) for speaker in speakers}
    assert max(counts.values()) / len(speakers) > 0.9 and len(counts) == 4


def test_before_the_first_run_the_map_is_the_one_it_begins_with(monkeypatch):
    plan = replace(QUICK, normalise="corpus")
    figure = resting_map.draw(plan, prepare(plan))
    began = next(frame.now for frame in adapt_frames.frames(plan) if frame.now)
    assert figure.layout.title.text == began.layout.title.text == "Before adaptation"
    for ours, first in zip(figure.data, began.data, strict=True):
        assert np.allclose(ours.x, first.x) and np.allclose(ours.y, first.y) and ours.name == first.name
    monkeypatch.setattr(resting_map, "LiveMap", None)  # of other epochs it is the same, and not drawn again
    assert resting_map.draw(replace(plan, epochs=5, strength=1.0), prepare(plan)) is figure


def test_no_map_at_rest_where_it_would_be_waited_for_or_show_somebodys_recordings():
    own = replace(QUICK, own={("emodb", "whisper"): load_cached("emodb")})
    slow = Plan("ravdess", "emodb", "nnpm_gate", system="li2021-nnpm")
    untrained = replace(QUICK, seed=77)  # its source model is not shipped
    assert [resting_map.draw(plan, prepare(plan)) for plan in (own, slow, untrained)] == [None] * 3


@pytest.mark.parametrize("labels", ["four", "valence"])
def test_label_shifts_of_the_menu_can_be_simulated(labels):
    for _, shift in failure_presets.shifts(labels):
        made = replace(QUICK, labels=labels, shift=shift)
        assert len(prepare(made).test) >= domains.MIN_TARGET_CLIPS


def test_settings_become_a_plan():
    choices = ("common", None, "ravdess", "emodb", "infomax", "transductive", 0, "four", 20, None, 0, "70 neutral")
    assert failure_presets.of(make_plan(by_name(choices))) is failure_presets.FAILURE_PRESETS["neutral"]
    assert failure_presets.of(make_plan(by_name(choices[:-1]))) is None


MIXED = ("common", None, "ravdess", "emovo", "coral_infomax_em", "inductive", 0, "four", 1, None, 0, "")


def test_several_sources_and_targets_are_adapted_and_mapped_as_they_were_heard():
    plan = replace(make_plan(by_name((*MIXED, ["emodb"], "2, 1", "urdu"))), source_epochs=1)
    assert (plan.source, plan.target, plan.weights) == ("ravdess+emodb", "emovo+urdu", (2.0, 1.0))
    frames = list(adapt_frames.frames(plan))
    result, words = frames[-1].result, [frame.text for frame in frames]
    assert any("Training on English and German first: no shipped model fits" in text for text in words)
    visitor = Visitor()
    loaded = keep(visitor, result)
    assert loaded.card["title"].startswith("Your model: English and German to Italian and Urdu")
    assert loaded.card["source_weights"] == [2, 1]
    assert "sources drawn 2 : 1" in run_table.table([result])
    command = repeat.command(plan)
    assert "--source ravdess+emodb --target emovo+urdu" in command and "--weights 2,1" in command
    assert make_plan(settings_of(plan)) == replace(plan, source_epochs=None)
    shown = maps.compare(Loaded("start", result.source_model, {}), loaded, result, max_clips=100)
    assert shown.clips.source.pack is result.task.train.pack, "each source standardised by itself, as in training"
    assert {one.corpus for one in shown.clips.utterances} == {"ravdess", "emodb", "emovo", "urdu"}
    train = result.task.train
    ours = [train.pack.utterances[row].corpus == "ravdess" for row in train.rows.tolist()]
    assert float(train.weights[ours].sum()) == pytest.approx(2) and float(train.weights.sum()) == pytest.approx(3)


@pytest.mark.parametrize(
    ("more", "weights", "second", "why"),
    [
        (["ravdess"], "", "", "named twice"),
        ([], "2, 1", "", "as many weights as there are sources, 1"),
        (["emodb"], "a lot", "", "a number for each source"),
        (["emodb"], "1, 0", "", "above 0"),
        (["emodb"], "", "emodb", "same corpus"),
        ([], "", "emovo", "named twice"),
    ],
)
def test_what_cannot_be_mixed_is_said(more, weights, second, why):
    with pytest.raises(SettingsError, match=why):
        prepare(make_plan(by_name((*MIXED, more, weights, second))))


def test_runs_beside_each_other():
    assert run_table.table([]) == ""
    one = result(source_only=0.7, zscore=0.6, adapted=0.5)
    html = run_table.table([one, replace(one, plan=replace(one.plan, strength=2.0, seed=7))])
    assert html.count("<tr>") == 3 and "Your last 2 runs" in html
    assert "no sadness" in html and "strength 2" in html and "seed 7" in html
    assert html.index("seed 7") < html.index("seed 0"), "newest first"
    assert isinstance(one.scores["adapted"], Score)


def test_a_job_that_dies_is_told_and_gives_its_place_back(monkeypatch):
    def dies(*plan):
        yield adapt_frames.LiveUpdate("Adapting.")
        raise RuntimeError("no memory")

    monkeypatch.setattr(adapt_frames, "frames", dies)
    with gr.Blocks() as page:
        made = tab.build(gr.State(Visitor()), gr.Tabs())
    go = next(block for block in page.blocks.values() if block.elem_id == "adapt-go")
    (event,) = (fn for fn in page.fns.values() if (go._id, "click") in fn.targets)
    chosen = [one.value for one in made.settings.values()]
    shown = [{one.elem_id: change for one, change in step.items()} for step in event.fn(Visitor(), *chosen)]
    assert "broke off (RuntimeError: no memory)" in shown[-1]["adapt-line"]
    assert shown[-1]["adapt-go"].interactive and not shown[-1]["adapt-stop"].interactive
    with HEAVY.job(1) as job:
        assert HEAVY.ahead(job) == (0, 0)


def slow(steps: int, every_s: float = 0.02):
    """Frames of an adaptation that does nothing."""

    def frames(plan: Plan, control: Control, clip=None, task=None) -> Iterator[adapt_frames.LiveUpdate]:
        for number in range(steps):
            time.sleep(every_s)
            if control.stop:
                yield adapt_frames.LiveUpdate(adapt_frames.STOPPED, state=adapt_frames.ENDED)
                return
            told = "half" if number == steps // 2 else None
            yield adapt_frames.LiveUpdate(f"step {number}", number / steps, confusion=told)
        yield adapt_frames.LiveUpdate("Done", state=adapt_frames.ENDED)

    return frames


def test_whoever_looks_on_later_sees_all_that_was_shown(monkeypatch):
    monkeypatch.setattr(adapt_frames, "frames", slow(20))
    run = AdaptationJob(QUICK, prepare(QUICK), Visitor())
    for frame in run.follow():
        if frame.confusion:
            break  # the connection is lost
    later = list(run.follow())
    assert later[0].confusion == "half" and later[-1].text == "Done" and later[-1].state == adapt_frames.ENDED
    assert sum(frame.confusion is not None for frame in later) == 1, "only what is new"
    assert list(run.follow())[-1].confusion == "half" and run.over()


def test_a_visitors_stored_clip_is_on_the_map_of_an_adaptation_by_speaker():
    clip = from_pack(load_cached("emodb"), 7)
    updates = list(adapt_frames.frames(replace(QUICK, normalise="speaker"), Control(), clip))
    result = updates[-1].result
    assert result.normalisation.name == "speaker" and "broke off" not in updates[-1].text


@pytest.mark.parametrize(
    ("typed", "read"), [("", None), (None, None), (" 0,5 ", 0.5), ("2", 2.0), (0.25, 0.25), ("0", 0.0)]
)
def test_a_strength_is_what_was_typed_and_nothing_is_not_zero(typed, read):
    assert read_strength(typed) == read


def test_a_strength_that_is_no_number_is_refused():
    with pytest.raises(SettingsError, match=r"a number such as 0\.5"):
        read_strength("strong")
