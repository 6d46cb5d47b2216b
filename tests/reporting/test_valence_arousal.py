"""Positions of predictions between calm and excited, unpleasant and pleasant."""

import re

import numpy as np
import pytest

from xser_demo.corpora.labels import EMOTIONS, LABEL_SETS
from xser_demo.inference.predict import Prediction
from xser_demo.reporting.valence_arousal import POSITIONS, draw, position


def prediction(**shares: float) -> Prediction:
    return Prediction("x", max(shares, key=shares.get), shares, np.zeros((0, 1)), np.zeros(1), 0)


def card(labels: str = "four", target: str | None = None) -> dict:
    return {"source": "ravdess", "target": target, "method": "dann", "label_set": labels,
            "labels": list(LABEL_SETS[labels].classes), "system": None}  # fmt: skip


def test_every_emotion_of_a_label_set_has_a_place_inside_the_circle():
    assert set(POSITIONS) >= set(EMOTIONS) - {"excited", "frustration"}
    assert all(np.hypot(*where) <= 1 + 1e-9 for where in POSITIONS.values())


def test_a_certain_answer_lies_at_its_emotion_and_an_even_one_between():
    assert position({"anger": 1.0, "happiness": 0.0}) == pytest.approx(POSITIONS["anger"])
    assert position({"anger": 0.5, "happiness": 0.5}) == pytest.approx(
        np.add(POSITIONS["anger"], POSITIONS["happiness"]) / 2
    )
    valence, arousal = position(dict.fromkeys(POSITIONS, 1 / len(POSITIONS)))
    assert abs(valence) < 0.3 and abs(arousal) < 0.3


def test_the_signs_are_those_of_the_label_sets():
    for axis, high in ((0, "positive"), (1, "high")):
        known = LABEL_SETS["valence_strict" if axis == 0 else "arousal_strict"]
        assert all((POSITIONS[e][axis] >= 0) == (side == high) for e, side in known.of.items() if e != "neutral")


def test_models_of_one_axis_are_lines_on_it():
    assert position({"negative": 0.75, "positive": 0.25}) == (-0.5, None)
    assert position({"high": 0.75, "low": 0.25}) == (None, 0.5)
    drawn = draw([(card("valence"), prediction(negative=0.75, positive=0.25), "#000000")])
    x = [float(v) for v in re.findall(r"<line x1='([\d.]+)' y1='[\d.]+' x2='([\d.]+)'", drawn)[0]]
    assert x[0] == x[1] and "x-dot" not in drawn


def test_one_dot_per_model_and_names_are_escaped():
    models = [(card(), prediction(anger=0.9, happiness=0.1), "#4B5563"), (card(), prediction(sadness=1.0), "#0F766E")]
    drawn = draw(models)
    assert drawn.count("x-dot") == 2 and "excited, unpleasant" in drawn and "calm, unpleasant" in drawn
    assert draw([]) == "" and "<b>" not in draw([(card() | {"source": "<b>"}, prediction(anger=1.0), "#000000")])
