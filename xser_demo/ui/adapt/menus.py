"""What the menus of the Adapt tab offer, and how one choice changes another."""

import gradio as gr

from xser_demo.corpora.own import KEY
from xser_demo.ui.adapt import breaks, offers
from xser_demo.ui.adapt.offers import INDUCTIVE, TRANSDUCTIVE

MODES = [("on other speakers than it is scored on", INDUCTIVE), ("on the clips it is scored on", TRANSDUCTIVE)]


def targets(keys: list[str], encoder: str = "") -> list[tuple[str, str]]:
    """One's own recordings too, unless the ``encoder`` that should hear them is not here."""
    return [*offers.named(keys), *([("Your own recordings", KEY)] if offers.hears(encoder) else [])]


def encoders(key: str, chosen: str = "") -> gr.Dropdown:
    """Seen only where there is a choice."""
    there = offers.listens(key)
    return gr.Dropdown(there, value=chosen, visible=len(there) > 1)


def second_targets(keys: list[str]) -> list[tuple[str, str]]:
    return [("none", ""), *offers.named(keys)]


def other_labels(labels: str, shift: str) -> gr.Dropdown:
    """The shifts of these emotions; the chosen one stays if it is among them."""
    there = breaks.shifts(labels)
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
    there = offers.fold_choices(*where)
    return gr.Dropdown(there, value=0 if there else None, **look)
