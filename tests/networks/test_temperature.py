"""Temperatures: what is fitted, what is used, and that explanations lead to the same probabilities."""

from dataclasses import replace

import pytest
import torch

from xser_demo.data.domains import Target
from xser_demo.data.packs import load_cached
from xser_demo.experiments import model_card
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt
from xser_demo.experiments.task import prepare
from xser_demo.inference import predict
from xser_demo.inference.explain import Groups, explain
from xser_demo.networks import checkpoints, temperature
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.utils import settings

GAN = "ravdess-emodb-latif2019-gan"


@pytest.fixture(scope="module")
def encoded():
    return predict.encode_file(settings.EXAMPLES / "de-slow-low.flac")


def with_temperature(model_id: str, value: float | None) -> Loaded:
    loaded = checkpoints.load(model_id)
    card = {key: its for key, its in loaded.card.items() if key != "temperature"}
    return replace(loaded, card=card if value is None else card | {"temperature": value})


def test_every_shipped_card_has_a_temperature():
    assert all(0.05 <= card["temperature"] <= 20 for card in checkpoints.cards())


def test_a_temperature_softens_the_answer_and_keeps_its_order(encoded):
    sharp, soft = (predict.predict(with_temperature("ravdess-source", t), encoded).probabilities for t in (1.0, 3.0))
    assert sorted(sharp, key=sharp.get) == sorted(soft, key=soft.get)
    assert max(soft.values()) < max(sharp.values())
    logits = checkpoints.load("ravdess-source").model.predict(*encoded.feature("whisper")).logits
    assert list(soft.values()) == pytest.approx((logits / 3).softmax(1)[0].tolist(), abs=1e-6)


@pytest.mark.parametrize("value", [None, 1.0, 0.05, 0.7])
def test_no_temperature_means_one_and_none_sharpens(encoded, value):
    loaded = with_temperature("ravdess-source", value)
    assert temperature.temperature(loaded.card) == 1
    plain = loaded.model.predict(*encoded.feature("whisper")).logits.softmax(1)[0].tolist()
    assert list(predict.predict(loaded, encoded).probabilities.values()) == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize("model_id", ["ravdess-source", GAN, "others-urdu-coral-infomax-em"])
def test_the_temperature_of_a_card_is_that_of_its_sources_validation_speakers(model_id):
    loaded = checkpoints.load(model_id)
    packs = [load_cached(key, loaded.model.recipe.feature) for key in loaded.card["source"].split("+")]
    validation = temperature.validation(loaded.card, packs)
    assert not isinstance(validation, Target) and validation.classes == tuple(loaded.card["labels"])
    assert temperature.fit(loaded.model, validation) == pytest.approx(loaded.card["temperature"], rel=1e-3)


def test_validation_speakers_are_those_of_the_adaptation():
    card = checkpoints.load(GAN).card
    plan = Plan("ravdess", "emodb", card["method"], "valence", "transductive", system=card["system"])
    task = prepare(plan)
    assert torch.equal(task.validation.rows, temperature.validation(card, [load_cached("ravdess", "gemaps")]).rows)


def test_a_vote_has_a_temperature_like_any_answer():
    loaded = checkpoints.load("ravdess-emodb-li2021-nnpm")
    validation = temperature.validation(loaded.card, [load_cached("ravdess", "mel")])
    logits = loaded.model.predict_all(validation, SOURCE)[0]
    raw, fitted = (
        float(torch.nn.functional.cross_entropy(logits / t, validation.labels))
        for t in (1, temperature.temperature(loaded.card))
    )
    assert loaded.model.memory is not None and fitted < raw


def test_shares_of_groups_lead_to_the_probability_shown(encoded):
    loaded = with_temperature(GAN, 2.5)
    prediction = predict.predict(loaded, encoded)
    explanation = explain(loaded, encoded, prediction)
    assert isinstance(explanation, Groups)
    assert explanation.after == pytest.approx(prediction.probabilities[prediction.emotion], abs=1e-5)
    assert explanation.before + sum(explanation.shares.values()) == pytest.approx(explanation.after, abs=1e-6)


def test_an_adaptation_ends_with_a_temperature():
    plan = Plan("ravdess", "emodb", "zscore", mode="transductive")
    *_, result = adapt(plan, checkpoints.load("ravdess-source").model)
    assert result.temperature == pytest.approx(temperature.fit(result.model, result.task.validation))
    assert model_card.model_card(result, "own", "Mine")["temperature"] == round(result.temperature, 4)
