"""Can a classifier still tell the two languages apart? As HTML: small tables and how it went. Knows nothing of Gradio.

Each table has two rows, what a clip is, and two columns, what the classifier says. All four cells at one half: it can
only guess, the clouds lie in one place. The classifier is that of the proxy A-distance (evaluation/domain_distance.py),
for every method, and not the one that DANN trains itself.
"""

from html import escape

from xser_demo.corpora import corpus
from xser_demo.ui.tabs.adapt.live_scores import DomainConfusion

DEEP = 0.75  # share from which a cell is so dark that its number is white


def panel(source: str, target: str, told: dict[int, DomainConfusion], done: bool) -> str:
    """``told``: by epoch, 0 before adaptation; the last one is of the chosen model when the run is ``done``."""
    names = [corpus(key).language_name for key in (source, target)]
    (first, before), (last, now) = next(iter(told.items())), list(told.items())[-1]
    tables = _table("Before", names, before)
    if last != first:
        tables += _table("After" if done else f"Now, epoch {last}", names, now)
    return (
        "<h3>Can a classifier still tell the languages apart?</h3>"
        f"<p>It recognises the language of <strong>{_percent(before.share)}</strong> of clips before"
        + (f" and <strong>{_percent(now.share)}</strong> {'after' if done else 'now'}" if last != first else "")
        + "; guessing gets 50%.</p>"
        f"<div class='x-telling'>{tables}</div>{_way(told, done)}"
        "<p class='x-small x-scale'>Rows: what was spoken; columns: what the classifier says. A simple linear "
        "classifier on speakers that it has not heard, the same for every method.</p>"
    )


def _table(caption: str, names: list[str], told: DomainConfusion) -> str:
    shares = ((told.source, 1 - told.source), (1 - told.target, told.target))
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>{''.join(_cell(share) for share in row)}</tr>"
        for name, row in zip(names, shares, strict=True)
    )
    return f"<table><caption>{caption}</caption><thead><tr><td class='x-corner'></td>{head}</tr></thead>{rows}</table>"


def _cell(share: float) -> str:
    return f"<td {_shade(share)}>{_percent(share)}</td>"


def _way(told: dict[int, DomainConfusion], done: bool) -> str:
    """How it went, when it was asked in between too."""
    if len(told) < 3:
        return ""
    last = max(told)
    names = {0: "before", last: "after" if done else f"epoch {last}"}
    cells = "".join(
        f"<b {_shade(2 * abs(one.share - 0.5))}>{_percent(one.share)}"
        f"<small>{names.get(epoch, f'epoch {epoch}')}</small></b>"
        for epoch, one in told.items()
    )
    return f"<div class='x-way'>{cells}</div>"


def _shade(much: float) -> str:
    return f"style='--much:{100 * much:.0f}%'" + (" class='x-deep'" if much >= DEEP else "")


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
