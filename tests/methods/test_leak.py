"""Target labels cannot reach a method: the same target with shuffled labels gives the same weights, bit for bit."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import xser_demo
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data import domains
from xser_demo.methods import METHODS
from xser_demo.training.loop import Epoch, Finished, run

PACKAGE = Path(xser_demo.__file__).parent


def shuffled(pack, seed: int = 0):
    """The same frames and rows under other emotions."""
    emotions = np.random.default_rng(seed).permutation([u.emotion for u in pack.utterances]).tolist()
    return replace(pack, utterances=[replace(u, emotion=e) for u, e in zip(pack.utterances, emotions, strict=True)])


@pytest.mark.parametrize("name", [name for name in METHODS if name != "source_only"])
def test_shuffled_target_labels_change_nothing(name, toys):
    toy = toys("turned")
    shuffled_target, sealed = domains.target(shuffled(toy.target_pack), LABEL_SETS["four"])
    assert sealed.open()[0] != toy.sealed.open()[0] and torch.equal(shuffled_target.rows, toy.target.rows)
    results = []
    for target in (toy.target, shuffled_target):
        method = METHODS[name](toy.model(), toy.train, target)
        events = list(run(method, toy.train, toy.validation, target, epochs=3))
        candidates = [event.candidate for event in events if isinstance(event, Epoch)]
        assert isinstance(events[-1], Finished)
        results.append((method.model.state_dict(), events[-1].chosen, candidates))
    (state, chosen, candidates), (other_state, other_chosen, other_candidates) = results
    assert state.keys() == other_state.keys()
    assert all(torch.equal(state[key], other_state[key]) for key in state)
    assert chosen == other_chosen and candidates == other_candidates


def test_target_batches_have_no_labels(toys):
    target = toys("moved").target
    assert target.batch(torch.arange(5)).labels is None
    assert all(batch.labels is None for batch in target.batches())
    assert not any("label" in name or "class" in name for name in vars(target))


def test_target_reaches_no_utterance_table(toys):
    target = toys("moved").target
    assert not {u.emotion for u in target.pack.utterances} & set(LABEL_SETS["four"].classes)


def test_sealed_labels_are_opened_in_evaluation_alone():
    """A call ``x.open()`` without arguments opens a seal (files are opened with a mode), a private field would too."""
    for file in PACKAGE.rglob("*.py"):
        if file == PACKAGE / "evaluation" / "scores.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "open":
                assert node.args or node.keywords, f"{file}:{node.lineno} opens a seal"
            if isinstance(node, ast.Attribute) and node.attr in ("_labels", "_speakers"):
                assert file == PACKAGE / "data" / "sealed_labels.py", f"{file}:{node.lineno} reaches behind a seal"


def test_methods_training_and_selection_do_not_know_evaluation():
    files = [
        *(PACKAGE / "methods").glob("*.py"),
        *(PACKAGE / name for name in ("training/loop.py", "training/selection.py", "networks/classifier.py")),
    ]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "evaluation" not in text.replace("in evaluation", "") and "SealedLabels" not in text, file
