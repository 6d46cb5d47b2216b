"""Scores of one published system: a figure with both baselines, a verdict, and the figures of its paper."""

from functools import cache
from html import escape

import plotly.graph_objects as go

from xser_demo.benchmark.systems import page, summary
from xser_demo.benchmark.systems import rows as systems_rows
from xser_demo.benchmark.systems.published import ORACLE_RULE
from xser_demo.benchmark.systems.runs import WEIGHT_0
from xser_demo.corpora import corpus
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.experiments import systems
from xser_demo.experiments.systems.base import System
from xser_demo.networks import checkpoints
from xser_demo.reporting.html import points
from xser_demo.reporting.palette import FAINT, INK, MODEL_COLOURS
from xser_demo.reporting.plots import blank_figure
from xser_demo.ui.shared import texts
from xser_demo.ui.shared.model_menu import SEPARATOR, pairs
from xser_demo.utils import settings
from xser_demo.utils.words import listed, upper

ROW_HEIGHT = 30  # pixels
BASELINES = (
    ("source_only", "without adaptation", "circle-open", MODEL_COLOURS[0]),
    ("zscore", "target z-score alone", "diamond-open", MODEL_COLOURS[3]),
)
NOTE = (
    "UAR in percent on all clips of the target, after adaptation on the same clips without labels; line: 95% interval. "
    "<b>Target z-score</b> trains nothing: compare a system with that mark. Inductive scores, other variants and all "
    "controls are in docs/systems.md."
)


def note() -> str:
    """What the figure shows, and whether something has changed since."""
    changed = systems_rows.changed()
    return f"{NOTE} {texts.OUTDATED.format(listed(changed))}" if changed else NOTE


def rows(system: System) -> dict[str, list[dict]]:
    """Transductive rows of the system itself, by track ("faithful", "common"), in the order of its pairs."""
    default = system.variant()
    methods = {"faithful": default.method, "common": system.common_method}
    order = [f"{source} -> {target}" for source, target in system.pairs]

    def belongs(row: dict) -> bool:
        own = row["track"] == "common" or (row["variant"] == default.name and row["labels"] == system.task)
        honest = row.get("selection") != ORACLE_RULE and row.get("normalise") is None
        return row["role"] == "system" and row["mode"] == "transductive" and own and honest

    def place(row: dict) -> tuple:
        return order.index(row["pair"]) if row["pair"] in order else len(order), row["pair"]

    known = [row for row in _all(_stamp())[system.id] if belongs(row)]
    return {
        track: sorted((row for row in known if row["track"] == track and row["method"] == method), key=place)
        for track, method in methods.items()
    }


def claim(system: System) -> dict:
    """The claim of a paper, its test and the verdict; see summary.rows."""
    return next(row for row in _summary(_stamp()) if row["system"] == system.id)


def grid(system: System) -> list[dict]:
    """Rows of all ways of combining batch-norm statistics on the system's first pair, with and without reversal; empty
    for systems of one kind."""
    if len(system.variants) < 2 or "norm" not in system.variant().recipe.options:
        return []
    pair = " -> ".join(system.pairs[0])
    return [
        row
        for row in _all(_stamp())[system.id]
        if row["track"] == "faithful" and row["pair"] == pair and row["labels"] == system.task
        and row["mode"] == "transductive" and row["method"] in (WEIGHT_0, system.variant().method)
    ]  # fmt: skip


def verdict(rows: list[dict]) -> str:
    """The mean gain over both baselines, and on how many pairs the system differs from target z-score."""
    if not rows:
        return "Not computed yet: make systems."
    above = sum(row["ci95"][0] > row["zscore"] for row in rows)
    below = sum(row["ci95"][1] < row["zscore"] for row in rows)
    gain = sum(row["uar"] - row["source_only"] for row in rows) / len(rows)
    over_zscore = sum(row["uar"] - row["zscore"] for row in rows) / len(rows)
    count = f"{len(rows)} pairs of languages" if len(rows) > 1 else _named(rows[0]["pair"])
    return (
        f"Over {count}: {points(gain)} points on average against no adaptation, {points(over_zscore)} against target "
        f"z-score, which trains nothing. Its whole interval is above target z-score in {_of(above, rows)}, below in "
        f"{_of(below, rows)}."
    )


def _of(count: int, rows: list[dict]) -> str:
    return "none" if count == 0 else f"{count} of {len(rows)}"


def figure(rows: list[dict], title: str, chance: float) -> go.Figure | None:
    """One line per pair: the system with its interval, and both baselines; None without rows."""
    if not rows:
        return None
    names = [_named(row["pair"]) for row in rows]
    plot = blank_figure(title, 128 + ROW_HEIGHT * len(rows))
    for key, name, symbol, colour in BASELINES:
        plot.add_scatter(
            x=[100 * row[key] for row in rows], y=names, mode="markers", name=name,
            marker={"symbol": symbol, "size": 10, "color": colour, "line": {"width": 2}},
            hovertemplate="%{y}: %{x:.1f}<extra>" + name + "</extra>",
        )  # fmt: skip
    uar = [100 * row["uar"] for row in rows]
    plot.add_scatter(
        x=uar, y=names, mode="markers", name="the system", marker={"size": 10, "color": MODEL_COLOURS[1]},
        error_x={
            "array": [100 * row["ci95"][1] - value for row, value in zip(rows, uar, strict=True)],
            "arrayminus": [value - 100 * row["ci95"][0] for row, value in zip(rows, uar, strict=True)],
            "color": MODEL_COLOURS[1], "thickness": 2, "width": 0,
        },
        customdata=[[100 * low, 100 * high] for low, high in (row["ci95"] for row in rows)],
        hovertemplate="%{y}: %{x:.1f} [%{customdata[0]:.0f}, %{customdata[1]:.0f}]<extra>the system</extra>",
    )  # fmt: skip
    plot.add_vline(x=100 * chance, line={"color": INK, "dash": "dot", "width": 1}, annotation_text="chance",
                      annotation_position="top", annotation_font_size=12)  # fmt: skip
    axis = {"gridcolor": FAINT, "zeroline": False, "fixedrange": True}
    return plot.update_layout(
        margin={"l": 10, "r": 10, "t": 44, "b": 84},
        xaxis=axis | {"ticksuffix": "%"},
        yaxis=axis | {"autorange": "reversed", "automargin": True, "showgrid": False},
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
        title={"xref": "container"},
    )


def hear(key: str) -> dict[str, str]:
    """A link to Listen with the shipped models of a system; of the common ground for any other key."""
    known = {card["id"]: card for card in checkpoints.cards()}
    for _, ids in pairs():
        if known[ids.split(SEPARATOR)[1]].get("system") == (key if key in systems.SYSTEMS else None):
            return {"tab": "listen", "models": ids.replace(SEPARATOR, ",")}
    return {"tab": "listen"}


def chance(system: System, track: str) -> float:
    return 1 / len(LABEL_SETS[system.task if track == "faithful" else "four"].classes)


def paper(system: System) -> str:
    """The paper: what it states, what we inferred, and what we had to choose, as HTML."""
    parts = [("It states", system.published), ("Inferred", system.inferred)]
    parts += [("Not in the paper, chosen here", system.unknown_in_paper)]
    parts += [("Different from the paper", system.variant().deviations)]
    lists = "".join(
        f"<h4>{head}</h4><ul>{''.join(f'<li>{escape(upper(item))}</li>' for item in items)}</ul>"
        for head, items in parts
        if items
    )
    return f"<p>{escape(system.paper)}</p>{lists}"


def published(system: System) -> str:
    """Published figures and the closest ones here, as a Markdown table."""
    faithful = [row for row in _all(_stamp())[system.id] if row["track"] == "faithful"]
    return "\n".join(page.beside(system, faithful))


def _named(pair: str) -> str:
    return " to ".join(corpus(key).language_name for key in pair.split(" -> "))


def _stamp() -> tuple:
    """Changes when a result file changes: the key of the cache."""
    files = (settings.ASSETS / "results" / name for name in ("systems.json", "scores.json", "verdicts.json"))
    return tuple((file, file.stat().st_mtime_ns) for file in files if file.exists())


@cache
def _summary(stamp: tuple) -> list[dict]:
    return summary.rows()


@cache
def _all(stamp: tuple) -> dict[str, list[dict]]:
    return systems_rows.rows()
