"""The 149 averages of the student poster on English and Mandarin (ESD): librosa features, averaged over time."""

import numpy as np

from xser_demo.utils.settings import SAMPLE_RATE

RATE = 22_050  # Hz, librosa's default
START_S, END_S = 0.5, 3.0  # as librosa.load(offset=0.5, duration=2.5)
MIN_S = 0.25  # if less than this is left, the whole clip is used
MFCC, MELS, CONTRASTS = 13, 128, 7
FRAME, HOP = 2048, 512  # librosa's defaults
ZERO = 1e-10  # what librosa counts as 0, which is positive

NAMES = (
    "zero_crossing_rate",
    *(f"mfcc_{i}" for i in range(1, MFCC + 1)),
    *(f"mel_{i}" for i in range(1, MELS + 1)),
    *(f"spectral_contrast_{i}" for i in range(1, CONTRASTS + 1)),
)
_FIRST_MEL = 1 + MFCC
GROUPS = {  # the mel bands below 1 kHz, from 1 to 3.3 kHz, and above (Slaney's scale is linear below 1 kHz)
    "Zero crossings": (0,),
    "MFCC": tuple(range(1, _FIRST_MEL)),
    "Mel bands, low": tuple(range(_FIRST_MEL, _FIRST_MEL + 38)),
    "Mel bands, middle": tuple(range(_FIRST_MEL + 38, _FIRST_MEL + 83)),
    "Mel bands, high": tuple(range(_FIRST_MEL + 83, _FIRST_MEL + MELS)),
    "Spectral contrast": tuple(range(_FIRST_MEL + MELS, len(NAMES))),
}


def extract(samples: np.ndarray) -> np.ndarray:
    """``samples``: (n,) float32 at 16 kHz. Returns (149,) float32: zero-crossing rate, 13 MFCC, 128 mel powers, 7
    spectral contrasts, each the mean over time with librosa's defaults.

    The poster's clips had a band up to 11 kHz; here it ends at 8 kHz, so the highest mel bands are nearly empty. Mel
    power is raw and heavy-tailed: standardise it before a model. Resampled by soxr (HQ, librosa's default).
    """
    import librosa

    sound = librosa.resample(np.asarray(samples, np.float32), orig_sr=SAMPLE_RATE, target_sr=RATE)
    part = sound[int(START_S * RATE) : int(END_S * RATE)]
    if len(part) < MIN_S * RATE:
        part = sound
    part = np.pad(part, (0, max(0, FRAME - len(part))))  # one frame, which avoids librosa's warning about short clips
    mel = librosa.feature.melspectrogram(y=part, sr=RATE)
    frames = (
        zero_crossing_rate(part),
        librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=MFCC),  # as mfcc(y=...) does, with one spectrogram
        mel,
        librosa.feature.spectral_contrast(y=part, sr=RATE),
    )
    return np.nan_to_num(np.concatenate([values.mean(axis=1) for values in frames]).astype(np.float32))


def zero_crossing_rate(sound: np.ndarray) -> np.ndarray:
    """(1, T): share of the samples of each frame whose sign differs from that of the sample before, as
    ``librosa.feature.zero_crossing_rate`` with its defaults. Not librosa's own: it is compiled on first use, and two
    processes that compile it at once leave a cache that kills every later one (numba stores such functions in two
    files)."""
    padded = np.pad(sound, FRAME // 2, mode="edge")
    negative = np.signbit(np.where(np.abs(padded) <= ZERO, 0, padded))
    crossings = np.concatenate([[0], np.cumsum(negative[1:] != negative[:-1])])
    starts = np.arange(0, len(padded) - FRAME + 1, HOP)
    return (crossings[starts + FRAME - 1] - crossings[starts])[None] / FRAME
