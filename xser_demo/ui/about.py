"""The About tab: what this is, on what it was trained, and what it must not be used for."""

import json
from html import escape

import gradio as gr

from xser_demo import checkpoints, settings
from xser_demo.corpora import CORPORA
from xser_demo.encoders import whisper
from xser_demo.ui import texts


def build() -> None:
    gr.Markdown(texts.WHAT, elem_classes="x-about")
    gr.HTML(f"<h2 class='x-title'>Corpora</h2>{corpora_table()}", padding=False, elem_id="about-corpora")
    gr.HTML(f"<h2 class='x-title'>Models</h2>{models_table()}", padding=False, elem_id="about-models")
    gr.Markdown(texts.LIMITS + encoder_note(), elem_classes="x-about")


def corpora_table() -> str:
    rows = [
        (
            f"<a href='{escape(known.url)}' rel='noreferrer' target='_blank'>{escape(known.name)}</a>",
            escape(known.language_name),
            f"{known.clips} clips, {known.speakers} speakers",
            f"{escape(known.licence)}. {escape(known.terms)}",
            escape(known.citation),
        )
        for known in CORPORA.values()
    ]
    return _table(("Corpus", "Language", "Size", "Licence", "Please cite"), rows)


def models_table() -> str:
    """Every shipped model with its score, the score of the model that was not adapted, and the interval."""
    rows = []
    for card in checkpoints.cards():
        names = [CORPORA[key].name if key in CORPORA else key for key in (card["source"], card["target"]) if key]
        uar = card["uar"] or {}
        scored = CORPORA[uar["scored_on"]].name if uar.get("scored_on") in CORPORA else uar.get("scored_on", "")
        rows.append(
            (
                escape(card["title"]),
                escape(" to ".join(names)),
                "as trained" if card["target"] is None else escape(card["mode"]),
                escape(scored),
                _percent(uar, "source_only"),
                f"{_percent(uar, 'adapted')} {_interval(uar)}",
            )
        )
    if not rows:
        return f"<p>{texts.NO_MODELS}</p>"
    head = ("Model", "Trained on", "Mode", "Scored on", "UAR without adaptation", "UAR [95% interval]")
    note = (
        "UAR in percent. <em>Transductive</em>: scored on the clips it was adapted to, without their labels; "
        "<em>inductive</em>: on other speakers."
    )
    return _table(head, rows) + f"<p class='x-small'>{note}</p>"


def encoder_note() -> str:
    try:
        card = json.loads((settings.CHECKPOINTS / whisper.NAME / "card.json").read_text(encoding="utf-8"))
        return f"{card['name']}, by {card['authors']}, {card['licence'].split(' (')[0]} licence. {card['note']}"
    except (OSError, ValueError, KeyError):
        return "The card of the speech encoder is missing from checkpoints/."


def _percent(uar: dict, name: str) -> str:
    return f"{100 * uar[name]:.0f}" if name in uar else ""


def _interval(uar: dict) -> str:
    return "[{:.0f}, {:.0f}]".format(*(100 * bound for bound in uar["ci95"])) if "ci95" in uar else ""


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Cells are HTML already."""
    top = "".join(f"<th scope='col'>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    # Tables that are wider than a phone scroll by themselves, also by keyboard, not the page.
    return (
        "<div class='x-table' tabindex='0' role='region' aria-label='table'>"
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )
