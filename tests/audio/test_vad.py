"""Voice activity detection against silero-vad's own window-by-window pass."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from silero_vad import get_speech_timestamps, load_silero_vad

from xser_demo.audio import vad
from xser_demo.audio.io import load
from xser_demo.utils import settings

VOICES = sorted(settings.EXAMPLES.glob("*.flac"))


@pytest.fixture(scope="module")
def silero():
    return load_silero_vad()


def step_by_step(silero, samples: torch.Tensor) -> torch.Tensor:
    silero.reset_states()
    windows = torch.nn.functional.pad(samples, (0, -len(samples) % vad.WINDOW)).split(vad.WINDOW)
    return torch.tensor([silero(window, settings.SAMPLE_RATE).item() for window in windows])


@pytest.mark.parametrize("file", VOICES, ids=lambda file: file.stem)
def test_voices_against_silero(silero, file):
    samples = torch.from_numpy(load(file).samples)
    torch.testing.assert_close(vad.probabilities(samples), step_by_step(silero, samples), atol=1e-4, rtol=0)
    reference = get_speech_timestamps(samples, silero, sampling_rate=settings.SAMPLE_RATE)
    ours = vad.speech_segments(samples.numpy())
    assert ours == [(one["start"] / settings.SAMPLE_RATE, one["end"] / settings.SAMPLE_RATE) for one in reference]


@pytest.mark.parametrize("length", [1, 511, 512, 513, 36 * settings.SAMPLE_RATE])
def test_lengths_against_silero(silero, length):
    """One sample to more windows than are heard at once; speech goes on across that border."""
    voices = np.concatenate([load(file).samples for file in VOICES])
    samples = torch.from_numpy(np.resize(voices, length).astype(np.float32))
    torch.testing.assert_close(vad.probabilities(samples), step_by_step(silero, samples), atol=1e-4, rtol=0)


def test_parallel_calls_equal_single_ones():
    clips = [load(file).samples for file in VOICES] * 3
    alone = [vad.speech_segments(clip) for clip in clips]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(vad.speech_segments, clips)) == alone
