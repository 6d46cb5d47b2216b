"""Measurements against signals whose level, noise, bandwidth and speech are known."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soxr

from xser_demo.audio import quality, vad
from xser_demo.audio.io import from_array, load
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError

RATE = 16_000
EXAMPLES = sorted(settings.EXAMPLES.glob("*.flac"))
CORPORA = Path(os.environ.get("XSER_CORPORA") or settings.ROOT.parent / "shared" / "corpora")


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """(n,) a synthetic German sentence."""
    return load(settings.EXAMPLES / "de-slow-low.flac").samples.astype(np.float64)


def measure(samples: np.ndarray, rate: int = RATE) -> quality.Quality:
    return quality.report(from_array(samples, rate))


def noise(count: int, pink: bool = False) -> np.ndarray:
    white = np.random.default_rng(0).standard_normal(count)
    if not pink:
        return white
    spectrum = np.fft.rfft(white)
    spectrum[0] = 0
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    shaped = np.fft.irfft(spectrum, count)
    return shaped / shaped.std()


def warned(result: quality.Quality, word: str) -> bool:
    return any(word in sentence for sentence in result.warnings)


def test_examples_are_described_and_good():
    rows = json.loads((settings.EXAMPLES / "examples.json").read_text(encoding="utf-8"))
    assert [row["file"] for row in rows] and {row["file"] for row in rows} == {path.name for path in EXAMPLES}
    for row in rows:
        path = settings.EXAMPLES / row["file"]
        assert path.stat().st_size < 80_000
        assert row["label"].startswith(f"Synthetic voice, {row['language']}")
        clip = load(path)
        result = quality.report(clip)
        assert 2 < clip.duration_s < 4.1 and (clip.source_rate, clip.source_channels) == (RATE, 1)
        assert result.speech_s > 1 and result.warnings == () and result.band_hz > 7_000


def test_dictionary(speech):
    got = measure(speech).as_dict()
    assert list(got) == ["level_dbfs", "clipped", "speech_s", "band_hz", "warnings"]
    assert json.loads(json.dumps(got)) == got


def test_level_and_peak_of_a_sine():
    result = measure(0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE) + 0.1)
    assert result.level_dbfs == pytest.approx(-9.03, abs=0.05)  # the offset is no level
    assert result.peak_dbfs == pytest.approx(20 * np.log10(0.6), abs=0.05)
    assert 375 <= result.band_hz <= 750


def test_no_speech_in_noise():
    for samples in (0.1 * noise(4 * RATE), 0.1 * noise(4 * RATE, pink=True)):
        result = measure(samples)
        assert result.speech_s < 0.2 and warned(result, "Hardly any speech")
    assert vad.speech_segments(np.zeros(RATE)) == []


def test_speech_is_found_where_it_is(speech):
    samples = np.concatenate([np.zeros(RATE), speech, np.zeros(RATE)]) + 1e-4 * noise(len(speech) + 2 * RATE)
    segments = vad.speech_segments(samples)
    assert segments[0][0] == pytest.approx(1.0, abs=0.3)
    assert segments[-1][1] == pytest.approx(1 + len(speech) / RATE, abs=0.5)


@pytest.mark.parametrize("bad", [np.zeros(0), np.zeros((2, 800)), np.full(800, np.nan), np.full(800, np.inf)])
def test_segments_refuse_invalid_input(bad):
    with pytest.raises(AudioError):
        vad.speech_segments(bad)


def test_gain_moves_levels_and_nothing_else(speech):
    loud, soft = measure(speech), measure(speech * 0.25)
    assert loud.level_dbfs - soft.level_dbfs == pytest.approx(12.04, abs=0.3)
    assert loud.band_hz == soft.band_hz and loud.snr_db == pytest.approx(soft.snr_db, abs=1.5)
    assert warned(measure(speech * 0.02), "very quiet")


def test_noise_estimate(speech):
    padded = np.concatenate([np.zeros(RATE), speech, np.zeros(RATE)])
    for level in (-60, -30):
        result = measure(padded + 10 ** (level / 20) * noise(len(padded)))
        assert result.noise_dbfs == pytest.approx(level, abs=2)
        assert warned(result, "noisy") == (level == -30)


def test_clipping(speech):
    assert measure(speech / np.abs(speech).max()).clipped == 0
    hot = measure(np.clip(soxr.resample(speech, RATE, 44_100) * 8, -1, 1), 44_100)
    assert hot.clipped > 0.01 and warned(hot, "clipped")
    clip = replace(from_array(np.clip(speech * 8, -1, 1), RATE), clipped=None)
    assert quality.report(clip).clipped > 0.01  # counted here when the loader did not


def test_telephone_band(speech):
    spectrum = np.fft.rfft(speech)
    hertz = np.fft.rfftfreq(len(speech), 1 / RATE)
    spectrum[(hertz < 300) | (hertz > 3_400)] = 0
    result = measure(np.fft.irfft(spectrum, len(speech)))
    assert result.band_hz == pytest.approx(3_400, abs=200) and warned(result, "telephone")
    narrow = measure(soxr.resample(speech, RATE, 8_000), 8_000)
    assert narrow.band_hz <= 4_000 and warned(narrow, "telephone")


def test_gain_control_hint(speech):
    noisy = speech + 1e-4 * noise(len(speech))
    power = np.convolve(noisy**2, np.ones(480) / 480, "same")
    assert warned(measure(0.1 * noisy / np.sqrt(power + 1e-7)), "hints at automatic gain control")
    assert not warned(measure(noisy), "gain control")
    pause = np.geomspace(1e-4, 1e-2, RATE) * noise(RATE)  # noise that swells between two sentences
    assert warned(measure(np.concatenate([noisy, pause, noisy])), "gain control")
    assert not warned(measure(np.concatenate([noisy, pause[::-1], noisy])), "gain control")


def test_threads_do_not_mix():
    clips = [load(path) for path in EXAMPLES[:4]]
    alone = [quality.report(clip) for clip in clips]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(quality.report, clips * 4))
    assert together == alone * 4


@pytest.mark.skipif(not CORPORA.is_dir(), reason="no corpora on this machine")
def test_real_clips():
    for corpus in ("emodb", "ravdess", "emovo", "urdu"):
        paths = sorted((CORPORA / corpus).glob("*.flac"))
        for path in paths[:: max(1, len(paths) // 4)][:4]:
            clip = load(path)
            result = quality.report(clip)
            assert 0.3 < result.speech_s <= clip.duration_s + 1e-6, path.name
            assert -60 < result.level_dbfs < 0 and result.band_hz > 5_000 and result.snr_db > 5, path.name


def test_importing_the_speech_detector_leaves_torch_its_threads():
    """silero-vad sets torch to one thread when it is imported, which would halve the encoder's speed."""
    code = "import torch; torch.set_num_threads(2); import xser_demo.audio.quality as q; print(torch.get_num_threads())"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "2"
