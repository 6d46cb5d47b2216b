"""Pause, step and stop of a running adaptation, without a browser."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt
from xser_demo.experiments.task import prepare
from xser_demo.reporting import run_report
from xser_demo.training import selection
from xser_demo.ui.jobs import control as jobs_control
from xser_demo.ui.jobs.control import Control, Progress
from xser_demo.ui.shared.model_menu import keep
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import frames as adapt_frames

LATIF = Plan("ravdess", "emodb", "gan", "valence", system="latif2019-gan", epochs=4)


def until(frames: Iterator[adapt_frames.LiveUpdate], control: Control, state: str) -> list[adapt_frames.LiveUpdate]:
    seen = []
    for frame in frames:
        seen.append(frame)
        if frame.state == state and (state != adapt_frames.PAUSED or frame.text.startswith("Paused")):
            return seen
    raise AssertionError(f"it ended without being {state}")


def epoch(frame: adapt_frames.LiveUpdate) -> int:
    return int(frame.text.split("epoch ")[1].split(" ")[0])


def test_while_the_frozen_layers_are_computed_the_page_says_so(monkeypatch):
    """It takes VGG16 twenty seconds, before anything moves."""
    monkeypatch.setattr(adapt_frames, "start", lambda *_: None)
    monkeypatch.setattr(adapt_frames, "adapt", lambda *_: iter(()))
    for system, method, said in (("baklouti2024-mmd", "mmd_fc", "frozen layers"), (None, "dann", "Reading the clips")):
        progress, control = Progress(), Control()
        plan = Plan("ravdess", "emodb", method, system=system, labels="six" if system else "four")
        assert not list(adapt_frames.LiveRun(plan, prepare(plan), progress, control, None).updates())
        assert said in progress.text()


def test_pause_step_continue_and_the_result_is_the_same(monkeypatch):
    monkeypatch.setattr(jobs_control, "UPDATE_S", 0.01)
    control = Control()
    frames = adapt_frames.frames(LATIF, control)
    next(f for f in frames if f.state == adapt_frames.RUNNING)
    control.pause()
    held = until(frames, control, adapt_frames.PAUSED)[-1]
    assert [f.text for f in itertools.islice(frames, 3)] == [held.text] * 3, "nothing goes on in a pause"
    for after in range(2):
        control.one_epoch()
        before, seen = epoch(held), until(frames, control, adapt_frames.PAUSED)
        held = seen[-1]
        assert held.text.startswith("Paused after") and epoch(held) == before + (after > 0)
        assert any(f.now is not None for f in seen) and any(f.target is not None for f in seen)
        assert all(f.state == adapt_frames.PAUSED for f in seen), "the buttons do not flicker while it steps"
    control.resume()
    result = until(frames, control, adapt_frames.ENDED)[-1].result
    plain = list(adapt_frames.frames(LATIF))[-1].result
    assert result.finished.chosen == plain.finished.chosen and result.scores == plain.scores
    assert result.seconds < 100 and control.held_s > 0.05


@pytest.mark.parametrize("paused", [True, False])
def test_before_the_first_epoch_stop_keeps_nothing_also_in_a_pause(paused):
    control = Control()
    frames = adapt_frames.frames(LATIF, control)
    next(f for f in frames if f.state == adapt_frames.RUNNING)
    if paused:
        control.pause()
        until(frames, control, adapt_frames.PAUSED)
    control.stop = True
    *_, last = frames
    assert (last.text, last.state, last.result) == (adapt_frames.STOPPED, adapt_frames.ENDED, None)


@pytest.mark.parametrize("paused", [True, False])
def test_stop_keeps_the_best_epoch_so_far_and_scores_it(paused, monkeypatch):
    """Chosen among the epochs that there are, by the rule of a complete run; kept as the visitor's model."""
    monkeypatch.setattr(jobs_control, "UPDATE_S", 0.01)
    plan, control, visitor = replace(LATIF, epochs=60, mode="transductive"), Control(), Visitor()
    frames = adapt_frames.frames(plan, control)
    next(f for f in frames if f.state == adapt_frames.RUNNING)
    control.pause()
    until(frames, control, adapt_frames.PAUSED)
    for _ in range(2):
        control.one_epoch()
        until(frames, control, adapt_frames.PAUSED)
    if not paused:
        control.resume()
        next(frames)
    control.stop = True
    *rest, last = frames
    result = last.result
    assert last.state == adapt_frames.ENDED and all(f.state == adapt_frames.ENDING for f in rest)
    assert result.finished.on_demand and 2 <= result.finished.epochs < 60
    assert result.finished.chosen == selection.choose([epoch.candidate for epoch in result.history])
    assert f"Ended after {result.finished.epochs} of 60 epochs, when scores of the target were shown" in last.text
    assert result.scores["adapted"].n == len(result.task.test) and last.film and last.changes
    assert "while scores of the target were shown" in run_report.html(result)
    assert keep(visitor, result).card["epochs"] == result.finished.epochs


def test_a_closed_page_ends_a_paused_run():
    control = Control()
    frames = adapt_frames.frames(LATIF, control)
    next(f for f in frames if f.state == adapt_frames.RUNNING)
    control.pause()
    until(frames, control, adapt_frames.PAUSED)
    frames.close()  # what Gradio does: it can, because a paused run gives frames
    assert control.held_s > 0
    assert next(frames, None) is None


def test_a_pause_that_is_too_long_ends_the_run(monkeypatch):
    monkeypatch.setattr(jobs_control, "MAX_PAUSE_S", 0.3)
    control = Control()
    frames = adapt_frames.frames(LATIF, control)
    next(f for f in frames if f.state == adapt_frames.RUNNING)
    control.pause()
    assert until(frames, control, adapt_frames.ENDED)[-1].text.startswith(adapt_frames.TOO_LONG)


def test_the_time_budget_does_not_run_in_a_pause():
    control = Control()
    frames = adapt_frames.frames(replace(LATIF, budget_s=30.0), control)
    next(f for f in frames if f.state == adapt_frames.RUNNING)
    control.pause()
    until(frames, control, adapt_frames.PAUSED)
    control.held_s += 100.0  # as if the pause had been this long
    moved = control.clock()
    time.sleep(0.05)
    assert control.clock() - moved < 10
    control.held_s -= 100.0
    held = time.monotonic() - control.clock()
    time.sleep(0.5)
    next(frames)
    control.resume()
    result = until(frames, control, adapt_frames.ENDED)[-1].result
    assert not result.finished.stopped_early
    assert time.monotonic() - control.clock() >= held + 0.4, "the clock stood still"


def test_a_clock_that_stands_still_never_ends_the_budget():
    *_, last = adapt(replace(LATIF, budget_s=1e-6), clock=lambda: 5.0)
    assert not last.finished.stopped_early and last.seconds == 0


def test_only_a_pause_can_be_stepped():
    control = Control()
    control.one_epoch()
    assert not control.step and not control.waits
    control.pause()
    assert control.waits
    control.one_epoch()
    assert not control.waits
    control.stop = True
    assert not control.waits


def test_words_of_a_pause():
    progress = Progress()
    progress.counted("Adapting to German", 20)
    progress.reached(5, 4.5 / 20)
    assert progress.paused() == "Paused in epoch 5 of 20."
    for number in range(1, 21):
        progress.reached(number, number / 20)
        assert progress.paused() == f"Paused after epoch {number} of 20."
