"""What a method reports while it trains, as curves over epochs. Knows nothing of Gradio."""

import numpy as np
import plotly.graph_objects as go

from xser_demo.training import Epoch
from xser_demo.ui import plots

HEIGHT = 290  # of a figure with curves
LABELLED = "share labelled"  # of target clips that resemble a source clip enough to learn from it


def titled(figure: go.Figure, title: str) -> go.Figure:
    """A copy with a title."""
    return go.Figure(figure).update_layout(
        title={"text": title, "x": 0, "xref": "paper", "font": {"size": 15}}, margin={"t": 34}, showlegend=False
    )


def note(history: dict[str, list[float]], event: Epoch) -> None:
    """Put one epoch into the curves."""
    values = event.losses | {"source UAR": event.candidate.source_uar}
    if not np.isnan(event.candidate.infomax):
        values["InfoMax"] = event.candidate.infomax
    for name, value in values.items():
        history.setdefault(name, []).append(value)


def figures(history: dict[str, list[float]]) -> tuple[go.Figure, go.Figure, go.Figure]:
    """Losses; shares (0 to 1), of right answers above all; InfoMax."""
    shares = {name: values for name, values in history.items() if is_share(name)}
    rest = {"InfoMax": history["InfoMax"]} if "InfoMax" in history else {}
    losses = {name: values for name, values in history.items() if name not in (*shares, *rest)}
    made = (
        plots.curves(losses, "Losses"),
        plots.curves(shares, "Shares: right answers" + (", pseudo-labelled clips" if LABELLED in shares else ""))
        .update_yaxes(range=[0, 1.03], tickformat=".0%"),
        plots.curves(rest, "InfoMax on unlabelled target (nats)"),
    )  # fmt: skip
    for figure in made:
        figure.update_layout(
            height=HEIGHT,
            showlegend=True,
            margin={"t": 34, "r": 8, "l": 42, "b": 100},
            title_font_size=14,
            xaxis_title_font_size=12,
        )
        figure.update_layout(legend={"y": -0.38, "yanchor": "top", "x": 0, "font": {"size": 12}})
    return made


def is_share(name: str) -> bool:
    """Whether a number that a method reports is a share and no loss; methods name such numbers so."""
    return name == "source UAR" or name.endswith("accuracy") or name.startswith("share")
