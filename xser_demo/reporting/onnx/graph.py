"""The computation that an ONNX file holds: from the sound of one clip to a model's answer.

The same steps as ``inference.predict`` on a clip of a speaker of whom nothing else is known, in operations that every
ONNX runtime has: no complex numbers, no shapes that depend on values.
"""

import math
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from xser_demo.data.normalise import Moments
from xser_demo.features import mel
from xser_demo.features.encoders import whisper
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.heads.attention import HEADS
from xser_demo.networks.temperature import temperature

HIDDEN_RATE = 50  # Hz, of the encoder's states


class LogMel(nn.Module):
    """``mel.log_mel`` with the Fourier transform as a convolution: samples (n,) -> (1, 80, n / 160)."""

    waves: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        window, filters = mel.window_and_filters()
        places = torch.arange(mel.N_FFT, dtype=torch.float64)
        angle = 2 * math.pi / mel.N_FFT * torch.outer(places[: mel.N_FFT // 2 + 1], places)
        self.register_buffer("waves", (torch.cat([angle.cos(), angle.sin()]) * window).float()[:, None])
        self.register_buffer("filters", filters.T[..., None].contiguous())

    def forward(self, samples: Tensor) -> Tensor:
        padded = F.pad(samples[None, None], (mel.N_FFT // 2, mel.N_FFT // 2), mode="reflect")
        cosines, sines = F.conv1d(padded, self.waves, stride=mel.HOP)[..., :-1].chunk(2, dim=1)
        return mel.scaled(F.conv1d(cosines.square() + sines.square(), self.filters))


class Standardise(nn.Module):
    """The frames (T, D) of a clip, standardised by its own moments where the model expects each speaker to be."""

    def __init__(self, corpus: Moments | None) -> None:
        super().__init__()
        self.corpus = corpus

    def forward(self, frames: Tensor, inside: Tensor) -> Tensor:
        if self.corpus is None:
            return frames
        weight, count = inside.float()[:, None], inside.float().sum()
        mean = (weight * frames).sum(0) / count
        var = (weight * (frames - mean).square()).sum(0) / (count - 1).clamp(min=1)
        return Moments(1, mean, var).shrunk(self.corpus).standardise(frames)


class Head(nn.Module):
    """The attention head on one clip: frames (T, D) and ``inside`` (T,) -> logits (1, C), embedding (1, E), attention
    (heads, T), which is 0 outside."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.head, self.memory = model.head, model.memory
        weight, bias = model.inputs[TARGET].fold_into(model.head.value.weight, model.head.value.bias)
        self.value = nn.Linear(weight.shape[1], weight.shape[0])
        self.value.load_state_dict({"weight": weight, "bias": bias})

    def forward(self, frames: Tensor, inside: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        value = F.gelu(self.value(frames))
        attention = self.head.query(value).masked_fill(~inside[:, None], -torch.inf).softmax(0)
        value, weights = value.view(-1, HEADS, value.shape[1] // HEADS), attention[..., None]
        mean = (weights * value).sum(0)
        deviation = ((weights * (value - mean).square()).sum(0) + 1e-6).sqrt()
        embedding = self.head.norm(self.head.project(torch.cat([mean, deviation], -1).view(1, -1)), TARGET)
        logits = self.memory.vote(embedding) if self.memory is not None else self.head.classify(F.gelu(embedding))
        return logits, embedding, attention.T


class ClipGraph(nn.Module):
    """``samples`` (1600 T,) float32 at 16 kHz and ``inside`` (T,) bool as ``silence.cut`` returns them ->
    ``probabilities`` (C,), ``embedding`` (E,) and ``attention`` (heads, T) at 10 Hz, 0 outside.

    T is at most 150, 15 s: the product would cut a longer clip at its pauses first.
    """

    def __init__(self, loaded: Loaded) -> None:
        super().__init__()
        model = deepcopy(loaded.model).cpu()
        self.log_mel, self.encoder = LogMel(), deepcopy(whisper.blocks())
        self.encoder.positions = self.encoder.positions[: round(whisper.WINDOW_S * HIDDEN_RATE)].clone()
        self.standardise, self.head = Standardise(model.inputs[TARGET].corpus_moments), Head(model)
        self.temperature = temperature(loaded.card)
        self.eval().requires_grad_(False)

    def forward(self, samples: Tensor, inside: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        states = self.encoder.states(self.log_mel(samples))
        frames = states.view(-1, whisper.POOL, whisper.DIM).mean(1)
        logits, embedding, attention = self.head(self.standardise(frames, inside), inside)
        return (logits / self.temperature).softmax(1)[0], embedding[0], attention
