"""Prediction: encode a clip once, classify it with several models."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xser_demo.audio.io import MAX_LONG_S, Clip, load
from xser_demo.audio.quality import Quality, report
from xser_demo.audio.utterances import is_long, split
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data.normalise import Moments, moments
from xser_demo.data.packs import Pack, load_cached
from xser_demo.features import FEATURES
from xser_demo.features.encoders import whisper
from xser_demo.features.encoders.registry import bigger, get
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.temperature import temperature
from xser_demo.utils.device import device
from xser_demo.utils.errors import ModelError

MIN_CONFIDENCE = 4 / 15  # of a sure prediction: 45 percent for four classes; below, the page says "not sure"
SILENCE_SAID_S = 0.5  # less silence is cut without a word


@dataclass(frozen=True)
class EncodedClip:
    """A clip with its Whisper frames. For a stored utterance of a pack, ``clip`` and ``quality`` are None."""

    name: str
    duration_s: float
    frames: np.ndarray  # (T, 512) at 10 Hz
    speech: np.ndarray  # (T,) bool: False where silence was cut, at both ends and in long pauses
    clip: Clip | None = None
    quality: Quality | None = None
    stored: tuple[str, int] | None = None  # corpus and row of a stored utterance
    voice: Moments | None = None  # of several clips of the speaker; None: only this clip is known
    windows: list[Any] = field(default_factory=list, compare=False, repr=False)  # timeline.Window, once encoded
    _features: dict[str, np.ndarray] = field(default_factory=dict, compare=False, repr=False)

    @property
    def silence_s(self) -> float:
        """Seconds of silence that no model hears."""
        return max(0.0, self.duration_s - self.speech.sum() / whisper.RATE)

    def feature(self, name: str) -> tuple[Tensor, Tensor]:
        """The clip as a batch of one for models on feature ``name``: frames (N, D) and mask (1, T) with N True.

        Features other than Whisper frames are computed at the first call, or read from the corpus's pack. Frames of an
        encoder keep their position in the clip: the mask is (1, T) with silence False. ModelError if a feature is
        neither stored nor computable.
        """
        if name == "whisper":
            return torch.from_numpy(self.frames[self.speech]), torch.from_numpy(self.speech)[None]
        if name not in self._features:
            if self.clip is not None:
                self._features[name] = FEATURES[name].extract(self.clip.samples)
            elif self.stored is not None:
                key, row = self.stored
                self._features[name] = load_cached(key, name).frames(row).numpy()
            else:
                raise ModelError(f"This clip has no {FEATURES[name].title}; record or upload it again.")
        frames = torch.from_numpy(self._features[name])
        if FEATURES[name].encoder and int(self.speech.sum()) == len(frames):
            return frames, torch.from_numpy(self.speech)[None]
        return frames, torch.ones(1, len(frames), dtype=torch.bool)


def confidence(probabilities: dict[str, float]) -> float:
    """Probability of the predicted class, rescaled from chance (0) to certainty (1). Chance depends on the number of
    classes, so ``MIN_CONFIDENCE`` is 63 percent of two, 45 of four, 39 of six."""
    return float(_above_chance(np.array([*probabilities.values()])))


def sure(probabilities: np.ndarray) -> np.ndarray:
    """(n,) bool of (n, C): whether each answer is one of which the page does not say "not sure"."""
    return _above_chance(probabilities) >= MIN_CONFIDENCE


def _above_chance(probabilities: np.ndarray) -> np.ndarray:
    chance = 1 / probabilities.shape[-1]
    return (probabilities.max(-1) - chance) / (1 - chance)


@dataclass(frozen=True)
class Prediction:
    """What one model predicts for one clip."""

    model_id: str
    emotion: str  # the most probable class
    probabilities: dict[str, float]
    attention: np.ndarray  # (heads, T) at 10 Hz, each row sums to 1; no heads for models without attention
    embedding: np.ndarray  # (E,)
    seconds: float  # computing time of the head, and of its feature unless it is the shared encoder's

    @property
    def sure(self) -> bool:
        return confidence(self.probabilities) >= MIN_CONFIDENCE


def encode_clip(clip: Clip) -> EncodedClip:
    """Encode a clip and measure its quality; the result serves any number of models."""
    encoded, heard = _encode([clip])[0]
    return replace(encoded, quality=report(clip, heard))


def encode_clips(clips: list[Clip]) -> list[EncodedClip]:
    """Encode several clips in batches, without measuring their quality."""
    return [encoded for encoded, _ in _encode(clips)]


def _encode(clips: list[Clip]) -> list[tuple[EncodedClip, list[tuple[float, float]]]]:
    """Each clip encoded, and where speech was detected in it, in seconds."""
    from xser_demo.features.encoders import frozen

    encoded = []
    for clip, found in zip(clips, frozen.speech_frames("whisper", (clip.samples for clip in clips)), strict=True):
        frames, speech = at_places(found.frames, found.places, clip.duration_s)
        encoded.append((EncodedClip(clip.name, clip.duration_s, frames, speech, clip), found.speech))
    return encoded


def at_places(found: np.ndarray, places: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Frames (k, D) at their ``places`` (k,) among all of the clip: (T, D), zeros elsewhere, and (T,) bool."""
    total = max(int(places[-1]) + 1, math.ceil(seconds * whisper.RATE))
    frames, speech = np.zeros((total, found.shape[1]), dtype=np.float32), np.zeros(total, dtype=bool)
    frames[places], speech[places] = found, True
    return frames, speech


def encode_file(path: str | Path) -> EncodedClip:
    """``encode_clip`` of a sound file. AudioError if it cannot be decoded."""
    return encode_clip(load(path))


def encode_parts(source: str | Path | bytes) -> Iterator[tuple[float | None, EncodedClip]]:
    """``encode_clip`` of a sound file, or of each utterance of one that is longer than a clip, up to ``MAX_LONG_S``.

    Yields (start in seconds, encoded clip); the start is None where the clip is the whole file. AudioError as in
    ``io.load`` and ``utterances.cut``.
    """
    clip = load(source, max_seconds=MAX_LONG_S)
    for start_s, part in split(clip):
        yield start_s if is_long(clip) else None, encode_clip(part)


def from_pack(pack: Pack, row: int) -> EncodedClip:
    """A stored utterance of a corpus: features only, at their position in the original clip."""
    utterance = pack.utterances[row]
    stored, places = pack.frames(row).numpy(), pack.places_of(row)
    seconds = utterance.duration_s or (int(places[-1]) + 1) / whisper.RATE
    frames, speech = at_places(stored, places, seconds)
    return EncodedClip(utterance.path, seconds, frames, speech, stored=(pack.key, row))


def predict(loaded: Loaded, encoded: EncodedClip, domain: int = TARGET) -> Prediction:
    """Classify a clip, at the temperature of the model's card. ``domain``: whose statistics standardise the frames, by
    default the target's; a source-only model has the source's for both. ModelError if the clip lacks the model's
    feature or was encoded with other weights."""
    started = time.perf_counter()
    _check_encoder(loaded, encoded)
    frames, mask = encoded.feature(loaded.model.recipe.feature)
    if corpus := loaded.model.inputs[domain].corpus_moments:
        frames = speaker(loaded, encoded, frames).shrunk(corpus).standardise(frames)
    output = loaded.model.predict(frames, mask, domain)
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


def speaker(loaded: Loaded, encoded: EncodedClip, frames: Tensor) -> Moments:
    """The moments of the clip's speaker, for a model that standardises each speaker: of their clips that are known, in
    a corpus those with one of the model's emotions, else of the clip alone."""
    if encoded.voice is not None:
        return encoded.voice
    if encoded.stored is not None:
        label_set = loaded.card.get("label_set") or "four"
        return _stored_speaker(*encoded.stored, loaded.model.recipe.feature, label_set, loaded.model.classes)
    return clip_moments(frames)


def clip_moments(*clips: Tensor) -> Moments:
    """The moments of the frames (T, D) of several clips of one speaker."""
    var, mean = torch.var_mean(torch.cat(clips), dim=0)
    return Moments(len(clips), mean, var.nan_to_num())


def _stored_speaker(corpus: str, row: int, feature: str, label_set: str, classes: tuple[str, ...]) -> Moments:
    pack = load_cached(corpus, feature)
    if who := pack.utterances[row].speaker:
        return _moments_of(corpus, who, feature, label_set, classes) or clip_moments(pack.frames(row))
    return clip_moments(pack.frames(row))


@lru_cache(maxsize=64)
def _moments_of(corpus: str, speaker: str, feature: str, label_set: str, classes: tuple[str, ...]) -> Moments | None:
    """Of all clips of a speaker with one of the classes; None without any."""
    pack, of = load_cached(corpus, feature), LABEL_SETS[label_set].of
    rows = [n for n, u in enumerate(pack.utterances) if u.speaker == speaker and of.get(u.emotion) in classes]
    return moments(pack, torch.tensor(rows)) if rows else None


def _check_encoder(loaded: Loaded, encoded: EncodedClip) -> None:
    """ModelError if a bigger encoder has other weights than those that the model was trained on."""
    trained_on, feature = loaded.card.get("encoder_weights_sha256"), loaded.model.recipe.feature
    if trained_on is None or bigger(feature) is None:
        return
    current: str | None
    if encoded.clip is not None:
        from xser_demo.features.encoders import frozen

        current = frozen.load(feature, device()).sha256
    elif encoded.stored is not None:
        current = load_cached(encoded.stored[0], feature).card.get("weights_sha256")
    else:
        return
    if current != trained_on:
        raise ModelError(
            f"This model was trained with other weights of {get(feature).title} than the installed ones (the checksum "
            "on its card differs), so it cannot classify this clip."
        )


def describe(encoded: EncodedClip, predictions: list[tuple[Prediction, dict[str, Any]]]) -> dict[str, Any]:
    """One clip and the predictions of models, each with its card, as plain JSON values."""
    return {
        "file": encoded.name,
        "duration_s": round(encoded.duration_s, 3),
        "silence_s": round(encoded.silence_s, 1),
        "quality": encoded.quality.as_dict() if encoded.quality else None,
        "models": [
            {
                "id": prediction.model_id,
                "method": card["method"],
                "source": card["source"],
                "target": card["target"],
                "emotion": prediction.emotion,
                "probabilities": {name: round(value, 4) for name, value in prediction.probabilities.items()},
                "attention": {"hz": whisper.RATE, "heads": prediction.attention.astype(float).round(5).tolist()},
                "seconds": round(prediction.seconds, 4),
            }
            for prediction, card in predictions
        ],
    }
