"""The Shift lab without a browser: one clip at all strengths, two models, and UAR against the strength."""

import json
import re
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest

from xser_demo.audio import perturbations
from xser_demo.audio.io import Clip, load
from xser_demo.benchmark import perturbation_curves
from xser_demo.data.packs import load_cached
from xser_demo.inference import predict
from xser_demo.networks import checkpoints
from xser_demo.reporting.maps import MapCache
from xser_demo.ui.jobs.queue import HEAVY
from xser_demo.ui.shared import model_pairs
from xser_demo.ui.shared.clips import ANY, clip_line
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.perturbations import curves as uar_curves
from xser_demo.ui.tabs.perturbations import tab, view
from xser_demo.ui.tabs.perturbations.sweep import (
    MAX_CLIP_S,
    OWN,
    REAL,
    VOICE,
    LabState,
    has_recordings,
    real_recording,
    sentence,
    strengths,
)
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError, CorpusError, UserError


@pytest.fixture(scope="module")
def pair():
    return model_pairs.load_pair(Visitor(), model_pairs.default(model_pairs.choices(Visitor())))


@pytest.fixture(scope="module")
def lab():
    made = LabState()
    made.set_clip(VOICE, predict.encode_file(settings.EXAMPLES / "de-fast-high.flac"))
    return made


@pytest.fixture(scope="module")
def noisy(lab, pair):
    return lab.drift("noise", pair, model_pairs.SHIPPED)


def test_all_strengths_of_a_shift_are_heard_as_if_alone(lab, pair):
    sweep = lab.sweep("pitch")
    assert sweep.strengths[0] == -1 and sweep.strengths[-1] == 1 and sweep.strengths[sweep.start] == 0
    assert sweep.versions[sweep.start] is lab.clip
    last = perturbations.apply(lab.clip.clip.samples, {"pitch": 1.0})
    np.testing.assert_array_equal(sweep.versions[-1].clip.samples, last)
    alone = predict.encode_clip(replace(lab.clip.clip, samples=last))
    together = predict.predict(pair[1], sweep.versions[-1]).probabilities
    for name, share in predict.predict(pair[1], alone).probabilities.items():
        assert together[name] == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize("name", perturbations.PERTURBATIONS)
def test_the_strengths_that_were_measured_lie_among_those_of_the_slider(name):
    assert {0.0, *perturbation_curves.strengths(name)} <= set(strengths(name))


def test_a_second_look_is_remembered_and_another_clip_forgets(pair):
    lab = LabState()
    with pytest.raises(AudioError, match="no clip yet"):
        lab.sweep("band")
    clip = predict.encode_file(settings.EXAMPLES / "en-medium-low.flac")
    lab.set_clip(VOICE, clip)
    first = lab.sweep("band")
    assert lab.has_sweep("band") and lab.sweep("band") is first
    lab.set_clip(OWN, clip)
    assert not lab.has_sweep("band")


def test_of_a_long_clip_the_beginning_is_used_and_the_page_says_so():
    samples = np.tile(load(settings.EXAMPLES / "de-fast-high.flac").samples, 5)
    lab = LabState()
    lab.set_clip(OWN, predict.encode_clip(Clip(samples, "long", 16_000, 1)))
    assert lab.clip.duration_s <= MAX_CLIP_S and "first 10 s" in lab.line


def test_stored_features_have_no_sound_to_change_and_the_clip_before_stays(lab):
    before = lab.clip
    with pytest.raises(AudioError, match="no sound to change"):
        lab.set_clip(REAL, predict.from_pack(load_cached("emodb"), 0))
    assert lab.clip is before


def test_the_star_starts_where_the_unchanged_clip_lies_and_the_trail_ends_at_the_slider(noisy):
    for step in (0, 4, 8):
        for figure, places in zip(view.maps(noisy, step, "emotion"), noisy.positions, strict=True):
            by_name = {trace.name: trace for trace in figure.data}
            path, star = by_name["path"], by_name["the clip as it sounds now"]
            assert len(path.x) == step + 1
            assert (path.x[0], path.y[0]) == tuple(places[0]) and (star.x[0], star.y[0]) == tuple(places[step])


def test_both_answers_and_curves_are_those_of_the_models(noisy):
    shown = view.cards(noisy, 8)
    assert shown.count("<article") == 2 and "English only" in shown and "Adapted to German" in shown
    for of_model in noisy.predictions:
        assert f"{100 * max(of_model[8].probabilities.values()):.0f}%" in shown
    curves = [trace for trace in view.probabilities(noisy, 0.5).data if trace.mode == "lines+markers"]
    for trace, of_model, followed in zip(curves, noisy.predictions, noisy.tracked, strict=True):
        assert list(trace.y) == [answer.probabilities[followed] for answer in of_model]


def sentence_for(noisy, *emotions: list[str]) -> str:
    """The sentence, if the models had predicted these emotions."""
    predictions = tuple(
        tuple(replace(prediction, emotion=one) for prediction, one in zip(of_model, predicted, strict=True))
        for of_model, predicted in zip(noisy.predictions, emotions, strict=True)
    )
    return sentence(replace(noisy, predictions=predictions), 8)


def test_the_sentence_says_where_an_answer_gives_way(noisy):
    firm, late = ["anger"] * 9, ["anger"] * 6 + ["neutral"] * 3
    assert sentence_for(noisy, firm, firm) == "Both models stay with anger at every strength."
    said = sentence_for(noisy, late, firm)
    assert "English-only model says anger, but neutral from “speech 10 dB above the noise” on" in said
    assert "adapted to German stays with anger" in said
    assert "wavers" in sentence_for(noisy, ["anger", "neutral"] + ["anger"] * 7, firm)
    assert "at “noise as loud as the speech”" in sentence_for(noisy, ["anger"] * 8 + ["neutral"], firm)


def test_what_comes_from_outside_is_escaped(noisy):
    bad = replace(noisy.sweep.versions[0], name="<img src=x>")
    assert "<img" not in clip_line(bad) and "<img" not in view.sound("Original", bad)


def test_a_player_holds_the_sound_itself(noisy):
    html = view.sound("Changed", noisy.sweep.versions[8])
    assert re.search("src='data:audio/wav;base64,UklGR", html), "no file, and no address"


# UAR against the strength


def write(tmp_path, cells: list[dict]) -> None:
    (tmp_path / "results").mkdir(exist_ok=True)
    (tmp_path / "results" / "shift_curves.json").write_text(json.dumps({"cells": cells}))


def cell(name: str, at: float, uar: float, adapted: str) -> dict:
    figures = {"uar": uar, "ci95": [uar - 0.1, uar + 0.1]}
    models = {"source_only": {"model": "ravdess-source"} | figures, "adapted": {"model": adapted} | figures}
    return {"corpus": "emodb", "shift": name, "strength": at, "clips": 120, "sources": {"ravdess": models}}


def test_a_file_that_is_half_done_is_shown_as_far_as_it_goes(tmp_path, monkeypatch, pair):
    monkeypatch.setattr(settings, "ASSETS", tmp_path)
    assert uar_curves.stored(pair, "noise").points == {}
    its = pair[1].id
    write(tmp_path, [cell("none", 0.0, 0.8, its), cell("noise", 0.5, 0.6, its), cell("noise", 1.0, 0.4, "another")])
    measured = uar_curves.stored(pair, "noise")
    assert list(measured.points) == [0.0, 0.5], "another model's figures are not this one's"
    said = uar_curves.note(measured, "noise", 0.5, audio_here=False)
    assert "60% [50, 70]" in said and "no recordings are stored here" in said and "2 of 5" in said
    assert uar_curves.stored(pair, "room").points == {}, "the unchanged clips alone are no curve"
    assert "Nothing was measured" in uar_curves.note(uar_curves.stored(pair, "room"), "room", 0.5, audio_here=False)


def test_a_damaged_file_is_said_and_nothing_without_figures_is_drawn(tmp_path, monkeypatch, pair):
    monkeypatch.setattr(settings, "ASSETS", tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "shift_curves.json").write_text("{")
    with pytest.raises(UserError, match="damaged"):
        uar_curves.stored(pair, "noise")
    figure = uar_curves.figure(uar_curves.Measured("emodb", {}), "noise", 0.5, ("a", "b"), 0.25)
    assert figure.layout.annotations[0].text == "not measured"


def test_the_shipped_file_can_be_shown(pair):
    for name in perturbations.PERTURBATIONS:
        for both in uar_curves.stored(pair, name).points.values():
            assert all(point.low <= point.uar <= point.high for point in both)


def test_measured_on_the_recordings_where_they_are(corpora_dir, monkeypatch, pair):
    monkeypatch.setenv("XSER_CORPORA", str(corpora_dir))
    assert has_recordings("emodb")
    steps = uar_curves.measure(pair, "band", clips=8)
    first = next(steps)
    assert list(first.points) == [0.0] and first.live and first.clips == 8
    assert list(next(steps).points) == [0.0, 0.25]
    steps.close()
    assert list(uar_curves.measure(pair, "band", clips=8, stopped=lambda: True)) == []


def test_without_recordings_nothing_is_measured_here(monkeypatch, pair):
    monkeypatch.delenv("XSER_CORPORA", raising=False)
    assert not has_recordings("emodb")
    with pytest.raises(CorpusError):
        next(uar_curves.measure(pair, "noise"))
    with pytest.raises(AudioError, match="not on this computer"):
        real_recording("emodb", ANY)


def test_a_model_with_other_ears_is_not_measured_here():
    card = next(c for c in checkpoints.cards() if c.get("system") and c["target"] == "emodb")
    with pytest.raises(UserError, match="frozen encoder"):
        next(uar_curves.measure(model_pairs.load_pair(Visitor(), card["id"]), "noise"))


@pytest.fixture(scope="module")
def events() -> dict:
    """The tab's functions by (element, event)."""
    with gr.Blocks() as page:
        tab.build(gr.State(Visitor()))
    ids = {block._id: block.elem_id for block in page.blocks.values()}
    return {(ids[target], event): fn.fn for fn in page.fns.values() for target, event in fn.targets if target in ids}


def test_of_two_drawings_the_later_one_stays(events, lab, pair):
    """A slider is moved while another shift is still listened to."""
    given = Visitor(), MapCache(), lab
    first = events["lab-shift", "input"](*given, "pitch", 1.0, pair[1].id, "emotion")
    next(first), next(first)
    later = list(events["lab-strength", "input"](*given, "pitch", -1.0, pair[1].id, "emotion"))
    doses = [change for step in later for one, change in step.items() if one.elem_id == "lab-dose"]
    assert "semitones lower" in doses[-1]
    assert [{one.elem_id: change for one, change in step.items()} for step in first] == [{"lab-clip": gr.skip()}]


def test_a_measurement_that_dies_is_told_and_gives_its_place_back(events, monkeypatch, pair):
    def dies(*_args, **_options):
        yield uar_curves.stored(pair, "noise")
        raise RuntimeError("no memory")

    monkeypatch.setattr(uar_curves, "measure", dies)
    steps = list(events["lab-measure", "click"](Visitor(), LabState(), "noise", 0.5, pair[1].id))
    last = {one.elem_id: change for one, change in steps[-1].items()}
    assert "The measurement broke off (RuntimeError: no memory)" in last["lab-note"]
    assert last["lab-measure"].interactive and not last["lab-stop"].visible
    with HEAVY.job(1) as job:
        assert HEAVY.ahead(job) == (0, 0)
