"""The three pages: everything that one needs is in its one answer, so that a slow phone asks once."""

import json
import secrets

from starlette.responses import HTMLResponse

from xser_demo.classroom.rules import FORECASTS, MAX_CLIPS, STAGES
from xser_demo.classroom.shared_run import FEWEST_CLIPS, FEWEST_STUDENTS
from xser_demo.classroom.takes import MAX_S
from xser_demo.corpora.labels import FOUR
from xser_demo.reporting.palette import EMOTION_COLOURS
from xser_demo.ui.classroom.access import owner_secret
from xser_demo.ui.classroom.service import LANGUAGES, Service
from xser_demo.ui.js import script
from xser_demo.utils.assets import style, text

COLOURS = {emotion: EMOTION_COLOURS[emotion] for emotion in FOUR}


def join(service: Service) -> str:
    """For a phone."""
    sentences = {key: one["sentences"] for key, one in text("prompts").items()}
    facts = {
        "languages": LANGUAGES, "emotions": FOUR, "colours": COLOURS, "forecasts": FORECASTS, "sentences": sentences,
        "secure": f"{service.secure}/join" if service.secure else "", "seconds": MAX_S,
    }  # fmt: skip
    return _page("Join the class", "phone", facts, "wire", "wav", "join")


def lecturer(service: Service) -> str:
    """For the projector, with the lecturer's buttons; the presenter's notes are not among its words."""
    titles = {stage: {"title": one["title"]} for stage, one in text("classroom").items()}
    facts = {
        "stages": STAGES, "emotions": FOUR, "colours": COLOURS, "texts": titles,
        "corpora": service.choices(), "most": MAX_CLIPS, "fewest": FEWEST_STUDENTS, "fewest_clips": FEWEST_CLIPS,
        "owner": bool(owner_secret()),
    }  # fmt: skip
    return _page("The class", "screen", facts, "wire", "room_map", "class")


def notes() -> str:
    """For the lecturer's second window."""
    return _page("Presenter notes", "notes", {"stages": STAGES, "texts": text("classroom")}, "wire", "notes")


def _page(title: str, kind: str, facts: dict, *scripts: str) -> str:
    """``NONCE`` is replaced by ``respond``."""
    inside = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")  # so that no text can end the script
    code = "\n".join(script(name) for name in scripts)
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<meta name='color-scheme' content='light dark'><meta name='referrer' content='no-referrer'>"
        f"<title>{title}</title><link rel='icon' href='data:,'><style>{style('classroom')}</style></head>"
        f"<body class='{kind}'><main id='main'></main><noscript>This page needs JavaScript.</noscript>"
        f"<script type='application/json' id='facts'>{inside}</script><script nonce='NONCE'>{code}</script>"
        "</body></html>"
    )


def respond(page: str) -> HTMLResponse:
    """Only the page's own script runs, nothing is fetched from elsewhere, and no other site may frame it."""
    nonce = secrets.token_urlsafe(12)
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src 'self' blob: data:; "
        "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return HTMLResponse(page.replace("nonce='NONCE'", f"nonce='{nonce}'", 1), headers=headers)
