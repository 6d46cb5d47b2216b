"""What stands beside a recorder: help when the microphone does not open, and which processing the browser does.

All of it happens in the browser (js/microphone.js, in the head of the page); this file gives it its words and places.
"""

import json

import gradio as gr

from xser_demo.ui.js import script
from xser_demo.ui.shared import consent

ELSE = "Uploads and examples work without it."
HELPS = {  # by what happened, see js/microphone.js
    "refused": f"The microphone stays closed. Press Record to be asked again. {ELSE}",
    "denied": (
        "The browser or the system does not let this page use the microphone. Allow it in the settings of this site "
        f"(the sign beside the address), then press Record again. {ELSE}"
    ),
    "missing": f"No microphone was found. Plug one in or switch it on, then press Record again. {ELSE}",
    "busy": (
        "The microphone is there but does not start; another programme may be using it. Close calls and recorders, "
        f"then press Record again. {ELSE}"
    ),
    "insecure": (
        "Browsers open the microphone only on https pages and on the serving computer itself. There, open "
        "http://localhost:{port}; for other devices have the page served by: make app HTTPS=1. " + ELSE
    ),
    "framed": (
        "This page stands inside another page that does not pass the microphone on. Open it in a tab of its own, or "
        f'have allow="microphone" added to the iframe. {ELSE}'
    ),
    "unsupported": f"This browser gives pages no microphone. Use a current Firefox, Chrome, Edge or Safari. {ELSE}",
    "other": f"The microphone did not start ({{error}}). Choose another one or reload the page. {ELSE}",
}
# For ``input`` of a recorder: opening its upload fires once with nothing, and by default Gradio drops what comes while
# that still runs, the file itself.
LAST = {"trigger_mode": "always_last"}
NAMES = {  # of the browser's processing, by its constraint
    "autoGainControl": "gain control",
    "noiseSuppression": "noise suppression",
    "echoCancellation": "echo cancellation",
}
WHY = (
    "Browsers make a voice louder, cleaner and flatter for calls. Here this is off unless you turn it on: loudness is "
    "part of how an emotion sounds. It holds from the next recording on."
)

STYLE = """
#consent { width: min(560px, calc(100vw - 24px)); max-height: calc(100dvh - 24px); overflow-y: auto; margin: auto;
  box-sizing: border-box; padding: 20px 24px; border: 0; border-radius: 12px; font-family: system-ui, -apple-system,
  "Segoe UI", Roboto, sans-serif; font-size: 15px; line-height: 1.4; background: #fff; color: #18181b; }
#consent::backdrop { background: rgba(0,0,0,.55); }
#consent header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: 6px 16px; }
#consent h2 { font-size: 20px; font-weight: 650; margin: 0; outline: none; }
#consent select { font: inherit; min-height: 40px; padding: 4px 8px; color: inherit; background: #f4f4f5;
  border: 1px solid #71717a; border-radius: 6px; }
#consent ul { margin: 12px 0 16px; padding: 0; list-style: none; }
#consent li { margin: 0 0 8px; }
#consent li strong { display: block; font-weight: 650; }
#consent li span { color: #3f3f46; }
#consent footer { display: flex; flex-wrap: wrap; align-items: center; gap: 10px 14px; }
#consent button { font: inherit; font-weight: 600; min-height: 44px; padding: 8px 18px; border-radius: 8px;
  border: 0; cursor: pointer; background: #e4e4e7; color: #18181b; }
#consent #consent-accept { background: #0f766e; color: #fff; }
#consent :is(button, select):focus-visible { outline: 3px solid #0f766e; outline-offset: 2px; }
#consent small { font-size: 14px; color: #52525b; }
#consent:lang(ur) { line-height: 1.7; }
#consent footer { position: sticky; bottom: -20px; margin: 0 -24px -20px; padding: 10px 24px 16px;
  background: inherit; }
@media (max-width: 480px) {
  #consent { padding: 12px 16px; font-size: 14px; line-height: 1.35; }
  #consent:lang(ur) { line-height: 1.55; }
  #consent h2 { font-size: 18px; }
  #consent ul { margin: 8px 0 10px; }
  #consent li { margin-bottom: 6px; }
  #consent footer { bottom: -12px; margin: 0 -16px -12px; padding: 8px 16px 10px; gap: 6px 10px; }
  #consent button { padding: 8px 14px; }
}
.dark #consent { background: #27272a; color: #fafafa; }
.dark #consent li span, .dark #consent small { color: #d4d4d8; }
.dark #consent select { background: #3f3f46; border-color: #a1a1aa; }
.dark #consent button { background: #52525b; color: #fafafa; }
.dark #consent :is(button, select):focus-visible { outline-color: #5eead4; }
.x-mic { font-size: 14px; line-height: 1.45; color: var(--body-text-color-subdued); }
.x-mic p { margin: 0; font-size: 14px !important; line-height: 1.45 !important; }
.x-mic summary { cursor: pointer; width: fit-content; color: inherit; }
.x-mic details > p { margin: 2px 0 6px; }
.x-mic label { display: flex; align-items: center; gap: 8px; min-height: 30px; cursor: pointer; width: fit-content; }
.x-mic input { width: 18px; height: 18px; accent-color: #0f766e; margin: 0; }
"""


def _head() -> str:
    words = json.dumps({"languages": consent.as_json(), "helps": HELPS, "names": NAMES}, ensure_ascii=False)
    inside = words.replace("<", "\\u003c")  # so that no text can end the script
    return (
        f"<style>{STYLE}</style><script type='application/json' id='microphone-words'>{inside}</script>"
        f"<script>{script('microphone')}</script>"
    )


HEAD = _head()  # for ``launch(head=...)``


def controls(recorder: str = "clip") -> gr.HTML:
    """For below a recorder: which processing to ask for, and what is said about the microphone."""
    boxes = "".join(f"<label><input type='checkbox' name='{key}'>{name}</label>" for key, name in NAMES.items())
    return _beside(
        recorder, "", f"<details id='mic-controls'><summary>Microphone settings</summary><p>{WHY}</p>{boxes}</details>"
    )


def fixed(recorder: str, processing: bool) -> gr.HTML:
    """The same for a recorder that always asks for all of the processing, or for none."""
    return _beside(recorder, f" data-ask='{'on' if processing else 'off'}'", "")


def _beside(recorder: str, ask: str, inside: str) -> gr.HTML:
    said = "<p class='x-mic-said' role='status' aria-live='polite'></p>"
    return gr.HTML(
        f"<div class='x-mic' data-mic='{recorder}'{ask}>{said}{inside}</div>",
        js_on_load="window.microphone?.attach(element);",
        padding=False,
        elem_id=f"{recorder}-microphone",
    )
