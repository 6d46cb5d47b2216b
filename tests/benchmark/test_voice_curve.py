"""The shipped curve of UAR against the known clips of a new speaker."""

import json

import numpy as np
import pytest

from xser_demo.benchmark import voice_curve
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import prepare
from xser_demo.ui.tabs.recordings.voice_curve import figure


def test_more_clips_of_a_voice_help_and_the_file_says_which_settings_made_it():
    stored = json.loads(voice_curve.FILE.read_text(encoding="utf-8"))
    assert stored["about"]["method"] == "coral_infomax_em" and stored["about"]["draws"] == voice_curve.DRAWS
    pairs = {(row["source"], row["target"]) for row in stored["rows"]}
    assert pairs == set(voice_curve.PAIRS)
    for source, target in pairs:
        of = {
            (r["way"], r["known"]): r["uar"] for r in stored["rows"] if (r["source"], r["target"]) == (source, target)
        }
        assert of["speaker", 10] > of["speaker", 1] and of["speaker", 10] > of["corpus", 0], (source, target)


def test_the_figure_on_the_page_shows_the_file_and_the_visitors_clips():
    drawn = figure(7)
    assert len(drawn.data) == len(voice_curve.PAIRS) and not figure(0).layout.annotations
    assert drawn.layout.annotations[0].text == "you: 7"
    rows = json.loads(voice_curve.FILE.read_text(encoding="utf-8"))["rows"]
    of = {(r["way"], r["known"]): r["uar"] for r in rows if (r["source"], r["target"]) == ("ravdess", "emodb")}
    line = next(one for one in drawn.data if one.name == "English to German")
    assert line.y[4] == pytest.approx(100 * (of["speaker", 10] - of["corpus", 0]))  # 1, 2, 3, 5, 10
    assert 4 > drawn.layout.shapes[-1].x0 > 3  # between 5 and 10 clips


@pytest.mark.parametrize("draw", [0, 1])
def test_known_and_scored_clips_of_a_speaker_are_other_clips_of_the_same_speaker(draw):
    task = prepare(Plan("ravdess", "emodb", "zscore"))
    speakers, seen = np.array(task.test.speakers), []
    for known, scored in voice_curve.halves(task, draw):
        assert not set(known) & set(scored) and len(set(speakers[[*known, *scored]])) == 1
        seen += [*known, *scored]
    assert sorted(seen) == list(range(len(task.test)))
