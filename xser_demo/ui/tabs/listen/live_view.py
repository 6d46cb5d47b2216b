"""What the live microphone shows: each model's current word and its answers so far. Knows nothing of Gradio."""

from html import escape

from xser_demo.inference.streaming import Stream
from xser_demo.inference.timeline import Moment
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import naming
from xser_demo.reporting.palette import EMOTION_COLOURS, INK
from xser_demo.ui.shared import texts
from xser_demo.ui.shared.answers import cards
from xser_demo.ui.shared.model_menu import colours, defaults, loaded
from xser_demo.ui.state import Visitor
from xser_demo.utils.errors import SettingsError
from xser_demo.utils.settings import LIVE_S

MOST = 2  # models that answer live


def models(visitor: Visitor, model_ids: list[str]) -> list[Loaded]:
    """The first two of the chosen models that hear encoder frames, which are made in time; else the default ones."""
    quick = [one for one in loaded(visitor, model_ids) if one.model.recipe.feature == "whisper"][:MOST]
    quick = quick or loaded(visitor, defaults(visitor))
    if not quick:
        raise SettingsError(texts.NO_MODELS)
    return quick


def draw(stream: Stream, server_s: float = 0.0) -> str:
    """``server_s``: seconds that the last answer took. Models and strips keep their place from the beginning."""
    rows = stream.moments or [[] for _ in stream.models]
    each = list(zip(stream.models, colours(stream.models), rows, strict=True))
    boxes, strips = "".join(_card(*one) for one in each), "".join(_strip(*one) for one in each)
    ends = "".join(f"<span>{LIVE_S * part:.0f} s</span>" for part in (0, 0.25, 0.5, 0.75, 1))
    return (
        f"<div data-heard='{stream.received_s:.3f}' data-server='{server_s:.4f}'><div class='x-cards'>{boxes}</div>"
        f"<div class='x-strips'>{strips}<div class='x-seconds'>{ends}</div></div></div>"
    )


def _card(model: Loaded, colour: str, moments: list[Moment]) -> str:
    last = moments[-1] if moments else None
    if last is None:
        return cards.waiting(model, colour, texts.LISTENING)
    if last.probabilities is None:
        return cards.waiting(model, colour, texts.SILENCE)
    return cards.current(model, last, colour)


def _strip(model: Loaded, colour: str, moments: list[Moment]) -> str:
    cells = "".join(
        f"<rect x='{one.start_s:.2f}' width='{one.end_s - one.start_s:.2f}' height='1' {_look(one)}>"
        f"<title>{_told(model.card, one)}</title></rect>"
        for one in moments
        if one.probabilities
    )
    label = f"{escape(naming.short_name(model.card))}: its answers so far"
    return (
        f"<svg class='x-strip' viewBox='0 0 {LIVE_S:g} 1' preserveAspectRatio='none' shape-rendering='crispEdges' "
        f"role='img' style='--model:{colour}' aria-label='{label}'>{cells}</svg>"
    )


def _look(one: Moment) -> str:
    if not one.sure:
        return f"fill='{INK}' fill-opacity='.18'"
    return f"fill='{EMOTION_COLOURS.get(one.emotion, INK)}' fill-opacity='{0.25 + 0.75 * one.confidence:.2f}'"


def _told(card: dict, one: Moment) -> str:
    named = escape(naming.word(card, one.emotion))
    return f"{one.end_s:.0f} s: {named if one.sure else f'not sure, perhaps {named}'}"
