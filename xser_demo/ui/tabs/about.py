"""The About tab: how it works, corpora, models and their scores, limits and privacy."""

import json
from html import escape

import gradio as gr

from xser_demo.audit.properties import PASSES
from xser_demo.audit.report import Audit
from xser_demo.audit.shipped import shipped
from xser_demo.corpora import CORPORA
from xser_demo.corpora.base import Corpus
from xser_demo.data import packs
from xser_demo.experiments import systems
from xser_demo.experiments.systems.base import AFTER
from xser_demo.features import FEATURES
from xser_demo.features.encoders import whisper
from xser_demo.networks import checkpoints
from xser_demo.reporting import naming
from xser_demo.reporting.html import interval, number, scrolling, table
from xser_demo.ui.server import audit_pages
from xser_demo.ui.shared import texts
from xser_demo.utils.assets import markdown, text
from xser_demo.utils.words import listed

NOTES = text("about")
SCORES = ("UAR without adaptation", "with target z-score alone", "UAR [95% interval]")


def build() -> None:
    gr.Markdown(markdown("about"), elem_classes="x-about")
    gr.HTML(f"<h2 class='x-title'>Corpora</h2>{corpora_table()}", padding=False, elem_id="about-corpora")
    gr.HTML(f"<h2 class='x-title'>Models</h2>{models_table()}", padding=False, elem_id="about-models")
    gr.Markdown(f"{markdown('limits')}\n{encoder_note()}", elem_classes="x-about")


def corpora_table() -> str:
    """The corpora whose features are shipped; the other supported ones are named below the table."""
    shipped = packs.available()
    rows = [
        (
            f"<a href='{escape(known.url)}' rel='noreferrer' target='_blank'>{escape(known.name)}</a>",
            escape(known.language_name),
            f"{_clips(known)}, {known.speakers} speakers",
            f"{escape(known.licence)}. {escape(known.terms)}",
            escape(known.citation),
        )
        for known in (CORPORA[key] for key in shipped if key in CORPORA)
    ]
    others = ", ".join(
        escape(f"{known.name} ({known.language_name})") for k, known in CORPORA.items() if k not in shipped
    )
    note = f"<p class='x-small'>{NOTES['other_corpora'].format(others)}</p>" if others else ""
    return (scrolling(table(("Corpus", "Language", "Size", "Licence", "Please cite"), rows)) if rows else "") + note


def _clips(known: Corpus) -> str:
    """How many clips of a corpus are shipped, of how many."""
    shipped = len(packs.load_cached(known.key))
    return f"{shipped:,} of {known.clips:,} clips" if shipped < known.clips else f"{known.clips:,} clips"


def systems_table() -> str:
    """The published systems, one adapted model per row, in the order of their papers."""
    order = {key: place for place, key in enumerate(systems.SYSTEMS)}
    shipped = [card for card in checkpoints.cards() if card.get("system") and card["target"]]
    rows = [
        (
            escape(naming.menu_name(card).rpartition(": ")[0]),
            f"{escape(FEATURES[card['recipe']['feature']].title)}<br>{_fidelity(card)}",
            escape(_pair(card)),
            f"{', '.join(escape(naming.word(card, name)) for name in card['labels'])}"
            f" (chance {100 / len(card['labels']):.0f})",
            *_scores(card["uar"] or {}),
        )
        for card in sorted(shipped, key=lambda card: order.get(card["system"], len(order)))
    ]
    if not rows:
        return ""
    head = ("System", "Features; fidelity", "From, to", "Answers", *SCORES)
    return f"<h3>Published systems</h3>{scrolling(table(head, rows))}<p class='x-small'>{NOTES['systems']}</p>"


def models_table() -> str:
    """Every adapted model of the common ground with its score and those of both baselines; published systems below."""
    rows, audits = [], shipped()
    for card in checkpoints.cards():
        if card.get("system") or card["target"] is None:
            continue
        uar = card["uar"] or {}
        scored = CORPORA[uar["scored_on"]].name if uar.get("scored_on") in CORPORA else uar.get("scored_on", "")
        rows.append(
            (
                escape(card["title"]),
                escape(_pair(card)),
                escape(card["mode"]),
                escape(scored),
                *_scores(uar),
                _audit(card["id"], audits[card["id"]]) if card["id"] in audits else "",
            )
        )
    if not rows:
        return f"<p>{texts.NO_MODELS}</p>"
    head = ("Model", "Trained on", "Mode", "Scored on", *SCORES, "Audit")
    notes = f"<p class='x-small'>{NOTES['models']}</p>"
    return f"<h3>{texts.COMMON}</h3>{scrolling(table(head, rows))}{notes}{systems_table()}"


def encoder_note() -> str:
    try:
        card = json.loads((whisper.folder() / "card.json").read_text(encoding="utf-8"))
        return f"{card['name']}, by {card['authors']}, {card['licence'].split(' (')[0]} licence. {card['note']}"
    except (OSError, ValueError, KeyError):
        return "The card of the speech encoder is missing from checkpoints/."


def _pair(card: dict) -> str:
    sides = [[CORPORA[k].name if k in CORPORA else k for k in keys.split("+")]
             for keys in (card["source"], card["target"]) if keys]  # fmt: skip
    return " to ".join(listed(side) for side in sides)


def _scores(uar: dict) -> tuple[str, str, str]:
    """Cells below SCORES."""
    bounds = interval(uar["ci95"]) if "ci95" in uar else ""
    return number(uar.get("source_only")), number(uar.get("zscore")), f"{number(uar.get('adapted'))} {bounds}"


def _audit(model_id: str, audit: Audit) -> str:
    """How many properties of the model pass, as a link to the page of its audit."""
    words = f"{audit.verdicts[PASSES]} of {len(audit.properties)} pass"
    return f"<a href='{audit_pages.link(escape(model_id))}' target='_blank' rel='noopener'>{words}</a>"


def _fidelity(card: dict) -> str:
    """Fidelity to the paper; deviations unfold on a click."""
    fidelity, deviations = escape(card.get("fidelity") or AFTER), card.get("deviations") or []
    if not deviations:
        return fidelity
    inside = "".join(f"<li>{escape(one)}</li>" for one in deviations)
    return f"<details><summary>{fidelity}</summary><ul>{inside}</ul></details>"
