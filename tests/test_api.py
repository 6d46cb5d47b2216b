"""The library ``import xser_demo``: the same results as command line and page, and no label of the target."""

import json
import subprocess
import sys
from dataclasses import replace
from types import FunctionType, ModuleType

import numpy as np
import pytest

import xser_demo
from xser_demo import api
from xser_demo.audio.io import load
from xser_demo.cli import main
from xser_demo.corpora.base import Utterance
from xser_demo.data.domains import Domain
from xser_demo.data.packs import Pack
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.experiments.provenance import weights
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.task import Task
from xser_demo.inference.predict import encode_clip
from xser_demo.networks import checkpoints
from xser_demo.reporting import maps
from xser_demo.reporting.model_zip import export_visitor_model
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError

CLIP = settings.EXAMPLES / "de-slow-low.flac"
PAIR = ["ravdess-source", "ravdess-emodb-coral-infomax-em"]
WITH_LABELS = (SealedLabels, Task, Domain, Pack, Utterance)


@pytest.fixture(scope="module")
def adapted() -> AdaptationResult:
    """With all that it was made of."""
    plan, _ = api.make_plan("emodb", "urdu", "infomax", seed=3, source_epochs=2, epochs=2)
    return api.run(plan)


@pytest.fixture(scope="module")
def result(adapted) -> api.Result:
    return api.without_data(adapted)


def held(thing: object) -> list[object]:
    """All that can be reached from an object, code aside."""
    seen: dict[int, object] = {}
    todo = [thing]
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType | str | bytes | int | float):
            continue
        seen[id(one)] = one
        if isinstance(one, dict):
            todo += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            todo += one
        todo += vars(one).values() if hasattr(one, "__dict__") else ()
    return list(seen.values())


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, xser_demo; dir(xser_demo); print([m for m in ('torch', 'numpy', 'gradio') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_every_public_name_is_there_and_says_what_it_does():
    assert set(xser_demo.__all__) <= set(dir(xser_demo)) and xser_demo.UserError is UserError
    for name in xser_demo.__all__:
        assert getattr(xser_demo, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'magic'"):
        xser_demo.magic  # noqa: B018


def test_predict_is_what_the_command_line_prints(capsys):
    told = xser_demo.predict(CLIP, PAIR).as_dict()
    assert main.main(["predict", str(CLIP), "--model", PAIR[0], "--model", PAIR[1], "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)["clips"][0]
    for one in (*told["models"], *printed["models"]):
        one.pop("seconds")
    assert told | {"file": str(CLIP)} == printed


def test_a_clip_may_be_a_file_samples_or_what_was_heard_before():
    clip = load(CLIP)
    answers = [xser_demo.predict(one, PAIR[0]).answers[0] for one in (str(CLIP), clip, encode_clip(clip))]
    assert answers[0].probabilities == answers[1].probabilities == answers[2].probabilities
    assert answers[0].embedding.shape == (128,) and answers[0].attention.shape[1] == len(encode_clip(clip).frames)


def test_models_are_the_shipped_ones_in_short():
    listed = xser_demo.models()
    assert [one["id"] for one in listed] == [card["id"] for card in checkpoints.cards()]
    assert all(tuple(one) == api.CARD_FIELDS for one in listed)
    loaded = xser_demo.load_model(PAIR[1])
    assert loaded.card["corpora"] and xser_demo.load_model(loaded) is loaded


def test_what_adapt_returns_has_scores_and_no_label_of_the_target(adapted, result):
    assert any(isinstance(one, SealedLabels) for one in held(adapted)), "the search finds labels where there are some"
    assert not [type(one).__name__ for one in held(result) if isinstance(one, WITH_LABELS)]
    assert list(result.scores) == ["source_only", "zscore", "adapted"]
    for score in result.scores.values():
        assert 0 <= score.ci95[0] <= score.uar <= score.ci95[1] <= 1
    assert result.summary["uar"]["adapted"] == pytest.approx(result.scores["adapted"].uar, abs=1e-4)
    assert len(result.epochs) == 2 and all(0 <= one["source_uar"] <= 1 for one in result.epochs)


def test_the_model_before_is_told_as_what_it_is(adapted, result):
    card = result.start.card
    assert card["normalise"] == "corpus"
    assert (card["method"], card["target"], card["uar"]) == ("source_only", None, None)
    assert card["record"]["weights"] == weights(adapted.source_model) != weights(result.model.model)
    assert result.model.card["target"] == "urdu" and result.model.card["temperature"] == round(adapted.temperature, 4)


def test_the_library_and_the_command_line_adapt_alike(capsys):
    heard = []
    mine = xser_demo.adapt("emovo", "emodb", "coral", fold=1, seed=2, tell=heard.append)
    arguments = ["--source", "emovo", "--target", "emodb", "--method", "coral", "--fold", "1", "--seed", "2"]
    assert main.main(["adapt", *arguments, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    differs = {name for name, value in mine.summary.items() if printed[name] != value}
    assert differs <= {"seconds"} and "training on emovo" in heard and "adapting to emodb" in heard


def test_an_adapted_model_is_written_read_and_used_as_it_is(result, tmp_path):
    folder = result.save(tmp_path / "mine")
    direct, read = xser_demo.predict(CLIP, [result.model, folder]).answers
    assert direct.probabilities == read.probabilities
    with pytest.raises(UserError, match="exists already"):
        result.save(folder)
    export_visitor_model(result.model, tmp_path / "mine.zip")
    again = xser_demo.predict(CLIP, tmp_path / "mine.zip").answers[0]
    assert again.probabilities == direct.probabilities


def test_maps_and_distances_are_those_of_the_page():
    before, after = xser_demo.align(PAIR, most=100)
    page = maps.compare(*(checkpoints.load(one) for one in PAIR), max_clips=100)
    assert before.corpora == ("ravdess", "emodb") and (before.shift, after.shift) == page.distances
    first, second = maps.MapCache().layouts(page, "pca")
    for mine, layout, view in ((before, first, page.views[0]), (after, second, page.views[1])):
        assert np.allclose(np.concatenate([mine.source, mine.target]), layout, atol=1e-5)
        assert mine.heard[0] + mine.heard[1] == view.predictions
    assert after.shift.a_distance < before.shift.a_distance


def test_one_model_and_any_pair_can_be_looked_at():
    (one,) = xser_demo.align("emodb-source", target="urdu", most=60)
    assert one.source.shape == one.target.shape == (60, 2) and one.shift.n <= 60
    told = json.loads(json.dumps(one.as_dict()))
    assert told["target"]["corpus"] == "urdu" and len(told["source"]["heard"]) == 60
    assert set(told["distances"]) == {"mmd", "a_distance", "within_mmd", "within_a_distance", "n"}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: xser_demo.load_model("nobody"), "no model 'nobody'"),
        (lambda: xser_demo.load_model("nowhere.zip"), "no model 'nowhere.zip'"),
        (lambda: xser_demo.load_model(settings.ROOT / "README.md"), "not a model"),
        (lambda: xser_demo.predict("nowhere.wav", PAIR), "nowhere.wav"),
        (lambda: xser_demo.predict(CLIP, []), "at least one model"),
        (lambda: xser_demo.adapt("emodb", "emodb"), "different"),
        (lambda: xser_demo.adapt("emodb", "klingon"), "klingon"),
        (lambda: xser_demo.adapt("emodb", "zip:nothing.zip"), "no zip"),
        (lambda: xser_demo.adapt("emodb", "urdu", "magic"), "magic"),
        (lambda: xser_demo.adapt("emodb", "urdu", strength=float("nan")), "strength"),
        (lambda: xser_demo.align(PAIR, kind="globe"), "globe"),
        (lambda: xser_demo.align(PAIR, most=2), "at least 8"),
        (lambda: xser_demo.align("ravdess-source"), "name the target"),
        (lambda: xser_demo.align(["ravdess-source", "ravdess-source-latif2019-gan"], target="emodb"), "one network"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(call, says):
    with pytest.raises(UserError, match=says) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_results_show_themselves_in_a_notebook(result):
    clip = load(CLIP)
    answer = api.predict(replace(clip, name="<script>alert(1)</script>"), PAIR)
    shown = answer._repr_html_()
    assert shown.count("<tr>") == 3 and len(shown) < 4_000 and "<script>" not in shown and "&lt;script&gt;" in shown
    for model, said in zip(answer.models, answer.answers, strict=True):
        assert model.card["title"] in shown and f"{said.probabilities[said.emotion]:.0%}" in shown
    table = result._repr_html_()
    assert f"{100 * result.scores['adapted'].uar:.1f}" in table and "Target z-score" in table and len(table) < 2_000
    assert f"{result.after.a_distance:.2f} after" in table
    named = replace(result.model, card=result.model.card | {"title": "<b>mine"})
    assert "&lt;b&gt;mine" in replace(result, model=named, scores={})._repr_html_()
