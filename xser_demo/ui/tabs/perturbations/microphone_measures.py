"""Differences between two takes of one sentence, without and with the browser's processing, in numbers and words."""

from dataclasses import dataclass, field
from html import escape

import numpy as np

from xser_demo.inference import predict
from xser_demo.inference.predict import EncodedClip, Prediction
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import naming
from xser_demo.utils.errors import AudioError
from xser_demo.utils.settings import SAMPLE_RATE
from xser_demo.utils.words import listed, upper

FRAME = SAMPLE_RATE // 50  # 20 ms
PAUSE_DB = 50.0  # frames this far below the loudest are pauses
NAMES = {"a": "A, as it is", "b": "B, as browsers do it"}


@dataclass(frozen=True)
class Measure:
    """A property of the sound that processing changes. Differences below ``threshold`` are not mentioned."""

    title: str
    unit: str
    digits: int
    threshold: float
    more: str
    less: str


MEASURES = {
    "level": Measure("Level of the voice", "dBFS", 0, 2, "{} dB louder", "{} dB quieter"),
    "noise": Measure("Background", "dBFS", 0, 3, "its background {} dB higher", "its background {} dB lower"),
    "spread": Measure(
        "Loud over quiet moments",
        "dB",
        0,
        2,
        "its loud and quiet moments {} dB further apart",
        "its loud and quiet moments {} dB closer",
    ),
    "band": Measure("Bandwidth", "kHz", 1, 0.5, "its band {} kHz wider", "its band {} kHz narrower"),
}


@dataclass(frozen=True)
class Takes:
    """One visitor's two takes; lives in ``gr.State``."""

    clips: dict[str, EncodedClip] = field(default_factory=dict)  # by "a" and "b"

    def with_take(self, side: str, clip: EncodedClip | None) -> "Takes":
        """A copy with one take replaced, or removed (None)."""
        others = {one: take for one, take in self.clips.items() if one != side}
        return Takes(others if clip is None else others | {side: clip})

    @property
    def both(self) -> list[EncodedClip]:
        """A and B; empty until both are there."""
        return [self.clips[side] for side in NAMES] if len(self.clips) == len(NAMES) else []


def encode(path: str) -> EncodedClip:
    """One take. AudioError without speech, where there is nothing to compare."""
    clip = predict.encode_file(path)
    if clip.quality.speech_s <= 0:
        raise AudioError("No speech was found in this take; say a whole sentence, closer to the microphone.")
    return clip


def values(clip: EncodedClip) -> dict[str, float]:
    """Each measure of a take with sound."""
    quality = clip.quality
    return {
        "level": quality.level_dbfs,
        "noise": quality.noise_dbfs,
        "spread": spread(clip.clip.samples),
        "band": quality.band_hz / 1000,
    }


def spread(samples: np.ndarray) -> float:
    """dB between the 90th and the 30th percentile of the 20 ms levels without pauses; gain control reduces it."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    levels = 10 * np.log10(np.maximum((frames**2).mean(axis=1), 1e-12))
    loud = levels[levels > levels.max() - PAUSE_DB]
    high, low = np.percentile(loud, [90, 30])
    return float(high - low)


def table(takes: Takes, models: list[Loaded]) -> str:
    """The measures and predictions of both takes side by side, as HTML."""
    measured = {side: values(clip) for side, clip in takes.clips.items()}
    rows = []
    for key, one in MEASURES.items():
        cells = [f"{measured[side][key]:.{one.digits}f} {one.unit}" if side in measured else "" for side in NAMES]
        change = f"{measured['b'][key] - measured['a'][key]:+.{one.digits}f}" if len(measured) == 2 else ""
        rows.append((one.title, *(_minus(cell) for cell in cells), _minus(change)))
    for model in models:
        predictions = {side: predict.predict(model, clip) for side, clip in takes.clips.items()}
        cells = [_prediction(model.card, predictions[side]) if side in predictions else "" for side in NAMES]
        change = ""
        if takes.both:
            change = "same" if predictions["a"].emotion == predictions["b"].emotion else "different"
        rows.append((escape(upper(naming.short_name(model.card))), *cells, change))
    head = "".join(f"<th scope='col'>{cell}</th>" for cell in ("", *NAMES.values(), "Change"))
    body = "".join(
        f"<tr><th scope='row'>{row[0]}</th>{''.join(f'<td>{cell}</td>' for cell in row[1:])}</tr>" for row in rows
    )
    return (
        "<div class='x-table x-ab' tabindex='0' role='region' aria-label='Both takes'>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def sentence(takes: Takes, models: list[Loaded]) -> str:
    """What the processing changed, with a caveat; or which take is missing."""
    if not takes.clips:
        return ""
    if not takes.both:
        missing = next(name for side, name in NAMES.items() if side not in takes.clips)
        return f"Now say the same sentence once more for {missing}."
    first, second = (values(clip) for clip in takes.both)
    changes = []
    for key, one in MEASURES.items():
        change = second[key] - first[key]
        if abs(change) >= one.threshold:
            changes.append((one.more if change > 0 else one.less).format(f"{abs(change):.{one.digits}f}"))
    if not changes:
        sound = "Level, background and band hardly differ."
    else:
        louder = abs(second["level"] - first["level"]) >= MEASURES["level"].threshold
        sound = f"In B the voice is {listed(changes if louder else ['about as loud', *changes])}."
    return f"{sound} {_predictions(takes, models)} You spoke twice, so part of any difference is you: repeat it."


def _predictions(takes: Takes, models: list[Loaded]) -> str:
    cards = [model.card for model in models]
    changed = []
    for model, name in zip(models, naming.in_sentence(cards), strict=True):
        a, b = (predict.predict(model, clip).emotion for clip in takes.both)
        if a != b:
            changed.append(f"{name} says {naming.word(model.card, b)} instead of {naming.word(model.card, a)}")
    if not changed:
        return "The models answer the same." if len(models) > 1 else "The model answers the same." if models else ""
    return upper(listed(changed)) + "."


def _prediction(card: dict, prediction: Prediction) -> str:
    share = prediction.probabilities[prediction.emotion]
    unsure = "" if prediction.sure else ", not sure"
    return f"{escape(naming.word(card, prediction.emotion))} {100 * share:.0f}%{unsure}"


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")
