"""A bigger encoder on the Adapt tab: where it is offered, what it changes, and the model that comes of it. Without a
browser; with small random networks, and frames that no encoder made."""

import json
import zipfile
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest

from xser_demo import api
from xser_demo.audio import perturbations
from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.scan import scan
from xser_demo.corpora.user import KEY
from xser_demo.data import packs
from xser_demo.data.encode import encode
from xser_demo.data.packs import load_cached
from xser_demo.experiments.run import adapt
from xser_demo.experiments.task import prepare
from xser_demo.features.encoders import frozen, weights
from xser_demo.features.encoders.registry import get
from xser_demo.inference.predict import encode_file, from_pack, predict
from xser_demo.reporting import failure_presets, maps, run_report
from xser_demo.reporting.model_zip import checked, export_model, import_model
from xser_demo.ui.navigation import links
from xser_demo.ui.shared import adapt_options, model_pairs
from xser_demo.ui.shared.answers import view
from xser_demo.ui.shared.encoding_job import is_encoding, start_encoding
from xser_demo.ui.shared.model_menu import keep, welcome
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings
from xser_demo.ui.tabs.adapt import changes, run_table
from xser_demo.ui.tabs.adapt import frames as adapt_frames
from xser_demo.ui.tabs.adapt.choices import encoders, targets
from xser_demo.ui.tabs.adapt.controls import Controls
from xser_demo.ui.tabs.adapt.form import by_name, make_plan, needs_encoding, ready_recordings, settings_of
from xser_demo.ui.tabs.perturbations.sweep import make_drift, make_sweep, shorten
from xser_demo.utils import settings
from xser_demo.utils.errors import ModelError, SettingsError
from xser_demo.utils.files import sha256

NAME, CLIP = "wavlm-base", settings.EXAMPLES / "de-slow-low.flac"
PLAN = ("common", None, "emodb", "emovo", "zscore", "transductive", 0, "four", 1, None, 0, "")


@pytest.fixture
def corpora(small, tmp_path, monkeypatch):
    """A few clips of three corpora as the shipped encoder's frames; ``pack`` adds those of a bigger one."""
    monkeypatch.setattr(settings, "PACKS", tmp_path / "packs")
    learnt, tables = sha256(weights.place(get(NAME))), {}

    def made(key: str, feature: str, dim: int, card: dict) -> packs.Pack:
        random = np.random.default_rng(0)
        frames = [random.normal(size=(5, dim)).astype(np.float32) for _ in tables[key]]
        return packs.make(key, tables[key], frames, card | {"rate_hz": 10}, feature=feature)

    for key in ("emodb", "emovo", "urdu"):
        whole = packs.load(key, folder=settings.ASSETS / "packs" / key)
        tables[key] = [u for u in whole.utterances if u.emotion in ("anger", "happiness", "neutral", "sadness")][::4]
        packs.save(made(key, "whisper", 512, {}), settings.PACKS / key, "x")
    load_cached.cache_clear()
    yield lambda *keys: [
        packs.add(made(key, NAME, get(NAME).dim, {"weights_sha256": learnt, "licence": "MIT"}), settings.PACKS / key)
        for key in keys
    ]
    load_cached.cache_clear()


@pytest.fixture
def controls() -> Controls:
    made = Controls()
    with gr.Blocks():
        made.corpora_and_method()
        made.ideas()
        made.preset_buttons()
        made.fine_tuning()
    return made


def offered() -> list[str]:
    return [one for _, one in adapt_options.encoder_choices(adapt_options.COMMON)]


def test_it_is_offered_only_where_it_can_be_used(corpora):
    assert offered() == [""] and not encoders(adapt_options.COMMON).visible, "its weights alone adapt nothing"
    corpora("urdu")
    assert offered() == [""], "no model is trained on this corpus"
    corpora("emovo")
    assert offered() == ["", NAME] and encoders(adapt_options.COMMON).visible
    assert [one for _, one in adapt_options.encoder_choices("cai2021-dann")] == [""] and not encoders(
        "cai2021-dann"
    ).visible
    weights.place(get(NAME)).unlink()
    assert offered() == ["", NAME], "packs of two corpora are enough"
    (settings.PACKS / "urdu" / f"{NAME}.safetensors").unlink()
    assert offered() == [""]


def test_one_corpus_and_the_weights_are_enough_for_own_recordings(corpora):
    corpora("emodb")
    assert offered() == ["", NAME]
    assert [key for _, key in targets(["emodb"], NAME)] == ["emodb", KEY]
    weights.place(get(NAME)).unlink()
    assert [key for _, key in targets(["emodb"], NAME)] == ["emodb"]


def test_choosing_it_leaves_the_corpora_that_were_packed_with_it(corpora, controls):
    corpora("emodb", "emovo")
    assert not controls.encoder.visible, "it was built before there was anything"
    changed = changes.select_encoder(controls, Visitor(), NAME, "emodb", "emovo", ["urdu"], "urdu", "inductive")
    said = {one.elem_id: change for one, change in changed.items()}
    assert [key for _, key in said["adapt-source"].choices] == ["emodb", "emovo"]
    assert [key for _, key in said["adapt-target"].choices] == ["emodb", "emovo", KEY]
    assert said["adapt-source"].value == "emodb" and said["adapt-target"].value == "emovo"
    assert said["adapt-more"].value == [] and said["adapt-weights"] == "" and said["adapt-second"].value == ""
    lost = changes.select_encoder(controls, Visitor(), NAME, "ravdess", "emodb", [], "", "inductive")
    assert (lost[controls.source].value, lost[controls.target].value) == ("emovo", "emodb"), "the first that is left"
    back = changes.select_encoder(controls, Visitor(), "", "emodb", "emovo", [], "", "inductive")
    assert len(back[controls.target].choices) == 4 and back[controls.fold].value == 0
    away = changes.select_system(controls, "cai2021-dann")
    assert away[controls.encoder].value == "" and not away[controls.encoder].visible


def test_settings_links_and_plans_agree(corpora, controls):
    corpora("emodb", "emovo")
    plan = make_plan(by_name(PLAN) | {"encoder": NAME})
    assert plan.encoder == NAME and make_plan(settings_of(plan)) == plan
    shown = changes.set_up(controls, settings_of(plan))
    assert shown[controls.encoder].value == NAME and shown[controls.encoder].visible
    assert [key for _, key in shown[controls.source].choices] == ["emodb", "emovo"]
    written = links.write("adapt", settings_of(plan))
    back = links.read(dict(part.split("=") for part in written.split("&"))).settings
    assert f"encoder={NAME}" in written and make_plan(back) == plan
    assert "encoder=" not in links.write("adapt", settings_of(replace(plan, encoder=None)))
    for query in ({"target": "urdu"}, {"system": "cai2021-dann"}, {"encoder": "ears"}):
        found = links.read({"tab": "adapt", "encoder": NAME, "source": "emodb"} | query)
        assert "not here" in found.note
    assert failure_presets.of(replace(failure_presets.FAILURE_PRESETS["neutral"].plan, encoder=NAME)) is None
    words = adapt_options.ready(plan, prepare(plan))
    assert "No shipped model fits, so one is trained on German alone first." in words and "weights" not in words
    weights.place(get(NAME)).unlink()
    assert "The weights of WavLM Base are not here, so Listen cannot use the model." in adapt_options.ready(
        plan, prepare(plan)
    )


def test_what_cannot_run_is_said(corpora):
    corpora("emodb")
    with pytest.raises(SettingsError, match="features of its own"):
        prepare(make_plan(by_name(("cai2021-dann", *PLAN[1:])) | {"encoder": NAME}))
    with pytest.raises(SettingsError, match="no encoder 'ears'"):
        prepare(make_plan(by_name(PLAN) | {"encoder": "ears"}))


def other_weights(visitor: Visitor, model_id: str) -> None:
    mine = visitor.models[model_id]
    visitor.models[model_id] = replace(mine, card=mine.card | {"encoder_weights_sha256": "0" * 64})


def test_the_model_answers_in_listen_and_is_told_of(corpora, tmp_path):
    corpora("emodb", "emovo")
    visitor = Visitor(clip=encode_file(CLIP))
    plan = replace(make_plan(by_name(PLAN) | {"encoder": NAME}), source_epochs=1)
    *_, last = adapt_frames.frames(plan, clip=visitor.clip)
    result, mine = last.result, keep(visitor, last.result, last.map_history)
    assert last.map_history.heard is visitor.clip, "the clip is on the map of the training"
    assert mine.id == "own-emodb-emovo-wavlm-base-zscore-seed0-1" and mine.card["title"].endswith("on WavLM Base")
    assert mine.card["encoder_weights_sha256"] == sha256(weights.place(get(NAME)))
    assert "on WavLM Base" in run_table.table([result])
    told = run_report.html(result)
    assert f"--encoder {NAME}" in told and "on WavLM Base" in told and NAME in result.plan.slug()
    assert "%" in view.show(visitor, [mine.id]).cards and "error" not in view.show(visitor, [mine.id]).cards

    models = model_pairs.load_pair(visitor, mine.id)
    shown = maps.compare(*models, result, max_clips=20)
    assert shown.clips.target.pack.feature == NAME and len(api.align(mine, most=20)) == 1
    layouts = [one.points[:, :2].numpy() for one in shown.views]
    assert all(one is not None for one in maps.stars(shown, layouts, [visitor.clip]))
    sweep = make_sweep(shorten(visitor.clip), perturbations.get("noise"))
    assert [len(one) for one in make_drift(sweep, models, maps.MapCache()).predictions] == [len(sweep.strengths)] * 2

    export_model(result, mine.card["title"], tmp_path / "mine.zip")
    back = welcome(visitor, import_model(tmp_path / "mine.zip"))
    heard = [predict(one, visitor.clip).probabilities for one in (mine, back)]
    assert heard[0] == heard[1]

    stored = from_pack(load_cached("emovo"), 3)
    predict(mine, stored)
    other_weights(visitor, mine.id)
    for clip in (visitor.clip, stored):
        with pytest.raises(ModelError, match="trained with other weights of WavLM Base") as caught:
            predict(visitor.models[mine.id], clip)
        assert str(caught.value).count(".") == 1
    assert "other weights" in view.show(visitor, [mine.id, back.id]).cards

    weights.place(get(NAME)).unlink()
    frozen._load.cache_clear()
    visitor.clip = encode_file(CLIP)
    assert "The weights of WavLM Base are not here" in view.show(visitor, [back.id]).cards
    assert maps.stars(shown, layouts, [visitor.clip]) == [None, None], "the map is there without the clip"


def test_a_zip_must_say_which_weights_it_listened_to(corpora, tmp_path):
    corpora("emodb", "emovo")
    *_, result = adapt(replace(make_plan(by_name(PLAN) | {"encoder": NAME}), source_epochs=1))
    export_model(result, "Mine", tmp_path / "mine.zip")
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        card = json.loads(archive.read("xser-model/model/card.json"))
    assert checked(card) == card
    for change in ({"encoder_weights_sha256": None}, {"recipe": card["recipe"] | {"feature": "ears"}}):
        with pytest.raises(ModelError):
            checked(card | change)


def test_own_recordings_are_heard_by_it_first(corpora, tmp_path):
    corpora("emodb")
    for word in ("rabbia", "tristezza"):
        for number in range(4):
            place = tmp_path / "mine" / word / f"{number}.flac"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes((settings.EXAMPLES / "it-medium.flac").read_bytes())
    *_, found = ingest.decode(tmp_path / "mine", scan(tmp_path / "mine"))
    visitor = Visitor(recordings=UserRecordings(tmp_path / "mine", found))
    choices = (*PLAN[:3], KEY, *PLAN[4:], [], "", "")
    assert needs_encoding(visitor, by_name((*choices, NAME))) == "", (
        "the shipped encoder comes first, in the tab Your data"
    )
    *_, visitor.recordings.packs["whisper"] = encode(tmp_path / "mine", found)
    assert needs_encoding(visitor, by_name(choices)) == needs_encoding(visitor, by_name(PLAN)) == ""
    assert needs_encoding(
        visitor, by_name((*choices, NAME))
    ) == NAME and "WavLM Base encodes" in adapt_options.encodes_first(NAME)
    assert needs_encoding(visitor, by_name((*choices[:2], None, *choices[3:], NAME))) == "", "it has no source yet"
    with pytest.raises(SettingsError, match="WavLM Base has not encoded your recordings"):
        make_plan(by_name((*choices, NAME)), ready_recordings(visitor))

    work = start_encoding(visitor, NAME)
    assert start_encoding(visitor, NAME) is work or not is_encoding(visitor), "once"
    assert [step.text for step in work.follow()] and set(visitor.recordings.packs) == {"whisper", NAME}
    assert needs_encoding(visitor, by_name((*choices, NAME))) == ""
    plan = make_plan(by_name((*choices, NAME)), ready_recordings(visitor))
    *_, last = adapt_frames.frames(replace(plan, source_epochs=1))
    assert last.result.model.recipe.feature == NAME and len(last.result.task.adapt) == 8
    keep(visitor, last.result)
    assert make_plan(by_name(choices), ready_recordings(visitor)).recipe.feature == "whisper"

    visitor.recordings.packs.pop(NAME)
    weights.place(get(NAME)).unlink()
    assert needs_encoding(visitor, by_name((*choices, NAME))) == "", "nothing can hear them"
