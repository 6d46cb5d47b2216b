"""Calibration to a speaker: a visitor's clips update the statistics by which a model standardises its input.

A clip is the (T, 512) encoder frames of its speech, as from ``EncodedClip.feature("whisper")`` or ``Pack.frames``.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from xser_demo.audio.io import load
from xser_demo.audio.utterances import MAX_CLIP_S, cut
from xser_demo.data.domains import MIN_FRAMES, MIN_TARGET_CLIPS
from xser_demo.data.normalise import PRIOR_CLIPS, Moments
from xser_demo.inference import predict
from xser_demo.inference.predict import EncodedClip, clip_moments
from xser_demo.networks.classifier import COMMON, Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.utils.errors import AudioError, SettingsError
from xser_demo.utils.progress import Step

MAX_SHARE = 0.75  # of clips with the same prediction before ``one_sided`` warns
ADAPTATION_CLIPS = 20  # for a full adaptation; on AESDD it reached 71 UAR with 20 clips, calibration 68

MAX_RECORDING_S = 600.0  # that ``read_recording`` accepts
BATCH = 8  # utterances encoded between two progress messages


@dataclass(frozen=True)
class VoiceClip:
    """One utterance of a visitor. ``mood``: the emotion that they meant, "" if not given."""

    encoded: EncodedClip
    mood: str = ""

    @property
    def frames(self) -> Tensor:
        """(T, 512) encoder frames of the speech."""
        return self.encoded.feature("whisper")[0]


def read_recording(path: str | Path, mood: str = "") -> Iterator[Step | list[VoiceClip]]:
    """Load, cut and encode a recording of at most ten minutes. Yields progress, and finally its utterances.

    A recording of at most 12 s is one utterance with label ``mood``. A longer one is cut at its pauses and its parts
    are unlabelled. AudioError if the file cannot be read or holds no speech.
    """
    clip = load(path, max_seconds=MAX_RECORDING_S)
    if clip.duration_s <= MAX_CLIP_S:
        utterance = VoiceClip(predict.encode_clip(clip), mood)
        if len(utterance.frames) < MIN_FRAMES:
            raise AudioError("No speech was found; say a whole sentence, closer to the microphone.")
        yield [utterance]
        return
    yield Step("Looking for pauses.")
    parts = [
        replace(clip, samples=clip.samples[start:end], name=f"part {n}", clipped=None)
        for n, (start, end) in enumerate(cut(clip.samples), start=1)
    ]
    utterances: list[VoiceClip] = []
    for first in range(0, len(parts), BATCH):
        yield Step(f"Encoding sentence {first + 1} of {len(parts)}.", first / len(parts))
        utterances += [VoiceClip(encoded) for encoded in predict.encode_clips(parts[first : first + BATCH])]
    utterances = [utterance for utterance in utterances if len(utterance.frames) >= MIN_FRAMES]
    if not utterances:
        raise AudioError("No speech was found; say whole sentences, closer to the microphone.")
    yield utterances


def calibrate(model: Model, clips: Sequence[Tensor]) -> Model:
    """A copy of the model whose target frames are standardised for this speaker; no weight changes, no label is used.

        mean <- (1 - w) mean_model + w mean_voice,  var <- (1 - w) var_model + w var_voice,  w = n / (n + n0)

    per dimension, for n clips (T, 512), with the voice's mean and variance over all their frames. The variance leaves
    out the distance between the two means, since that is the shift to remove. n counts clips, not frames, because the
    frames of a clip share its sentence and emotion. SettingsError for too few clips or another kind of model.

    n0 is ``normalise.PRIOR_CLIPS``, and ours. As an estimate of a mean alone it should be 2 to 8 (variance of a
    speaker's clip means over that of speakers around their corpus: 3.3 in RAVDESS, 2.3 in AESDD), and less for a model
    of another corpus. It is 8 to limit the damage of clips of one emotion: on AESDD, on which it was chosen, eight
    varied clips gain as much with 8 as with 2 (63.0 to 65.4 and 64.8 UAR), and eight angry ones cost about half as much
    (recall of anger 74 to 56, with 2 to 41); with the first front end.
    """
    check(model)
    return fixed(model, clip_moments(*usable_clips(clips)))


def fixed(model: Model, voice: Moments, prior_clips: float = PRIOR_CLIPS) -> Model:
    """A copy of the model for one speaker with these moments, which are shrunk towards the corpus's."""
    model = deepcopy(model)
    target = model.inputs[TARGET]
    if corpus := target.corpus_moments:
        target.fix_speaker(voice.shrunk(corpus, prior_clips))
    else:
        voice = voice.shrunk(target.moments, prior_clips)
        target.set(voice.mean, voice.var.sqrt())
    return model


def check(model: Model) -> None:
    """SettingsError for a model other than the attention head on encoder frames."""
    if (model.recipe.feature, model.recipe.head) != (COMMON.feature, COMMON.head):
        raise SettingsError(
            "Only models on the encoder's frames can be calibrated to a voice; choose one that belongs to none of the "
            "five systems."
        )


def usable_clips(clips: Sequence[Tensor]) -> list[Tensor]:
    """The clips with speech. SettingsError if they are too few for ``calibrate``."""
    usable = [clip for clip in clips if len(clip) >= MIN_FRAMES]
    missing = MIN_TARGET_CLIPS - len(usable)
    if missing > 0:
        raise SettingsError(
            f"At least {MIN_TARGET_CLIPS} clips are needed to calibrate to a voice, and there are {len(usable)}; "
            f"record {missing} more, in different moods."
        )
    return usable


def answers(model: Model, clips: Sequence[Tensor]) -> list[str]:
    """The predicted class of each clip, as clips of the target."""
    return [model.classes[index] for index in forward(model, clips)[0].argmax(1).tolist()]


def one_sided(answers: Sequence[str]) -> str:
    """A warning if at least three quarters of the clips get the same prediction, else "". ``answers``: predictions
    *before* calibration; after it, predictions are varied for any clips.

    The predictions of an unadapted model are one-sided by themselves, so this errs both ways: eight clips of one
    emotion cause a warning in 56 percent of the cases in EmoDB and in 53 in EMOVO, eight varied clips in none
    (``ravdess-source``).
    """
    mood, count = Counter(answers).most_common(1)[0] if answers else ("", -1)
    if count < MAX_SHARE * len(answers):
        return ""
    return (
        f"{count} of {len(answers)} clips are classified as {mood}. If they were all meant so, calibration takes that "
        "mood for your ordinary voice and hides it; add clips in other moods first."
    )


def forward(model: Model, clips: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Logits (n, C) and embeddings (n, E) of clips of the target, each (T, 512). A model that standardises speakers
    knows nothing of a voice but the clip."""
    if corpus := model.inputs[TARGET].corpus_moments:
        clips = [clip_moments(clip).shrunk(corpus).standardise(clip) for clip in clips]
    lengths = torch.tensor([len(clip) for clip in clips])
    mask = torch.arange(int(lengths.max())) < lengths[:, None]
    output = model.predict(torch.cat(list(clips)), mask, TARGET)
    return output.logits, output.embedding
