"""HTML fragments and number formats that all tabs and the run report share."""

from collections.abc import Iterable, Sequence
from html import escape


def number(share: float | None, digits: int = 0) -> str:
    """A share (0 to 1) in percent, without the sign: "63"; "" for None."""
    return "" if share is None else f"{100 * share:.{digits}f}"


def percent(share: float, digits: int = 0) -> str:
    """A share (0 to 1) as "63%"."""
    return f"{number(share, digits)}%"


def points(difference: float, sign: bool = True) -> str:
    """A difference of two shares in percentage points, with a real minus sign; never "-0.0"."""
    value = round(100 * difference, 1) + 0.0
    return f"{value:{'+' if sign and value else ''}.1f}".replace("-", "\N{MINUS SIGN}")


def interval(bounds: Sequence[float]) -> str:
    """Two shares in percent as "[55, 65]"."""
    return f"[{number(bounds[0])}, {number(bounds[1])}]"


def interval_words(bounds: Sequence[float], digits: int = 0) -> str:
    """Two shares as "55% to 65%"."""
    return f"{percent(bounds[0], digits)} to {percent(bounds[1], digits)}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML already; without ``head`` there is no row of headings."""
    top = "".join(f"<th scope='col'>{cell}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{f'<thead><tr>{top}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"


def escaped_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of plain values that scrolls where it is too wide, for the report."""
    cells = (tuple(escape(str(cell)) for cell in row) for row in rows)
    return f"<div class='scroll'>{table(head, cells)}</div>"


def scrolling(table: str, label: str = "table") -> str:
    """A table wider than a phone scrolls by itself, also by keyboard, not the page."""
    return f"<div class='x-table' tabindex='0' role='region' aria-label='{label}'>{table}</div>"


def definitions(facts: Iterable[tuple[str, str]], css_class: str = "") -> str:
    """(name, value) as a definition list; values are escaped."""
    items = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f"<dl class='{css_class}'>{items}</dl>" if css_class else f"<dl>{items}</dl>"


def options(choices: Iterable[tuple[str, str]], chosen: str) -> str:
    """The options of a menu from (value, name)."""
    return "".join(
        f"<option value='{value}'{' selected' if value == chosen else ''}>{name}</option>" for value, name in choices
    )


def line(text: str, share: float | None = None) -> str:
    """A status line; with ``share`` (0 to 1) a progress bar below it."""
    bar = "" if share is None else f"<progress value='{share:.3f}' max='1' aria-label='progress'></progress>"
    return f"<div class='x-now-line' role='status'>{escape(text)}{bar}</div>"


def error(problem: Exception) -> str:
    return f"<p class='x-error' role='alert'>{escape(str(problem))}</p>"
