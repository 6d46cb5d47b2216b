"""Heat maps: a confusion matrix, and gains over pairs of corpora."""

from html import escape

import plotly.graph_objects as go

from xser_demo.reporting.html import points
from xser_demo.reporting.plots import blank_figure

HEIGHT = 218
SMALL_HEIGHT = 210  # of two beside each other
SHARE = [[0, "#f1f5f4"], [1, "#2a9d8f"]]  # to teal; dark text is legible on all colours
GAIN = [[0, "#ea7363"], [0.5, "#f4f4f5"], [1, "#2a9d8f"]]  # red is worse
MIN_RANGE = 0.05  # of the colours, as a gain: noise must not look like a large effect


def confusion(classes: list[str], counts: list[list[int]], model: str, seeds: int) -> go.Figure:
    """Percent of the clips of each label (row) by prediction (column). ``model``: for the title."""
    names = [escape(name) for name in classes]
    shares, hover = [], []
    for label, line in zip(names, counts, strict=True):
        total = sum(line)
        shares.append([100 * count / total if total else None for count in line])
        note = f", {seeds} seeds together" if seeds > 1 else ""
        hover.append([f"labelled {label}, predicted {name}:<br>{count} of {total} clips{note}"
                      for name, count in zip(names, line, strict=True)])  # fmt: skip
    figure = _heat(names, names, shares, hover, ("Labelled (row), predicted (column), percent", model), "%{z:.0f}")
    figure.update_traces(colorscale=SHARE, zmin=0, zmax=100)
    return figure


def before_and_now(classes: list[str], before: list[list[int]], now: list[list[int]]) -> go.Figure:
    """Two small matrices beside each other, percent of the clips of each label (row) by prediction (column)."""
    names = [escape(name) for name in classes]
    figure = blank_figure("", SMALL_HEIGHT)
    for number, (counts, when) in enumerate(((before, "before"), (now, "now")), 1):
        shares = [[100 * one / sum(line) if sum(line) else None for one in line] for line in counts]
        hover = [[f"{when}: labelled {label}, predicted {name}: {one} of {sum(line)} clips"
                  for name, one in zip(names, line, strict=True)]
                 for label, line in zip(names, counts, strict=True)]  # fmt: skip
        figure.add_heatmap(
            z=shares, x=names, y=names, customdata=hover, texttemplate="%{z:.0f}", xaxis=f"x{number}", zmin=0, zmax=100,
            textfont={"size": 12, "color": "#18181b"}, showscale=False, xgap=1, ygap=1, colorscale=SHARE,
            hoverongaps=False, hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "ticks": "", "tickfont": {"size": 11}}
    column = axis | {"tickangle": -90}
    for when, x in (("before", 0), ("now", 0.52)):
        figure.add_annotation(
            text=when, x=x, y=1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False
        )
    return figure.update_layout(
        margin={"l": 62, "r": 2, "t": 22, "b": 60},
        xaxis=column | {"domain": [0, 0.48]},
        xaxis2=column | {"domain": [0.52, 1]},
        yaxis=axis | {"autorange": "reversed"},
    )


def gains(starts: list[str], ends: list[str], values: list[list[float | None]], model: str) -> go.Figure:
    """From source (row) to target (column): points above source only; red with a minus sign where UAR drops."""
    starts, ends = [escape(one) for one in starts], [escape(one) for one in ends]
    hover, texts = [], []
    for start, line in zip(starts, values, strict=True):
        texts.append(["" if one is None else points(one) for one in line])
        hover.append(
            [f"{start} to {end}:<br>{text} points" if text else "" for end, text in zip(ends, texts[-1], strict=True)]
        )
    scaled = [[None if one is None else 100 * one for one in line] for line in values]
    figure = _heat(
        starts, ends, scaled, hover, ("Gain in points, from (row) to (column)", f"over source only: {model}"), "%{text}"
    )
    largest = max([100 * MIN_RANGE, *(abs(one) for line in scaled for one in line if one is not None)])
    figure.update_traces(text=texts, colorscale=GAIN, zmin=-largest, zmax=largest)
    return figure


def _heat(
    rows: list[str], columns: list[str], values: list, hover: list, title: tuple[str, str], text: str
) -> go.Figure:
    figure = blank_figure("", HEIGHT)
    figure.add_heatmap(
        z=values, x=columns, y=rows, customdata=hover, texttemplate=text,
        textfont={"size": 14, "color": "#18181b"}, showscale=False, xgap=2, ygap=2, hoverongaps=False,
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "ticks": "", "tickangle": 0,
            "tickfont": {"size": 12}}  # fmt: skip
    first, second = title
    return figure.update_layout(
        title={
            "text": first, "x": 0, "xref": "container", "y": 1, "yanchor": "top", "pad": {"t": 6}, "font": {"size": 14},
            "subtitle": {"text": escape(second), "font": {"size": 12}},
        },
        margin={"l": 72, "r": 2, "t": 50, "b": 20},
        xaxis=axis,
        yaxis=axis | {"autorange": "reversed"},
    )  # fmt: skip
