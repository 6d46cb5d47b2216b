"""Menus of the Adapt tab."""

import gradio as gr

from xser_demo.corpora.user import KEY
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.shared.adapt_options import INDUCTIVE, TRANSDUCTIVE

MODES = [("on the clips it is scored on", TRANSDUCTIVE), ("on other speakers than it is scored on", INDUCTIVE)]


def targets(keys: list[str], encoder: str = "") -> list[tuple[str, str]]:
    """The corpora, and the visitor's recordings unless the ``encoder`` that must encode them is not here."""
    recordings = [("Your own recordings", KEY)] if adapt_options.can_encode(encoder) else []
    return [*adapt_options.named(keys), *recordings]


def second_targets(keys: list[str]) -> list[tuple[str, str]]:
    return [("none", ""), *adapt_options.named(keys)]


def encoders(system: str, chosen: str = "", **options) -> gr.Dropdown:
    """Hidden where there is only one."""
    available = adapt_options.encoder_choices(system)
    return gr.Dropdown(available, value=chosen, visible=len(available) > 1, **options)


def speakers(target: str, system: str, variant: str | None, **options) -> gr.Dropdown:
    """Groups of target speakers that can be scored. ``target``: a corpus, or two joined by "+"."""
    return folds(adapt_options.fold_choices(target, system, variant), **options)


def folds(available: list[tuple[str, int]], **options) -> gr.Dropdown:
    return gr.Dropdown(available, value=0 if available else None, **options)


def if_available(value: str, available: list[str]) -> str | None:
    return value if value in available else None
