"""What clips of one voice bring, as a figure: measured beforehand (benchmark/voice_curve.py) on speakers of four
corpora; the visitor's own number of clips is marked."""

import json

import numpy as np
import plotly.graph_objects as go

from xser_demo.reporting import naming, plots
from xser_demo.reporting.palette import FAINT, INK
from xser_demo.utils import settings

FILE = settings.ASSETS / "results" / "voice_curve.json"
COLOURS = ("#0F766E", "#D55E00", "#0072B2", "#CC79A7")
TICKS = (1, 2, 3, 5, 10, 20)
NOTE = (
    "On new speakers: points of UAR over a model that knows nothing of the voice, when so many clips of the voice are "
    "known (other clips are scored; no label is used)."
)


def gains() -> dict[str, dict[int, float]]:
    """Gain in points by number of known clips, for each pair by its name."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))["rows"]
    start = {(r["source"], r["target"]): r["uar"] for r in rows if r["way"] == "corpus"}
    found: dict[str, dict[int, float]] = {}
    for row in rows:
        pair = row["source"], row["target"]
        if row["way"] == "speaker" and row["known"]:
            name = f"{naming.language(pair[0])} to {naming.language(pair[1])}"
            found.setdefault(name, {})[row["known"]] = 100 * (row["uar"] - start[pair])
    return found


def figure(clips: int) -> go.Figure:
    """The curves, with a line at ``clips``, the visitor's."""
    drawn = plots.blank_figure("What your clips bring", height=270)
    for colour, (name, points) in zip(COLOURS, gains().items(), strict=False):
        drawn.add_scatter(
            x=[TICKS.index(known) for known in points], y=list(points.values()), mode="lines+markers", name=name,
            line={"color": colour, "width": 2}, hovertemplate="%{y:+.1f} points<extra>" + name + "</extra>",
        )  # fmt: skip
    drawn.add_hline(0, line={"color": INK, "width": 1, "dash": "dot"})
    if clips:
        place = float(np.interp(clips, TICKS, range(len(TICKS))))
        drawn.add_vline(
            place, line={"color": INK, "width": 1}, annotation={"text": f"you: {clips}"}, annotation_position="top left"
        )
    drawn.update_layout(
        margin={"l": 50, "b": 90},
        legend={"y": -0.42},
        xaxis={"title": "clips of the voice", "tickvals": list(range(len(TICKS))), "ticktext": list(map(str, TICKS)),
               "gridcolor": FAINT, "zeroline": False},
        yaxis={"title": "points of UAR", "gridcolor": FAINT, "zeroline": False},
    )  # fmt: skip
    return drawn
