"""Invented clips, and models whose faults are known, for tests of the audit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from xser_demo.audit.answers import Answered
from xser_demo.audit.run import Subject
from xser_demo.audit.sound import Sound, unrounded
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import FOUR

RATE = 16_000
TONES = (200.0, 400.0, 800.0, 1600.0)  # Hz, one for each emotion


def clips(speakers: int = 8, each: int = 8) -> list[Utterance]:
    """``each`` clips of each speaker and emotion, in a fixed mixed order; even speakers are women."""
    made = [
        Utterance(f"s{who}-{emotion}-{k}.wav", "emodb", "de", f"s{who}", "fm"[who % 2], emotion, "", 1.0)
        for k in range(each)
        for emotion in FOUR
        for who in range(speakers)
    ]
    return [made[n] for n in np.random.default_rng(0).permutation(len(made))]


def answered(utterances: list[Utterance], right: Callable[[Utterance], float], seed: int = 0) -> Answered:
    """Answers that are right with a probability for each clip, else any other emotion."""
    random = np.random.default_rng(seed)
    labels = np.array([FOUR.index(u.emotion) for u in utterances])
    wrong = (labels + random.integers(1, 4, len(labels))) % 4
    answers = np.where(random.random(len(labels)) < [right(u) for u in utterances], labels, wrong)
    return Answered(FOUR, utterances, labels, 0.7 * np.eye(4)[answers] + 0.075)


def sound_of(utterances: list[Utterance]) -> Sound:
    """Half a second of a tone for each clip, which tells its emotion; its features are ``bands``."""
    time = np.arange(RATE // 2) / RATE
    random = np.random.default_rng(1)
    waves = [0.3 * np.sin(2 * np.pi * (TONES[FOUR.index(u.emotion)] * time + random.random())) for u in utterances]
    return Sound(utterances, [wave.astype(np.float32) for wave in waves], bands)


def bands(samples: list[np.ndarray]) -> list[np.ndarray]:
    """(1, 5) of each clip: power at each of the tones, and between 5 and 7 kHz, in decibels below all power."""
    return [_bands(one) for one in samples]


def _bands(samples: np.ndarray) -> np.ndarray:
    power = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    parts = [power[np.abs(hertz - tone) < 40].sum() for tone in TONES] + [power[(hertz > 5000) & (hertz < 7000)].sum()]
    return 10 * np.log10(np.array([parts]) / power.sum() + 1e-12).astype(np.float32)


@dataclass(frozen=True)
class Planted:
    """Answers the emotion of the strongest tone; a ``brittle`` one answers anger where there is hiss; one that is
    ``moody`` answers otherwise when a clip is all it knows of a speaker."""

    brittle: bool = False
    moody: bool = False

    def probabilities(self, pack, rows: torch.Tensor, alone: bool = False) -> np.ndarray:
        frames = np.stack([pack.frames(row)[0].numpy() for row in rows.tolist()])
        found = frames[:, :4].argmax(1)
        if self.brittle:
            found = np.where(frames[:, 4] > -35, 0, found)
        return 0.7 * np.eye(4)[(found + 1) % 4 if alone and self.moody else found] + 0.075


def subject(model: Planted, speakers: int = 4, each: int = 4) -> Subject:
    """A planted model on invented clips, all of which are heard."""
    sound = sound_of(clips(speakers, each))
    pack = unrounded(sound.utterances, bands(sound.samples))
    rows = torch.arange(len(sound.utterances))
    labels = np.array([FOUR.index(u.emotion) for u in sound.utterances])
    return Subject(model, FOUR, pack, rows, labels, sound, tuple(rows.tolist()))
