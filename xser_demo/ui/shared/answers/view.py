"""What the Listen tab shows of a clip: cards, figure, sentence and valence-arousal plane."""

from dataclasses import dataclass, field, replace
from functools import cache
from html import escape

import numpy as np
import plotly.graph_objects as go

from xser_demo.audio import vad
from xser_demo.data.packs import load_cached
from xser_demo.features import FEATURES, mel
from xser_demo.features.encoders import whisper
from xser_demo.inference import predict, timeline
from xser_demo.inference.attention import Differences
from xser_demo.inference.explain import ATTENTION, Curve, Explanation, Groups, Picture, explain, places
from xser_demo.inference.predict import EncodedClip, Prediction
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import naming, plots, timeline_bars, valence_arousal
from xser_demo.reporting.palette import INK
from xser_demo.ui.shared import texts
from xser_demo.ui.shared.answers import cards
from xser_demo.ui.shared.clip_media import stored_bands
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
    answers: dict[str, str] = field(default_factory=dict)  # the predicted class by model id


def show(
    visitor: Visitor, model_ids: list[str], label: str | None = None, head: int = 0, clip: EncodedClip | None = None
) -> Shown:
    """Predict ``clip``, by default the visitor's, with the models. ``head``: draw this one of each model's attention
    heads, from 1; 0 draws their mean. Models without heads keep their curve. SettingsError for an unknown model."""
    models, clip = loaded(visitor, model_ids), clip or visitor.clip
    if not models:
        hint = texts.CHOOSE_MODELS if visitor.choices() else texts.NO_MODELS
        return Shown(f"<p class='x-small'>{hint}</p>", None, "")
    coloured = list(zip(models, colours(models), strict=True))
    if clip is None:
        empty = cards.row((cards.waiting(model.card, colour) for model, colour in coloured), waiting=True)
        return Shown(f"{empty}<p class='x-small'>{texts.AFTER_WAITING}</p>", None, "")
    done, errors = {}, {}
    for model in models:
        try:
            prediction = predict.predict(model, clip)
            done[model.id] = prediction, explain(model, clip, prediction)
        except UserError as error:  # the clip lacks this model's features; the others still predict
            errors[model.id] = error
    shares = [abs(share) for _, why in done.values() if isinstance(why, Groups) for share in why.shares.values()]
    boxes, curves, bars, dots = [], [], [], []  # curves: name, colour and weight of each moment
    for model, colour in coloured:
        if model.id in errors:
            boxes.append(cards.failed(model.card, errors[model.id], colour))
            continue
        prediction, why = done[model.id]
        boxes.append(cards.answered(model.card, prediction, colour, label, clip, why, max(shares, default=1.0)))
        dots.append((model.card, prediction, colour))
        curves += _curve(model, colour, prediction, why, head)
        bars += _bars(model, colour, clip)
    answers = [prediction for prediction, _ in done.values()]
    known = [model.card for model in models if model.id in done]
    reasons = [why for _, why in done.values()]
    differences = _differences(reasons, clip, known)
    sentence = naming.sentence(known, answers, reasons, clip.duration_s, differences)
    curves, marked = _without_noise(curves, None if head else differences)
    return Shown(
        cards.row(boxes),
        _figure(clip, curves, marked, bars),
        # Escaped: names in the sentence may come from a visitor's own corpus.
        escape(sentence, quote=False) + (f"<p class='x-small'>{texts.WINDOWS}</p>" if bars else ""),
        valence_arousal.draw(dots),
        any(len(prediction.attention) > 1 for prediction in answers),
        {model_id: prediction.emotion for model_id, (prediction, _) in done.items()},
    )


def _curve(model: Loaded, colour: str, prediction: Prediction, why: Explanation | None, head: int) -> list[plots.Named]:
    """The weight of each moment, if the model has one."""
    curve = why.curve if isinstance(why, Picture) else why
    if 0 < head <= len(prediction.attention):
        curve = replace(curve, values=prediction.attention[head - 1])
    shown = isinstance(curve, Curve) and curve.values.any()
    return [(naming.short_name(model.card), colour, curve)] if shown else []


def _differences(reasons: list[Explanation | None], clip: EncodedClip, cards: list[dict]) -> Differences | None:
    """Of the attention of two models, else None: what two seeds differ by was measured for pairs."""
    curves = [one for one in reasons if isinstance(one, Curve) and one.kind == ATTENTION]
    of_source = clip.stored is not None and any(clip.stored[0] in card["source"].split("+") for card in cards)
    return Differences.of(curves, clip.duration_s, of_source) if len(curves) == 2 else None


def _without_noise(
    curves: list[plots.Named], differences: Differences | None
) -> tuple[list[plots.Named], list[tuple[float, float]]]:
    """One quiet curve for all models whose attention differs no more than that of two seeds of one recipe; else all
    curves, and the parts of the clip in which they differ."""
    if differences is None or differences.differ:
        return curves, differences.stretches() if differences else []
    others = [one for one in curves if one[2].kind != ATTENTION]
    count = len(differences.levels)
    who = "both models" if count == 2 and not others else f"{count} models"
    return [(f"{who}: no clear difference", INK, differences.mean()), *others], []


def _bars(model: Loaded, colour: str, clip: EncodedClip) -> list[timeline_bars.Strip]:
    """The timeline of a longer recording, if the model takes frames."""
    if not (clip.clip and timeline.windows(clip.duration_s) and FEATURES[model.model.recipe.feature].rate_hz):
        return []
    words = {name: naming.word(model.card, name) for name in model.card["labels"]}
    moments = timeline.timeline(model, clip.windows)
    return [timeline_bars.Strip(naming.short_name(model.card), colour, moments, words)]


def _figure(
    clip: EncodedClip,
    curves: list[plots.Named],
    marked: list[tuple[float, float]],
    bars: list[timeline_bars.Strip],
) -> go.Figure | None:
    if clip.clip is not None:
        figure = plots.spectrogram(mel.decibels(clip.clip.samples), clip.duration_s, curves, marked)
        return timeline_bars.add(figure, bars, clip.duration_s)
    if (bands := _stored(clip)) is not None:
        span = 0.0, bands.shape[1] / mel.BANDS_RATE
        return plots.spectrogram(bands, clip.duration_s, curves, marked, span)
    return plots.moments_only(clip.duration_s, curves, marked) if curves else None


def _stored(clip: EncodedClip) -> np.ndarray | None:
    """The stored mel bands of a corpus clip (64, frames) in dB at their places; -80 where silence was cut and after the
    first 3 s of speech. None where they are not packed."""
    if clip.stored is None:
        return None
    key, row = clip.stored
    bands = stored_bands(load_cached(key).utterances[row])
    if bands is None:
        return None
    where = places(clip, bands.T, FEATURES["mel"])
    picture = np.full((len(bands), max(round(clip.duration_s * mel.BANDS_RATE), where[-1] + 1)), bands.min())
    picture[:, where] = bands
    return picture


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
