"""What the menus of the Adapt tab offer, and how one choice changes another."""

import gradio as gr

from xser_demo.corpora.user import KEY
from xser_demo.reporting import failure_presets
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.shared.adapt_options import INDUCTIVE, TRANSDUCTIVE

MODES = [("on other speakers than it is scored on", INDUCTIVE), ("on the clips it is scored on", TRANSDUCTIVE)]


def targets(keys: list[str], encoder: str = "") -> list[tuple[str, str]]:
    """One's own recordings too, unless the ``encoder`` that should hear them is not here."""
    return [
        *adapt_options.named(keys),
        *([("Your own recordings", KEY)] if adapt_options.can_encode(encoder) else []),
    ]


def encoders(key: str, chosen: str = "") -> gr.Dropdown:
    """Seen only where there is a choice."""
    there = adapt_options.encoder_choices(key)
    return gr.Dropdown(there, value=chosen, visible=len(there) > 1)


def second_targets(keys: list[str]) -> list[tuple[str, str]]:
    return [("none", ""), *adapt_options.named(keys)]


def other_labels(labels: str, shift: str) -> gr.Dropdown:
    """The shifts of these emotions; the chosen one stays if it is among them."""
    there = failure_presets.shifts(labels)
    return gr.Dropdown(there, value=if_there(shift, [value for _, value in there]) or "")


def other_shift(shift: str, mode: str) -> str:
    """The mode that goes with a shift."""
    return TRANSDUCTIVE if shift else mode


def other_mode(mode: str, shift: str) -> str:
    """The shift that goes with a mode."""
    return shift if mode == TRANSDUCTIVE else ""


def if_there(value: str, there: list[str]) -> str | None:
    return value if value in there else None


def speakers(where: tuple[str, str, str | None], **look) -> gr.Dropdown:
    """Menu of the target speakers that can be scored; ``where``: target or two joined by "+", system, variant."""
    there = adapt_options.fold_choices(*where)
    return gr.Dropdown(there, value=0 if there else None, **look)
