"""One adaptation from settings to a scored model, for the common ground and the published systems."""

from dataclasses import replace

import pytest
import torch

from xser_demo import api
from xser_demo.data.packs import load_cached
from xser_demo.experiments import model_card, provenance, run
from xser_demo.experiments import plan as plan_module
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.systems.base import AFTER, CONTROL
from xser_demo.experiments.systems.latif2019 import LATIF
from xser_demo.experiments.task import memory_needed, prepare
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.utils.errors import SettingsError, UserError

QUICK = Plan("ravdess", "emodb", "gan", "valence", "transductive", epochs=2, source_epochs=2, system="latif2019-gan")


def result(plan: Plan):
    *_, last = run.adapt(plan)
    return last


def test_a_system_hears_its_own_feature_with_its_own_network():
    done = result(QUICK)
    assert done.model.recipe == LATIF.variant().recipe and done.task.train.pack.feature == "gemaps"
    card = model_card.model_card(done, "id", "title")
    assert card["system"] == "latif2019-gan" and card["variant"] == "latent" and card["encoder"] is None
    assert card["fidelity"] == AFTER and card["unknown_in_paper"] and card["strength"] == 0.1
    assert model_card.summary(done)["system"] == "latif2019-gan"


def test_the_source_only_model_of_a_system_that_starts_afresh_has_learnt():
    """The poster adapts from fresh weights; its source-only model is the trained one all the same."""
    plan = Plan("ravdess", "emovo", "source_only", "five", "transductive", source_epochs=20, system="poster2023-dann")
    done = result(plan)
    answers = done.model.predict_all(done.task.train, SOURCE)[0].argmax(1)
    assert (answers == done.task.train.labels).float().mean() > 0.5  # chance is 0.2
    adapted = result(replace(plan, method="dann_poster", epochs=1))
    assert not torch.equal(adapted.model.head.classify[-1].weight, adapted.source_model.head.classify[-1].weight)


def test_another_method_on_a_systems_network_is_a_control_not_the_system():
    card = model_card.model_card(result(replace(QUICK, method="coral", system="latif2019-gan")), "id", "title")
    assert card["fidelity"] == CONTROL and "Latif" not in card["paper"] and not card["unknown_in_paper"]


def test_a_control_keeps_its_own_strength():
    assert replace(QUICK, system="cai2021-dann", method="dann").weight == 1.0
    assert replace(QUICK, system="cai2021-dann", method="mmd").weight is None
    assert replace(QUICK, strength=0.3).weight == 0.3


WRONG = {
    "there is no system 'x'": {"system": "x"},
    "has no variant 'x'": {"variant": "x"},
    "must lie between 0 and 100": {"strength": -0.5},
    "between 1 and 400": {"epochs": 0},
    "no fold 9": {"mode": "inductive", "fold": 9},
    "no pack of": {"variant": "latent-egemaps"},
    "same corpus": {"target": "ravdess"},
    "name the system too": {"system": None, "variant": "latent"},
}


@pytest.mark.parametrize("said", WRONG)
def test_wrong_settings_are_said_in_one_sentence_before_anything_starts(said):
    with pytest.raises(UserError, match=f"(?i){said}") as caught:
        next(run.adapt(replace(QUICK, **WRONG[said])))
    assert "\n" not in str(caught.value)


def test_a_one_class_source_and_a_tiny_target_are_refused(monkeypatch):
    real = load_cached

    def only(keep):
        def pack(key, feature="whisper"):
            known = real(key, feature)
            table = [u if keep(key, u, i) else replace(u, emotion="boredom") for i, u in enumerate(known.utterances)]
            return replace(known, utterances=table)

        return pack

    plan = replace(QUICK, labels="four")
    monkeypatch.setattr(plan_module, "load_cached", only(lambda key, u, i: key == "emodb" or u.emotion == "anger"))
    with pytest.raises(UserError, match="only anger is present in all the chosen corpora"):
        prepare(plan)
    monkeypatch.setattr(plan_module, "load_cached", only(lambda key, u, i: key == "ravdess" or i in (0, 4, 17)))
    with pytest.raises(UserError, match="target has only 3 clips"):
        prepare(plan)


def test_a_kept_source_model_is_not_trained_again(tmp_path):
    settings = {"system": "latif2019-gan", "mode": "transductive", "epochs": 1, "source_epochs": 2}
    plan, said = Plan.from_settings("emovo", "emodb", **settings), []
    first = api.run(plan, said.append, tmp_path)
    assert sum("epoch" in line for line in said) == 3 and len(list(tmp_path.iterdir())) == 1
    said.clear()
    again = api.run(plan, said.append, tmp_path)
    assert sum("epoch" in line for line in said) == 1
    assert provenance.weights(again.model) == provenance.weights(first.model)
    with pytest.raises(SettingsError, match="leave it out"):
        api.run(Plan("emovo", "emodb", "dann"), keep=tmp_path)


def test_memory_of_a_wide_network_is_counted_before_it_is_built():
    small, wide = (
        memory_needed(Plan.from_settings("ravdess", "emodb", system="baklouti2024-mmd", variant=variant))
        for variant in ("middle", "full")
    )
    assert small < 1 << 30 and 5_617 << 20 < wide < 10 << 30  # measured at full width: 5,617 MB (docs/systems.md)
