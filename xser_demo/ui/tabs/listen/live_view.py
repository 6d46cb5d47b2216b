"""HTML of the live microphone: each model's current prediction and its predictions so far."""

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

MAX_MODELS = 2  # that predict live


def models(visitor: Visitor, model_ids: list[str]) -> list[Loaded]:
    """The first two of the chosen models that use the frozen encoder, which is fast enough; else the default ones."""
    quick = [one for one in loaded(visitor, model_ids) if one.model.recipe.feature == "whisper"][:MAX_MODELS]
    quick = quick or loaded(visitor, defaults(visitor))
    if not quick:
        raise SettingsError(texts.NO_MODELS)
    return quick


def draw(stream: Stream, server_s: float = 0.0) -> str:
    """Cards above strips of colour. ``server_s``: seconds that the last prediction took."""
    moments = stream.moments or [[] for _ in stream.models]
    rows = list(zip(stream.models, colours(stream.models), moments, strict=True))
    strips = "".join(_strip(*row) for row in rows)
    ticks = "".join(f"<span>{LIVE_S * part:.0f} s</span>" for part in (0, 0.25, 0.5, 0.75, 1))
    answers = cards.row(_card(*row) for row in rows)
    return (
        f"<div data-heard='{stream.received_s:.3f}' data-server='{server_s:.4f}'>{answers}"
        f"<div class='x-strips'>{strips}<div class='x-seconds'>{ticks}</div></div></div>"
    )


def _card(model: Loaded, colour: str, moments: list[Moment]) -> str:
    last = moments[-1] if moments else None
    if last is None:
        return cards.waiting(model.card, colour, texts.LISTENING)
    if last.probabilities is None:
        return cards.waiting(model.card, colour, texts.SILENCE)
    return cards.current(model.card, last, colour)


def _strip(model: Loaded, colour: str, moments: list[Moment]) -> str:
    cells = "".join(
        f"<rect x='{moment.start_s:.2f}' width='{moment.end_s - moment.start_s:.2f}' height='1' {_fill(moment)}>"
        f"<title>{_title(model.card, moment)}</title></rect>"
        for moment in moments
        if moment.probabilities
    )
    label = f"{escape(naming.short_name(model.card))}: its predictions so far"
    return (
        f"<svg class='x-strip' viewBox='0 0 {LIVE_S:g} 1' preserveAspectRatio='none' shape-rendering='crispEdges' "
        f"role='img' style='--model:{colour}' aria-label='{label}'>{cells}</svg>"
    )


def _fill(moment: Moment) -> str:
    """The colour of the emotion, more opaque the more confident the prediction is; grey when it is not sure."""
    if not moment.sure:
        return f"fill='{INK}' fill-opacity='.18'"
    return f"fill='{EMOTION_COLOURS.get(moment.emotion, INK)}' fill-opacity='{0.25 + 0.75 * moment.confidence:.2f}'"


def _title(card: dict, moment: Moment) -> str:
    word = escape(naming.word(card, moment.emotion))
    return f"{moment.end_s:.0f} s: {word if moment.sure else f'not sure, perhaps {word}'}"
