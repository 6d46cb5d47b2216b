"""WavLM, HuBERT and wav2vec 2.0 (XLS-R) as frozen encoders: torchaudio's networks with the weights of its pipelines.

The pipelines would download and unpickle by themselves, so only their networks are used.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from xser_demo.features.encoders.registry import Encoder
from xser_demo.utils.errors import ModelError

MIN_SAMPLES = 400  # 25 ms: the convolutions need them for one frame
LAYERS = "encoder.transformer.layers."


class SpeechBlocks(nn.Module):
    """A ``Wav2Vec2Model`` of torchaudio, cut after its last used block; returns the mean of hidden states from
    ``first``.

    Windows are processed one at a time. In a padded batch the results differ: the first convolution's group norm
    averages over the padding, waveforms are normalised together, and torchaudio's WavLM accepts no mask.
    """

    def __init__(self, model: nn.Module, blocks: tuple[int, int], normalise: bool):
        super().__init__()
        self.first, last = blocks
        self.normalise = normalise
        model.encoder.transformer.layers = model.encoder.transformer.layers[:last]
        self.model = model

    def hidden(self, windows: list[np.ndarray]) -> list[Tensor]:
        """(n,) samples at 16 kHz each -> (T, dim) float32 at 50 Hz each, T = (n - 400) // 320 + 1."""
        return [self._one(torch.from_numpy(window)) for window in windows]

    def _one(self, samples: Tensor) -> Tensor:
        wave = nn.functional.pad(samples, (0, max(0, MIN_SAMPLES - len(samples))))
        wave = wave.to(next(self.model.parameters()).device)
        if self.normalise:
            wave = nn.functional.layer_norm(wave, wave.shape)
        states, _ = self.model.extract_features(wave[None])
        return torch.stack(states[self.first - 1 :]).float().mean(0)[0].cpu()


def load(encoder: Encoder, state: Mapping[str, Tensor]) -> SpeechBlocks:
    """The network with these weights. ModelError when one is missing, unknown or of another shape."""
    from xser_demo.features.torchaudio_cpu import models

    network = SpeechBlocks(getattr(models, encoder.network)(), encoder.blocks, encoder.normalise)
    unused = tuple(f"{LAYERS}{number}." for number in range(encoder.blocks[1], encoder.total_blocks))
    used = {name: value for name, value in state.items() if not name.startswith(unused)}
    try:
        network.model.load_state_dict(used)
    except (RuntimeError, KeyError) as error:
        *_, last = str(error).strip().splitlines()
        raise ModelError(f"The weights of {encoder.title} do not fit its network ({last.strip()}).") from error
    return network
