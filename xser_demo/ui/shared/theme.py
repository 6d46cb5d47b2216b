"""How the page looks: one theme, the style of what gr.HTML shows (``x-`` classes), and the header."""

from html import escape

import gradio as gr

from xser_demo.ui.shared import recorder
from xser_demo.ui.shared.texts import TAGLINE

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

# Plotly sets stroke and fill on its paths itself; on the dark page the darker model colours are lightened to match
# the cards.
_LIGHTER = {"75, 85, 99": "#a1a1aa", "15, 118, 110": "#2dd4bf", "124, 58, 237": "#a78bfa", "180, 83, 9": "#f59e0b"}
_DARK_LINES = "\n".join(
    f'.dark .x-plot path[style*="{what}: rgb({rgb})"] {{ {what}: {colour} !important; }}'
    for rgb, colour in _LIGHTER.items()
    for what in ("stroke", "fill")
)

CSS = (
    """
.gradio-container { max-width: 1100px !important; width: 100% !important; margin: 0 auto !important; }
.gradio-container > main { padding-top: 12px; }
.x-header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 14px; }
.x-header h1 { font-size: 22px; font-weight: 650; margin: 0; }
.x-header p { margin: 0; color: var(--body-text-color-subdued); }
.x-lead { font-size: 20px; font-weight: 600; margin: 0 0 4px; }
.x-small, .x-small p { font-size: 14px; line-height: 1.45; color: var(--body-text-color-subdued); margin: 0; }
.x-error { border-left: 3px solid #d55e00; padding-left: 10px; font-size: 15px; color: var(--body-text-color); }
.x-clip p { margin: 0 0 2px; }
.x-warn { color: #9a3412; } .dark .x-warn { color: #fdba74; }
.x-sentence { margin: 2px 0 0; }
.x-cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(250px, 1fr)); gap: 0 28px; }
.x-card { border-top: 4px solid var(--model); padding-top: 8px; min-width: 0; display: grid; grid-row: span 3;
  grid-template-rows: subgrid; row-gap: 0; }
.x-cards:has(.x-card:nth-child(3)) .x-card { padding-bottom: 14px; }
.dark .x-card { border-top-color: color-mix(in srgb, var(--model), white 35%); }
.x-card h3 { font-size: 15px; font-weight: 600; line-height: 1.35; margin: 0; }
.x-card > p { margin: 2px 0 8px; font-size: 14px; color: var(--body-text-color-subdued); }
.x-card strong { display: block; font-size: 34px; line-height: 1.15; font-weight: 700; color: var(--body-text-color); }
.x-card strong.x-unsure { color: var(--body-text-color-subdued); font-weight: 500; }
.x-bar { display: grid; grid-template-columns: 92px 1fr 46px; align-items: center; gap: 8px; font-size: 14px;
  line-height: 24px; font-variant-numeric: tabular-nums; }
.x-bar i { display: block; height: 12px; border-radius: 6px; background: rgba(113,113,122,.18); overflow: hidden; }
.x-bar b { display: block; height: 100%; }
.x-bar span:last-child { text-align: right; }
.x-bar em { font-style: normal; font-weight: 650; text-decoration: underline; text-underline-offset: 3px; }
.x-why { margin-top: 8px; font-size: 14px; }
.x-why p, .x-look figcaption { margin: 0 0 3px; line-height: 1.4; color: var(--body-text-color-subdued); }
.x-group { grid-template-columns: 118px 1fr 46px; line-height: 21px; }
.x-group i { position: relative; border-radius: 2px; overflow: visible; background: none;
  border-bottom: 1px solid rgba(113,113,122,.25); }
.x-group i::after { content: ""; position: absolute; left: 50%; top: -4px; bottom: -5px; width: 1px;
  background: #71717a; }
.x-group b { position: absolute; background: var(--model); border-radius: 2px; }
.dark .x-group b { background: color-mix(in srgb, var(--model), white 35%); }
.x-group b.x-for { left: 50%; }
.x-group b.x-against { right: 50%; opacity: .55; }
.x-look { margin: 0; }
.x-look img { display: block; width: 100%; height: 96px; object-fit: fill; border-radius: 4px; margin: 0; }
.x-look div { display: flex; justify-content: space-between; font-size: 12px; color: var(--body-text-color-subdued);
  font-variant-numeric: tabular-nums; }
.x-made { margin: 6px 0 0; font-size: 13px; line-height: 1.4; color: var(--body-text-color-subdued); }
.x-made summary { cursor: pointer; color: inherit; font-size: 13px; }
.x-made dl { margin: 4px 0 0; }
.x-made dt { font-weight: 600; margin-top: 4px; }
.x-made dd { margin: 0 0 0 12px; }
.x-waiting { margin-bottom: 14px; }
.x-waiting .x-card { border-top-color: color-mix(in srgb, var(--model), transparent 50%); }
.x-waiting .x-card strong { color: var(--body-text-color-subdued); font-weight: 500; font-size: 24px; }
.x-chips { gap: 8px !important; flex-wrap: wrap; }
.x-chips button { min-width: 0 !important; flex: 1 1 auto; font-size: 14px; font-weight: 500; padding: 8px 6px;
  white-space: nowrap; }
.x-answer { gap: 10px !important; }
.x-choice .wrap { gap: 6px; padding: 0 10px; }
.x-choice label { padding: 5px 10px; font-size: 14px; min-height: 0; }
#record, #live-ask { gap: 10px !important; }
.x-quadrant { margin: 6px 0 0; }
.x-quadrant svg { display: block; width: 100%; max-width: 330px; margin: 0 auto; }
.x-quadrant svg > circle:first-child, .x-quadrant path { fill: none; stroke: rgba(113,113,122,.35); }
.x-quadrant text { font-size: 12px; text-anchor: middle; fill: var(--body-text-color-subdued); }
.x-quadrant text[text-anchor="start"] { text-anchor: start; } .x-quadrant text[text-anchor="end"] { text-anchor: end; }
.x-quadrant .x-ends text { font-weight: 600; }
.x-quadrant .x-dot { fill: var(--model); stroke: var(--body-background-fill); stroke-width: 2; }
.x-quadrant line { stroke: var(--model); stroke-width: 3; stroke-dasharray: 6 4; }
.dark .x-quadrant .x-dot { fill: color-mix(in srgb, var(--model), white 35%); }
.dark .x-quadrant line { stroke: color-mix(in srgb, var(--model), white 35%); }
.x-quadrant figcaption { font-size: 12px; line-height: 1.4; color: var(--body-text-color-subdued); }
.x-card strong.x-none { color: var(--body-text-color-subdued); font-weight: 500; }
.x-strips { margin-top: 14px; }
.x-strip { display: block; width: 100%; height: 26px; margin: 0 0 6px; background: rgba(113,113,122,.1);
  border-left: 5px solid var(--model); }
.dark .x-strip { border-left-color: color-mix(in srgb, var(--model), white 35%); }
.x-seconds { display: flex; justify-content: space-between; font-size: 12px; color: var(--body-text-color-subdued);
  font-variant-numeric: tabular-nums; }
input[role="combobox"] { text-overflow: ellipsis; padding-right: 26px !important; }
#clip .record-button { font-size: 18px; height: 52px; padding: 0 20px 0 14px; border-radius: 26px; }
#clip .record-button::before { width: 24px !important; height: 24px !important; }
.dark { --color-accent: #2dd4bf; }
.dark .js-plotly-plot :is(.legendtext, .xtick text, .ytick text, .gtitle, .xtitle, .ytitle) {
  fill: #d4d4d8 !important; }
.dark .x-plot .textpoint text { fill: #d4d4d8 !important; }
.x-about { max-width: 844px; padding: 0 12px; }
.x-table { overflow-x: auto; }
.x-table table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
.x-table :is(th, td) { text-align: left; vertical-align: top; padding: 6px 14px 6px 0 !important; border: 0 !important;
  border-bottom: 1px solid var(--border-color-primary) !important; }
.x-table :is(table, thead, tbody, tr) { border: 0 !important; }
.x-table a { padding: 0 !important; }
.x-about h2, h2.x-title { font-size: 20px; font-weight: 650; margin: 18px 0 8px; }
#about-models h3 { font-size: 16px; font-weight: 650; margin: 14px 0 4px; }
.x-table th { font-weight: 600; }
time, button.playback { color: var(--body-text-color-subdued) !important; }
#cursor { display: none; }
.x-plot { position: relative; }
.x-late:not(:has([data-testid="plotly"])) { display: none; }
.x-plot .x-now { position: absolute; top: 0; width: 2px; background: #d55e00; pointer-events: none; display: none; }
@media (max-width: 640px) {
  .x-header p { font-size: 14px; }
  .x-card { padding-bottom: 14px; }
  #listen-ask { display: contents; }
  #listen-ask > * { flex: 1 1 100%; }
  #quadrant { order: 1; }
  .x-table table { min-width: 660px; }
}
@media (prefers-reduced-motion: no-preference) { .x-bar b { transition: width .3s; } }
"""
    + _DARK_LINES
)
HEAD = recorder.HEAD


def header(title: str) -> str:
    return f"<header class='x-header'><h1>{escape(title)}</h1><p>{TAGLINE}</p></header>"
