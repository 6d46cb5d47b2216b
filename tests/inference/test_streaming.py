"""The live microphone without a browser."""

import io
import struct
import wave

import numpy as np
import pytest

from xser_demo.audio.io import from_array, load
from xser_demo.inference import streaming
from xser_demo.inference.predict import encode_clip, predict
from xser_demo.inference.streaming import MAX_DELAY_S, MAX_SKIPPED, Stream, chunk
from xser_demo.inference.timeline import WINDOW_S
from xser_demo.networks import checkpoints
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.listen import live_view
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError
from xser_demo.utils.settings import SAMPLE_RATE

MODELS = ["ravdess-source", "ravdess-emodb-coral-infomax-em"]


def piece(samples: np.ndarray, rate: int = SAMPLE_RATE, channels: int = 1, width: int = 2) -> bytes:
    """As a browser sends it: the header does not know how long it is."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(b"")
    data = bytearray(file.getvalue())
    data[40:44] = struct.pack("<I", 0)
    return bytes(data) + (np.repeat(samples, channels) * 32767).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return load(settings.EXAMPLES / "de-slow-low.flac").samples


def stream() -> Stream:
    return Stream(models=[checkpoints.load(one) for one in MODELS])


def test_pieces_are_read_whatever_their_header_says_of_their_length(voice):
    rate, samples = chunk(piece(voice[:8000], 44_100, 2))
    assert rate == 44_100 and samples.shape == (8000, 2) and np.abs(samples[:, 0] - voice[:8000]).max() < 1e-3


@pytest.mark.parametrize("data", [b"", b"RIFF", b"x" * 400, piece(np.zeros(100), width=1)])
def test_what_is_no_sound_is_refused_in_words(data):
    with pytest.raises(AudioError):
        chunk(data)


def test_no_more_than_the_last_seconds_are_held_and_nothing_after_the_end(voice):
    one = stream()
    for _ in range(9):
        one.add(SAMPLE_RATE, voice[:SAMPLE_RATE, None])
    assert one.received_s == 9 and len(one.ring) == WINDOW_S * SAMPLE_RATE
    one.forget()
    assert len(one.ring) == 0 and one.received_s == 9


def test_the_answer_is_that_of_a_clip_of_the_last_seconds(voice):
    one, wave = stream(), np.tile(voice, 3)[: 5 * SAMPLE_RATE]
    for second in np.split(wave, 5):
        one.add(SAMPLE_RATE, second[:, None])
        streaming.respond(one)
    alone = encode_clip(from_array(wave[-3 * SAMPLE_RATE :], SAMPLE_RATE))
    for row, model in zip(one.moments, one.models, strict=True):
        assert [m.end_s for m in row] == [1, 2, 3, 4, 5]
        assert row[-1].probabilities == pytest.approx(predict(model, alone).probabilities, abs=1e-4)


def test_a_voice_in_one_of_two_channels_is_answered_as_alone(voice):
    alone, both = stream(), stream()
    alone.add(SAMPLE_RATE, voice[:, None])
    both.add(SAMPLE_RATE, np.stack([np.zeros_like(voice), voice], axis=1))
    assert np.array_equal(from_array(alone.ring, SAMPLE_RATE).samples, from_array(both.ring, SAMPLE_RATE).samples)
    assert from_array(both.ring, SAMPLE_RATE).only_channel == 2


def test_silence_is_called_silence():
    one = stream()
    for _ in range(3):
        one.add(SAMPLE_RATE, np.zeros((SAMPLE_RATE, 1), np.float32))
        streaming.respond(one)
    assert all(m.probabilities is None for row in one.moments for m in row)
    assert live_view.draw(one).count("silence") == 2 and "<rect" not in live_view.draw(one)


def test_a_slow_computer_leaves_out_answers_but_not_all():
    one, clock, left_out = stream(), 0.0, []
    for _ in range(20):
        one.received_s += 1
        clock += 1.5  # half a second too slow for each second
        left_out.append(one.late(clock))
    assert not any(left_out[: int(MAX_DELAY_S / 0.5)]) and any(left_out)
    assert "1" * (MAX_SKIPPED + 1) not in "".join("01"[late] for late in left_out)
    quick = stream()
    for second in range(20):
        quick.received_s += 1
        assert not quick.late(second + 0.3 * (second % 2))


def test_two_models_of_encoder_frames_answer_live():
    ids = ["ravdess-emodb-latif2019-gan", "emodb-source", *MODELS]
    assert [one.id for one in live_view.models(Visitor(), ids)] == ["emodb-source", "ravdess-source"]
    assert len(live_view.models(Visitor(), ids[:1])) == 2  # none of this kind: the default ones
