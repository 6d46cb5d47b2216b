"""What the Systems tab says and draws of one system: its scores beside the floors, and the paper's. No Gradio."""

from functools import cache
from html import escape

import plotly.graph_objects as go

from xser_demo.benchmark.systems import page
from xser_demo.benchmark.systems import rows as systems_rows
from xser_demo.corpora import corpus
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.experiments import systems
from xser_demo.experiments.systems.base import System
from xser_demo.networks import checkpoints
from xser_demo.reporting import naming
from xser_demo.reporting.html import points
from xser_demo.reporting.palette import FAINT, INK, MODEL_COLOURS
from xser_demo.reporting.plots import _figure
from xser_demo.ui.shared.model_menu import BETWEEN, pairs
from xser_demo.utils import settings

ROW = 30  # pixels of a pair in the figure
FLOORS = (
    ("source_only", "without adaptation", "circle-open", MODEL_COLOURS[0]),
    ("zscore", "target z-score alone", "diamond-open", MODEL_COLOURS[3]),
)
NOTE = (
    "UAR in percent on all clips of the target, adapted on the same clips without their labels; line: 95% interval. "
    "<b>Target z-score</b> trains nothing: what a system adds is its distance from that mark. Inductive scores, other "
    "ways to build it and every control are in docs/systems.md."
)


def rows(system: System) -> dict[str, list[dict]]:
    """Transductive rows of the system itself, by track ("faithful", "common"), in the order of its pairs."""
    found = {"faithful": [], "common": []}
    for row in _all(_stamp())[system.id]:
        own = row["track"] == "common" or (row["variant"] == system.variant().name and row["labels"] == system.task)
        said = row.get("selection") != page.ORACLE_RULE and row["method"] in (
            (system.variant().method,) if row["track"] == "faithful" else (system.common_method,)
        )
        if row["role"] == "system" and row["mode"] == "transductive" and own and said:
            found[row["track"]].append(row)
    order = [f"{source} -> {target}" for source, target in system.pairs]
    for track in found.values():
        track.sort(key=lambda row: (order.index(row["pair"]) if row["pair"] in order else len(order), row["pair"]))
    return found


def verdict(found: list[dict]) -> str:
    """How the system stands to the target's z-score over its pairs, in one sentence."""
    if not found:
        return "Not computed yet: make systems."
    above = sum(row["ci95"][0] > row["zscore"] for row in found)
    below = sum(row["ci95"][1] < row["zscore"] for row in found)
    gain = sum(row["uar"] - row["source_only"] for row in found) / len(found)
    more = sum(row["uar"] - row["zscore"] for row in found) / len(found)
    many = f"{len(found)} pairs of languages" if len(found) > 1 else _named(found[0]["pair"])
    return (
        f"Over {many}: {points(gain)} points on average against no adaptation, {points(more)} against the target "
        f"z-score, which trains nothing. Its interval lies wholly above that in {_of(above, found)}, wholly below in "
        f"{_of(below, found)}."
    )


def _of(count: int, found: list[dict]) -> str:
    return "none" if count == 0 else f"{count} of {len(found)}"


def figure(found: list[dict], title: str, chance: float) -> go.Figure | None:
    """A line per pair: the system with its interval, and the two floors."""
    if not found:
        return None
    names = [_named(row["pair"]) for row in found]
    picture = _figure(title, 128 + ROW * len(found))
    for key, name, symbol, colour in FLOORS:
        picture.add_scatter(
            x=[100 * row[key] for row in found], y=names, mode="markers", name=name,
            marker={"symbol": symbol, "size": 10, "color": colour, "line": {"width": 2}},
            hovertemplate="%{y}: %{x:.1f}<extra>" + name + "</extra>",
        )  # fmt: skip
    middle = [100 * row["uar"] for row in found]
    picture.add_scatter(
        x=middle, y=names, mode="markers", name="the system", marker={"size": 10, "color": MODEL_COLOURS[1]},
        error_x={
            "array": [100 * row["ci95"][1] - one for row, one in zip(found, middle, strict=True)],
            "arrayminus": [one - 100 * row["ci95"][0] for row, one in zip(found, middle, strict=True)],
            "color": MODEL_COLOURS[1], "thickness": 2, "width": 0,
        },
        customdata=[[100 * low, 100 * high] for low, high in (row["ci95"] for row in found)],
        hovertemplate="%{y}: %{x:.1f} [%{customdata[0]:.0f}, %{customdata[1]:.0f}]<extra>the system</extra>",
    )  # fmt: skip
    picture.add_vline(x=100 * chance, line={"color": INK, "dash": "dot", "width": 1}, annotation_text="chance",
                      annotation_position="top", annotation_font_size=12)  # fmt: skip
    axis = {"gridcolor": FAINT, "zeroline": False, "fixedrange": True}
    return picture.update_layout(
        margin={"l": 10, "r": 10, "t": 44, "b": 84},
        xaxis=axis | {"ticksuffix": "%"},
        yaxis=axis | {"autorange": "reversed", "automargin": True, "showgrid": False},
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
        title={"xref": "container"},
    )


def hear(key: str) -> dict[str, str]:
    """A link to Listen with the shipped models of a system, of the common ground where it is none."""
    known = {card["id"]: card for card in checkpoints.cards()}
    for _, ids in pairs():
        if known[ids.split(BETWEEN)[1]].get("system") == (key if key in systems.SYSTEMS else None):
            return {"tab": "listen", "models": ids.replace(BETWEEN, ",")}
    return {"tab": "listen"}


def chance(system: System, track: str) -> float:
    return 1 / len(LABEL_SETS[system.task if track == "faithful" else "four"].classes)


def paper(system: System) -> str:
    """The paper, what it states, what was inferred and what we had to choose, as HTML."""
    parts = [("It states", system.published), ("Inferred", system.inferred)]
    parts += [("It does not say, chosen here", system.unknown_in_paper)]
    parts += [("Other than in the paper", system.variant().deviations)]
    lists = "".join(
        f"<h4>{head}</h4><ul>{''.join(f'<li>{escape(naming.upper(item))}</li>' for item in items)}</ul>"
        for head, items in parts
        if items
    )
    return f"<p>{escape(system.paper)}</p>{lists}"


def beside(system: System) -> str:
    """Published figures and the nearest of ours, as a Markdown table."""
    own = [row for row in _all(_stamp())[system.id] if row["track"] == "faithful"]
    return "\n".join(page.beside(system, own))


def _named(pair: str) -> str:
    return " to ".join(corpus(key).language_name for key in pair.split(" -> "))


def _stamp() -> tuple:
    """Changes when the result files do."""
    files = (settings.ASSETS / "results" / name for name in ("systems.json", "scores.json"))
    return tuple((file, file.stat().st_mtime_ns) for file in files if file.exists())


@cache
def _all(stamp: tuple) -> dict[str, list[dict]]:
    return systems_rows.rows()
