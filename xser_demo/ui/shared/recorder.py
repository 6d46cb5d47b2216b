"""Microphone help below a recorder: why it does not open, and which processing the browser does.

It runs in the browser (js/microphone.js, in the head of the page); this file has its texts and its places.
"""

import json
from math import isfinite

import gradio as gr

from xser_demo.ui.js import script
from xser_demo.ui.shared import consent
from xser_demo.utils import settings
from xser_demo.utils.assets import style

UPLOADS = "Uploads and examples work without it."
HELPS = {  # by what happened, see js/microphone.js
    "refused": f"The microphone stays closed. Press Record to be asked again. {UPLOADS}",
    "denied": (
        "The browser or the system does not let this page use the microphone. Allow it in the settings of this site "
        f"(the sign beside the address), then press Record again. {UPLOADS}"
    ),
    "missing": f"No microphone was found. Plug one in or switch it on, then press Record again. {UPLOADS}",
    "busy": (
        "The microphone is there but does not start; another programme may be using it. Close calls and recorders, "
        f"then press Record again. {UPLOADS}"
    ),
    "insecure": (
        "Browsers open the microphone only on https pages and on the serving computer itself. There, open "
        "http://localhost:{port}; for other devices have the page served by: make app HTTPS=1, or xser app --https. "
        + UPLOADS
    ),
    "framed": (
        "This page is embedded in another page that does not allow it to use the microphone. Open it in a tab of its "
        f'own, or have allow="microphone" added to the iframe. {UPLOADS}'
    ),
    "unsupported": (
        "This browser does not let web pages use a microphone. Use a current Firefox, Chrome, Edge or Safari. "
        + UPLOADS
    ),
    "other": f"The microphone did not start ({{error}}). Choose another one or reload the page. {UPLOADS}",
}
ENDED = "The recording ended by itself: a clip is at most {seconds} s long."
# For the event ``input`` of a recorder: opening its upload fires once without a file, and by default Gradio drops
# events that come while that one runs, here the file itself.
LAST = {"trigger_mode": "always_last"}
NAMES = {  # of the browser's sound processing, by media constraint
    "autoGainControl": "gain control",
    "noiseSuppression": "noise suppression",
    "echoCancellation": "echo cancellation",
}
WHY = (
    "For calls, browsers make a voice louder, cleaner and flatter. Here this is off unless you turn it on: loudness is "
    "part of how an emotion sounds. Changes apply from the next recording."
)


def _head() -> str:
    words = json.dumps(
        {"languages": consent.as_json(), "helps": HELPS, "ended": ENDED, "names": NAMES}, ensure_ascii=False
    )
    inside = words.replace("<", "\\u003c")  # so that no text can end the script
    return (
        f"<style>{style('consent')}</style><script type='application/json' id='microphone-words'>{inside}</script>"
        f"<script>{script('microphone')}</script>"
    )


HEAD = _head()  # for ``launch(head=...)``


def controls(recorder: str = "clip") -> gr.HTML:
    """Below a recorder: choices of the browser's processing, and messages about the microphone. A recording ends by
    itself at the most that is read of a clip."""
    boxes = "".join(f"<label><input type='checkbox' name='{key}'>{name}</label>" for key, name in NAMES.items())
    choices = f"<details id='mic-controls'><summary>Microphone settings</summary><p>{WHY}</p>{boxes}</details>"
    return _help(recorder, f"data-seconds='{settings.MAX_CLIP_S:g}'", choices)


def fixed(recorder: str, processing: bool, seconds: float = settings.MAX_CLIP_S, streams: bool = False) -> gr.HTML:
    """Only messages, for a recorder that always requests all processing, or none. A recording ends by itself after
    ``seconds``; inf: never. ``streams``: it sends sound while it records."""
    attributes = f"data-ask='{'on' if processing else 'off'}'"
    attributes += f" data-seconds='{seconds:g}'" if isfinite(seconds) else ""
    return _help(recorder, attributes + (" data-streams='yes'" if streams else ""))


def _help(recorder: str, attributes: str, inside: str = "") -> gr.HTML:
    message = "<p class='x-mic-said' role='status' aria-live='polite'></p>"
    return gr.HTML(
        f"<div class='x-mic' data-mic='{recorder}' {attributes}>{message}{inside}</div>",
        js_on_load="window.microphone?.attach(element);",
        padding=False,
        elem_id=f"{recorder}-microphone",
    )
