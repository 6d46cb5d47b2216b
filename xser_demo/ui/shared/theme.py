"""The Gradio theme, the style sheets of the page (``assets/style/``) and its header."""

from html import escape

import gradio as gr

from xser_demo.ui.shared import recorder
from xser_demo.ui.shared.texts import TAGLINE
from xser_demo.utils.assets import style

FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]  # nothing is fetched

THEME = gr.themes.Base(
    primary_hue="teal",
    neutral_hue="zinc",
    spacing_size=gr.themes.sizes.spacing_md,
    text_size=gr.themes.sizes.text_lg,  # body 16 px
    radius_size=gr.themes.sizes.radius_md,
    font=FONT,
    font_mono=["ui-monospace", "Consolas", "monospace"],
).set(
    body_background_fill="white",
    body_background_fill_dark="#18181b",
    body_text_color_subdued="#52525b",
    body_text_color_subdued_dark="#d4d4d8",
    background_fill_primary_dark="#18181b",
    block_background_fill_dark="#18181b",
    button_primary_background_fill="#0f766e",
    button_primary_background_fill_dark="#0f766e",
    button_primary_background_fill_hover="#115e59",
    button_primary_background_fill_hover_dark="#115e59",
    button_primary_text_color="white",
    button_secondary_background_fill="#f4f4f5",
    button_secondary_background_fill_hover="#e4e4e7",
    block_label_text_color="#3f3f46",
    block_label_text_color_dark="#d4d4d8",
    block_info_text_color="#52525b",
    block_info_text_color_dark="#d4d4d8",
    input_placeholder_color="#52525b",
    input_placeholder_color_dark="#a1a1aa",
    color_accent="#0f766e",
    block_shadow="none",
    block_border_width="0px",
    link_text_color="#0f766e",
    link_text_color_dark="#5eead4",
)

# Classes of what ``gr.HTML`` shows begin with "x-". Gradio adds a copy of each rule with a prefix at every comma of its
# selector, so ":has(a, b)" would change its meaning.
CSS = style()
HEAD = recorder.HEAD


def header(title: str) -> str:
    return f"<header class='x-header'><h1>{escape(title)}</h1><p>{TAGLINE}</p></header>"
