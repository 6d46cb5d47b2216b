"""Confusion matrices of a domain classifier before and during adaptation, as HTML.

Rows are the language of a clip, columns the prediction. If every cell is 0.5, the domain classifier is guessing: it
cannot separate the domains. The classifier is that of the proxy A-distance (evaluation/domain_distance.py) for every
method, not the one that DANN trains.
"""

from html import escape

from xser_demo.corpora import corpus
from xser_demo.reporting import html
from xser_demo.reporting.score_tables import recognised
from xser_demo.ui.tabs.adapt.live_scores import DomainConfusion

DARK = 0.75  # share from which a cell is so dark that its number is white


def panel(source: str, target: str, confusion: dict[int, DomainConfusion], done: bool) -> str:
    """``confusion`` by epoch, 0 before adaptation; the last one is of the chosen model when the run is ``done``."""
    names = [corpus(key).language_name for key in (source, target)]
    (first, before), (last, now) = next(iter(confusion.items())), list(confusion.items())[-1]
    tables = _table("Before", names, before)
    if last != first:
        tables += _table("After" if done else f"Now, epoch {last}", names, now)
    return (
        "<h3>Can a classifier still tell the languages apart?</h3>"
        f"<p>It recognises the language of <strong>{recognised(before.share)}</strong> of clips before"
        + (f" and <strong>{recognised(now.share)}</strong> {'after' if done else 'now'}" if last != first else "")
        + "; guessing gets 50%.</p>"
        f"<div class='x-telling'>{tables}</div>{_course(confusion, done)}"
        "<p class='x-small x-scale'>Rows: language of the clips; columns: prediction. A linear classifier, tested on "
        "held-out speakers, the same for every method.</p>"
    )


def _table(caption: str, names: list[str], confusion: DomainConfusion) -> str:
    shares = ((confusion.source, 1 - confusion.source), (1 - confusion.target, confusion.target))
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>{''.join(_cell(share) for share in row)}</tr>"
        for name, row in zip(names, shares, strict=True)
    )
    return f"<table><caption>{caption}</caption><thead><tr><td class='x-corner'></td>{head}</tr></thead>{rows}</table>"


def _cell(share: float) -> str:
    return f"<td {_shade(share)}>{html.percent(share)}</td>"


def _course(confusion: dict[int, DomainConfusion], done: bool) -> str:
    """Accuracy by epoch, if there are epochs in between."""
    if len(confusion) < 3:
        return ""
    last = max(confusion)
    names = {0: "before", last: "after" if done else f"epoch {last}"}
    cells = "".join(
        f"<b {_shade(2 * abs(at_epoch.share - 0.5))}>{html.percent(at_epoch.share)}"
        f"<small>{names.get(epoch, f'epoch {epoch}')}</small></b>"
        for epoch, at_epoch in confusion.items()
    )
    return f"<div class='x-way'>{cells}</div>"


def _shade(share: float) -> str:
    return f"style='--much:{100 * share:.0f}%'" + (" class='x-deep'" if share >= DARK else "")
