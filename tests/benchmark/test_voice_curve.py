"""The shipped curve of UAR against the known clips of a new speaker."""

import json

import numpy as np
import pytest

from xser_demo.benchmark import voice_curve
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import prepare


def test_more_clips_of_a_voice_help_and_the_file_says_which_settings_made_it():
    stored = json.loads(voice_curve.FILE.read_text(encoding="utf-8"))
    assert stored["about"]["method"] == "coral_infomax_em" and stored["about"]["draws"] == voice_curve.DRAWS
    pairs = {(row["source"], row["target"]) for row in stored["rows"]}
    assert pairs == set(voice_curve.PAIRS)
    for source, target in pairs:
        curve = {r["known"]: r["uar"] for r in stored["rows"] if (r["source"], r["target"]) == (source, target)}
        assert curve[10] > curve[1] and curve[10] > curve[None], (source, target)


@pytest.mark.parametrize("draw", [0, 1])
def test_known_and_scored_clips_of_a_speaker_are_other_clips_of_the_same_speaker(draw):
    task = prepare(Plan("ravdess", "emodb", "zscore"))
    speakers, seen = np.array(task.test.speakers), []
    for known, scored in voice_curve.halves(task, draw):
        assert not set(known) & set(scored) and len(set(speakers[[*known, *scored]])) == 1
        seen += [*known, *scored]
    assert sorted(seen) == list(range(len(task.test)))
