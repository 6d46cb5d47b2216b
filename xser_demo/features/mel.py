"""Log-mel spectrograms: the encoder's input, and the picture on the page."""

from functools import cache

import numpy as np
import torch

from xser_demo.utils.settings import SAMPLE_RATE

N_FFT = 400  # 25 ms window
HOP = 160  # 10 ms, so 100 mel frames a second
N_MELS = 80
BANDS, BANDS_HOP, BANDS_SECONDS = 64, 320, 3.0  # of ``bands``: 50 frames a second


@cache
def _power_mel():
    from xser_demo.features.torchaudio_cpu import transforms  # 0.7 s to import: only when audio comes

    return transforms.MelSpectrogram(
        SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP, n_mels=N_MELS, power=2.0, norm="slaney", mel_scale="slaney"
    )


def log_mel(samples: np.ndarray) -> torch.Tensor:
    """Whisper's input (Radford et al. 2022, section 2.2).

    ``samples``: (n,) float32 at 16 kHz. Returns (80, frames) float32 at 100 Hz with an even number of frames, log10
    power, limited to 8 decades (80 dB) below the clip's own maximum, scaled to about [-1, 1]. The level of a clip
    therefore does not reach the encoder beyond that limit.
    """
    power = _power_mel()(torch.from_numpy(samples))[:, :-1]  # the last centred frame lies past the end
    power = power[:, : power.shape[1] // 2 * 2]
    logs = power.clamp(min=1e-10).log10()
    return (torch.maximum(logs, logs.max() - 8.0) + 4.0) / 4.0


def decibels(samples: np.ndarray, floor_db: float = 80.0) -> np.ndarray:
    """The same spectrogram for the eye: (80, frames) in dB relative to the clip's maximum, from -floor_db to 0."""
    power = _power_mel()(torch.from_numpy(samples))[:, :-1].numpy()
    logs = 10 * np.log10(np.maximum(power, 1e-10))
    return np.maximum(logs - logs.max(), -floor_db)


def bands(samples: np.ndarray) -> np.ndarray:
    """What the networks that are trained from mels hear: (T, 64) float32 dB at 50 Hz, T at most 150.

    ``samples``: (n,) at 16 kHz; the silence before and after the speech is cut, the first 3 s of the rest are kept.
    25 ms windows, 20 ms apart; relative to the clip's own maximum, so that a recording's level does not matter, and
    limited to 80 dB below it.
    """
    from xser_demo.audio.trim import cut
    from xser_demo.features.torchaudio_cpu import transforms

    kept = cut(samples)[: round(BANDS_SECONDS * SAMPLE_RATE)]
    kept = np.pad(kept, (0, max(0, N_FFT - len(kept)))).astype(np.float32)  # reflection needs a window's length
    power = _band_power(transforms)(torch.from_numpy(kept))
    frames = max(1, len(kept) // BANDS_HOP)
    logs = 10 * power[:, :frames].clamp(min=1e-10).log10()
    logs = logs - logs.max()
    return logs.clamp(min=-80.0).T.contiguous().numpy()


@cache
def _band_power(transforms):
    return transforms.MelSpectrogram(
        SAMPLE_RATE, n_fft=N_FFT, hop_length=BANDS_HOP, n_mels=BANDS, power=2.0, norm="slaney", mel_scale="slaney"
    )
