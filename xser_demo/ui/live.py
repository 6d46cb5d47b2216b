"""An adaptation as it happens, as pictures and words. Knows nothing of Gradio."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from xser_demo import adaptation, alignment, checkpoints, methods
from xser_demo.adaptation import Adapted, Plan, Stage
from xser_demo.checkpoints import Loaded
from xser_demo.corpora import corpus
from xser_demo.errors import ModelError
from xser_demo.features import packs
from xser_demo.model import Model
from xser_demo.training import Epoch, Step
from xser_demo.ui import clouds, plots
from xser_demo.ui.clouds import Clips
from xser_demo.ui.visitor import Visitor

EVERY = 0.35  # seconds between two pictures at least
MOST = 300  # clips of each corpus on a live map
BUDGET_S = 60.0  # for the adaptation; the best epoch so far is taken when it is over
OWN = 4  # models that a visitor keeps
NO_SOURCE = ("urdu",)  # nearly every speaker has one emotion: a model would learn the voices
HEIGHT = 290  # of a figure with curves
ENOUGH = 0.1  # of the work, to tell how long the rest will take
ROOM = 2.4  # of a live map in each direction, in deviations of the points; it grows when points move out
ACCURACY = "domain accuracy"


@dataclass(frozen=True)
class Frame:
    """What changes on the page. None: unchanged."""

    text: str
    share: float | None = None  # of the work that is done
    before: go.Figure | None = None
    now: go.Figure | None = None
    curves: tuple[go.Figure, go.Figure, go.Figure] | None = None
    result: Adapted | None = None


def corpora() -> tuple[list[str], list[str]]:
    """Keys of those that can be a source, and of those that can be a target."""
    there = packs.available()
    return [key for key in there if key not in NO_SOURCE], there


def start(plan: Plan) -> Model | None:
    """A shipped source-only model as this plan would train it, so that the adaptation can begin at once."""
    classes = adaptation.prepare(plan).labels.classes
    for card in checkpoints.cards():
        like = card["target"] is None and (card["source"], card.get("seed")) == (plan.source, plan.seed)
        if like and tuple(card["labels"]) == classes and card.get("label_set") == plan.labels:
            try:
                model = checkpoints.load(card["id"]).model
            except ModelError:
                return None  # damaged: then it is trained here
            if model.recipe == plan.recipe:
                return model
    return None


def frames(plan: Plan) -> Iterator[Frame]:
    """Train, adapt, score. UserError before the first frame when the plan cannot run."""
    adaptation.check(plan)
    source_model = start(plan)
    languages = [corpus(key).language_name for key in (plan.source, plan.target)]
    picture: Picture | None = None
    history: dict[str, list[float]] = {}
    doing, epochs, began, drawn, told = "", 1, 0.0, 0.0, 0.0
    for event in adaptation.adapt(plan, source_model):
        now = time.monotonic()
        if isinstance(event, Stage):
            history, began, epochs = {}, now, event.epochs
            doing = f"Training on {languages[0]}" if event.name == "source" else f"Adapting to {languages[1]}"
            if event.name == "source":
                yield Frame(f"{doing} first: no shipped model fits these settings.", 0.0)
                continue
            picture = Picture(clouds.some(event.task.labels, event.task.train, event.task.adapt, MOST))
            figure = picture.draw(event.model)
            text = doing if methods.get(plan.method).trains else "Replacing statistics, then scoring: about 5 s"
            yield Frame(f"{text}.", 0.0, before=titled(figure, "Before"), now=titled(figure, "Now"))
        elif isinstance(event, Step) and now - told > EVERY:
            told = now
            yield Frame(
                f"{doing}: epoch {event.epoch} of {epochs}{_left(now - began, event.progress)}.", event.progress
            )
        elif isinstance(event, Epoch):
            note(history, event)
            last = event.epoch == epochs
            if now - drawn < EVERY and not last:
                continue
            figure = titled(picture.draw(event.model), f"Now: epoch {event.epoch}") if picture else None
            share = event.epoch / epochs
            text = f"{doing}: epoch {event.epoch} of {epochs}{_left(now - began, share)}."
            if last and picture:
                text = "Choosing the best epoch without target labels, then scoring: about 5 s."
            drawn = time.monotonic()
            yield Frame(text, share, now=figure, curves=figures(history))
        elif isinstance(event, Adapted):
            picture.room = ROOM  # outliers on the way need no room any more
            figure = titled(picture.draw(event.model), "After: the chosen model")
            yield Frame(summary(event), None, now=figure, curves=figures(history) if history else None, result=event)


class Picture:
    """PCA maps of one set of clips, each turned onto the one before, so that points move and do not jump."""

    def __init__(self, clips: Clips):
        self.clips = clips
        self.last: np.ndarray | None = None
        self.room = ROOM

    def draw(self, model: Model) -> go.Figure:
        view = clouds.look(model, self.clips)
        layout = alignment.layout(view.points, "pca")
        self.last = layout if self.last is None else alignment.match(layout, self.last)
        groups = clouds.groups(self.clips, view, "corpus", labelled=False)
        self.room = max(self.room, 1.05 * float(np.abs(self.last).max()))
        figure = plots.scatter(self.last, groups).update_layout(height=340).update_traces(marker_size=6)
        return figure.update_xaxes(range=[-self.room, self.room]).update_yaxes(range=[-self.room, self.room])


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
    """Losses; shares (0 to 1) of right answers; InfoMax."""
    shares = {name: history[name] for name in ("source UAR", ACCURACY) if name in history}
    rest = {"InfoMax": history["InfoMax"]} if "InfoMax" in history else {}
    losses = {name: values for name, values in history.items() if name not in (*shares, *rest)}
    title = "Right answers: source validation" + (", domain classifier" if ACCURACY in shares else "")
    made = (
        plots.curves(losses, "Losses"),
        plots.curves(shares, title).update_yaxes(range=[0, 1.03], tickformat=".0%"),
        plots.curves(rest, "InfoMax on unlabelled target (nats)"),
    )
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


def summary(result: Adapted) -> str:
    """One line about an adaptation that has ended."""
    finished = result.finished
    text = f"Done in {_seconds(result.seconds)}."
    if finished.stopped_early:
        text += f" The {BUDGET_S:.0f} s were over after {finished.epochs} of {result.plan.epochs} epochs."
    if finished.chosen:
        text += f" Epoch {finished.chosen.epoch} of {finished.epochs} was chosen, without target labels."
    return text


def keep(visitor: Visitor, result: Adapted) -> Loaded:
    """Give a result to its visitor, as a model that the other tabs can choose. With many, the oldest goes."""
    plan = result.plan
    base = f"own-{plan.source}-{plan.target}-{plan.method}".replace("_", "-").replace(" ", "-")
    number = next(n for n in range(1, 1000) if f"{base}-{n}" not in visitor.own)
    languages = " to ".join(corpus(key).language_name for key in (plan.source, plan.target))
    title = f"Your model: {languages}, {methods.get(plan.method).title}" + (f" ({number})" if number > 1 else "")
    model_id = f"{base}-{number}"
    loaded = Loaded(model_id, result.model, adaptation.card(result, model_id, title))
    visitor.own[model_id], visitor.results[model_id] = loaded, result
    for old in list(visitor.own)[:-OWN]:
        del visitor.own[old], visitor.results[old]
    return loaded


def _left(seconds: float, share: float) -> str:
    """How long it will take, once there is something to go by."""
    return f", about {_seconds(seconds / share * (1 - share))} left" if share >= ENOUGH else ""


def _seconds(seconds: float) -> str:
    return f"{max(1, round(seconds))} s"
