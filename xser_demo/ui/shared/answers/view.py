"""What the Listen tab shows, as functions that know nothing of Gradio."""

from dataclasses import dataclass, replace
from functools import cache
from html import escape

import numpy as np
import plotly.graph_objects as go

from xser_demo.audio import vad
from xser_demo.features import FEATURES, mel
from xser_demo.features.encoders import whisper
from xser_demo.inference import predict, timeline
from xser_demo.inference.explain import Curve, Groups, Picture, explain
from xser_demo.inference.predict import EncodedClip
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
    """What the page shows of the current clip."""

    cards: str
    figure: go.Figure | None
    sentence: str
    quadrant: str = ""
    heads: bool = False  # whether a model weighs moments by several heads, which can be looked at one by one


def show(visitor: Visitor, model_ids: list[str], label: str | None = None, head: int = 0) -> Shown:
    """Ask the models about the visitor's clip. ``head``: draw this one of each model's attention heads, from 1; 0:
    their mean. Models without heads keep their curve."""
    models = loaded(visitor, model_ids)
    if not models:
        hint = texts.CHOOSE_MODELS if visitor.choices() else texts.NO_MODELS
        return Shown(f"<p class='x-small'>{hint}</p>", None, "")
    if visitor.clip is None:
        return Shown(_waiting(models), None, "")
    heard, asked = visitor.clip, []
    for model, colour in zip(models, colours(models), strict=True):
        try:
            answer = predict.predict(model, heard)
            asked.append((model, colour, answer, explain(model, heard, answer)))
        except UserError as error:  # of one model, which lacks its feature: the others have answered
            asked.append((model, colour, error, None))
    scale = max((abs(s) for *_, why in asked if isinstance(why, Groups) for s in why.shares.values()), default=1.0)
    boxes, moments, bars, done, placed = [], [], [], [], []
    for model, colour, answer, why in asked:
        if isinstance(answer, UserError):
            boxes.append(cards.failed(model, answer, colour))
            continue
        boxes.append(cards.answered(model, answer, colour, label, heard, why, scale))
        done.append((model.card, answer, why))
        placed.append((model.card, answer, colour))
        curve, name = why.curve if isinstance(why, Picture) else why, naming.short_name(model.card)
        if 0 < head <= len(answer.attention):
            curve = replace(curve, values=answer.attention[head - 1])
        if isinstance(curve, Curve) and curve.values.any():
            moments.append((name, colour, curve))
        if heard.clip and timeline.windows(heard.duration_s) and FEATURES[model.model.recipe.feature].rate_hz:
            said = {one: naming.word(model.card, one) for one in model.card["labels"]}
            bars.append(timeline_bars.Strip(name, colour, timeline.timeline(model, heard.windows), said))
    said = naming.sentence(*map(list, zip(*done, strict=True)), heard.duration_s) if done else ""
    # Escaped: names in the sentence may come from a visitor's own corpus.
    return Shown(
        f"<div class='x-cards'>{''.join(boxes)}</div>",
        _figure(heard, moments, bars),
        escape(said, quote=False) + (f"<p class='x-small'>{texts.WINDOWS}</p>" if bars else ""),
        valence_arousal.draw(placed),
        any(len(answer.attention) > 1 for _, answer, _ in placed),
    )


def unfold(visitor: Visitor) -> bool:
    """Encode the windows of a longer clip, for its timeline; False when there is nothing new to show."""
    heard = visitor.clip
    if heard is None or heard.windows:
        return False
    heard.windows[:] = timeline.encode_windows(heard)
    return bool(heard.windows)


def warm_up() -> None:
    """Load what the first clip needs, so that its answer does not wait."""
    import av  # noqa: F401  decodes what is not WAV

    samples = _noise()
    vad.speech_segments(samples)
    whisper.encode([samples])
    mel.decibels(samples)
    visitor = Visitor()
    loaded(visitor, defaults(visitor))


@cache
def warm_up_systems() -> None:
    """The same for models of the published systems; not at the start, where it would make the first clip wait."""
    for feature in ("mel", "gemaps", "averages"):  # librosa among them, 1 s
        FEATURES[feature].extract(_noise())
    import captum.attr  # noqa: F401  1 s


def _noise() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(settings.SAMPLE_RATE * 2, dtype=np.float32) / 100


def _waiting(models: list[Loaded]) -> str:
    boxes = "".join(cards.waiting(model, colour) for model, colour in zip(models, colours(models), strict=True))
    return f"<div class='x-cards x-waiting'>{boxes}</div><p class='x-small'>{texts.AFTER_WAITING}</p>"


def _figure(heard: EncodedClip, moments: list[plots.Named], bars: list[timeline_bars.Strip]) -> go.Figure | None:
    if heard.clip is not None:
        figure = plots.spectrogram(mel.decibels(heard.clip.samples), heard.duration_s, moments)
        return timeline_bars.add(figure, bars, heard.duration_s)
    return plots.moments_only(heard.duration_s, moments) if moments else None
