"""Valence-arousal plane with the predictions of the models, as SVG.

Emotions lie on a circle of valence and arousal (Russell 1980, "A circumplex model of affect"). The positions below are
our own, after that circle: degrees from pleasant, towards excited. Neutral is its middle.
"""

from html import escape
from math import cos, hypot, radians, sin

from xser_demo.inference.predict import Prediction
from xser_demo.reporting import naming

DEGREES = {
    "happiness": 25, "surprise": 72, "fear": 105, "anger": 130, "disgust": 158, "sadness": 208, "boredom": 242,
    "calm": 318,
}  # fmt: skip
POSITIONS = {name: (cos(radians(d)), sin(radians(d))) for name, d in DEGREES.items()} | {"neutral": (0.0, 0.0)}
AXES = {"valence": {"positive": 1, "negative": -1}, "arousal": {"high": 1, "low": -1}}
SIZE, CENTRE, RADIUS = (330, 216), (165, 108), 82
CAPTION = (
    "Each dot: the mean position of all emotions, weighted by a model's probabilities; uncertain predictions lie near "
    "the middle. The positions are ours, after Russell's circle (1980)."
)


def position(probabilities: dict[str, float]) -> tuple[float | None, float | None]:
    """Expected (valence, arousal), each from -1 to 1. None on an axis that the classes do not cover."""
    for number, sides in enumerate(AXES.values()):
        if set(probabilities) == set(sides):
            value = sum(share * sides[name] for name, share in probabilities.items())
            return (value, None) if number == 0 else (None, value)
    if not set(probabilities) <= set(POSITIONS):
        return None, None
    return tuple(sum(share * POSITIONS[name][i] for name, share in probabilities.items()) for i in (0, 1))


def draw(predictions: list[tuple[dict, Prediction, str]]) -> str:
    """(card, prediction, colour) of each model -> HTML, empty without any. A model of one axis only is a line."""
    marks = [mark for card, prediction, colour in predictions if (mark := _mark(card, prediction, colour))]
    if not marks:
        return ""
    emotions = sorted(
        {name for _, one, _ in predictions for name in one.probabilities if name in POSITIONS},
        key=list(POSITIONS).index,
    )
    label = "; ".join(f"{naming.short_name(card)}: {_words(prediction)}" for card, prediction, _ in predictions)
    (width, height), (x, y), r = SIZE, CENTRE, RADIUS
    return (
        f"<figure class='x-quadrant'><svg viewBox='0 0 {width} {height}' role='img' aria-label='{escape(label)}'>"
        f"<circle cx='{x}' cy='{y}' r='{r}'/><path d='M{x - r} {y}h{2 * r}M{x} {y - r}v{2 * r}'/>"
        f"<g class='x-ends'><text x='{x}' y='12'>excited</text><text x='{x}' y='{height - 4}'>calm</text>"
        f"<text x='4' y='{y - 6}' text-anchor='start'>unpleasant</text>"
        f"<text x='{width - 4}' y='{y - 6}' text-anchor='end'>pleasant</text></g>"
        f"{''.join(map(_name, emotions))}{''.join(marks)}</svg><figcaption>{CAPTION}</figcaption></figure>"
    )


def _name(emotion: str) -> str:
    """Outside the circle, so that no dot covers it; neutral just below the middle, where uncertain predictions lie."""
    if emotion == "neutral":
        return f"<text x='{CENTRE[0]}' y='{CENTRE[1] + 26}'>neutral</text>"
    across, up = POSITIONS[emotion]
    x, y = _pixel(1.07 * across, 1.07 * up)
    side = "start" if across > 0 else "end"
    return f"<text x='{x:.0f}' y='{y + 4:.0f}' text-anchor='{side}'>{escape(emotion)}</text>"


def _mark(card: dict, prediction: Prediction, colour: str) -> str:
    valence, arousal = position(prediction.probabilities)
    title = f"<title>{escape(naming.short_name(card))}: {_words(prediction)}</title>"
    if valence is None and arousal is None:
        return ""
    if arousal is None or valence is None:  # anywhere on a line
        half = (1 - (valence or arousal or 0) ** 2) ** 0.5
        ends = [(valence, -half), (valence, half)] if arousal is None else [(-half, arousal), (half, arousal)]
        (a, b), (c, d) = (_pixel(*end) for end in ends)
        return f"<line x1='{a:.0f}' y1='{b:.0f}' x2='{c:.0f}' y2='{d:.0f}' style='--model:{colour}'>{title}</line>"
    x, y = _pixel(valence, arousal)
    return f"<circle class='x-dot' cx='{x:.1f}' cy='{y:.1f}' r='8' style='--model:{colour}'>{title}</circle>"


def _words(prediction: Prediction) -> str:
    """The position in words, for screen readers."""
    valence, arousal = position(prediction.probabilities)
    if valence is None and arousal is None:
        return "no position"
    if valence is not None and arousal is not None and hypot(valence, arousal) < 0.2:
        return "near the middle"
    parts = []
    if arousal is not None:
        parts.append("excited" if arousal > 0.1 else "calm" if arousal < -0.1 else "neither excited nor calm")
    if valence is not None:
        parts.append("pleasant" if valence > 0.1 else "unpleasant" if valence < -0.1 else "neither pleasant nor not")
    return ", ".join(parts)


def _pixel(across: float, up: float) -> tuple[float, float]:
    return CENTRE[0] + RADIUS * across, CENTRE[1] - RADIUS * up
