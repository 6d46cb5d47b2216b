"""Log-mel spectrograms: the encoder's input, the input of image networks, and the picture on the page."""

from functools import cache

import numpy as np
import torch

from xser_demo.utils.settings import SAMPLE_RATE

N_FFT = 400  # 25 ms window
HOP = 160  # 10 ms: 100 mel frames per second
N_MELS = 80
SMALLEST = 1e-30  # power; far below what 16 bits can hold at any gain, and above 0
BANDS, BANDS_HOP, BANDS_SECONDS = 64, 320, 3.0  # of ``bands``
BANDS_RATE = SAMPLE_RATE / BANDS_HOP  # 50 frames per second


@cache
def _power_mel():
    from xser_demo.features.torchaudio_cpu import transforms  # takes 0.7 s, so only when it is needed

    return transforms.MelSpectrogram(
        SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP, n_mels=N_MELS, power=2.0, norm="slaney", mel_scale="slaney"
    )


def log_mel(samples: np.ndarray) -> torch.Tensor:
    """Whisper's input (Radford et al. 2022, section 2.2).

    ``samples``: (n,) float32 at 16 kHz. Returns (80, frames) float32 at 100 Hz with an even number of frames, log10
    power relative to the clip's maximum, limited to 8 decades (80 dB) below it, scaled to [-1, 1]. Whisper itself keeps
    the level; here it must not matter, since it is mostly that of the microphone.
    """
    power = _power_mel()(torch.from_numpy(samples))[:, :-1]  # the last centred frame lies past the end
    return scaled(power[:, : power.shape[1] // 2 * 2])


def scaled(power: torch.Tensor) -> torch.Tensor:
    """The power of a clip in mel bands, of any shape -> the encoder's input, as ``log_mel`` says."""
    return (_decades(power) + 4.0) / 4.0


def window_and_filters() -> tuple[torch.Tensor, torch.Tensor]:
    """The window (400,) and the mel filters (201, 80) of ``log_mel``, for those who compute it in another way."""
    return _power_mel().spectrogram.window, _power_mel().mel_scale.fb


def decibels(samples: np.ndarray, floor_db: float = 80.0) -> np.ndarray:
    """The same spectrogram for display: (80, frames) in dB relative to the clip's maximum, from -floor_db to 0."""
    power = _power_mel()(torch.from_numpy(samples))[:, :-1]
    return np.maximum(10 * _decades(power, floor_db / 10).numpy(), -floor_db)


def bands(samples: np.ndarray) -> np.ndarray:
    """Input of the networks that are trained from mel spectrograms: (T, 64) float32 dB at 50 Hz, T at most 150.

    ``samples``: (n,) at 16 kHz; the silence before and after the speech is cut, and the first 3 s of the rest are used.
    25 ms windows, 20 ms apart; relative to the clip's maximum, so the level of a recording does not matter, and limited
    to 80 dB below it.
    """
    from xser_demo.audio.silence import trim
    from xser_demo.features.torchaudio_cpu import transforms

    speech = trim(samples)[: round(BANDS_SECONDS * SAMPLE_RATE)]
    speech = np.pad(speech, (0, max(0, N_FFT - len(speech)))).astype(np.float32)  # reflection needs a window's length
    power = _band_power(transforms)(torch.from_numpy(speech))
    frames = max(1, len(speech) // BANDS_HOP)
    return (10 * _decades(power[:, :frames])).T.contiguous().numpy()


def _decades(power: torch.Tensor, lowest: float = 8.0) -> torch.Tensor:
    """log10 of power relative to its maximum, from -``lowest`` to 0; silence is at the lowest, whatever its gain."""
    return (power / power.max().clamp(min=SMALLEST)).clamp(min=10**-lowest).log10()


@cache
def _band_power(transforms):
    return transforms.MelSpectrogram(
        SAMPLE_RATE, n_fft=N_FFT, hop_length=BANDS_HOP, n_mels=BANDS, power=2.0, norm="slaney", mel_scale="slaney"
    )
