"""Model folders: whole or refused, never executed."""

import json
import shutil

import pytest

from xser_demo.networks import checkpoints
from xser_demo.utils import settings
from xser_demo.utils.errors import ModelError

ID = "ravdess-source"


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(settings.CHECKPOINTS / ID, tmp_path / "copy")


def test_a_folder_loads_like_the_id(copy):
    assert checkpoints.load(copy).card == checkpoints.load(ID).card


def test_altered_weights_are_refused(copy):
    weights = bytearray((copy / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "weights.safetensors").write_bytes(weights)
    with pytest.raises(ModelError, match="not those of its card"):
        checkpoints.load(copy)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id": "x"}'])
def test_a_broken_card_is_refused(copy, content):
    (copy / "card.json").write_text(content)
    with pytest.raises(ModelError):
        checkpoints.load(copy)


def test_a_card_with_other_classes_is_refused(copy):
    card = json.loads((copy / "card.json").read_text())
    (copy / "card.json").write_text(json.dumps(card | {"labels": ["anger", "fear"]}))
    with pytest.raises(ModelError, match="cannot be loaded"):
        checkpoints.load(copy)


@pytest.mark.parametrize("reference", ["../ravdess-source", "nobody", "", "/etc"])
def test_unknown_models_are_named(reference):
    with pytest.raises(ModelError, match="choose one of"):
        checkpoints.load(reference)


def test_saving_replaces_whole_folders_and_leaves_no_partial_ones(copy):
    loaded = checkpoints.load(copy)
    checkpoints.save(loaded.model, loaded.card, copy)
    assert sorted(p.name for p in copy.iterdir()) == ["card.json", "weights.safetensors"]
    assert [p.name for p in copy.parent.iterdir()] == ["copy"]
    assert checkpoints.load(copy).card["weights_sha256"] == loaded.card["weights_sha256"]


def test_cards_name_corpora_licences_seed_and_selection():
    for card in checkpoints.cards():
        assert card["selection"] and isinstance(card["seed"], int) and card["statistics"]
        assert all(corpus["licence"] and corpus["citation"] for corpus in card["corpora"])
        assert card["uar"] and 0 < max(v for v in card["uar"].values() if isinstance(v, float)) < 1
