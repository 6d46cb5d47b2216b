"""Training, scoring and prediction on another device than the CPU: no tensor is made on a fixed one."""

import numpy as np
import pytest
import torch

from tests.support.second_device import ELSEWHERE, second_device
from xser_demo import methods
from xser_demo.data import packs
from xser_demo.data.domains import Source, Target
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import COMMON, Model, Recipe
from xser_demo.networks.domain_norm import TARGET
from xser_demo.training import loop

pytestmark = pytest.mark.filterwarnings("ignore:for .*copying from a non-meta parameter")
CLASSES = ("anger", "sadness")
SMALL = {"conv_gru": {"width": 4}, "image": {"network": "vgg16", "width": 1 / 64, "size": 32}}


def a_pack(dim: int, frames: int, seed: int, clips: int = 24) -> packs.Pack:
    values = torch.randn(clips * frames, dim, generator=torch.Generator().manual_seed(seed)) + seed
    starts = torch.arange(clips + 1) * frames
    ones = torch.ones(dim)
    return packs.Pack("made", [], values, ones, 0 * ones, starts, torch.zeros(len(values)).short(), {})


def trained(name: str, recipe: Recipe, on: str) -> tuple[Model, torch.Tensor]:
    """A model after one epoch of a method, and its answers on the target."""
    feature_dim, frames = {"attention": (512, 4), "conv_gru": (64, 16), "image": (64, 40)}.get(recipe.head, (88, 1))
    source, goal = a_pack(feature_dim, frames, 0), a_pack(feature_dim, frames, 1)
    rows = torch.arange(24)
    train, target = Source(source, rows, rows % 2, CLASSES), Target(goal, rows)
    model = Model(CLASSES, 0, feature_dim, recipe).to(on)
    schedule = Schedule(epochs=2, batch=12, frame_dropout=0.3, learning_rate=1e-4)
    method = methods.get(name)(model, train, target, None, 0, schedule)
    loop.run_to_end(loop.run(method, train, train, target, 0))
    return model, model.predict_all(target, TARGET)[0]


@pytest.mark.parametrize("name", list(methods.METHODS))
def test_every_method_trains_on_the_device_of_its_network(name, monkeypatch):
    recipe = COMMON if name not in ("gan_synthesis", "dann_poster", "mmd_fc") else Recipe("gemaps", "mlp")
    check(name, recipe, monkeypatch)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("mel", "conv_gru", SMALL["conv_gru"] | {"norm": "joint"}),
        Recipe("mel", "conv_gru", SMALL["conv_gru"] | {"norm": "domain"}),
        Recipe("mel", "image", SMALL["image"]),
        Recipe("mel", "image", SMALL["image"] | {"network": "resnet50", "classifier": [8]}),
        Recipe("averages", "conv1d"),
    ],
    ids=lambda recipe: f"{recipe.head}-{recipe.options.get('norm', recipe.options.get('network', ''))}",
)
def test_every_network_trains_on_any_device(recipe, monkeypatch):
    # The second device cannot transpose in place, as torch's own GRU does; its first matrix stands for it.
    monkeypatch.setattr(
        torch.nn.GRU, "forward", lambda gru, x: ((x @ gru.weight_ih_l0.T)[..., : gru.hidden_size], None)
    )
    check("dann", recipe, monkeypatch)


def check(name: str, recipe: Recipe, monkeypatch) -> None:
    _, expected = trained(name, recipe, "cpu")
    with second_device(monkeypatch) as on:
        there, answers = trained(name, recipe, on)
        assert all(one.device.type == ELSEWHERE for one in there.state_dict().values())
        assert answers.device.type == "cpu"  # callers read them there
        distance = float((answers - expected).abs().max())
    assert distance < 1e-3


def test_an_adaptation_and_its_scores_on_another_device(monkeypatch):
    plan = Plan("emovo", "emodb", "coral_infomax_em", mode="transductive", epochs=1, source_epochs=1)
    *_, expected = adapt(plan)
    with second_device(monkeypatch):
        *_, result = adapt(plan)
    agree = {name: np.mean(result.answers[name] == expected.answers[name]) for name in result.answers}
    assert min(agree.values()) > 0.98


def test_a_network_on_the_wrong_device_is_noticed(monkeypatch):
    """The second device is a real check: it refuses what a GPU would refuse."""
    with second_device(monkeypatch) as on, pytest.raises(RuntimeError, match="other device"):
        torch.ones(3).to(on) + torch.ones(3)
