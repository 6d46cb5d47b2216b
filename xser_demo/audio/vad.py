"""Voice activity detection: the network of silero-vad on all windows of a clip at once.

silero-vad processes a clip window by window, 94 small steps for 3 s, which takes longer than encoding the clip. Only
its recurrent layer needs the window before; the other layers process all windows as one batch, ten times faster. The
recurrent layer runs as torch's LSTM, which keeps no state of a clip, so several clips can be processed in parallel.
"""

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from xser_demo.utils.errors import AudioError
from xser_demo.utils.settings import SAMPLE_RATE

_threads = torch.get_num_threads()
from silero_vad import load_silero_vad  # noqa: E402
from silero_vad.utils_vad import get_speech_timestamps_from_probs  # noqa: E402

torch.set_num_threads(_threads)  # importing silero-vad sets it to 1, which halves the encoder's speed

WINDOW, CONTEXT = 512, 64  # samples; the context is the end of the window before
BATCH = 1024  # windows, 33 s; bounds the memory for long recordings


def speech_segments(samples: np.ndarray) -> list[tuple[float, float]]:
    """Speech segments as (start, end) in seconds, for (n,) float samples at 16 kHz.

    AudioError for empty or invalid samples, for which the detector would find no speech.
    """
    samples = np.array(samples, dtype=np.float32)  # a copy: torch must not share the caller's array
    if samples.ndim != 1 or not samples.size:
        raise AudioError("There is no sound to look for speech in; record again.")
    if not np.isfinite(samples).all():
        raise AudioError("Some samples are not numbers (NaN or Inf); export the sound again as 16-bit WAV.")
    segments = get_speech_timestamps_from_probs(
        probabilities(torch.from_numpy(samples)).tolist(), sampling_rate=SAMPLE_RATE, audio_length_samples=len(samples)
    )
    return [(one["start"] / SAMPLE_RATE, one["end"] / SAMPLE_RATE) for one in segments]


@torch.inference_mode()
def probabilities(samples: Tensor) -> Tensor:
    """Samples (n,) at 16 kHz -> speech probability of each window of 32 ms, (ceil(n / 512),)."""
    net, recurrent = _networks()
    count = -(-len(samples) // WINDOW)
    padded = nn.functional.pad(samples, (CONTEXT, count * WINDOW - len(samples)))
    windows = padded.unfold(0, CONTEXT + WINDOW, WINDOW)  # (count, 576)
    encoded = torch.cat(
        [net.encoder(net.run_extractors(batch)).squeeze(-1) for batch in windows.split(BATCH)]
    )  # (count, 128)
    states, _ = recurrent(encoded)
    return net.decoder.decoder(states[..., None]).flatten()


@cache
def _networks() -> tuple[torch.jit.ScriptModule, nn.LSTM]:
    """silero-vad's network for 16 kHz, and its recurrent cell as an LSTM layer for whole sequences."""
    net = load_silero_vad()._model
    cell = dict(net.decoder.rnn.named_parameters())
    recurrent = nn.LSTM(cell["weight_ih"].shape[1], cell["weight_hh"].shape[1])
    recurrent.load_state_dict({f"{name}_l0": value for name, value in cell.items()})
    return net, recurrent.eval().requires_grad_(False)
