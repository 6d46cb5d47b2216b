"""Limits of random models: a fair model passes, an unfair one fails, and a small group is not called unfair."""

from dataclasses import replace

import numpy as np
import pytest
from planted import answered, clips

from xser_demo.audit import fairness, random_models
from xser_demo.audit.properties import FAILS, NOT_MEASURED, PASSES, TOO_FEW, Property


def verdicts(found, pitch=None, count: int = 300) -> dict[str, Property]:
    return {one.id: one for one in fairness.properties(found, fairness.groupings(found, pitch), count)}


def test_a_fair_model_passes_all_properties_together_in_about_95_of_100_audits():
    utterances = clips(8, 8)
    passed = [
        all(one.verdict != FAILS for one in verdicts(answered(utterances, lambda u: 0.75, seed), count=200).values())
        for seed in range(100)
    ]
    assert 0.87 <= np.mean(passed) < 1


def test_a_model_that_answers_men_worse_fails():
    found = verdicts(answered(clips(10, 8), lambda u: 0.9 if u.sex == "f" else 0.55))
    assert {found[f"sex-{key}"].verdict for key in ("uar", "recall")} == {FAILS}
    one = found["sex-uar"]
    assert one.value == pytest.approx(0.175, abs=0.06) and one.limit.value < 0.1
    assert "5 men, 5 women; with so few" in one.note
    assert found["language-uar"].verdict == TOO_FEW and "only one language" in found["language-uar"].words


def test_one_speaker_who_is_misheard_is_found():
    found = verdicts(answered(clips(6, 10), lambda u: 0.2 if u.speaker == "s3" else 0.85))
    assert found["speaker-uar"].verdict == FAILS


def test_a_small_group_is_not_called_unfair():
    """Sixteen clips of another language seem worse by chance; of fourteen, no two emotions have eight."""
    everyone = clips(8, 8)
    few = [u for u in everyone if u.speaker == "s7" and u.emotion in ("anger", "sadness")]
    rest = [u for u in everyone if u.speaker != "s7"]
    for size, compared in ((16, True), (14, False)):
        marked = rest + [replace(u, language="it") for u in sorted(few, key=lambda u: u.path[::-1])[:size]]
        found = answered(marked, lambda u: 0.8)
        right = found.answers == found.labels
        languages = np.array([u.language for u in marked])
        wrong = np.flatnonzero((languages == "it") & right)[:3]  # three more than chance had wrong
        shares = found.probabilities.copy()
        shares[wrong] = np.roll(shares[wrong], 1, axis=1)
        one = verdicts(replace(found, probabilities=shares))["language-uar"]
        assert one.verdict == (PASSES if compared else TOO_FEW), one
        assert not compared or (one.value > 0.1 and one.limit.value > one.value)


def test_voices_are_grouped_by_pitch():
    assert [fairness.pitch_range(hertz) for hertz in (None, 120, 145, 146, 190, 220)] == [
        "", "low", "low", "medium", "medium", "high",
    ]  # fmt: skip
    found = answered(clips(6, 8), lambda u: 0.3 if u.speaker in ("s0", "s1") else 0.9)
    pitch = {"s0": 110.0, "s1": 120.0, "s2": 170.0, "s3": 180.0, "s4": 230.0, "s5": 240.0}
    assert verdicts(found, pitch)["pitch-uar"].verdict == FAILS
    assert verdicts(found)["pitch-uar"].verdict == NOT_MEASURED
    ways = fairness.groupings(found, pitch)
    rows = {(row["by"], row["group"]): row for row in fairness.table(found, ways)}
    low = found.answers[np.isin(found.speakers, ["s0", "s1"])] == found.labels[np.isin(found.speakers, ["s0", "s1"])]
    assert rows["pitch", "low"]["uar"] == pytest.approx(low.mean(), abs=1e-3) and rows["pitch", "low"]["clips"] == 64


def test_random_models_have_the_accuracy_of_the_audited_one_in_every_group():
    found = answered(clips(8, 8), lambda u: 0.95 if u.emotion == "anger" else 0.6)
    drawn = random_models.draw(found.labels, found.confusion, 400)
    expected = found.confusion / found.confusion.sum(1, keepdims=True)
    for of in (np.array([u.sex == "f" for u in found.utterances]), np.ones(len(found), bool)):
        shares = [[(drawn[:, of & (found.labels == a)] == b).mean() for b in range(4)] for a in range(4)]
        assert np.allclose(shares, expected, atol=0.02)


def test_limits_are_kept_by_95_of_100_together():
    statistics = np.random.default_rng(0).random((1000, 6))
    limits = random_models.joint_limits(statistics)
    kept = (statistics <= limits).all(1).mean()
    assert 0.95 <= kept < 0.955 and (limits > 0.98).all()
    together = np.repeat(statistics[:, :1], 6, axis=1)  # one statistic six times needs no stricter limit
    assert random_models.joint_limits(together) == pytest.approx(0.95, abs=0.02)
