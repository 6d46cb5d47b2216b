"""Networks with frozen lower layers: maps computed once stand for them, and a pretraining goes on where it stopped."""

import hashlib

import numpy as np
import pytest
import torch

from xser_demo.benchmark.systems import pretrain
from xser_demo.data import packs
from xser_demo.experiments.plan import Plan, on_maps
from xser_demo.experiments.run import Stage, adapt, predictions
from xser_demo.experiments.task import prepare
from xser_demo.networks import checkpoints, frozen
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.utils.errors import ModelError


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Recipes of a sixteenth of the width on 32 pixels; weights in a folder of their own."""
    recipes = pretrain.recipes()
    for recipe in recipes.values():
        for name, value in (("width", 1 / 16), ("size", 32)):
            monkeypatch.setitem(recipe.options, name, value)
    monkeypatch.setattr(frozen, "file", lambda network: tmp_path / f"{network}.safetensors")
    frozen.maps_of.cache_clear()
    yield recipes
    frozen.maps_of.cache_clear()


def checksum(network: str) -> str:
    return hashlib.sha256(frozen.file(network).read_bytes()).hexdigest()


def test_an_interrupted_pretraining_goes_on_and_gives_the_same(small, tmp_path, monkeypatch):
    monkeypatch.setattr(pretrain, "BATCH", 200)
    recipe = small["vgg16"]
    pretrain.train("vgg16", recipe, tmp_path / "one", 2, ("urdu",))
    whole = checksum("vgg16")
    one_epoch = pretrain.one_epoch

    def killed(*arguments):
        if arguments[4] == 1:
            raise KeyboardInterrupt
        return one_epoch(*arguments)

    monkeypatch.setattr(pretrain, "one_epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        pretrain.train("vgg16", recipe, tmp_path / "two", 2, ("urdu",))
    monkeypatch.setattr(pretrain, "one_epoch", one_epoch)
    frozen.file("vgg16").unlink()
    pretrain.train("vgg16", recipe, tmp_path / "two", 2, ("urdu",))
    assert checksum("vgg16") == whole and not list((tmp_path / "two").glob("*.safetensors"))


@pytest.mark.parametrize(
    ("system", "variant", "method"),
    [("baklouti2024-mmd", "middle", "mmd_fc"), ("poster2023-dann", "resnet50-middle", "dann_poster")],
)
def test_a_network_trained_on_maps_answers_clips_alike(small, tmp_path, system, variant, method):
    recipe = next(r for r in small.values() if r.options["network"] == ("vgg16" if "mmd" in method else "resnet50"))
    model = Model(("a",), 0, 64, recipe)
    save(model)
    plan = Plan(
        "emovo", "urdu", method, "four", "transductive", system=system, variant=variant, epochs=1, source_epochs=1
    )
    *_, result = adapt(plan)
    assert result.task.train.pack.dim == 64 and result.model.inputs[SOURCE].mean.shape == (64,)
    agree = np.mean(predictions(result.model, result.task.test) == result.answers["adapted"])
    assert agree > 0.97  # maps are kept in half precision
    lower = [
        name for name, one in result.model.head.named_parameters() if "conv1.weight" in name or "features.0" in name
    ]
    own, given = result.model.head.state_dict()[lower[0]], model.head.state_dict()[lower[0]]
    assert torch.allclose(own, given, atol=1e-3)  # nothing below was trained

    stages = [event for event in adapt(plan, result.source_model) if isinstance(event, Stage)]
    assert [stage.name for stage in stages] == ["adapt"]  # a source model of clips is taken as it is
    begun = predictions(stages[0].source_model, stages[0].task.test)
    assert (begun == result.answers["source_only"]).all()
    assert (predictions(result.on_maps, stages[0].task.test) == result.answers["adapted"]).all()


def test_the_page_shows_a_training_on_maps_and_gets_a_model_of_clips(small):
    from xser_demo.ui.tabs.adapt import frames

    save(Model(("a",), 0, 64, small["vgg16"]))
    plan = Plan("emovo", "urdu", "mmd_fc", "four", "transductive", system="baklouti2024-mmd", variant="middle",
                epochs=1, source_epochs=1)  # fmt: skip
    updates = list(frames.frames(plan))
    assert [u.now.layout.title.text for u in updates if u.now][0::2] == ["Before adaptation", "After: the chosen model"]
    result = updates[-1].result
    assert result.model.inputs[SOURCE].mean.shape == (64,) and updates[-1].clips is not None


def test_a_shipped_model_gets_its_lower_layers_from_their_own_file(small, tmp_path):
    model = Model(("a", "b"), 0, 64, small["vgg16"])
    save(model)
    recipe = {"feature": "mel", "head": "image", "options": model.recipe.options}
    card = dict.fromkeys(checkpoints.CARD_KEYS) | {"id": "one", "kind": checkpoints.MODEL, "labels": ["a", "b"]}
    card |= {"source": "urdu", "recipe": recipe}
    for shipped in (False, True):
        checkpoints.save(model, card, tmp_path / str(shipped), shipped=shipped)
    sizes = [(tmp_path / str(one) / "weights.safetensors").stat().st_size for one in (False, True)]
    assert sizes[1] < sizes[0]
    state = checkpoints.load(tmp_path / "True").model.state_dict()
    for name, value in model.state_dict().items():
        assert torch.allclose(state[name], value.half().float() if "features" in name else value), name
    frozen.file("vgg16").unlink()
    assert checkpoints.read(tmp_path / "False").model.classes == ("a", "b")  # a whole model needs no other file
    with pytest.raises(ModelError, match="cannot be loaded"):
        checkpoints.read(tmp_path / "True")


def save(model: Model) -> None:
    from safetensors.torch import save_file

    save_file(frozen.lower_state(model.head), frozen.file(model.recipe.options["network"]))


def test_maps_are_one_frame_a_clip_and_taken_as_they_are(small):
    save(Model(("a",), 0, 64, small["vgg16"]))
    plan = on_maps(Plan("emovo", "urdu", "mmd_fc", "four", "transductive", system="baklouti2024-mmd", variant="middle"))
    task = prepare(plan)
    assert set(task.adapt.lengths.tolist()) == {1} and plan.own_maps and on_maps(plan).own_maps
    mean, std = task.train.moments()
    assert mean.abs().max() == 0 and (std == 1).all()
    assert packs.load_cached("urdu", "mel").dim == 64  # the shipped pack is as it was


def test_missing_or_foreign_weights_are_one_sentence(small):
    plan = Plan("emovo", "urdu", "mmd_fc", "four", "transductive", system="baklouti2024-mmd", variant="middle")
    with pytest.raises(ModelError, match=r"not in .*make them with"):
        on_maps(plan)
    frozen.file("vgg16").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="does not fit"):
        on_maps(plan)
