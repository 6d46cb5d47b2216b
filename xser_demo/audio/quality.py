"""Recording quality: level, clipping, bandwidth, noise and amount of speech, with warnings.

Levels are RMS in dBFS, where a full-scale square wave is 0 (a full-scale sine is -3). The thresholds were
set on 50 clips of each of five acted corpora, some of them very quiet, so that few of those get a warning.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from xser_demo.audio.io import Clip, clipped_samples
from xser_demo.audio.vad import speech_segments
from xser_demo.utils.settings import SAMPLE_RATE

FLOOR_DB = -100.0  # below 16-bit rounding noise; the level of digital silence
FRAME = SAMPLE_RATE // 50  # 20 ms, about the length of the steady part of a phone
FFT = 512  # 32 ms, 31.25 Hz per bin
BAND_DROP_DB = 50.0  # bands within this of the strongest one count

MIN_SPEECH_S = 0.5
QUIET_DBFS = -45.0
CLIPPED_SHARE = 0.001
NOISY_SNR_DB = 15.0
TELEPHONE_HZ = 4_200  # telephone speech ends at 3.4 kHz, audio sampled at 8 kHz at 4 kHz
EVEN_SPREAD_DB = 8.0  # corpora: 13 to 25, single clips down to 6
RISING_NOISE_DB = 10.0  # corpora: below 10 in every pause
PAUSE_S = 0.4
GAIN_CONTROL = "The level hints at automatic gain control, which hides loudness; turn it off if you can."
ONE_CHANNEL = "Only channel {} of {} is used: the mean of all channels would lose the voice."


@dataclass(frozen=True)
class Quality:
    """Measurements of one clip; levels in dBFS, ``clipped`` is a share, ``band_hz`` the upper band edge."""

    level_dbfs: float  # RMS of the speech, or of the whole clip if no speech was found
    peak_dbfs: float
    clipped: float
    speech_s: float
    band_hz: int
    noise_dbfs: float  # estimate: the quietest tenth outside speech
    snr_db: float  # level_dbfs - noise_dbfs
    warnings: tuple[str, ...]
    segments: tuple[tuple[float, float], ...] = ()  # speech, as (start, end) in seconds

    def as_dict(self) -> dict:
        """The values that the page and the API show, rounded."""
        return {
            "level_dbfs": round(self.level_dbfs, 1),
            "clipped": round(self.clipped, 4),
            "speech_s": round(self.speech_s, 2),
            "band_hz": self.band_hz,
            "warnings": list(self.warnings),
        }


def report(clip: Clip, segments: list[tuple[float, float]] | None = None) -> Quality:
    """Measure a clip and list warnings, the most serious first. ``segments``: its speech, where that is known."""
    if segments is None:
        segments = speech_segments(clip.samples)
    wave = clip.samples.astype(np.float64)
    wave -= wave.mean()  # a constant offset is neither speech nor noise
    in_speech = _mask(segments, len(wave))
    speech = wave[in_speech] if segments else wave
    level, noise = _dbfs(np.mean(speech**2)), _noise(wave, in_speech)
    measured = Quality(
        level_dbfs=level,
        peak_dbfs=_dbfs(float(np.abs(clip.samples).max()) ** 2),
        clipped=_clipped(clip),
        speech_s=sum((end - start for start, end in segments), 0.0),
        band_hz=min(band_edge(speech), clip.source_rate // 2),
        noise_dbfs=noise,
        snr_db=level - noise,
        warnings=(),
        segments=tuple(segments),
    )
    warnings = _warnings(measured)
    if clip.only_channel:
        warnings.append(ONE_CHANNEL.format(clip.only_channel, clip.source_channels))
    if _even_speech(speech, measured.speech_s) or _noise_rises(wave, segments):
        warnings.append(GAIN_CONTROL)
    return replace(measured, warnings=tuple(warnings))


def _dbfs(power: float) -> float:
    return max(FLOOR_DB, 10 * float(np.log10(max(power, 1e-12))))


def _levels(wave: np.ndarray) -> np.ndarray:
    """(n // FRAME,) levels of 20 ms frames in dBFS."""
    frames = wave[: len(wave) // FRAME * FRAME].reshape(-1, FRAME)
    return np.maximum(FLOOR_DB, 10 * np.log10(np.maximum(np.mean(frames**2, axis=1), 1e-12)))


def _mask(segments: list[tuple[float, float]], length: int) -> np.ndarray:
    mask = np.zeros(length, dtype=bool)
    for start, end in segments:
        mask[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)] = True
    return mask


def _clipped(clip: Clip) -> float:
    if clip.clipped is not None:
        return clip.clipped
    return clipped_samples(clip.samples[:, None]) / len(clip.samples)


def _noise(wave: np.ndarray, in_speech: np.ndarray) -> float:
    """Noise level in dBFS: a low percentile, since pauses may have breath and clicks."""
    outside = _levels(wave[~in_speech])
    if len(outside) >= 10:
        return float(np.percentile(outside, 10))
    return float(np.percentile(_levels(wave), 5))  # no pause: gaps between speech sounds


def band_edge(wave: np.ndarray) -> int:
    """Upper edge (Hz) of the band that carries energy.

    In every bin the 90th percentile over the louder frames is taken, not the mean: only a few hissing sounds
    have energy at the highest frequencies.
    """
    padded = np.pad(wave, (0, max(0, FFT - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[:: FFT // 2]
    power = np.abs(np.fft.rfft(frames * np.hanning(FFT))) ** 2
    energy = power.sum(axis=1)
    power = power[energy >= np.percentile(energy, 30)]
    bands = np.percentile(power, 90, axis=0)[1:].reshape(-1, 4).mean(axis=1)  # (64,) of 125 Hz each
    strong = np.flatnonzero(bands > bands.max() * 10 ** (-BAND_DROP_DB / 10))
    return int((strong[-1] + 1) * 4 * SAMPLE_RATE / FFT) if len(strong) else 0


def _even_speech(speech: np.ndarray, speech_s: float) -> bool:
    """True when loud and quiet parts of speech are unusually close, as after a compressor."""
    if speech_s < 1.5:
        return False  # too few syllables
    high, low = np.percentile(_levels(speech), [95, 25])
    return bool(high - low < EVEN_SPREAD_DB)


def _noise_rises(wave: np.ndarray, segments: list[tuple[float, float]]) -> bool:
    """True when the noise rises within a pause between two speech segments; reverberation only falls."""
    edge = 0.05  # seconds left out at both ends, where speech fades
    for (_, start), (end, _) in pairwise(segments):
        if end - start < PAUSE_S:
            continue
        levels = _levels(wave[int((start + edge) * SAMPLE_RATE) : int((end - edge) * SAMPLE_RATE)])
        third = len(levels) // 3
        if np.median(levels[-third:]) - np.median(levels[:third]) > RISING_NOISE_DB:
            return True
    return False


def _warnings(quality: Quality) -> list[str]:
    """Sentences about what may make a prediction unreliable, the most serious first."""
    sentences = []
    if quality.level_dbfs < QUIET_DBFS:
        sentences.append("The recording is very quiet; move closer to the microphone.")
    if quality.speech_s < MIN_SPEECH_S:
        sentences.append(f"Hardly any speech was found ({quality.speech_s:.1f} s); speak a whole sentence.")
    if quality.clipped > CLIPPED_SHARE:
        sentences.append(f"{quality.clipped:.1%} of the samples are clipped; turn the input level down.")
    if quality.speech_s >= MIN_SPEECH_S and quality.snr_db < NOISY_SNR_DB:
        sentences.append(f"The background is noisy (speech {quality.snr_db:.0f} dB above it); find a quieter place.")
    if quality.band_hz < TELEPHONE_HZ:
        sentences.append(f"Nothing is heard above {quality.band_hz} Hz, as on a telephone; use a wider recording.")
    return sentences
