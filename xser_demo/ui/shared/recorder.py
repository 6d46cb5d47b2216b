"""What stands beside a recorder: help when the microphone does not open, and which processing the browser does.

All of it happens in the browser (js/microphone.js, in the head of the page); this file gives it its words and places.
"""

import json

import gradio as gr

from xser_demo.ui.js import script
from xser_demo.ui.shared import consent
from xser_demo.utils.assets import style

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


def _head() -> str:
    words = json.dumps({"languages": consent.as_json(), "helps": HELPS, "names": NAMES}, ensure_ascii=False)
    inside = words.replace("<", "\\u003c")  # so that no text can end the script
    return (
        f"<style>{style('consent')}</style><script type='application/json' id='microphone-words'>{inside}</script>"
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
