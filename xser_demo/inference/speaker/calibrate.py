"""One voice as the target domain: a visitor's clips re-set what a model standardises by. Knows nothing of Gradio.

A clip is (T, 512) encoder frames of its speech, as ``Heard.feature("whisper")`` or ``Pack.frames`` give them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from xser_demo.audio import quality, vad
from xser_demo.audio.io import SLACK_S, Clip, load, windows
from xser_demo.data.domains import FEWEST_FRAMES, MIN_TARGET_CLIPS
from xser_demo.inference import predict
from xser_demo.inference.predict import EncodedClip
from xser_demo.networks.classifier import COMMON, Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.utils.errors import AudioError, SettingsError
from xser_demo.utils.progress import Step
from xser_demo.utils.settings import SAMPLE_RATE

CARD_CLIPS = 8.0  # n0: how many clips the card's statistics count as; see ``calibrate``
ONE_SIDED = 0.75  # share of clips answered alike from which on ``one_sided`` warns
FULL = 20  # clips for a whole adaptation: with as many the recommended method reached 71 UAR on AESDD, calibrating 68

LONGEST_S = 600.0  # of a recording that ``cut`` takes
SHORTEST_CLIP_S, LONGEST_CLIP_S = 1.0, 12.0
AT_ONCE = 8  # utterances encoded before the next sign of life
EDGE_S = 0.1  # kept of the pause before and after an utterance
VAD_S = 30.0  # looked through at once: the detector serves one visitor at a time


@dataclass(frozen=True)
class VoiceClip:
    """One utterance of a visitor. ``mood``: what they say it was meant as; "" where they do not say."""

    heard: EncodedClip
    mood: str = ""

    @property
    def frames(self) -> Tensor:
        return self.heard.feature("whisper")[0]


def hear(path: str | Path, mood: str = "") -> Iterator[Step | list[VoiceClip]]:
    """Steps, at the end what was said in a recording of at most ten minutes. Up to 12 s are one utterance, meant as
    ``mood``; what is longer is cut at its pauses, and nobody knows how each part was meant. AudioError says what is
    wrong with it."""
    clip = load(path, max_seconds=LONGEST_S)
    if clip.duration_s <= LONGEST_CLIP_S:
        said = VoiceClip(predict.encode_clip(clip), mood)
        if len(said.frames) < FEWEST_FRAMES:
            raise AudioError("No speech was found; say a whole sentence, closer to the microphone.")
        yield [said]
        return
    yield Step("Looking for pauses.")
    parts = [
        Clip(clip.samples[start:end], f"part {n}", clip.source_rate, clip.source_channels)
        for n, (start, end) in enumerate(cut(clip.samples), start=1)
    ]
    found: list[VoiceClip] = []
    for first in range(0, len(parts), AT_ONCE):
        yield Step(f"Listening to sentence {first + 1} of {len(parts)}.", first / len(parts))
        found += [VoiceClip(heard) for heard in predict.encode_clips(parts[first : first + AT_ONCE])]
    spoken = [one for one in found if len(one.frames) >= FEWEST_FRAMES]
    if not spoken:
        raise AudioError("No speech was found; say whole sentences, closer to the microphone.")
    yield spoken


def calibrate(model: Model, clips: Sequence[Tensor]) -> Model:
    """A copy of the model whose target frames are standardised for this voice; no weight changes, no label is used.

        mean <- (1 - w) mean_card + w mean_voice,  var <- (1 - w) var_card + w var_voice,  w = n / (n + n0)

    per dimension, n clips, the voice's mean and variance over all their frames; a running estimate, since every further
    clip raises w. The distance between the two means is left out of the variance: it is the shift that shall go. n
    counts clips and not frames, because the frames of a clip share its sentence and mood.

    n0 is ours. As an estimate of a mean alone it should be 2 to 8 (variance of a voice's clip means over that of voices
    around their corpus: 3.3 in RAVDESS, 2.3 in AESDD), and less for a card of another corpus. It is 8 as a brake:
    on AESDD, which chose it, eight varied clips gain as much with 8 as with 2 (63.0 to 65.4 and 64.8 UAR), and eight
    angry ones cost about half as much (recall of anger 74 to 56, with 2 to 41).
    """
    check(model)
    clips = enough(clips)
    var, mean = torch.var_mean(torch.cat(clips), dim=0)
    weight = len(clips) / (len(clips) + CARD_CLIPS)
    model = deepcopy(model)
    entrance = model.inputs[TARGET]
    entrance.std = torch.lerp(entrance.std.square(), var, weight).sqrt().clamp(min=1e-6)
    entrance.mean = torch.lerp(entrance.mean, mean, weight)
    return model


def check(model: Model) -> None:
    """SettingsError for a model that does not hear the encoder's frames with the attention head."""
    if (model.recipe.feature, model.recipe.head) != (COMMON.feature, COMMON.head):
        raise SettingsError(
            "Only models that hear the encoder's frames can be calibrated to a voice; choose one that belongs to "
            "none of the five systems."
        )


def enough(clips: Sequence[Tensor]) -> list[Tensor]:
    """The clips that hold some speech. SettingsError that says how many are missing for ``calibrate``."""
    usable = [clip for clip in clips if len(clip) >= FEWEST_FRAMES]
    missing = MIN_TARGET_CLIPS - len(usable)
    if missing > 0:
        raise SettingsError(
            f"At least {MIN_TARGET_CLIPS} clips are needed to calibrate to a voice, and there are {len(usable)}; "
            f"record {missing} more, in different moods."
        )
    return usable


def answers(model: Model, clips: Sequence[Tensor]) -> list[str]:
    """The likeliest class of each clip, as the target."""
    return [model.classes[index] for index in listen(model, clips)[0].argmax(1).tolist()]


def one_sided(answers: Sequence[str]) -> str:
    """A warning when at least three quarters of the clips get the same answer, else "". ``answers``: what the model
    heard in the clips *before* calibration; after it the answers are spread out whatever was said.

    An unadapted model answers one-sidedly by itself, so this errs both ways: of eight clips of one mood 80 percent are
    warned about in EmoDB and 50 in EMOVO, of eight varied ones 1 and 18 (``ravdess-source``)."""
    mood, count = Counter(answers).most_common(1)[0] if answers else ("", -1)
    if count < ONE_SIDED * len(answers):
        return ""
    return (
        f"{count} of {len(answers)} clips are heard as {mood}. If they were all meant so, calibrating takes that "
        "mood for your ordinary voice and hides it; add clips in other moods first."
    )


def cut(samples: np.ndarray) -> list[tuple[int, int]]:
    """Utterances of one long recording, (start, end) in samples, in order, of 1 to 12 s.

    ``samples``: (n,) at 16 kHz, at most 10 minutes. Borders lie in pauses of 0.4 s or more; what is longer than 12 s
    is cut at its longest shorter pause, or where it is quietest. Speech under 1 s between two pauses is left out.
    Ten minutes take about 10 s.
    """
    if len(samples) > (LONGEST_S + SLACK_S) * SAMPLE_RATE:
        raise AudioError(f"The recording is longer than {LONGEST_S / 60:g} minutes; cut it to at most that.")
    spoken = [
        (first + round(start * SAMPLE_RATE), first + round(end * SAMPLE_RATE))
        for first, last in windows(samples, VAD_S)
        for start, end in vad.speech_segments(samples[first:last])
    ]
    groups: list[list[tuple[int, int]]] = []
    for piece in spoken:
        if groups and piece[0] - groups[-1][-1][1] < quality.PAUSE_S * SAMPLE_RATE:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    found = [part for group in groups for part in _short(samples, group)]
    found = [(start, end) for start, end in found if end - start >= SHORTEST_CLIP_S * SAMPLE_RATE]
    if not found:
        raise AudioError("No utterance of a second or more was found; speak whole sentences with pauses between them.")
    return _with_edges(found, len(samples))


def _short(samples: np.ndarray, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring pieces of speech as one part, or as several where that would be too long."""
    start, end = pieces[0][0], pieces[-1][1]
    if end - start <= (LONGEST_CLIP_S - 2 * EDGE_S) * SAMPLE_RATE:
        return [(start, end)]
    least = SHORTEST_CLIP_S * SAMPLE_RATE
    pauses = {
        border: after[0] - before[1]
        for border, (before, after) in enumerate(pairwise(pieces), start=1)
        if before[1] - start >= least and end - after[0] >= least
    }
    if not pauses:
        parts = windows(samples[start:end], LONGEST_CLIP_S - 2 * EDGE_S)
        return [(start + first, start + last) for first, last in parts]
    border = max(pauses, key=pauses.get)
    return _short(samples, pieces[:border]) + _short(samples, pieces[border:])


def _with_edges(parts: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Each part with a little of the pause around it, at most half."""
    edge = round(EDGE_S * SAMPLE_RATE)
    borders = [0, *((before[1] + after[0]) // 2 for before, after in pairwise(parts)), length]
    return [
        (max(low, start - edge), min(high, end + edge))
        for (start, end), (low, high) in zip(parts, pairwise(borders), strict=True)
    ]


def listen(model: Model, clips: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Logits (n, classes) and embeddings (n, E) of clips of the target."""
    lengths = torch.tensor([len(clip) for clip in clips])
    mask = torch.arange(int(lengths.max())) < lengths[:, None]
    output = model.predict(torch.cat(list(clips)), mask, TARGET)
    return output.logits, output.embedding
