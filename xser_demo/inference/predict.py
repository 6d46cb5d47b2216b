"""One clip in, answers of several models out."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xser_demo.audio.io import Clip, load
from xser_demo.audio.quality import Quality, report
from xser_demo.audio.trim import span
from xser_demo.data.packs import Pack, load_cached
from xser_demo.features import FEATURES
from xser_demo.features.encoders import whisper
from xser_demo.features.encoders.registry import bigger, get
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.temperature import temperature
from xser_demo.utils.errors import ModelError

SURE = 4 / 15  # of the way from chance to certainty: below 45 percent of four classes the page says "not sure"


@dataclass(frozen=True)
class EncodedClip:
    """What the encoder made of a clip. From a pack there is no audio: ``clip`` and ``quality`` are None."""

    name: str
    duration_s: float
    frames: np.ndarray  # (T, 512) at 10 Hz
    speech: np.ndarray  # (T,) bool; the silence before and after is not listened to
    clip: Clip | None = None
    quality: Quality | None = None
    stored: tuple[str, int] | None = None  # corpus and row of a stored utterance
    windows: list[Any] = field(
        default_factory=list, compare=False, repr=False
    )  # once timeline.unfold was asked for them
    _made: dict[str, np.ndarray] = field(default_factory=dict, compare=False, repr=False)

    def feature(self, name: str) -> tuple[Tensor, Tensor]:
        """The clip as a batch of one, frames (N, D) and mask (1, T) with N True, for models that listen to ``name``.

        Others than the shipped encoder's frames are computed when they are first asked for, or come from the corpus's
        pack. Frames of an encoder keep their place: the mask is (1, silence before + N).
        """
        if name == "whisper":
            return torch.from_numpy(self.frames[self.speech]), torch.from_numpy(self.speech)[None]
        if name not in self._made:
            if self.clip is not None:
                self._made[name] = FEATURES[name].extract(self.clip.samples)
            elif self.stored is not None:
                key, row = self.stored
                self._made[name] = load_cached(key, name).frames(row).numpy()
            else:
                raise ModelError(f"This clip has no {FEATURES[name].title}; record or upload it again.")
        frames = torch.from_numpy(self._made[name])
        lead = int(self.speech.argmax()) if FEATURES[name].encoder else 0
        return frames, torch.arange(lead + len(frames))[None] >= lead


def confidence(probabilities: dict[str, float]) -> float:
    """How far the likeliest class is on the way from chance (0) to certainty (1). Chance is higher the fewer the
    classes are, so ``SURE`` is 63 percent of two, 45 of four, 39 of six."""
    chance = 1 / len(probabilities)
    return (max(probabilities.values()) - chance) / (1 - chance)


@dataclass(frozen=True)
class Prediction:
    model_id: str
    emotion: str  # the likeliest class
    probabilities: dict[str, float]
    attention: np.ndarray  # (heads, T) at 10 Hz, each row sums to 1; no heads where a model weighs no moments
    embedding: np.ndarray  # (E,)
    seconds: float  # of the head, and of its feature where that is not the encoder's, which runs once for all

    @property
    def sure(self) -> bool:
        return confidence(self.probabilities) >= SURE


def encode_clip(clip: Clip) -> EncodedClip:
    """Measure and encode a clip once, for any number of models."""
    quality = report(clip)
    return replace(encode_clips([clip])[0], quality=quality)


def encode_clips(clips: list[Clip]) -> list[EncodedClip]:
    """Several clips at once, not measured."""
    found = []
    for clip, frames in zip(clips, whisper.encode_all(clip.samples for clip in clips), strict=True):
        first, last = span(clip.samples, len(frames))
        speech = np.zeros(len(frames), dtype=bool)
        speech[first:last] = True
        found.append(EncodedClip(clip.name, clip.duration_s, frames, speech, clip))
    return found


def encode_file(path: str | Path) -> EncodedClip:
    return encode_clip(load(path))


def from_pack(pack: Pack, row: int) -> EncodedClip:
    """A real corpus utterance as it is stored: features only, at their place in the original clip."""
    utterance = pack.utterances[row]
    stored, lead = pack.frames(row).numpy(), int(pack.lead[row])
    seconds = utterance.duration_s or (lead + len(stored)) / whisper.RATE
    total = max(lead + len(stored), round(seconds * whisper.RATE))
    frames = np.zeros((total, pack.dim), dtype=np.float32)
    speech = np.zeros(total, dtype=bool)
    frames[lead : lead + len(stored)] = stored
    speech[lead : lead + len(stored)] = True
    return EncodedClip(utterance.path, seconds, frames, speech, stored=(pack.key, row))


def predict(loaded: Loaded, heard: EncodedClip, domain: int = TARGET) -> Prediction:
    """What a model says, at the temperature of its card. ``domain`` chooses whose statistics standardise the frames:
    by default the target's, since that is whom the model was made for; a source-only model has the source's in both
    places."""
    started = time.perf_counter()
    _same_encoder(loaded, heard)
    output = loaded.model.predict(*heard.feature(loaded.model.recipe.feature), domain)
    probabilities = (output.logits / temperature(loaded.card)).softmax(1)[0].tolist()
    named = dict(zip(loaded.model.classes, probabilities, strict=True))
    return Prediction(
        model_id=loaded.id,
        emotion=max(named, key=named.__getitem__),
        probabilities=named,
        attention=output.attention[0].numpy(),
        embedding=output.embedding[0].numpy(),
        seconds=time.perf_counter() - started,
    )


def _same_encoder(loaded: Loaded, heard: EncodedClip) -> None:
    """ModelError when a bigger encoder has other weights than those that the model has learnt to listen to."""
    learnt, feature = loaded.card.get("encoder_weights_sha256"), loaded.model.recipe.feature
    if learnt is None or bigger(feature) is None:
        return
    here: str | None
    if heard.clip is not None:
        from xser_demo.features.encoders import frozen

        here = frozen.load(feature, frozen.device()).sha256
    elif heard.stored is not None:
        here = load_cached(heard.stored[0], feature).card.get("weights_sha256")
    else:
        return
    if here != learnt:
        raise ModelError(
            f"This model learnt with other weights of {get(feature).title} than those that are here (the checksum on "
            "its card differs), so it cannot hear this clip."
        )


def describe(heard: EncodedClip, answers: list[tuple[Prediction, dict[str, Any]]]) -> dict[str, Any]:
    """One clip and what the models say, with their cards, as plain JSON values."""
    return {
        "file": heard.name,
        "duration_s": round(heard.duration_s, 3),
        "quality": heard.quality.as_dict() if heard.quality else None,
        "models": [
            {
                "id": one.model_id,
                "method": card["method"],
                "source": card["source"],
                "target": card["target"],
                "emotion": one.emotion,
                "probabilities": {name: round(share, 4) for name, share in one.probabilities.items()},
                "attention": {"hz": whisper.RATE, "heads": one.attention.round(5).tolist()},
                "seconds": round(one.seconds, 4),
            }
            for one, card in answers
        ],
    }
