"""The whole audit: from the command line to the page and back from its JSON."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from planted import Planted, answered, clips, subject

from xser_demo.audio.io import load
from xser_demo.audit import conditions, correctness, fairness, robustness, run, stability
from xser_demo.audit.properties import FAILS, KINDS, NOT_MEASURED, NUMBER, PASSES, TOO_FEW, Limit, Property, wilson
from xser_demo.audit.published import EMOVO_WHITE_NOISE
from xser_demo.audit.report import Audit, read
from xser_demo.cli.audit import target
from xser_demo.cli.main import main
from xser_demo.corpora.labels import FOUR
from xser_demo.reporting import audit_page
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError

NASTY = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def audit() -> Audit:
    """A brittle model, under two conditions, with names that must be escaped."""
    patch = pytest.MonkeyPatch()
    chosen = tuple(one for one in conditions.CONDITIONS if one.id in ("gain", "white-noise"))
    patch.setattr(robustness, "CONDITIONS", chosen)
    properties, groups, found = run.measure(subject(Planted(brittle=True)))
    patch.undo()
    groups[0]["group"] = NASTY
    return Audit(
        model=NASTY, title=NASTY, weights_sha256="0", on=("EMOVO",), answered_by=NASTY, classes=FOUR,
        clips=len(found), speakers=4, sampled=len(found), confusion=found.confusion.tolist(), groups=groups,
        properties=properties, versions={"torch": NASTY, "none": None}, date="2026-01-01", random_models=1000,
        corpora=("emovo",),
    )  # fmt: skip


def test_every_kind_and_every_verdict_has_words(audit):
    assert {one.kind for one in audit.properties} == set(KINDS)
    ids = [one.id for one in audit.properties]
    assert len(set(ids)) == len(ids) and {"uar", "sex-recall", "white-noise", "alone"} <= set(ids)
    for one in audit.properties:
        assert one.asks.endswith((")", "?")) and one.words.lower().startswith(one.verdict) and one.words.endswith(".")


def test_the_page_is_escaped_and_stands_alone(audit):
    page = audit_page.html(audit)
    assert NASTY not in page and page.count("&lt;script&gt;") >= 5
    assert "<script" not in page and "src=" not in page and "href=" not in page
    assert len(page) < 300_000
    for one in audit.properties:
        assert f"<small>{one.id}</small></td>" in page


def test_the_page_says_what_fails_first(audit):
    page = audit_page.html(audit)
    failed = [one for one in audit.properties if one.verdict == FAILS]
    assert {"white-noise", "white-noise-uar", "seeds"} & {one.id for one in failed}
    first = page[page.index("What fails") : page.index("Is it right?")]
    assert first.count("<li>") == len(failed)
    counts = re.search(r"Of (\d+) properties (\d+) pass, (\d+) fail", audit_page.verdict(audit))
    assert [int(number) for number in counts.groups()] == [
        len(audit.properties), audit.verdicts[PASSES], len(failed),
    ]  # fmt: skip


def test_published_figures_stand_beside_ours_on_emovo_only(audit):
    assert len(EMOVO_WHITE_NOISE) == 11
    assert (min(EMOVO_WHITE_NOISE.values()), max(EMOVO_WHITE_NOISE.values())) == (0.51, 0.85)
    page = audit_page.html(audit)
    assert "read from published tables" in page and all(name in page for name in EMOVO_WHITE_NOISE)
    assert "published tables" not in audit_page.html(replace(audit, corpora=("emodb",)))


def test_json_comes_back_as_it_was(audit, tmp_path):
    page, stored = audit_page.write(audit, tmp_path / "audit.html")
    assert page.read_text(encoding="utf-8") == audit_page.html(audit)
    again = read(stored)
    assert audit_page.html(again) == audit_page.html(audit) and again.as_dict() == audit.as_dict()
    assert json.loads(stored.read_text())["properties"][0]["verdict"] in (PASSES, FAILS, TOO_FEW)
    stored.write_text(json.dumps(audit.as_dict() | {"audit": 0}))
    with pytest.raises(UserError, match="another version"):
        read(stored)
    stored.write_text("{}")
    with pytest.raises(UserError, match="no audit"):
        read(stored)
    with pytest.raises(UserError, match="choose another place"):
        audit_page.write(audit, tmp_path / "audit.json" / "audit.html")


def test_verdicts_and_their_words():
    limit = Limit(0.9, True, "ours")
    one = Property("a", KINDS[0], "Is it?", 0.92, limit, 50, interval=wilson(46, 50))
    assert one.verdict == PASSES and one.narrow and one.words == "Passes, narrowly."
    assert replace(one, value=0.99, interval=(0.95, 1.0)).words == "Passes."
    assert replace(one, value=0.5, interval=(0.4, 0.6)).words == "Fails."
    assert replace(one, value=None, missing="none here").words == "Too few clips to say: none here."
    assert replace(one, value=None, missing="none here", few=False).verdict == NOT_MEASURED
    assert Property("a", KINDS[0], "?", 2e-5, Limit(1e-4, False, "ours"), 9, NUMBER).verdict == PASSES
    low, high = wilson(46, 50)
    assert low == pytest.approx(0.8117, abs=1e-3) and high == pytest.approx(0.9685, abs=1e-3)


def test_correctness_of_a_good_and_a_bad_model():
    good = {one.id: one for one in correctness.properties(answered(clips(), lambda u: 0.8))}
    assert {one.verdict for one in good.values()} == {PASSES, TOO_FEW}
    assert good["uar"].limit.value == pytest.approx(0.5) and good["uar"].value == pytest.approx(0.8, abs=0.06)
    assert good["not-sure"].verdict == TOO_FEW  # it is always sure
    bad = {one.id: one for one in correctness.properties(answered(clips(), lambda u: u.emotion == "anger"))}
    assert bad["recall-anger"].verdict == PASSES and bad["recall-sadness"].verdict == FAILS
    assert bad["confusion"].verdict == bad["calibration"].verdict == FAILS
    assert correctness.at_least(2).value == pytest.approx(2 / 3)


def test_a_corpus_without_recordings(tmp_path, capsys, monkeypatch):
    """From packs alone, with a model that had heard none of it."""
    monkeypatch.delenv("XSER_CORPORA", raising=False)
    file = tmp_path / "audit.html"
    assert main(["audit", "ravdess-source", "--on", "emovo", "--out", str(file), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["files"] == [str(file), str(file.with_suffix(".json"))] and printed["clips"] == 336
    by_id = {one["id"]: one for one in printed["properties"]}
    assert len(by_id) >= 50 and by_id["white-noise"]["verdict"] == NOT_MEASURED
    assert by_id["uar"]["value"] == pytest.approx(0.586, abs=0.001)  # the UAR on its card
    assert by_id["language-uar"]["verdict"] == TOO_FEW and by_id["sex-uar"]["limit"]["source"] == "random models"
    assert read(file.with_suffix(".json")).clips == 336


@pytest.fixture
def folder(tmp_path):
    """Twelve recordings of two speakers, labelled by folders."""
    voices = [load(file).samples[:16_000] for file in sorted(settings.EXAMPLES.glob("*.flac"))]
    for number in range(12):
        emotion = FOUR[number % 4]
        file = tmp_path / "mine" / ("anna", "ben")[number // 6] / emotion / f"{emotion}_{number}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, voices[number % len(voices)], settings.SAMPLE_RATE)
    return tmp_path / "mine"


def test_a_folder_of_ones_own(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(robustness, "CONDITIONS", conditions.CONDITIONS[:1])
    monkeypatch.setattr(stability, "FEW", 2)
    file = tmp_path / "audit.html"
    words = ["audit", "ravdess-emodb-coral-infomax-em", "--on", str(folder), "--sample", "4", "--out", str(file)]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert str(file) in out and "too few clips to say" in out
    found = read(file.with_suffix(".json"))
    by_id = {one.id: one for one in found.properties}
    assert found.clips == 12 and found.speakers == 2 and found.sampled == 4 and found.on == ("Your corpus",)
    assert by_id["repeated"].value == 0 and by_id["threads"].verdict == PASSES
    assert by_id["white-noise-40"].verdict == by_id["recall-anger"].verdict == TOO_FEW


def test_what_it_is_audited_on(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    (folder.parent / "emodb").mkdir()
    assert target("emodb+emovo") == "emodb+emovo" and target("emodb") == "emodb"
    assert target("mine") == "folder:mine" and target("zip:a.zip") == "zip:a.zip"
    with pytest.raises(UserError, match="recordings of yours"):
        target("own")


def test_a_model_with_one_answer_is_not_called_unfair_by_what_it_never_says():
    found = answered(clips(4, 8), lambda u: u.emotion == "anger")
    always = replace(found, probabilities=np.tile([0.7, 0.1, 0.1, 0.1], (len(found), 1)))
    for one in fairness.properties(always, fairness.groupings(always, None), 50):
        assert one.verdict in (PASSES, TOO_FEW, NOT_MEASURED)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ravdess-source"], "name what to audit it on"),
        (["ravdess-source", "--on", "nothing"], "There is no pack"),
        (["no-model", "--on", "emodb"], "There is no model"),
        (["ravdess-source", "--on", "emodb", "--out", "nowhere/audit.html"], "There is no folder nowhere"),
    ],
)
def test_mistakes_are_one_sentence(words, said, capsys):
    assert main(["audit", *words]) == 2
    assert said in capsys.readouterr().err
