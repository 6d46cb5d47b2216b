"""The recordings of an audit's sample, as they are and changed, as features."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import numpy as np
import torch

from xser_demo.audit.conditions import Condition, apply
from xser_demo.corpora.base import Utterance
from xser_demo.data.packs import Pack
from xser_demo.features import FEATURES, gemaps_descriptors
from xser_demo.features.encoders import frozen

HERTZ = 27.5  # zero semitones of ``gemaps_descriptors``

Features = Callable[[list[np.ndarray]], list[np.ndarray]]  # clips, (n,) samples each -> frames, (T, D) each


@dataclass(frozen=True)
class Sound:
    """``utterances`` with their ``samples``, (n,) at 16 kHz each, and what turns samples into ``features``."""

    utterances: list[Utterance]
    samples: list[np.ndarray]
    features: Features

    @cached_property
    def clean(self) -> Pack:
        """The clips as they are."""
        return self.pack(self.samples)

    def changed(self, condition: Condition, seed: int = 0) -> Pack:
        """The clips under a condition. Each clip has its own random numbers."""
        speakers = [u.speaker for u in self.utterances]
        clips = []
        for number, samples in enumerate(self.samples):
            others = [one for one, who in zip(self.samples, speakers, strict=True) if who != speakers[number]]
            clips.append(
                apply(condition, samples, crc32(f"{seed}/{condition.id}/{number}".encode()), others or self.samples)
            )
        return self.pack(clips)

    def pack(self, clips: list[np.ndarray]) -> Pack:
        """Clips of the utterances as a pack that is not rounded."""
        return unrounded(self.utterances, self.features(clips))

    def pitch(self) -> dict[str, float]:
        """The pitch of each known speaker in Hz, averaged over their clips."""
        found: dict[str, list[float]] = {}
        for utterance, samples in zip(self.utterances, self.samples, strict=True):
            frames = gemaps_descriptors.describe(samples)
            if utterance.speaker and frames.voiced.any():
                found.setdefault(utterance.speaker, []).append(
                    float(np.mean(HERTZ * 2 ** (frames.pitch[frames.voiced] / 12)))
                )
        return {speaker: float(np.mean(values)) for speaker, values in found.items()}


def features_of(name: str) -> Features:
    """What computes a feature as the page does, silence cut."""
    definition = FEATURES[name]
    if definition.encoder:
        return lambda clips: [found.frames for found in frozen.speech_frames(name, clips)]
    return lambda clips: [definition.extract(samples) for samples in clips]


def unrounded(utterances: list[Utterance], frames: list[np.ndarray]) -> Pack:
    """A pack of float frames, (T, D) of each utterance."""
    values = torch.from_numpy(np.concatenate(frames)).float()
    starts = torch.tensor([0, *np.cumsum([len(one) for one in frames])], dtype=torch.int64)
    places = torch.from_numpy(np.concatenate([np.arange(len(one)) for one in frames])).to(torch.int16)
    ones = torch.ones(values.shape[1])
    return Pack("audit", utterances, values, ones, torch.zeros_like(ones), starts, places, {})


def part(pack: Pack, rows: list[int]) -> Pack:
    """Some utterances of a pack, not rounded again."""
    return unrounded([pack.utterances[row] for row in rows], [pack.frames(row).numpy() for row in rows])
