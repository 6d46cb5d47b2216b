"""Synthetic perturbations: each has the effect that its scale states, on real and on unusual clips."""

from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

from xser_demo.audio import perturbations, silence
from xser_demo.audio.io import clipped_samples
from xser_demo.audio.perturbations import PERTURBATIONS, codec, room, tempo
from xser_demo.audio.perturbations.base import rms
from xser_demo.utils.errors import SettingsError, UserError
from xser_demo.utils.settings import EXAMPLES

RATE = 16_000
LANGUAGES = ("en-medium-low", "de-slow-low", "it-medium", "ur-slow-high")


def example(name: str = "de-slow-low") -> np.ndarray:
    """(n,) real (synthesised) speech of some 3 s."""
    return soundfile.read(EXAMPLES / f"{name}.flac", dtype="float32")[0]


def vowel(hertz: float = 140.0, seconds: float = 2.0) -> np.ndarray:
    """(n,) harmonics that fall like those of a voice."""
    t = np.arange(int(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, 30))
    return (0.5 * wave / np.abs(wave).max()).astype(np.float32)


def fundamental(wave: np.ndarray) -> float:
    """Hz of the strongest partial between 60 and 300 Hz."""
    middle = wave[RATE // 4 : -RATE // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 2**19))
    hertz = np.fft.rfftfreq(2**19, 1 / RATE)
    voice = (hertz > 60) & (hertz < 300)
    return hertz[voice][spectrum[voice].argmax()]


def power(wave: np.ndarray, low: float, high: float) -> float:
    spectrum, hertz = np.abs(np.fft.rfft(wave)) ** 2, np.fft.rfftfreq(len(wave), 1 / RATE)
    return spectrum[(hertz >= low) & (hertz < high)].sum()


def decibels(ratio: float) -> float:
    return 10 * np.log10(ratio)


def delay(wave: np.ndarray, other: np.ndarray) -> int:
    """Samples by which ``wave`` comes later than ``other``."""
    return int(correlate(wave, other).argmax()) - len(other) + 1


def strengths(name: str) -> list[float]:
    return [s for s in (-1.0, -0.5, 0.01, 0.5, 1.0) if s >= PERTURBATIONS[name].low]


# --- all of them ---


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_strength_zero_changes_nothing(name):
    samples = example()
    before = samples.copy()
    assert PERTURBATIONS[name].apply(samples, 0) is samples
    assert perturbations.apply(samples, {name: 0.0}) is samples
    assert PERTURBATIONS[name].value(0) == "unchanged"
    PERTURBATIONS[name].apply(samples, 1.0)
    np.testing.assert_array_equal(samples, before)  # the argument is never written to


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_any_strength_does_something_and_the_scale_has_one_direction(name):
    samples = example()
    for strength in strengths(name):
        shifted = PERTURBATIONS[name].apply(samples, strength)
        good(shifted)
        assert not np.array_equal(shifted, samples)
    steps = np.diff([PERTURBATIONS[name].amount(s) for s in np.linspace(PERTURBATIONS[name].low, 1, 9)])
    assert (steps > 0).all() or (steps < 0).all()


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_deterministic_by_seed_and_in_threads(name):
    samples = example()
    jobs = [(1.0, 3), (0.5, 3), (1.0, 4)] * 3
    alone = [PERTURBATIONS[name].apply(samples, *job) for job in jobs]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda job: PERTURBATIONS[name].apply(samples, *job), jobs))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
    random = name in ("noise", "room")
    assert np.array_equal(alone[0], alone[2]) != random


@pytest.mark.parametrize("name", PERTURBATIONS)
@pytest.mark.parametrize("seconds", [0.0001, 0.003, 0.25, 1.0])
def test_silence_and_very_short_clips(name, seconds):
    count = max(1, round(seconds * RATE))
    voice = example()[8000 : 8000 + count]
    for wave in (np.zeros(count, np.float32), voice, np.ones(count, np.float32), np.full(count, 1e-30, np.float32)):
        for strength in strengths(name):
            shifted = PERTURBATIONS[name].apply(wave, strength)
            good(shifted)
            assert wave.any() or np.abs(shifted).max() < 1e-3  # silence stays silent
    assert len(PERTURBATIONS[name].apply(np.zeros(0, np.float32), 1.0)) == 0


def good(samples: np.ndarray) -> None:
    assert samples.dtype == np.float32 and samples.ndim == 1 and len(samples)
    assert np.isfinite(samples).all() and np.abs(samples).max() <= 1


@pytest.mark.parametrize("name", sorted(set(PERTURBATIONS) - {"tempo", "room"}))
def test_length_stays(name):
    for count in (4_000, 16_001):
        samples = example()[:count]
        assert all(len(PERTURBATIONS[name].apply(samples, s)) == count for s in strengths(name))


clips = st.builds(
    lambda count, level, seed: (
        level * np.random.default_rng(seed).uniform(-1, 1, count) * np.random.default_rng(seed).integers(0, 2)
        + level * np.sin(np.arange(count) * 0.05)
    ).astype(np.float32),
    st.integers(1, 6_000),
    st.sampled_from([1e-6, 0.01, 0.3, 1.0, 4.0]),
    st.integers(0, 9),
)


@settings(max_examples=25)
@given(
    clips,
    st.dictionaries(st.sampled_from(sorted(PERTURBATIONS)), st.floats(0.001, 1), min_size=1),
    st.integers(0, 2**31),
)
def test_any_clip_and_any_chain(samples, chain, seed):
    good(perturbations.apply(samples, chain, seed))


@settings(max_examples=25)
@given(clips, st.sampled_from(["pitch", "tempo"]), st.floats(-1, -0.001))
def test_any_clip_downwards(samples, name, strength):
    good(PERTURBATIONS[name].apply(samples, strength))


# --- chains and words ---


def test_a_chain_has_a_fixed_order():
    assert list(PERTURBATIONS) == ["pitch", "tempo", "room", "noise", "gain", "clipping", "band", "codec"]
    samples = example()
    together = perturbations.apply(samples, {"band": 1.0, "noise": 0.5, "pitch": -0.5}, seed=7)
    step = samples
    for name, strength in (("pitch", -0.5), ("noise", 0.5), ("band", 1.0)):
        step = PERTURBATIONS[name].apply(step, strength, seed=7)
    np.testing.assert_array_equal(together, step)
    assert power(together, 3400, 8000) < 1e-5 * power(together, 300, 3400)  # the line comes after the noise


def test_random_parts_are_independent_of_other_perturbations():
    """The noise is the same with and without a room, so a slider moves one thing only."""
    impulse = np.zeros(8_000, np.float32)
    impulse[0] = 1e-3
    echo = perturbations.apply(impulse, {"room": 0.5}, seed=1)[1:4_000]
    tone = (0.1 * np.sin(np.arange(8_000) / 10)).astype(np.float32)
    noise = (perturbations.apply(tone, {"noise": 0.5}, seed=1) - tone)[1:4_000]
    assert abs(np.corrcoef(echo, noise)[0, 1]) < 0.1


@pytest.mark.parametrize(
    ("strengths", "said"),
    [
        ({"echo": 0.5}, "no shift 'echo'; choose one of: pitch, tempo"),
        ({"noise": 1.01}, "'noise' must lie between 0 and 1; it is 1.01"),
        ({"noise": -0.5}, "'noise' must lie between 0 and 1"),
        ({"pitch": -1.5}, "'pitch' must lie between -1 and 1"),
        ({"noise": float("nan")}, "it is nan"),
    ],
)
def test_wrong_names_and_strengths(strengths, said):
    with pytest.raises(SettingsError, match=said) as caught:
        perturbations.apply(example(), strengths)
    assert isinstance(caught.value, UserError) and "\n" not in str(caught.value)


def test_values_in_words():
    expected = {
        "pitch": ("6.0 semitones higher", -6.0),
        "tempo": ("1.60 times as fast", 0.6),
        "room": ("echo of 1.20 s", None),
        "noise": ("noise as loud as the speech", None),
        "gain": ("100 % of the differences in loudness removed", None),
        "clipping": ("peaks 30 dB above full scale", None),
        "band": ("300 to 3400 Hz", None),
        "codec": ("Opus at 6 kbit/s", None),
    }
    assert set(expected) == set(PERTURBATIONS)
    for name, (words, lowest) in expected.items():
        one = PERTURBATIONS[name]
        assert one.name == name and one.title and one.unit and one.info.endswith(".")
        assert one.value(1) == words
        assert (one.low == -1) == (lowest is not None)
        if lowest is not None:
            assert one.amount(-1) == pytest.approx(lowest)
    assert PERTURBATIONS["pitch"].value(-0.5) == "3.0 semitones lower"
    assert PERTURBATIONS["noise"].value(0.5) == "speech 20 dB above the noise"


# --- one by one ---


@pytest.mark.parametrize("strength", [-1, -0.5, 0.25, 0.5, 1])
def test_pitch_moves_the_fundamental(strength):
    shifted = PERTURBATIONS["pitch"].apply(vowel(), strength)
    assert len(shifted) == len(vowel())
    moved = 12 * np.log2(fundamental(shifted) / 140)
    assert moved == pytest.approx(6 * strength, abs=0.1)


@pytest.mark.parametrize("strength", [-1, -0.5, 0.5, 1])
def test_tempo_changes_the_length_and_not_the_pitch(strength):
    speed = PERTURBATIONS["tempo"].amount(strength)
    shifted = PERTURBATIONS["tempo"].apply(vowel(), strength)
    assert len(shifted) == round(len(vowel()) / speed)
    assert 12 * np.log2(fundamental(shifted) / 140) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("factor", [0.6, 0.8, 1.25, 1.6])
def test_tempo_keeps_events_in_place(factor):
    """Where the envelope of the clip's two halves is found again, within 40 ms (25 measured)."""

    def envelope(wave):
        return np.convolve(
            np.sqrt((wave[: len(wave) // 16 * 16].reshape(-1, 16) ** 2).mean(1)), np.ones(20) / 20, "same"
        )

    samples = example()
    envelope_after = envelope(tempo.stretched(samples, factor, round(len(samples) / factor)))
    envelope_before = envelope(samples)
    expected = np.interp(np.arange(len(envelope_after)) * factor, np.arange(len(envelope_before)), envelope_before)
    for half in (slice(0, len(envelope_after) // 2), slice(len(envelope_after) // 2, None)):
        assert abs(delay(envelope_after[half] - envelope_after.mean(), expected[half] - expected.mean())) <= 40


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.65, 1.2])
def test_room_has_the_stated_reverberation_time(seconds):
    """RT60 by Schroeder's backward integration, -5 to -25 dB of the tail (T20 of ISO 3382)."""
    for seed in range(3):
        response = room.response(seconds, np.random.default_rng(seed))
        left = decibels(np.cumsum(response[:0:-1] ** 2)[::-1])
        left -= left[0]
        used = np.flatnonzero((left <= -5) & (left >= -25))
        slope = np.polyfit(used / RATE, left[used], 1)[0]
        assert -60 / slope == pytest.approx(seconds, rel=0.15)
        assert np.sum(response**2) == pytest.approx(1)
        to_tail = response[0] ** 2 / np.sum(response[1:] ** 2)
        assert to_tail == pytest.approx(1 / (np.pi * seconds))  # 1 m away in 100 m^3


def test_room_keeps_its_tail_and_the_level():
    samples = example()
    shifted = PERTURBATIONS["room"].apply(samples, 1.0)
    assert len(shifted) == len(samples) + round(1.2 * RATE) - 1
    assert delay(shifted, samples) == 0
    assert decibels(np.sum(shifted**2) / np.sum(samples**2)) == pytest.approx(0, abs=3)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_noise_has_the_stated_ratio(language, strength):
    samples = example(language) * 0.3  # so that nothing has to be turned down
    noise = PERTURBATIONS["noise"].apply(samples, strength, seed=2) - samples
    speech = np.concatenate([np.arange(*part) for part in silence.parts(samples)])
    ratio_db = decibels(rms(samples[speech]) ** 2 / rms(noise[speech]) ** 2)
    assert ratio_db == pytest.approx(40 - 40 * strength, abs=0.5)
    octaves = [decibels(power(noise, low, 2 * low)) for low in (250, 500, 1000, 2000)]
    assert np.ptp(octaves) < 1.5  # pink


def test_gain_brings_quiet_and_loud_to_one_level():
    for language in LANGUAGES:
        loud = example(language)
        full = [PERTURBATIONS["gain"].apply((loud * g).astype(np.float32), 1.0) for g in (1.0, 0.1, 0.03)]
        levels = [decibels(rms(one) ** 2) for one in full]
        assert np.ptp(levels) < 2
        assert max(np.abs(one).max() for one in full) <= 10 ** (-1 / 20) + 1e-6  # the limiter's ceiling
        half = [decibels(rms(PERTURBATIONS["gain"].apply((loud * g).astype(np.float32), 0.5)) ** 2) for g in (1.0, 0.1)]
        assert half[0] - half[1] == pytest.approx(10, abs=1.5)  # of 20 dB


def test_gain_evens_out_and_lifts_pauses():
    """The second half of a tone is 20 dB quieter; behind it, faint noise."""
    tone = vowel(seconds=4.0) * np.repeat([0.5, 0.05], 2 * RATE)
    hiss = np.random.default_rng(0).standard_normal(2 * RATE) * 3e-4
    shifted = PERTURBATIONS["gain"].apply(np.append(tone, hiss).astype(np.float32), 1.0)
    first, second = rms(shifted[RATE : 2 * RATE]), rms(shifted[3 * RATE : 4 * RATE])
    assert abs(decibels(first**2 / second**2)) < 4
    assert decibels(rms(shifted[-RATE:]) ** 2 / rms(hiss) ** 2) > 30


def test_clipping_is_found_by_the_report():
    samples = example() * 0.1
    for strength in (0.5, 1.0):
        shifted = PERTURBATIONS["clipping"].apply(samples, strength)
        stuck = np.mean(np.abs(shifted) == 1)
        assert 0.03 < stuck < 0.7
        assert clipped_samples(shifted[:, None]) / len(shifted) == pytest.approx(stuck, rel=0.3)
    loudest = samples / np.abs(samples).max()
    np.testing.assert_allclose(
        PERTURBATIONS["clipping"].apply(samples, 0.5), np.clip(loudest * 10 ** (15 / 20), -1, 1), atol=1e-6
    )


def test_band_is_the_telephone_band():
    wave = 0.1 * np.random.default_rng(0).standard_normal(5 * RATE).astype(np.float32)
    shifted = PERTURBATIONS["band"].apply(wave, 1.0)

    def change(low, high):
        return decibels(power(shifted, low, high) / power(wave, low, high))

    assert change(3400, 8001) < -30
    assert change(0, 200) < -30
    assert abs(change(950, 1050)) < 1 and abs(change(500, 3200)) < 1
    assert delay(shifted, wave) == 0
    for language in LANGUAGES:  # nothing is left that sampling at 8 kHz would change
        speech = PERTURBATIONS["band"].apply(example(language), 1.0)
        there_and_back = soxr.resample(soxr.resample(speech, RATE, 8_000), 8_000, RATE)[: len(speech)]
        assert decibels(rms(there_and_back - speech[: len(there_and_back)]) ** 2 / rms(speech) ** 2) < -80


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("strength", "alike"), [(0.1, 0.85), (0.5, 0.8), (1.0, 0.25)])
def test_codec_has_no_delay(language, strength, alike):
    samples = example(language)
    shifted = PERTURBATIONS["codec"].apply(samples, strength)
    assert abs(delay(shifted, samples)) <= RATE // 1000
    assert np.corrcoef(shifted, samples)[0, 1] > alike
    assert not np.array_equal(shifted, samples)


def test_codec_has_the_stated_rate_and_an_error_without_opus(monkeypatch):
    for strength, rate in ((0.01, 23.67), (0.5, 12), (1.0, 6)):
        encoder, _ = codec.contexts(round(1000 * codec.bit_rate(strength)))
        packets = codec.encoded(example(), encoder)
        bits = 8 * sum(packet.size for packet in packets)
        assert bits / (len(packets) * 0.02) / 1000 == pytest.approx(rate, rel=0.03)

    def nothing(name, mode):
        raise av.codec.codec.UnknownCodecError(name)

    monkeypatch.setattr(av.CodecContext, "create", nothing, raising=False)
    with pytest.raises(SettingsError, match="Opus"):
        PERTURBATIONS["codec"].apply(example(), 0.5)
