"""Who answers in an audit: nobody who had heard the speaker."""

import json
from dataclasses import replace

import pytest
import torch

from xser_demo.audit import unheard
from xser_demo.audit.answers import Models, Part
from xser_demo.audit.unheard import answerers
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.corpora.splits import folds
from xser_demo.data.domains import source
from xser_demo.data.packs import load_cached
from xser_demo.networks import checkpoints
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.utils.errors import ModelError

FOUR = LABEL_SETS["four"]


def loaded(model: str = "ravdess-emovo-coral-infomax-em", **card) -> checkpoints.Loaded:
    one = checkpoints.load(model)
    return replace(one, card=one.card | card)


def told(text: str) -> None:
    """Messages are not looked at."""


def test_clips_a_model_adapted_to_are_answered_by_models_that_did_not(monkeypatch):
    """One epoch instead of twenty, two folds of six."""
    record = json.loads(json.dumps(loaded().card["record"]))
    record["plan"] |= {"epochs": 1}
    tasks, adapt = [], unheard.adapt

    def spied(plan, *arguments, task, **options):
        tasks.append(task)
        return adapt(plan, *arguments, task=task, **options)

    monkeypatch.setattr(unheard, "adapt", spied)
    every_fold = unheard.folds.tasks
    monkeypatch.setattr(unheard.folds, "tasks", lambda plan: every_fold(plan)[:2])
    pack = load_cached("emovo")
    who = answerers(loaded(record=record), {"emovo": pack}, FOUR, told)
    assert [sorted(part.speakers) for part in who.models.parts] == folds("emovo")[:2] and len(tasks) == 2
    for part, task in zip(who.models.parts, tasks, strict=True):
        assert not set(task.adapt.speakers) & part.speakers and len(set(task.adapt.speakers)) == 5
        assert part.model is not checkpoints.load("ravdess-emovo-coral-infomax-em").model
    assert "adapted to the other speakers (2 folds)" in who.words and who.shipped is not None
    rows = torch.tensor([n for n, u in enumerate(pack.utterances) if u.speaker in who.models.speakers])
    split = who.models.probabilities(pack, rows)
    assert split.shape == (len(rows), 4) and split.sum(1) == pytest.approx(1, abs=1e-5)


def test_training_speakers_of_the_source_are_left_out():
    pack = load_cached("ravdess")
    who = answerers(loaded("ravdess-source"), {"ravdess": pack}, FOUR, told)
    train, validation = source(pack, FOUR, 0)
    assert who.models.speakers == set(validation.speakers) and not who.models.speakers & set(train.speakers)
    assert who.models.parts[0].domain == SOURCE and who.shipped is None and "they chose its epoch" in who.words


def test_a_model_adapted_to_some_folds_answers_the_others():
    who = answerers(loaded(mode="inductive", fold=2), {"emovo": load_cached("emovo")}, FOUR, told)
    assert who.models.speakers == set(folds("emovo")[2]) and "was not adapted to" in who.words
    with pytest.raises(ModelError, match="does not say which speakers"):
        answerers(loaded(mode="inductive", fold=None), {"emovo": load_cached("emovo")}, FOUR, told)


def test_speakers_of_a_mixture_are_named_as_in_their_corpus():
    mixed = ["emodb/03", "emodb/08", "emovo/f1"]
    assert unheard.speakers_of("emodb", mixed, several=True) == {"03", "08"}
    assert unheard.speakers_of("emovo", ["f1", "m2"], several=False) == {"f1", "m2"}


def test_an_unheard_corpus_is_answered_by_the_model_itself():
    packs = {key: load_cached(key) for key in ("emodb", "nemo")}
    who = answerers(loaded(), packs, FOUR, told)
    assert all(part.model is loaded().model for part in who.models.parts) and who.shipped is None
    assert {name.partition("/")[0] for name in who.models.speakers} == {"emodb", "nemo"}
    assert who.words.count("it had heard none of them") == 2


def test_what_is_not_known_is_said():
    words = answerers(loaded(target="own"), {"own": load_cached("emovo")}, FOUR, told).words
    assert "Whether these clips are among them is not known" in words
    words = answerers(loaded(target="own", few_shot="3 clips"), {"own": load_cached("emovo")}, FOUR, told).words
    assert "recordings, with labels" in words
    words = answerers(loaded(target="own"), {"emovo": load_cached("emovo")}, FOUR, told).words
    assert "fitted to a voice, and had learnt from these clips" in words
    words = answerers(loaded(record=None), {"emovo": load_cached("emovo")}, FOUR, told).words
    assert "may be better than those to new speakers" in words


def test_a_clip_alone_is_answered_as_the_page_answers_it():
    from xser_demo.inference.predict import EncodedClip, predict

    pack, model = load_cached("emovo"), loaded()
    frames = pack.frames(3).numpy()
    heard = predict(model, EncodedClip("one", 1.0, frames, torch.ones(len(frames), dtype=torch.bool).numpy()))
    found = Models((Part(model.model, 1.0),)).probabilities(pack, torch.tensor([3, 4]), alone=True)[0]
    assert found == pytest.approx(list(heard.probabilities.values()), abs=2e-2)
