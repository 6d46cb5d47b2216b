"""What a paper claims, the test of it as one figure, and the verdict in plain words."""

from html import escape
from textwrap import wrap

import plotly.graph_objects as go

from xser_demo.corpora import corpus
from xser_demo.reporting.html import percent, points
from xser_demo.reporting.palette import FAINT, INK, MODEL_COLOURS
from xser_demo.reporting.plots import blank_figure
from xser_demo.utils.words import upper

ROW_HEIGHT, WORDS = 44, 24  # pixels, and letters on a line of a row's name
PUBLISHED = {"cai2021-dann": "The paper reports a mean gain of +3.91 over its model without adaptation."}
RULE = "Shown: the whole 95% interval is above 0. Not shown: it includes 0. Refuted: all of it is below 0."


def html(summary: dict) -> str:
    """Claim, test and verdict of one of ``benchmark.systems.summary.rows``."""
    lines = [
        f"<p><b>Claim.</b> {escape(summary['claim'])}</p>",
        f"<p><b>Test.</b> {escape(upper(summary['test']))}.</p>",
        f"<p><b>Verdict.</b> {escape(upper(words(summary)))}</p>",
    ]
    if summary["pseudo_labels"]:
        lines.append(f"<p><b>Pseudo labels.</b> {escape(pseudo_labels(summary['pseudo_labels']))}</p>")
    return "".join(lines)


def pseudo_labels(rows: list[dict]) -> str:
    """What the gate accepted at the end of training, and how much of it was right; see ``verdicts.pseudo_labels``."""
    said = []
    for row in rows:
        source, target = (corpus(key).name for key in row["pair"].split(" -> "))
        right = "" if row["accuracy"] is None else f", {percent(row['accuracy'])} of them right"
        said.append(f"{source} to {target}: {percent(row['share'])} of the clips{right}")
    no_gate = " The development corpora chose no gate (margin 0)." if all(row["share"] == 1 for row in rows) else ""
    return (
        "Accepted by the gate at the end of training, and scored afterwards by the evaluation alone. "
        f"{'; '.join(said)}.{no_gate} The share is drawn while it trains in Adapt."
    )


def words(summary: dict) -> str:
    """The verdict with its intervals."""
    if not summary["computed"]:
        return "not computed yet on this version: make systems."
    said = [f"{row['name']}: {interval(row)}, {row['verdict'].split(':')[0]}" for row in summary["results"]]
    beside = PUBLISHED.get(summary["system"], "")
    return f"{'; '.join(said)}. {RULE} {beside}".strip()


def interval(row: dict) -> str:
    low, high = row["ci95"]
    return f"{points(row['difference'] / 100)} points [{low:.1f}, {high:.1f}]"


def figure(summary: dict, grid: list[dict]) -> go.Figure | None:
    """All measured differences with their intervals; for the study of batch norm both of its grids. None before they
    are computed."""
    if not summary["computed"]:
        return None
    return two_grids(grid) if grid else differences(summary)


def differences(summary: dict) -> go.Figure:
    rows = [*summary["results"], *summary["beside"]]
    plot = blank_figure("Gain over the control, points of UAR", 120 + ROW_HEIGHT * len(rows))
    for mains, name, colour in ((True, "judges the claim", MODEL_COLOURS[1]), (False, "beside it", MODEL_COLOURS[0])):
        some = [row for row in rows if bool(row.get("main")) == mains]
        value = [row["difference"] for row in some]
        plot.add_scatter(
            x=value, y=["<br>".join(wrap(row["name"], WORDS)) for row in some], mode="markers", name=name,
            marker={"size": 10, "color": colour},
            error_x={
                "array": [row["ci95"][1] - x for row, x in zip(some, value, strict=True)],
                "arrayminus": [x - row["ci95"][0] for row, x in zip(some, value, strict=True)],
                "color": colour, "thickness": 2, "width": 0,
            },
            hovertemplate="%{y}: %{x:.1f}<extra></extra>",
        )  # fmt: skip
    plot.add_vline(x=0, line={"color": INK, "width": 1})
    axis = {"gridcolor": FAINT, "zeroline": False, "fixedrange": True}
    return plot.update_layout(
        margin={"l": 10, "r": 10, "t": 44, "b": 84},
        xaxis=axis,
        yaxis=axis | {"autorange": "reversed", "automargin": True, "showgrid": False},
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
        title={"xref": "container"},
    )


def two_grids(rows: list[dict]) -> go.Figure:
    """UAR of each way of combining, reversal off and on: features standardised by the source only, and by each language
    itself, side by side."""
    plot = blank_figure("UAR, reversal off and on", 420)
    kinds = {"source": "source's statistics", None: "own statistics"}
    ordered = sorted(rows, key=lambda row: (row.get("normalise") is None, row["variant"]))
    for method, name, colour in zip(("weight 0", "dann"), ("reversal off", "reversal on"), MODEL_COLOURS, strict=False):
        some = [row for row in ordered if row["method"] == method]
        value = [100 * row["uar"] for row in some]
        plot.add_scatter(
            x=[[kinds[row.get("normalise")] for row in some], [row["variant"] for row in some]],
            y=value, mode="markers", name=name, marker={"size": 10, "color": colour},
            error_y={
                "array": [100 * row["ci95"][1] - y for row, y in zip(some, value, strict=True)],
                "arrayminus": [y - 100 * row["ci95"][0] for row, y in zip(some, value, strict=True)],
                "color": colour, "thickness": 2, "width": 0,
            },
            hovertemplate="%{x}: %{y:.1f}<extra>" + name + "</extra>",
        )  # fmt: skip
    axis = {"gridcolor": FAINT, "zeroline": False, "fixedrange": True}
    return plot.update_layout(
        margin={"l": 10, "r": 10, "t": 44, "b": 150},
        xaxis=axis | {"showgrid": False},
        yaxis=axis | {"ticksuffix": "%", "automargin": True},
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
        title={"xref": "container"},
    )
