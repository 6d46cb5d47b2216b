"""The rows of the Benchmark tab as values of a ``gr.Dataframe``."""

from xser_demo.reporting.benchmark_results import Row
from xser_demo.reporting.html import interval, number, points

HEADERS = ("Pair", "Method", "UAR", "95%", "vs source", "vs z-score", "WA", "ECE", "Floor", "Seeds", "Clips",
           "Speakers", "Oracle")  # fmt: skip
WORSE, GREY, BOLD = "color: var(--x-worse);", "color: var(--x-grey); font-style: italic;", "font-weight: 650;"


def table(rows: list[Row]) -> dict:
    """Numbers to sort by, the text of each cell, and its CSS."""
    table = [_cells(row) for row in rows]
    return {
        "headers": list(HEADERS),
        "data": [[value for value, *_ in cells] for cells in table],
        "metadata": {
            "display_value": [[text for _, text, _ in cells] for cells in table],
            "styling": [[style for *_, style in cells] for cells in table],
        },
    }


def _cells(row: Row) -> list[tuple]:
    """(value to sort by, text, CSS) of each column."""
    score = row.score
    style = GREY if score["mode"] == "supervised" else ""
    return [
        (row.pair, row.pair, style),
        (row.method, row.method, style),
        (score["uar"], number(score["uar"], 1), style or BOLD),
        (score["ci95"][0], interval(score["ci95"]), style),
        _difference(row.gain),
        _difference(row.over_zscore),
        (score["wa"], number(score["wa"]), style),
        _or_nothing(score["ece"], style),
        _or_nothing(score["floors"].get("speaker_majority"), style),
        (score["seeds"], str(score["seeds"]), style),
        (score["n"], str(score["n"]), style),
        (score["speakers"], str(score["speakers"]), style),
        _or_nothing(score["oracle"], GREY),
    ]


def _difference(value: float | None) -> tuple:
    if value is None:
        return None, "", ""
    text = points(value)
    return value, text, WORSE if text.startswith("−") else ""


def _or_nothing(value: float | None, style: str) -> tuple:
    return value, number(value), style
