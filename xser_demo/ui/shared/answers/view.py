"""What the Listen tab shows of a clip: cards, figure, sentence and valence-arousal plane."""

from dataclasses import dataclass, replace
from functools import cache
from html import escape

import numpy as np
import plotly.graph_objects as go

from xser_demo.audio import vad
from xser_demo.features import FEATURES, mel
from xser_demo.features.encoders import whisper
from xser_demo.inference import predict, timeline
from xser_demo.inference.explain import Curve, Explanation, Groups, Picture, explain
from xser_demo.inference.predict import EncodedClip, Prediction
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import naming, plots
from xser_demo.ui.shared import texts
from xser_demo.ui.shared.answers import cards, timeline_bars, valence_arousal
from xser_demo.ui.shared.model_menu import colours, defaults, loaded
from xser_demo.ui.state import Visitor
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError


@dataclass(frozen=True)
class Shown:
    """HTML and the figure of the current clip."""

    cards: str
    figure: go.Figure | None
    sentence: str
    quadrant: str = ""
    heads: bool = False  # whether a model has several attention heads, which can be shown one by one


@dataclass(frozen=True)
class _Predicted:
    """A model's prediction for the clip and its explanation."""

    model: Loaded
    colour: str
    prediction: Prediction
    explanation: Explanation | None


def show(visitor: Visitor, model_ids: list[str], label: str | None = None, head: int = 0) -> Shown:
    """Predict the visitor's clip with the models. ``head``: draw this one of each model's attention heads, from 1; 0
    draws their mean. Models without heads keep their curve. SettingsError for an unknown model."""
    models = loaded(visitor, model_ids)
    if not models:
        hint = texts.CHOOSE_MODELS if visitor.choices() else texts.NO_MODELS
        return Shown(f"<p class='x-small'>{hint}</p>", None, "")
    if visitor.clip is None:
        boxes = (cards.waiting(model, colour) for model, colour in zip(models, colours(models), strict=True))
        return Shown(f"{cards.row(boxes, waiting=True)}<p class='x-small'>{texts.AFTER_WAITING}</p>", None, "")
    clip = visitor.clip
    results = [_predict(clip, model, colour) for model, colour in zip(models, colours(models), strict=True)]
    done = [one for one in results if isinstance(one, _Predicted)]
    bars = [bar for one in done if (bar := _bars(clip, one))]
    sentence = naming.sentence(
        [one.model.card for one in done],
        [one.prediction for one in done],
        [one.explanation for one in done],
        clip.duration_s,
    )
    return Shown(
        cards.row(_boxes(clip, models, results, label)),
        _figure(clip, [curve for one in done if (curve := _curve(one, head))], bars),
        # Escaped: names in the sentence may come from a visitor's own corpus.
        escape(sentence, quote=False) + (f"<p class='x-small'>{texts.WINDOWS}</p>" if bars else ""),
        valence_arousal.draw([(one.model.card, one.prediction, one.colour) for one in done]),
        any(len(one.prediction.attention) > 1 for one in done),
    )


def _predict(clip: EncodedClip, model: Loaded, colour: str) -> _Predicted | UserError:
    """UserError where the clip lacks the model's features; the other models still predict."""
    try:
        prediction = predict.predict(model, clip)
        return _Predicted(model, colour, prediction, explain(model, clip, prediction))
    except UserError as error:
        return error


def _boxes(
    clip: EncodedClip, models: list[Loaded], results: list[_Predicted | UserError], label: str | None
) -> list[str]:
    """A card per model, with one scale for the feature groups of all."""
    groups = [one.explanation for one in results if isinstance(one, _Predicted) and isinstance(one.explanation, Groups)]
    scale = max((abs(share) for group in groups for share in group.shares.values()), default=1.0)
    return [
        cards.failed(model, one, colour)
        if isinstance(one, UserError)
        else cards.answered(model, one.prediction, colour, label, clip, one.explanation, scale)
        for model, colour, one in zip(models, colours(models), results, strict=True)
    ]


def _curve(one: _Predicted, head: int) -> plots.Named | None:
    """The weight of each moment, if the model explains itself so."""
    curve = one.explanation.curve if isinstance(one.explanation, Picture) else one.explanation
    if 0 < head <= len(one.prediction.attention):
        curve = replace(curve, values=one.prediction.attention[head - 1])
    if isinstance(curve, Curve) and curve.values.any():
        return naming.short_name(one.model.card), one.colour, curve
    return None


def _bars(clip: EncodedClip, one: _Predicted) -> timeline_bars.Strip | None:
    """The timeline of a longer recording, for models that take frames."""
    card = one.model.card
    if not (clip.clip and timeline.windows(clip.duration_s) and FEATURES[one.model.model.recipe.feature].rate_hz):
        return None
    words = {name: naming.word(card, name) for name in card["labels"]}
    moments = timeline.timeline(one.model, clip.windows)
    return timeline_bars.Strip(naming.short_name(card), one.colour, moments, words)


def _figure(clip: EncodedClip, moments: list[plots.Named], bars: list[timeline_bars.Strip]) -> go.Figure | None:
    if clip.clip is not None:
        figure = plots.spectrogram(mel.decibels(clip.clip.samples), clip.duration_s, moments)
        return timeline_bars.add(figure, bars, clip.duration_s)
    return plots.moments_only(clip.duration_s, moments) if moments else None


def unfold(visitor: Visitor) -> bool:
    """Encode the windows of a longer clip for its timeline; False when there is nothing new to show."""
    clip = visitor.clip
    if clip is None or clip.windows:
        return False
    clip.windows[:] = timeline.encode_windows(clip)
    return bool(clip.windows)


def warm_up() -> None:
    """Load what the first clip needs, so that its predictions are fast."""
    import av  # noqa: F401  decodes what is not WAV

    samples = _noise()
    vad.speech_segments(samples)
    whisper.encode([samples])
    mel.decibels(samples)
    visitor = Visitor()
    loaded(visitor, defaults(visitor))


@cache
def warm_up_systems() -> None:
    """The same for models of the published systems; not at the start, where it would delay the first clip."""
    for feature in ("mel", "gemaps", "averages"):  # librosa among them, 1 s
        FEATURES[feature].extract(_noise())
    import captum.attr  # noqa: F401  1 s


def _noise() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(settings.SAMPLE_RATE * 2, dtype=np.float32) / 100
