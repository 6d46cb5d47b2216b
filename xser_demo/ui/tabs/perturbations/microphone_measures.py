"""Two takes of one sentence, as it is and as browsers do it: what differs, in numbers and in words. Knows nothing of
Gradio."""

from dataclasses import dataclass, field
from html import escape

import numpy as np

from xser_demo.inference import predict
from xser_demo.inference.predict import EncodedClip, Prediction
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import naming
from xser_demo.utils.errors import AudioError
from xser_demo.utils.settings import SAMPLE_RATE

FRAME = SAMPLE_RATE // 50  # 20 ms
QUIET_DB = 50.0  # frames this far below the loudest are pauses
NAMES = {"a": "A, as it is", "b": "B, as browsers do it"}


@dataclass(frozen=True)
class Measure:
    """Something that processing changes. A difference below ``counts`` is not worth a word."""

    title: str
    unit: str
    digits: int
    counts: float
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
    "band": Measure("Heard up to", "kHz", 1, 0.5, "its band {} kHz wider", "its band {} kHz narrower"),
}


@dataclass(frozen=True)
class Takes:
    """One visitor's two takes; lives in ``gr.State``."""

    heard: dict[str, EncodedClip] = field(default_factory=dict)  # by "a" and "b"

    def with_take(self, side: str, heard: EncodedClip | None) -> "Takes":
        """Another take in place of one; None takes it away."""
        others = {one: clip for one, clip in self.heard.items() if one != side}
        return Takes(others if heard is None else others | {side: heard})

    @property
    def both(self) -> list[EncodedClip]:
        return [self.heard[side] for side in NAMES] if len(self.heard) == len(NAMES) else []


def hear(path: str) -> EncodedClip:
    """One take; without speech there is nothing to compare."""
    heard = predict.encode_file(path)
    if heard.quality.speech_s <= 0:
        raise AudioError("No speech was found in this take; say a whole sentence, closer to the microphone.")
    return heard


def values(heard: EncodedClip) -> dict[str, float]:
    """Each measure of a take with sound."""
    quality = heard.quality
    return {
        "level": quality.level_dbfs,
        "noise": quality.noise_dbfs,
        "spread": spread(heard.clip.samples),
        "band": quality.band_hz / 1000,
    }


def spread(samples: np.ndarray) -> float:
    """dB between the 90th and the 30th percentile of the 20 ms levels that are no pauses; gain control lessens it."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    levels = 10 * np.log10(np.maximum((frames**2).mean(axis=1), 1e-12))
    loud = levels[levels > levels.max() - QUIET_DB]
    high, low = np.percentile(loud, [90, 30])
    return float(high - low)


def table(takes: Takes, models: list[Loaded]) -> str:
    """What each take measures and how the models answer, side by side, as HTML."""
    there = {side: values(heard) for side, heard in takes.heard.items()}
    rows = []
    for key, one in MEASURES.items():
        cells = [f"{there[side][key]:.{one.digits}f} {one.unit}" if side in there else "" for side in NAMES]
        change = f"{there['b'][key] - there['a'][key]:+.{one.digits}f}" if len(there) == 2 else ""
        rows.append((one.title, *(_minus(cell) for cell in cells), _minus(change)))
    for model in models:
        said = {side: predict.predict(model, heard) for side, heard in takes.heard.items()}
        cells = [_answer(model.card, said[side]) if side in said else "" for side in NAMES]
        change = ("same" if said["a"].emotion == said["b"].emotion else "other") if len(said) == 2 else ""
        rows.append((escape(naming.upper(naming.short_name(model.card))), *cells, change))
    head = "".join(f"<th scope='col'>{cell}</th>" for cell in ("", *NAMES.values(), "Change"))
    body = "".join(
        f"<tr><th scope='row'>{row[0]}</th>{''.join(f'<td>{cell}</td>' for cell in row[1:])}</tr>" for row in rows
    )
    return (
        "<div class='x-table x-ab' tabindex='0' role='region' aria-label='Both takes'>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def sentence(takes: Takes, models: list[Loaded]) -> str:
    """What the processing changed, with the doubt that belongs to it; or which take is missing."""
    if not takes.heard:
        return ""
    if not takes.both:
        missing = next(name for side, name in NAMES.items() if side not in takes.heard)
        return f"Now say the same sentence once more for {missing}."
    first, second = (values(heard) for heard in takes.both)
    found = []
    for key, one in MEASURES.items():
        change = second[key] - first[key]
        if abs(change) >= one.counts:
            found.append((one.more if change > 0 else one.less).format(f"{abs(change):.{one.digits}f}"))
    if not found:
        sound = "Level, background and band hardly differ."
    else:
        louder = abs(second["level"] - first["level"]) >= MEASURES["level"].counts
        sound = f"In B the voice is {naming.listed(found if louder else ['about as loud', *found])}."
    return f"{sound} {_answers(takes, models)} You spoke twice, so part of any difference is you: repeat it."


def _answers(takes: Takes, models: list[Loaded]) -> str:
    cards = [model.card for model in models]
    changed = []
    for model, name in zip(models, naming.in_sentence(cards), strict=True):
        a, b = (predict.predict(model, heard).emotion for heard in takes.both)
        if a != b:
            changed.append(f"{name} says {naming.word(model.card, b)} instead of {naming.word(model.card, a)}")
    if not changed:
        return "The models answer the same." if len(models) > 1 else "The model answers the same." if models else ""
    return naming.upper(naming.listed(changed)) + "."


def _answer(card: dict, answer: Prediction) -> str:
    doubt = "" if answer.sure else ", not sure"
    return f"{escape(naming.word(card, answer.emotion))} {100 * answer.probabilities[answer.emotion]:.0f}%{doubt}"


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")
