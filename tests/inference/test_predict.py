"""Prediction of a clip; silence around the speech is ignored."""

from dataclasses import replace

import numpy as np
import pytest

from xser_demo.audio.io import from_array, load
from xser_demo.data.packs import load_cached
from xser_demo.inference import predict
from xser_demo.networks import checkpoints
from xser_demo.utils import settings

MODEL = "ravdess-emodb-coral-infomax-em"


def test_silence_around_a_clip_is_not_attended_to():
    clip = load(settings.EXAMPLES / "de-slow-low.flac")
    silence = np.zeros(settings.SAMPLE_RATE, dtype=np.float32)
    longer = from_array(np.concatenate([silence, clip.samples, silence]), settings.SAMPLE_RATE)
    model = checkpoints.load(MODEL)
    plain, padded = (predict.predict(model, predict.encode_clip(c)) for c in (clip, longer))
    assert padded.attention[:, :9].max() == 0 and padded.attention[:, -9:].max() == 0
    assert plain.emotion == padded.emotion
    assert padded.attention.sum(1) == pytest.approx(1, abs=1e-4)


def test_a_stored_utterance_and_its_recording_get_the_same_answer(corpora_dir):
    """The pack rounds to 8 bits, so the probabilities differ a little; 0.05 is ten times what was seen."""
    emodb, model = load_cached("emodb"), checkpoints.load(MODEL)
    for row in range(0, 535, 60):
        utterance = emodb.utterances[row]
        heard = predict.from_pack(emodb, row)
        voice = predict.speaker(model, heard, heard.feature("whisper")[0])  # of all clips of the speaker
        stored = predict.predict(model, heard)
        recording = replace(predict.encode_file(corpora_dir / "emodb" / utterance.path), voice=voice)
        recorded = predict.predict(model, recording)
        assert stored.attention.shape == pytest.approx(recorded.attention.shape, abs=1)
        for name, share in stored.probabilities.items():
            assert share == pytest.approx(recorded.probabilities[name], abs=0.05), utterance.path


def test_every_shipped_model_loads_and_answers():
    encoded = predict.encode_file(settings.EXAMPLES / "it-medium.flac")
    for card in checkpoints.cards():
        loaded = checkpoints.load(card["id"])
        prediction = predict.predict(loaded, encoded)
        assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert list(prediction.probabilities) == card["labels"]
        assert prediction.embedding.shape == (loaded.model.head.embedding,)
