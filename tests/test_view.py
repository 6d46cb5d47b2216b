"""What the Listen tab offers, without a browser."""

import pytest

from xser_demo import checkpoints, methods
from xser_demo.errors import CorpusError, SettingsError
from xser_demo.inference import hear_file, recall
from xser_demo.settings import EXAMPLES
from xser_demo.ui import view
from xser_demo.ui.visitor import Visitor


def test_a_real_recording_is_played_where_the_corpus_is_on_disk(monkeypatch, corpora_dir):
    monkeypatch.setenv("XSER_CORPORA", str(corpora_dir))
    found = view.real("emovo", "anger", [])
    rate, samples = found.sound
    assert rate == 16_000 and len(samples) / rate == pytest.approx(found.heard.duration_s, abs=0.01)
    assert found.label == "anger" and "No audio" not in found.line


def test_without_recordings_the_stored_features_answer(monkeypatch):
    monkeypatch.delenv("XSER_CORPORA", raising=False)
    found = view.real("urdu", view.ANY, [])
    assert found.sound is None and found.heard.clip is None and "No audio" in found.line
    with pytest.raises(CorpusError, match="no clip labelled fear"):
        view.real("urdu", "fear", [])
    with pytest.raises(CorpusError):
        view.real("../emodb", view.ANY, [])


def test_the_first_models_are_the_recommended_ones_not_the_best_scored():
    plain, adapted = (checkpoints.load(one).card for one in view.defaults(Visitor()))
    assert plain["target"] is None and plain["source"] == "ravdess"
    assert adapted["target"] == "emodb" and adapted["method"] == methods.RECOMMENDED


@pytest.mark.parametrize("ids", [["/etc"], ["../x"], ["ravdess-source", "nobody"]])
def test_model_ids_from_outside_are_ids_and_never_paths(ids):
    with pytest.raises(SettingsError, match="no model"):
        view.loaded(Visitor(), ids)


def test_two_models_are_compared_in_words():
    visitor = Visitor(heard=hear_file(EXAMPLES / "de-slow-low.flac"))
    shown = view.show(visitor, view.defaults(visitor))
    assert shown.cards.count("<article") == 2
    assert shown.figure is not None and shown.sentence


def test_one_visitors_model_is_no_choice_of_another():
    one, other = Visitor(), Visitor()
    one.own["own-1"] = checkpoints.load("ravdess-source")
    assert "own-1" not in [model_id for _, model_id in other.choices()]
    with pytest.raises(SettingsError):
        view.loaded(other, ["own-1"])


def test_pack_utterances_are_shown_without_a_spectrogram():
    from xser_demo.adaptation import pack

    visitor = Visitor(heard=recall(pack("emodb"), 0))
    shown = view.show(visitor, view.defaults(visitor), "happiness")
    assert "labelled as" in shown.cards and not any(trace.type == "heatmap" for trace in shown.figure.data)
