"""Helpers of the Markdown pages RESULTS.md and docs/systems.md: selected rows, percentages, tables."""


def select(rows: list[dict], **wanted) -> list[dict]:
    """The rows with these values."""
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]


def percent(value: float | None, sign: str = "", missing: str = "–") -> str:
    """A share in percent with one digit; ``sign="+"`` also marks positive values."""
    return missing if value is None else f"{100 * value:{sign}.1f}"


def table(head: list[str], body: list[list[str]]) -> list[str]:
    """Lines of a Markdown table."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *body)]
