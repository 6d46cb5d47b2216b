"""Adaptation helps where the domains look different and hurts where their classes are unevenly frequent."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.datasets import make_moons

from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import plain
from xser_demo.data import domains, packs
from xser_demo.data.domains import Source, Target
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation.scores import score
from xser_demo.methods import METHODS
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Model, Recipe
from xser_demo.training.loop import run, run_to_end, train_source

ADAPTING = [name for name in METHODS if name != "source_only"]


def adapt(toy, name: str, strength: float | None = None, seed: int = 0) -> float:
    method = METHODS[name](toy.model(), toy.train, toy.target, strength, seed)
    return toy.uar(run_to_end(run(method, toy.train, toy.validation, toy.target, seed, epochs=10)).model)


@pytest.mark.parametrize("name", ADAPTING)
def test_another_microphone_is_undone(name, toys):
    """Source only: 0.55. Every method starts with the target's own statistics; over three seeds all reach 0.993."""
    toy = toys("moved")
    assert toy.uar(toy.source_model) < 0.6
    assert adapt(toy, name) > 0.95


def test_training_gains_on_statistics_where_features_turn(toys):
    """Source only 0.35, z-score 0.90; InfoMax 1.00, MMD 0.95 (0.96 on the first layer), DANN 0.94 (0.96 the poster's),
    GAN 0.95, NNPM 0.94; nearest neighbours, who train nothing, 0.92."""
    toy = toys("turned")
    floor = adapt(toy, "zscore")
    assert floor > toy.uar(toy.source_model) + 0.4
    assert adapt(toy, "infomax") > floor + 0.05
    assert min(adapt(toy, name) for name in ("mmd", "mmd_fc", "dann_poster", "gan", "nnpm")) > floor + 0.02
    assert min(adapt(toy, name) for name in ("dann", "knn")) > floor


@pytest.mark.parametrize("name", ["zscore", "knn", "dann", "gan", "mmd", "nnpm", "infomax"])
def test_negative_transfer_where_only_the_class_frequencies_differ(name, toys):
    """Same speech, but 20 of 23 target clips are neutral: source only 0.996, each of these methods below 0.9 (over
    three seeds 0.82 to 0.86)."""
    toy = toys("labels")
    assert toy.uar(toy.source_model) > 0.98
    assert adapt(toy, name) < toy.uar(toy.source_model) - 0.1


def test_dann_makes_uneven_classes_worse_than_standardising_does(toys):
    """Against source only (0.996) most of the loss is that of the target's own statistics, with which DANN begins:
    z-score 0.858. The adversary adds a little in every seed: 0.848, 0.833, 0.833 (lambda 2: 0.84)."""
    toy = toys("labels")
    adversary = [adapt(toy, "dann", seed=seed) for seed in range(2)]
    assert np.mean(adversary) < adapt(toy, "zscore") < toy.uar(toy.source_model) - 0.1


# Two moons: vectors, two classes, no way to undo the shift by standardising

MOONS = plain("moons", "anger", "sadness")
MOON_NET = Recipe("gemaps", "mlp", {"hidden": [64, 64], "norm": False, "dropout": 0.0})
MOON_SCHEDULE = Schedule(source_epochs=30, epochs=20, learning_rate=3e-3, weight_decay=0.0)
MOON_SEEDS = range(4)


@dataclass
class Moons:
    """Two moons, and the same two turned by 30 degrees, with a model trained on the first."""

    train: Source
    validation: Source
    target: Target
    sealed: SealedLabels
    source_model: Model

    def model(self) -> Model:
        copy = Model(MOONS.classes, 0, 2, MOON_NET)
        copy.load_state_dict(self.source_model.state_dict())
        return copy

    def uar(self, model: Model) -> float:
        return score(self.sealed, model.predict_all(self.target)[0].argmax(1).numpy(), draws=0).uar


def moon_pack(key: str, degrees: float, seed: int) -> packs.Pack:
    points, classes = make_moons(300, noise=0.1, random_state=seed)
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = ((points - [0.5, 0.25]) @ turn.T).astype(np.float32)
    table = [
        Utterance(f"{i}.wav", key, "xx", f"{key}{i % 10}", "f", MOONS.classes[c], "", 1.0)
        for i, c in enumerate(classes)
    ]
    return packs.make(key, table, list(points[:, None]), {}, feature="gemaps")


@pytest.fixture(scope="module")
def moons() -> list[Moons]:
    made = []
    for seed in MOON_SEEDS:
        train, validation = domains.source(moon_pack("source", 0, 2 * seed), MOONS, seed=0)
        target, sealed = domains.target(moon_pack("target", 30, 2 * seed + 1), MOONS)
        fresh = Model(MOONS.classes, seed, 2, MOON_NET)
        events = train_source(train, validation, seed, model=fresh, schedule=MOON_SCHEDULE)
        made.append(Moons(train, validation, target, sealed, run_to_end(events).model))
    return made


def adapted_moons(moons: list[Moons], name: str, strength: float | None = None) -> float:
    """Mean over the seeds."""
    uars = []
    for seed, toy in zip(MOON_SEEDS, moons, strict=True):
        method = METHODS[name](toy.model(), toy.train, toy.target, strength, seed, MOON_SCHEDULE)
        uars.append(toy.uar(run_to_end(run(method, toy.train, toy.validation, toy.target, seed)).model))
    return float(np.mean(uars))


@pytest.mark.parametrize(("name", "strength", "gain"), [("dann", 1.0, 0.05), ("gan", 1.0, 0.03), ("mmd", 5.0, 0.02)])
def test_turned_moons_are_learnt_without_labels(name, strength, gain, moons):
    """Means of four seeds: source only 0.88, z-score 0.86, DANN 0.97, GAN 0.94, MMD 0.92. GAN and MMD gain in three of
    the four. With lambda well above the shipped ones, which are made for clouds that lie closer."""
    floor = np.mean([toy.uar(toy.source_model) for toy in moons])
    assert 0.8 < floor < 0.93
    assert adapted_moons(moons, "zscore") < floor + 0.02
    assert adapted_moons(moons, name, strength) > floor + gain
