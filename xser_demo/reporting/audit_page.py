"""The page of an audit: one self-contained HTML file, with a verdict in words for each property; JSON beside it."""

import json
from html import escape
from pathlib import Path

from xser_demo.audit.properties import (
    FAILS,
    KINDS,
    NOT_MEASURED,
    NUMBER,
    OURS,
    PASSES,
    POINTS,
    SER_TESTS,
    SIMULATED,
    TOO_FEW,
    Property,
)
from xser_demo.audit.published import EMOVO_WHITE_NOISE, SOURCE
from xser_demo.audit.report import Audit
from xser_demo.reporting.html import escaped_table, interval, number, percent, points, table
from xser_demo.utils.assets import style
from xser_demo.utils.errors import UserError
from xser_demo.utils.files import atomic_write
from xser_demo.utils.words import listed

SECTIONS = {
    "correctness": ("Is it right?", "On all clips of unheard speakers."),
    "fairness": (
        "Is it as accurate for everybody?",
        "The largest difference between a group and all clips, beside what {count:,} random models of the same "
        "accuracy reach on these clips. They treat all groups alike, so a limit is what chance does with groups of "
        "this size; a fair model fails one or more of these properties in 5 of 100 audits.",
    ),
    "robustness": (
        "Do its answers stay the same when the recording changes?",
        "The recordings of {sampled} clips, equal shares of emotions and speakers, were changed and answered again. "
        "All clips of a speaker were changed alike.",
    ),
    "stability": ("Does a clip get the same answer whatever happens around it?", ""),
}
SOURCES = {SER_TESTS: "ser\N{NON-BREAKING HYPHEN}tests", OURS: "ours", SIMULATED: "simulated"}
BY = {"sex": "Sex", "speaker": "Speaker", "pitch": "Pitch of the speaker", "language": "Language"}


def write(audit: Audit, file: Path) -> tuple[Path, Path]:
    """Write the page and the JSON beside it. UserError when they cannot be written."""
    stored = file.with_suffix(".json")
    try:
        atomic_write(file, html(audit).encode("utf-8", "replace"))
        atomic_write(stored, (json.dumps(audit.as_dict(), ensure_ascii=False, indent=1) + "\n").encode())
    except OSError as error:
        raise UserError(f"The audit cannot be written to {file} ({error.strerror}); choose another place.") from error
    return file, stored


def html(audit: Audit) -> str:
    """The whole page. Everything from outside is escaped."""
    title = f"Audit of {audit.title} on {listed(list(audit.on))}"
    return "\n".join(
        (
            "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>",
            "<meta name='viewport' content='width=device-width, initial-scale=1'>",
            f"<title>{escape(title)}</title><style>{style('report')}</style></head><body><main>",
            f"<h1>{escape(title)}</h1>",
            f"<p class='verdict'>{escape(verdict(audit))}</p>",
            _failures(audit),
            f"<p class='caution'>{escape(audit.answered_by)}</p>",
            f"<p class='small'>{audit.clips} clips of {audit.speakers} speakers, {len(audit.classes)} emotions. "
            "In brackets: intervals of 95%. <em>Narrowly</em>: the limit is inside the interval, so that other clips "
            "may decide otherwise. Limits are those of ser-tests (Derington et al. 2023) where it has them; others are "
            "ours, or simulated. Do not judge people by such a model, whatever it passes.</p>",
            *(_section(audit, kind) for kind in KINDS),
            "<h2>Details</h2>",
            _confusion(audit),
            _groups(audit),
            _about(audit),
            "</main></body></html>",
        )
    )


def verdict(audit: Audit) -> str:
    """The counts as a sentence."""
    counts = audit.verdicts
    others = [
        text
        for kind, text in ((TOO_FEW, "have too few clips to say"), (NOT_MEASURED, "were not measured"))
        if counts[kind]
        for text in [f"{counts[kind]} {text}"]
    ]
    parts = [f"{counts[PASSES]} pass", f"{counts[FAILS]} fail", *others]
    return f"Of {len(audit.properties)} properties {listed(parts)}."


def measured(one: Property) -> str:
    """The value with its interval, "" without one."""
    if one.value is None:
        return ""
    return _amount(one.value, one.unit) + (f" {_interval(one)}" if one.interval else "")


def limit(one: Property) -> str:
    """The limit and who set it."""
    if one.limit is None:
        return ""
    side = "at least" if one.limit.at_least else "at most"
    return f"{side} {_amount(one.limit.value, one.unit)} ({SOURCES.get(one.limit.source, one.limit.source)})"


def _amount(value: float, unit: str) -> str:
    if unit == POINTS:
        return f"{points(value, sign=False)} points"
    return f"{value:.1g}" if unit == NUMBER else percent(value)


def _interval(one: Property) -> str:
    low, high = one.interval or (0.0, 0.0)
    return f"[{points(low, sign=False)}, {points(high, sign=False)}]" if one.unit == POINTS else interval((low, high))


def _failures(audit: Audit) -> str:
    """The failed properties in one list, since they are what a reader looks for."""
    failed = [one for one in audit.properties if one.verdict == FAILS]
    if not failed:
        return "<p>No property fails.</p>"
    items = "".join(
        f"<li>{escape(one.asks)} <strong>No{', narrowly' if one.narrow else ''}</strong>: {escape(measured(one))}; "
        f"{escape(limit(one))} is asked for.{escape(f' {one.note}' if one.note else '')}</li>"
        for one in failed
    )
    return f"<h2>What fails</h2><ul>{items}</ul>"


def _section(audit: Audit, kind: str) -> str:
    head, text = SECTIONS[kind]
    of_kind = [one for one in audit.properties if one.kind == kind]
    rows = [(_question(one), _unbroken(measured(one)), escape(limit(one)), _verdict(one)) for one in of_kind]
    said = (
        text.format(count=audit.random_models, sampled=audit.sampled)
        if audit.sampled or "{sampled}" not in text
        else ""
    )
    return (
        f"<h2>{head}</h2>"
        + (f"<p class='small'>{escape(said)}</p>" if said else "")
        + f"<div class='scroll properties'>{table(('It asks', 'Measured', 'Limit', 'Verdict'), rows)}</div>"
        + (_published(audit) if kind == "robustness" else "")
    )


def _question(one: Property) -> str:
    return f"{escape(one.asks)} <small>{escape(one.id)}</small>"


def _unbroken(text: str) -> str:
    return escape(text).replace(" ", "&nbsp;")


def _verdict(one: Property) -> str:
    words = escape(one.words)
    return f"<strong class='fails'>{words}</strong>" if one.verdict == FAILS else words


def _published(audit: Audit) -> str:
    """Published figures of other models, where the corpus is theirs."""
    ours = next((one for one in audit.properties if one.id == "white-noise"), None)
    if audit.corpora != ("emovo",) or ours is None or ours.value is None:
        return ""
    rows = [(f"This model ({audit.sampled} clips)", measured(ours))]
    rows += [(name, percent(share)) for name, share in sorted(EMOVO_WHITE_NOISE.items(), key=lambda one: -one[1])]
    return (
        "<h3>Beside eleven other models on EMOVO</h3><p class='small'>Answers that stay the same with white noise "
        f"20 dB below the speech. The figures of the other models are read from published tables "
        f"({escape(SOURCE)}). None of them was adapted to Italian; clips and noise are not the same.</p>"
        + escaped_table(("Model", "Answers unchanged"), rows)
    )


def _confusion(audit: Audit) -> str:
    rows = [
        (name, sum(row), *(f"{number(count / max(sum(row), 1))}%" for count in row))
        for name, row in zip(audit.classes, audit.confusion, strict=True)
    ]
    return "<h3>What is answered as what</h3>" + escaped_table(("Labelled as", "Clips", *audit.classes), rows)


def _groups(audit: Audit) -> str:
    rows = [(BY.get(one["by"], one["by"]), one["group"], one["clips"], percent(one["uar"])) for one in audit.groups]
    return "<h3>Groups</h3>" + escaped_table(("By", "Group", "Clips", "UAR"), rows) if rows else ""


def _about(audit: Audit) -> str:
    versions = ", ".join(f"{name} {one}" for name, one in audit.versions.items() if one)
    return "<h3>About</h3>" + escaped_table(
        (),
        (
            ("Model", audit.model),
            ("Weights", audit.weights_sha256),
            ("Date", audit.date),
            ("Versions", versions),
            ("ser-tests", SOURCE),
        ),
    )
