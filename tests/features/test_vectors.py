"""The three feature vectors: GeMAPS-like, eGeMAPS by openSMILE, and the poster's 149 averages."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter
from scipy.stats import spearmanr

from xser_demo.audio.io import load
from xser_demo.audio.silence import trim
from xser_demo.corpora import CORPORA
from xser_demo.corpora.locate import audio_path, read
from xser_demo.features import averages, egemaps, gemaps
from xser_demo.utils.errors import SettingsError

RATE = 16_000
needs_opensmile = pytest.mark.skipif(not egemaps.available(), reason="opensmile is not installed")


def tone(hertz: float, harmonics: int = 12, seconds: float = 1.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    waves = [np.sin(2 * np.pi * hertz * i * time) / i for i in range(1, harmonics + 1)]
    return (0.1 * np.sum(waves, 0)).astype(np.float32)


def vowel(formants: tuple[int, ...], hertz: float) -> np.ndarray:
    """Pulses through resonances: 60 to 250 Hz wide, at the formants and at 3.5 and 4.5 kHz."""
    sound = np.zeros(RATE)
    sound[np.arange(0, RATE, RATE / hertz).astype(int)] = 1
    sound = lfilter([1], [1, -0.95], sound)
    for centre, width in zip((*formants, 3500, 4500), (60, 90, 120, 180, 250), strict=True):
        radius = np.exp(-np.pi * width / RATE)
        sound = lfilter([1], [1, -2 * radius * np.cos(2 * np.pi * centre / RATE), radius**2], sound)
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


def noise(seconds: float, level: float = 0.1) -> np.ndarray:
    return (level * np.random.default_rng(0).normal(size=int(seconds * RATE))).astype(np.float32)


def named(samples: np.ndarray) -> dict[str, float]:
    return dict(zip(gemaps.NAMES, gemaps.extract(samples).tolist(), strict=True))


@pytest.mark.parametrize("module", [gemaps, averages])
def test_groups_partition_the_dimensions(module):
    assert len(set(module.NAMES)) == len(module.NAMES) == {gemaps: 88, averages: 149}[module]
    assert sorted(i for rows in module.GROUPS.values() for i in rows) == list(range(len(module.NAMES)))
    assert all(module.GROUPS.values())


def test_features_of_one_family_are_in_its_group():
    def prefixes(group):
        return {gemaps.NAMES[i].split("_")[0] for i in gemaps.GROUPS[group]}

    assert prefixes("Loudness") == {"loudness", "equivalentSoundLevel"}
    assert prefixes("Pitch") == {"F0semitoneFrom27.5Hz"}
    assert len(gemaps.GROUPS["Formants"]) == 18 and len(gemaps.GROUPS["MFCC 1-4"]) == 16
    assert prefixes("Timing") == {
        "loudnessPeaksPerSec",
        "VoicedSegmentsPerSec",
        "MeanVoicedSegmentLengthSec",
        "StddevVoicedSegmentLengthSec",
        "MeanUnvoicedSegmentLength",
        "StddevUnvoicedSegmentLength",
    }


ODD = {
    "nothing": np.zeros(0, np.float32),
    "one sample": np.ones(1, np.float32),
    "0.1 s of tone": tone(200, seconds=0.1),
    "0.1 s of noise": noise(0.1),
    "0.2 s of zeros": np.zeros(RATE // 5, np.float32),
    "zeros": np.zeros(RATE, np.float32),
    "constant": np.full(RATE, 0.5, np.float32),
    "noise": noise(1.0),
    "below any recording": noise(1.0, 1e-9),
    "one click": np.eye(1, RATE, RATE // 2, dtype=np.float32)[0],
    "full scale": np.sign(tone(150)),
    "tone within zeros": np.pad(tone(200, seconds=0.3), RATE),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("module", [gemaps, averages])
@pytest.mark.filterwarnings("error")
def test_unusual_sounds_give_finite_numbers(module, kind):
    vector = module.extract(ODD[kind])
    assert vector.shape == (len(module.NAMES),) and vector.dtype == np.float32 and np.isfinite(vector).all()


@settings(max_examples=40)
@given(
    length=st.integers(0, 6000),
    hertz=st.floats(30, 3000),
    share=st.floats(0, 1),
    level=st.sampled_from([1e-6, 1e-3, 0.3, 4.0]),
    seed=st.integers(0, 9),
)
def test_any_mixture_gives_finite_numbers(length, hertz, share, level, seed):
    wave = np.sign(np.sin(2 * np.pi * hertz * np.arange(length) / RATE))
    hiss = np.random.default_rng(seed).normal(size=length)
    sound = (level * (share * wave + (1 - share) * hiss)).astype(np.float32)
    assert np.isfinite(gemaps.extract(sound)).all()


@pytest.mark.parametrize("kind", ["zeros", "0.2 s of zeros", "noise"])
def test_values_without_voiced_frames(kind):
    features = named(ODD[kind])
    assert features["VoicedSegmentsPerSec"] == 0 and features["MeanUnvoicedSegmentLength"] > 0.1
    for name in ("F0semitoneFrom27.5Hz_sma3nz_amean", "jitterLocal_sma3nz_amean", "F1frequency_sma3nz_amean"):
        assert features[name] == 0
    assert features["F1amplitudeLogRelF0_sma3nz_amean"] == -201
    assert kind == "noise" or features["equivalentSoundLevel_dBp"] == -100


@pytest.mark.parametrize("hertz", [80, 120, 200, 300, 450])
def test_pitch_of_a_tone(hertz):
    features = named(tone(hertz))
    assert features["F0semitoneFrom27.5Hz_sma3nz_amean"] == pytest.approx(12 * np.log2(hertz / 27.5), abs=0.1)
    assert features["F0semitoneFrom27.5Hz_sma3nz_stddevNorm"] < 0.01
    assert features["HNRdBACF_sma3nz_amean"] > 3 if hertz < 100 else features["HNRdBACF_sma3nz_amean"] > 8
    assert features["jitterLocal_sma3nz_amean"] < 0.005 and features["shimmerLocaldB_sma3nz_amean"] < 0.5
    assert features["VoicedSegmentsPerSec"] == pytest.approx(1, abs=0.1)


def test_noise_lowers_the_harmonics_to_noise_ratio_and_trembling_raises_jitter():
    clean, hoarse = named(tone(200)), named(tone(200) + noise(1.0, 0.04))
    assert hoarse["HNRdBACF_sma3nz_amean"] < clean["HNRdBACF_sma3nz_amean"] - 3
    lengths = RATE / 150 * (1 + 0.02 * np.random.default_rng(0).normal(size=140))
    pulses = np.zeros(RATE)
    pulses[np.cumsum(lengths).astype(int)] = 1
    trembling = lfilter([0.3], [1, -1.6, 0.8], pulses).astype(np.float32)
    assert named(trembling)["jitterLocal_sma3nz_amean"] > clean["jitterLocal_sma3nz_amean"] + 0.01


def test_level_changes_loudness_and_little_else():
    sound = vowel((700, 1200, 2600), 120) + noise(1.0, 0.003)
    soft, loud = named(sound), named(2 * sound)
    assert loud["equivalentSoundLevel_dBp"] - soft["equivalentSoundLevel_dBp"] == pytest.approx(6.02, abs=0.01)
    assert loud["loudness_sma3_amean"] / soft["loudness_sma3_amean"] == pytest.approx(4 ** (1 / 3), rel=1e-3)
    assert loud["spectralFlux_sma3_amean"] / soft["spectralFlux_sma3_amean"] == pytest.approx(2, rel=1e-3)
    for name in gemaps.NAMES:
        if not name.startswith(("loudness_", "equivalent", "spectralFlux")):
            assert loud[name] == pytest.approx(soft[name], rel=1e-3, abs=1e-3), name


@pytest.mark.parametrize("formants", [(700, 1200, 2600), (300, 2300, 3000), (320, 800, 2300), (500, 1500, 2500)])
@pytest.mark.parametrize("hertz", [110, 200])
def test_formants_of_a_synthetic_vowel(formants, hertz):
    features = named(vowel(formants, hertz))
    for i, true in enumerate(formants, 1):
        assert features[f"F{i}frequency_sma3nz_amean"] == pytest.approx(true, rel=0.15)


def test_voiced_segments_are_counted_and_measured():
    sound = np.concatenate([np.pad(tone(180, seconds=length), RATE // 10) for length in (0.3, 0.5, 0.4)])
    features = named(sound)
    assert features["VoicedSegmentsPerSec"] == pytest.approx(3 / 1.8, rel=0.1)
    assert features["MeanVoicedSegmentLengthSec"] == pytest.approx(0.4, abs=0.04)
    assert features["loudnessPeaksPerSec"] == pytest.approx(3 / 1.8, rel=0.5)


def test_a_brighter_sound_has_a_higher_alpha_ratio():
    dull, bright = (named(lfilter([1], [1, pole], tone(150, 40)).astype(np.float32)) for pole in (-0.9, 0.5))
    assert bright["alphaRatioV_sma3nz_amean"] > dull["alphaRatioV_sma3nz_amean"] + 10
    assert bright["hammarbergIndexV_sma3nz_amean"] < dull["hammarbergIndexV_sma3nz_amean"] - 10


@pytest.mark.parametrize("seconds", [0.4, 0.7, 2.0, 4.0])  # without, almost without, with a shorter and a whole window
def test_averages_equal_librosa(seconds):
    import librosa

    sound = noise(seconds) * np.linspace(0.1, 1, int(seconds * RATE), dtype=np.float32) + tone(220, seconds=seconds)
    resampled = librosa.resample(sound, orig_sr=RATE, target_sr=22_050)
    part = resampled[11_025 : 11_025 + 55_125]
    part = resampled if len(part) < 0.25 * 22_050 else part
    expected = np.concatenate(
        [
            librosa.feature.mfcc(y=part, sr=22_050, n_mfcc=13).mean(1),
            librosa.feature.melspectrogram(y=part, sr=22_050).mean(1),
            librosa.feature.spectral_contrast(y=part, sr=22_050).mean(1),
        ]
    )
    np.testing.assert_allclose(averages.extract(sound)[1:], expected, rtol=1e-5, atol=1e-5)
    assert averages.NAMES[0] == "zero_crossing_rate" and averages.NAMES[14] == "mel_1"


def test_zero_crossings_of_a_tone():
    assert averages.zero_crossing_rate(tone(441, 1, 2.0))[0, 5:-5] == pytest.approx(2 * 441 / RATE, rel=0.02)
    assert not averages.zero_crossing_rate(np.full(4096, -1e-11, np.float32)).any(), "as good as 0, which has no sign"


@pytest.mark.more
def test_zero_crossings_equal_librosa(tmp_path):
    """In a process with a cache of its own: librosa's function kills every process that reads a cache which two
    processes wrote at once."""
    code = """
import librosa, numpy as np
from xser_demo.features.averages import zero_crossing_rate
random = np.random.default_rng(0)
for n in (2048, 2049, 2500, 22_050):
    for silent in (0.0, 0.5, 1.0):
        sound = random.standard_normal(n).astype(np.float32)
        sound[random.random(n) < silent] = -1e-11
        ours, theirs = zero_crossing_rate(sound), librosa.feature.zero_crossing_rate(sound)
        assert ours.shape == theirs.shape and (ours == theirs).all(), (n, silent)
"""
    with_cache = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=with_cache, check=True, timeout=120)


def test_no_average_needs_what_numba_keeps_in_two_files(monkeypatch):
    """A function of librosa that is one of numba's generalised ufuncs."""
    import librosa

    def called(*_args):
        raise AssertionError("a process may end here")

    for module in (librosa.core.audio, librosa.core.pitch, librosa.util.utils):
        for name, one in vars(module).items():
            if type(one).__name__ == "GUFunc":
                monkeypatch.setattr(module, name, called)
    with pytest.raises(AssertionError, match="may end here"):
        librosa.feature.zero_crossing_rate(noise(1.0))
    averages.extract(noise(1.0))
    gemaps.extract(noise(1.0))


def test_importing_the_modules_imports_nothing_heavy():
    code = (
        "import sys; from xser_demo.features import averages, egemaps, gemaps; egemaps.available();"
        "print([m for m in ('librosa', 'torchaudio', 'torch', 'opensmile', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_error_without_opensmile(monkeypatch):
    egemaps._smile.cache_clear()
    monkeypatch.setattr(egemaps, "available", lambda: False)
    with pytest.raises(SettingsError, match="pip install opensmile") as caught:
        egemaps.extract(tone(200))
    assert str(caught.value).count(".") == 1 and "\n" not in str(caught.value)


@needs_opensmile
def test_the_original_has_the_same_names_and_groups():
    assert egemaps.names() == gemaps.NAMES and egemaps.groups() == gemaps.GROUPS
    vector = egemaps.extract(tone(200))
    assert vector.shape == (88,) and vector.dtype == np.float32
    assert vector[0] == pytest.approx(34.4, abs=0.2)
    assert "research and education only" in egemaps.LICENCE_NOTICE


@needs_opensmile
@pytest.mark.parametrize("kind", ["nothing", "0.1 s of noise", "zeros"])
@pytest.mark.filterwarnings("ignore:Segment too short")
def test_the_original_is_finite_too(kind):
    assert np.isfinite(egemaps.extract(ODD[kind])).all()


@needs_opensmile
def test_against_opensmile(corpora_dir):
    """Eight clips of each of four corpora; docs/gemaps.md has 200."""
    sounds = []
    for key in ("ravdess", "emodb", "emovo", "urdu"):
        table = read(key, corpora_dir)
        for clip in table[:: len(table) // 8][:8]:
            sounds.append(trim(load(audio_path(corpora_dir, clip), channel=CORPORA[key].channel).samples))
    ours, theirs = (np.stack([one.extract(sound) for sound in sounds]) for one in (gemaps, egemaps))
    rho = {name: spearmanr(ours[:, i], theirs[:, i])[0] for i, name in enumerate(gemaps.NAMES)}
    assert np.median(list(rho.values())) > 0.85
    for name in ("F0semitoneFrom27.5Hz_sma3nz_amean", "loudness_sma3_amean", "mfcc1_sma3_amean", "mfcc4_sma3_amean"):
        assert rho[name] > 0.95, name
    for name in ("HNRdBACF_sma3nz_amean", "alphaRatioV_sma3nz_amean", "logRelF0-H1-H2_sma3nz_amean"):
        assert rho[name] > 0.85, name
