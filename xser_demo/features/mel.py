"""Log-mel spectrograms: the encoder's input, and the picture on the page."""

from functools import cache

import numpy as np
import torch

from xser_demo.settings import SAMPLE_RATE

N_FFT = 400  # 25 ms window
HOP = 160  # 10 ms, so 100 mel frames a second
N_MELS = 80


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
