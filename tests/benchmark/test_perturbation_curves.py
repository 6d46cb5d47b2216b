"""Curves of UAR against shifts: real models and encoder on a tiny corpus of generated sounds."""

import json
from collections import Counter

import numpy as np
import pytest

from xser_demo import methods
from xser_demo.benchmark import perturbation_curves
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import FOUR, LABEL_SETS
from xser_demo.corpora.sample import balanced
from xser_demo.data import domains
from xser_demo.data.encode import build
from xser_demo.evaluation.scores import score
from xser_demo.networks import checkpoints
from xser_demo.utils.errors import CorpusError, SettingsError, UserError

CONDITIONS = [("none", 0.0), ("noise", 1.0), ("tempo", -1.0)]


def utterances(speakers: int = 3, each: int = 2) -> list[Utterance]:
    return [
        Utterance(f"{speaker}-{emotion}-{k}.wav", "emodb", "de", f"s{speaker}", "f", emotion, "", None)
        for speaker in range(speakers)
        for emotion in (*FOUR, "boredom")
        for k in range(each)
    ]


def tone(utterance: Utterance) -> np.ndarray:
    """(n,) half a second of sound that differs from clip to clip."""
    rng = np.random.default_rng(sum(utterance.path.encode()))
    t = np.arange(8_000) / 16_000
    return (0.3 * np.sin(2 * np.pi * rng.uniform(100, 300) * t) * np.sin(2 * np.pi * 3 * t) ** 2).astype(np.float32)


@pytest.fixture
def readings(monkeypatch) -> list[str]:
    """Stands for a corpus on disk and keeps the paths that were read; few conditions."""
    read: list[str] = []

    def reader(key, corpora_dir):
        return utterances(), lambda u: read.append(u.path) or tone(u)

    monkeypatch.setattr(perturbation_curves, "reader", reader)
    monkeypatch.setattr(perturbation_curves, "conditions", lambda: CONDITIONS)
    return read


def key(cell: dict) -> tuple:
    return cell["shift"], cell["strength"]


def test_pairs_are_the_shipped_models():
    found = perturbation_curves.pairs()
    assert {(p.source, p.target) for p in found} >= {("ravdess", "emodb"), ("ravdess", "emovo"), ("ravdess", "urdu")}
    for pair in found:
        assert pair.plain.card["method"] == "source_only" and pair.adapted.card["method"] == methods.RECOMMENDED
        assert pair.plain.card["source"] == pair.adapted.card["source"] == pair.source
        assert pair.adapted.card["target"] == pair.target != pair.source
        assert pair.labels.classes == tuple(pair.plain.card["labels"])
    assert [p.target for p in perturbation_curves.pairs(["emodb"])] == ["emodb"]
    with pytest.raises(SettingsError, match="no pair of models for casia"):
        perturbation_curves.pairs(["casia"])


def test_no_models_at_all(monkeypatch):
    monkeypatch.setattr(checkpoints, "cards", list)
    with pytest.raises(SettingsError, match="any target; none have"):
        perturbation_curves.pairs()


def test_every_shift_has_five_strengths_with_zero():
    for name, one in perturbation_curves.perturbations.PERTURBATIONS.items():
        found = perturbation_curves.strengths(name)
        assert len(found) == 4 and 0 not in found and found[-1] == 1 and found == sorted(found)
        assert found[0] == (-1 if one.low else 0.25)
    assert len(perturbation_curves.conditions()) == 1 + 4 * len(perturbation_curves.perturbations.PERTURBATIONS)


def test_clips_are_balanced_and_always_the_same():
    labels = LABEL_SETS["four"]
    everyone = utterances(speakers=5, each=4)
    chosen = balanced(everyone, labels, 40)
    assert len({u.path for u in chosen}) == 40
    assert set(Counter((u.speaker, u.emotion) for u in chosen).values()) == {2}
    assert "boredom" not in {u.emotion for u in chosen}
    assert chosen == balanced(everyone[::-1], labels, 40)
    assert chosen[:9] == balanced(everyone, labels, 9)
    assert len(balanced(everyone, labels, 1000)) == 5 * 4 * 4


def test_a_run_is_written_cell_by_cell_and_goes_on(tmp_path, readings):
    file, found = tmp_path / "deep" / "curves.json", perturbation_curves.pairs(["emodb"])
    run = perturbation_curves.run(found, None, 12, file)
    assert next(run).startswith("emodb none 0: ravdess")
    run.close()  # stopped
    assert [key(c) for c in perturbation_curves.load(file)] == CONDITIONS[:1]
    assert len(list(perturbation_curves.run(found, None, 12, file))) == 2
    first = file.read_bytes()
    cells = perturbation_curves.load(file)
    assert [key(c) for c in cells] == CONDITIONS
    assert cells[1]["value"] == "noise as loud as the speech" and cells[2]["amount"] == 0.6
    for one in cells:
        assert (one["corpus"], one["clips"], one["speakers"]) == ("emodb", 12, 3)
        result = one["sources"]["ravdess"]
        assert [result[side]["model"] for side in ("source_only", "adapted")] == [
            found[0].plain.id,
            found[0].adapted.id,
        ]
        for side in ("source_only", "adapted", "gain"):
            low, high = result[side]["ci95"]
            assert low <= result[side]["uar"] <= high
        gain = result["adapted"]["uar"] - result["source_only"]["uar"]
        assert result["gain"]["uar"] == pytest.approx(gain, abs=2e-4)
    assert [p.name for p in file.parent.iterdir()] == ["curves.json"]
    del readings[:]
    assert list(perturbation_curves.run(found, None, 12, file)) == [] and not readings  # nothing is left to do
    assert file.read_bytes() == first
    file.unlink()
    list(perturbation_curves.run(found, None, 12, file))
    assert file.read_bytes() == first  # the same figures anew


def test_other_clips_are_other_cells(tmp_path, readings):
    file, found = tmp_path / "curves.json", perturbation_curves.pairs(["emodb"])
    list(perturbation_curves.run(found, None, 8, file))
    assert len(list(perturbation_curves.run(found, None, 12, file))) == len(CONDITIONS)
    assert {c["clips"] for c in perturbation_curves.load(file)} == {12} and len(perturbation_curves.load(file)) == len(
        CONDITIONS
    )


def test_unshifted_cell_is_the_usual_score(tmp_path, readings):
    file, pair = tmp_path / "curves.json", perturbation_curves.pairs(["emodb"])[0]
    next(perturbation_curves.run([pair], None, 24, file))
    clips = balanced(utterances(), pair.labels, 24)
    target, sealed = domains.target(build("emodb", clips, tone), pair.labels)
    found = perturbation_curves.load(file)[0]["sources"]["ravdess"]
    for side, loaded in (("source_only", pair.plain), ("adapted", pair.adapted)):
        answers = loaded.model.predict_all(target)[0].argmax(1).numpy()
        assert found[side]["uar"] == pytest.approx(score(sealed, answers).uar, abs=1e-4)


def test_what_cannot_run_is_said(tmp_path, readings, capsys, monkeypatch):
    found = perturbation_curves.pairs(["emodb"])
    with pytest.raises(SettingsError, match="At least 8 clips"):
        next(perturbation_curves.run(found, None, 7, tmp_path / "curves.json"))
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(UserError, match="damaged"):
        next(perturbation_curves.run(found, None, 8, tmp_path / "bad.json"))
    assert perturbation_curves.main(["--target", "casia"]) == 2
    assert capsys.readouterr().err.startswith("error: There is no pair")

    def absent(key, corpora_dir):
        raise CorpusError(f"{key} is not in {corpora_dir}.")

    monkeypatch.setattr(perturbation_curves, "reader", absent)
    out = tmp_path / "none.json"
    assert perturbation_curves.main(["--corpora", "nowhere", "--target", "emodb", "--out", str(out)]) == 2
    assert capsys.readouterr().err == "error: emodb is not in nowhere.\n" and not out.exists()


def test_the_command_writes_json(tmp_path, readings, capsys):
    out = tmp_path / "curves.json"
    assert perturbation_curves.main(["--target", "emodb", "--limit", "8", "--out", str(out)]) == 0
    assert capsys.readouterr().err.count("\n") == len(CONDITIONS)
    written = json.loads(out.read_text(encoding="utf-8"))
    assert "scoring" in written["note"] and len(written["cells"]) == len(CONDITIONS)
