"""Labels by keyboard and the table of every clip, without a browser: what a page sends is not believed."""

import json
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from xser_demo.corpora.custom.recordings import FolderScan, Recording
from xser_demo.data import packs
from xser_demo.data.packs import load_cached
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt
from xser_demo.networks import checkpoints
from xser_demo.ui.shared.model_menu import keep
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings
from xser_demo.ui.tabs.adapt import every_clip, few_labels
from xser_demo.ui.tabs.adapt.live_map import LiveMap


@pytest.fixture(scope="module")
def run():
    """A run on a tenth of EmoDB without labels, from the shipped source model."""
    whole = load_cached("emodb")
    rows = range(0, len(whole), 10)
    clips = [replace(whole.utterances[row], corpus="own", emotion="") for row in rows]
    pack = packs.make("own", clips, [whole.frames(row).numpy() for row in rows], {})
    plan = Plan("ravdess", "own", "zscore", mode="transductive", own={("own", "whisper"): pack})
    *_, result = adapt(plan, checkpoints.load("ravdess-source").model)
    return result


@pytest.fixture
def visitor(run, tmp_path) -> Visitor:
    """Who has adapted to recordings that are no longer readable: a clip without sound can be labelled all the same."""
    pack = run.plan.own["own", "whisper"]
    scan = FolderScan("", tuple(Recording(clip.path) for clip in pack.utterances), ())
    found = Visitor(recordings=UserRecordings(tmp_path, scan, {"whisper": pack}))
    keep(found, run)
    return found


@pytest.fixture
def panel():
    with gr.Blocks():
        return few_labels.FewLabels()


def press(panel, visitor: Visitor, clip: object, value: object) -> dict:
    return panel._label(visitor, SimpleNamespace(index=clip, value=value))


def test_keys_label_the_clip_that_is_shown_once(panel, visitor):
    shown = panel._begin(visitor)
    labels = visitor.recordings.labels
    assert "data-clip='0'" in shown[panel.clip] and "cannot be played" in shown[panel.clip]
    press(panel, visitor, 0, 2)
    for clip, value in ((0, 2), (5, 1), (1, 9), (1, "x"), (1, None), ("1", 1), (None, 1)):
        press(panel, visitor, clip, value)
    assert labels.given == [2]
    press(panel, visitor, 1, -1)
    press(panel, visitor, 2, few_labels.BACK)
    assert labels.given == [2]


def test_a_score_comes_with_eight_labels_and_stays_for_the_next_run(panel, visitor, run):
    assert panel.offer(visitor, run)[panel.clip] == ""
    panel._begin(visitor)
    for number in range(8):
        shown = press(panel, visitor, number, number % 4)
        assert ("Adapted" in shown[panel.score]) == (number == 7)
    keep(visitor, run)
    assert "data-clip='8'" in panel.offer(visitor, run)[panel.clip]
    scored = replace(run, scores={"adapted": None})
    assert panel.offer(visitor, scored)[panel.clip] == "", "recordings with labels have a score"


def test_a_model_can_be_taught_once_and_joins_the_others(panel, visitor):
    panel._begin(visitor)
    assert panel._teach(visitor).keys() == {panel.line}
    for number in range(16):
        press(panel, visitor, number, number % 4)
    shown = panel._teach(visitor)
    assert "Adapted and taught" in shown[panel.score] and "8 of them taught" in shown[panel.line]
    assert [model_id for model_id in visitor.models if model_id.startswith("taught")] == ["taught-1"]
    assert panel._teach(visitor).keys() == {panel.line}


def test_without_recordings_or_a_run_there_is_a_sentence_or_nothing(panel, run):
    assert "send them again" in panel._begin(Visitor())[panel.line]
    assert press(panel, Visitor(), 0, 1).keys() == {panel.line}
    assert panel.offer(Visitor(), run)[panel.clip] == ""


def test_the_table_has_what_is_asked_for_and_opens_only_its_own_clips(visitor):
    found = visitor.latest_answers()
    everything = every_clip.table(found, every_clip.ALL)
    changed = every_clip.table(found, every_clip.CHANGED)
    assert len(everything) == len(found.utterances) and 0 < len(changed) < len(everything)
    assert all(row[6] == "changed" and row[3] != row[4] for row in changed)
    assert len(every_clip.table(found, every_clip.UNSURE)) == found.unsure.sum()
    assert every_clip.clip(visitor, everything[3]) == 3
    for row in (["../secret.wav"], [], None, "x", [7]):
        assert every_clip.clip(visitor, row) is None
    assert every_clip.clip(Visitor(), everything[3]) is None


def test_the_map_marks_the_clips_of_the_table_and_keeps_what_is_picked(visitor, run):
    drawn = LiveMap(run.plan, run.task)
    drawn.draw(run.model, "after")
    keep(visitor, run, drawn.history)
    with gr.Blocks():
        panel = every_clip.EveryClip()
    shown = panel._expand(visitor, every_clip.CHANGED, [])
    traces = [trace for trace in shown[panel.map.figure].data if trace.customdata]
    found = visitor.latest_answers()
    assert sorted(number for trace in traces for number in trace.customdata) == list(range(len(found.utterances)))
    layout = drawn.layouts[-1][len(drawn.clips.source) :]
    for trace in traces:
        assert np.allclose(np.stack([trace.x, trace.y], 1), layout[list(trace.customdata)])
    rows = shown[panel.table]
    kept = [number for number, one in enumerate(found.utterances) if one.path in {row[0] for row in rows}]
    marks = panel._mark(visitor, [*rows, ["../secret.wav"], []])[panel.map.marks]
    assert json.loads(marks.props["kept"]) == kept and 0 < len(kept) < len(found.utterances)
    assert (
        panel._mark(visitor, shown[panel.table] + every_clip.table(found, every_clip.ALL))[panel.map.marks].props[
            "kept"
        ]
        is None
    )
    picked = panel._pick(visitor, SimpleNamespace(index=[5, 2, 2, -1, True, "x", 10_000]))
    assert picked[panel.picked] == [2, 5] and [row[0] for row in picked[panel.table]] == [
        found.utterances[number].path for number in (2, 5)
    ]
    nothing = panel._pick(visitor, SimpleNamespace(index={"0": 1}))
    assert nothing[panel.which] == every_clip.ALL and len(nothing[panel.table]) == len(found.utterances)
