"""WavLM, HuBERT and wav2vec 2.0 (XLS-R) as frozen encoders: torchaudio's networks with the files of its pipelines.

The pipelines themselves would download and unpickle on their own, so only their networks are used.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from xser_demo.features.encoders.registry import Encoder
from xser_demo.utils.errors import ModelError

SHORTEST = 400  # samples, 25 ms: what the convolutions need for one frame
LAYERS = "encoder.transformer.layers."


class SpeechBlocks(nn.Module):
    """One of torchaudio's ``Wav2Vec2Model``, cut behind its last used block; the mean of hidden states from ``first``.

    Windows are heard one at a time. In a padded batch other answers came: the first convolution's group norm averages
    over the padding, waveforms are normalised all at once, and torchaudio's WavLM takes no mask at all.
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
        wave = nn.functional.pad(samples, (0, max(0, SHORTEST - len(samples))))
        wave = wave.to(next(self.model.parameters()).device)
        if self.normalise:
            wave = nn.functional.layer_norm(wave, wave.shape)
        states, _ = self.model.extract_features(wave[None])
        return torch.stack(states[self.first - 1 :]).float().mean(0)[0].cpu()


def load(encoder: Encoder, state: Mapping[str, Tensor]) -> SpeechBlocks:
    """The network with these weights, all or nothing. ModelError when they do not fit."""
    from xser_demo.features.torchaudio_cpu import models

    network = SpeechBlocks(getattr(models, encoder.network)(), encoder.blocks, encoder.normalise)
    behind = tuple(f"{LAYERS}{number}." for number in range(encoder.blocks[1], encoder.of))
    used = {name: value for name, value in state.items() if not name.startswith(behind)}
    try:
        network.model.load_state_dict(used)
    except (RuntimeError, KeyError) as error:
        *_, last = str(error).strip().splitlines()
        raise ModelError(f"The weights of {encoder.title} do not fit its network ({last.strip()}).") from error
    return network
