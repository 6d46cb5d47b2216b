"""A toy in two languages: Gaussian "utterances" in 16 dimensions whose target is shifted in a known way."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data import domains, packs
from xser_demo.data.domains import Source, Target
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation.scores import score
from xser_demo.networks.classifier import Model
from xser_demo.training.loop import run_to_end, train_source

FOUR = LABEL_SETS["four"]
DIM = 16
torch.set_num_threads(1)  # the toys are small, and threads that wait spin: 100 times slower where cores are busy


@dataclass
class Toy:
    """One shifted task and a model trained on its source."""

    train: Source
    validation: Source
    target: Target
    sealed: SealedLabels
    target_pack: packs.Pack
    source_model: Model

    def model(self) -> Model:
        """A fresh copy: methods change the model in place."""
        copy = Model(FOUR.classes, 0, DIM)
        copy.load_state_dict(deepcopy(self.source_model.state_dict()))
        return copy

    def uar(self, model: Model) -> float:
        return score(self.sealed, model.predict_all(self.target)[0].argmax(1).numpy(), draws=0).uar


def make_pack(key: str, counts: dict[str, int], speakers: int, seed: int, transform=lambda x: x) -> packs.Pack:
    """Each class has a centre, each speaker an offset; ``counts`` are clips per speaker, ``transform`` is the shift."""
    centres = np.random.default_rng(7).normal(size=(len(FOUR.classes), DIM))
    random = np.random.default_rng(seed)
    table, frames = [], []
    for speaker in range(speakers):
        offset = 0.3 * random.normal(size=DIM)
        for emotion, count in counts.items():
            for take in range(count):
                path = f"{speaker}/{emotion}{take}.wav"
                table.append(Utterance(path, key, "xx", f"{key}{speaker}", "fm"[speaker % 2], emotion, "", 1.0))
                clip = centres[FOUR.index(emotion)] + offset + 0.5 * random.normal(size=DIM)
                steps = random.integers(4, 15)
                frames.append(transform(clip + random.normal(size=(steps, DIM))).astype(np.float32))
    return packs.make(key, table, frames, {})


def make_toy(transform=lambda x: x, counts: dict[str, int] | None = None) -> Toy:
    even = dict.fromkeys(FOUR.classes, 6)
    train, validation = domains.source(make_pack("source", even, 8, 1), FOUR, seed=0)
    pack = make_pack("target", counts or even, 6, 2, transform)
    target, sealed = domains.target(pack, FOUR)
    model = run_to_end(train_source(train, validation, epochs=10)).model
    return Toy(train, validation, target, sealed, pack, model)


def moved(x: np.ndarray) -> np.ndarray:
    """Another microphone: every dimension gets another offset and another scale."""
    random = np.random.default_rng(3)
    return x * random.uniform(0.4, 2.0, DIM) + 2.0 * random.normal(size=DIM)


def turned(x: np.ndarray) -> np.ndarray:
    """Another way to show the same emotions: dimensions 2i and 2i + 1 turn by 45 degrees, which no z-score undoes."""
    turn = np.kron(np.eye(DIM // 2), np.array([[1.0, 1.0], [-1.0, 1.0]]) / np.sqrt(2))
    return moved(x @ turn)


@pytest.fixture(scope="session")
def toys() -> Callable[[str], Toy]:
    """Function from the name of a shift to its toy, made once."""
    makers = {
        "moved": lambda: make_toy(moved),
        "turned": lambda: make_toy(turned),
        "labels": lambda: make_toy(counts={"anger": 1, "happiness": 1, "neutral": 20, "sadness": 1}),
    }
    made: dict[str, Toy] = {}
    return lambda name: made[name] if name in made else made.setdefault(name, makers[name]())
