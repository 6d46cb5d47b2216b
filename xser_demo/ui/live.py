"""An adaptation as it happens, as pictures and words. Knows nothing of Gradio."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from xser_demo import adaptation, alignment, checkpoints, methods, summaries, systems
from xser_demo.adaptation import Adapted, Plan, Stage, Task
from xser_demo.checkpoints import Loaded
from xser_demo.corpora import corpus
from xser_demo.errors import ModelError
from xser_demo.model import COMMON, Model, Recipe
from xser_demo.training import Epoch, Finished, Step
from xser_demo.ui import clouds, plots
from xser_demo.ui.clouds import Clips
from xser_demo.ui.curves import figures, note, titled
from xser_demo.ui.visitor import Visitor

EVERY = 0.35  # seconds between two pictures at least
DRAWING = 0.2  # of the time at most: where a picture is dear, there are fewer
MOST = 300  # clips of each corpus on a live map
MOST_IMAGES = 120  # the same for networks that see pictures
BUDGET_S = 60.0  # for the adaptation; the best epoch so far is taken when it is over
OWN = 4  # models that a visitor keeps
ENOUGH = 0.05  # of the work, to tell how long the rest will take
ROOM = 2.4  # of a live map in each direction, in deviations of the points; it grows when points move out
SCORING_S = 3  # statistics, scores and distances, whatever the network
# One step on 64 clips of each language with its share of pictures and judgements, on two free cores.
STEP_S = {"attention": 0.035, "mlp": 0.005, "conv1d": 0.03, "conv_gru": 0.035, "vgg16": 0.3, "resnet50": 0.2}


@dataclass(frozen=True)
class Frame:
    """What changes on the page. None: unchanged."""

    text: str
    share: float | None = None  # of the work that is done
    before: go.Figure | None = None
    now: go.Figure | None = None
    curves: tuple[go.Figure, go.Figure, go.Figure] | None = None
    result: Adapted | None = None


def find(plan: Plan) -> str | None:
    """Id of the shipped source-only model that this plan would train itself."""
    classes = adaptation.prepare(plan).labels.classes
    return source_only(plan.system, plan.recipe, plan.source, plan.labels, classes, plan.seed)


def source_only(
    system: str | None, recipe: Recipe, source: str, label_set: str, classes: tuple[str, ...], seed: int
) -> str | None:
    """Id of the shipped model of this system, network and task that has heard the source alone."""
    wanted = (system, recipe, source, label_set, classes, seed)
    for card in checkpoints.cards():
        own = Recipe(**card["recipe"]) if "recipe" in card else COMMON
        like = (card.get("system"), own, card["source"], card.get("label_set"), tuple(card["labels"]), card.get("seed"))
        if card["target"] is None and like == wanted:
            return card["id"]
    return None


def start(plan: Plan) -> Model | None:
    """A shipped source-only model as this plan would train it, so that the adaptation can begin at once."""
    model_id = find(plan)
    try:
        return None if model_id is None else checkpoints.load(model_id).model
    except ModelError:
        return None  # damaged: then it is trained here


def budget(system: str | None, variant: str | None) -> float:
    """Seconds for the adaptation. Networks that see pictures need longer."""
    if system is None:
        return BUDGET_S
    images = systems.build(system, variant)[0].head == "image"
    return max(BUDGET_S, systems.get(system).live_s, 120 if images else 0)


def estimate(plan: Plan, trained_here: bool) -> int:
    """About how many seconds it will take, source model included when it is trained here; rounded up."""
    recipe, schedule = plan.recipe, plan.schedule
    epochs = schedule.epochs if methods.get(plan.method).trains else 0
    passes = epochs + (schedule.source_epochs / 2 if trained_here else 0)  # one language is half the work
    clips = len(adaptation.prepare(plan).train)
    step = STEP_S[recipe.options.get("network", "vgg16") if recipe.head == "image" else recipe.head]
    per_pass = clips / 64 * step
    seconds = min(epochs * per_pass, budget(plan.system, plan.variant)) + (passes - epochs) * per_pass + SCORING_S
    return -int(-seconds // 5) * 5


class Progress:
    """How far the work has come, and the words for it."""

    def __init__(self):
        self.counted("Reading the clips", 1)
        self.uncounted("Reading the clips")

    def counted(self, doing: str, epochs: int) -> None:
        """A part that counts epochs begins."""
        self.doing, self.epochs, self.counts = doing, epochs, True
        self.began = self.seen = time.monotonic()
        self.epoch, self.share = 1, 0.0

    def uncounted(self, doing: str) -> None:
        """Statistics or scores are computed: how long that takes is not known."""
        self.doing, self.counts, self.began = doing, False, time.monotonic()

    def reached(self, epoch: int, share: float) -> None:
        self.epoch, self.share, self.seen = epoch, share, time.monotonic()

    def text(self) -> str:
        past = time.monotonic() - self.began
        if not self.counts:
            return f"{self.doing}: {_seconds(past)} so far."
        left = ""
        if self.share >= ENOUGH:  # there is something to go by
            left = f", about {_seconds((self.seen - self.began) / self.share - past)} left"
        return f"{self.doing}: epoch {self.epoch} of {self.epochs}{left}."


def ticking(work: Iterator, every: float = EVERY) -> Iterator:
    """What ``work`` gives, and None whenever nothing has come for a while, so that the page can say that it goes on.
    The next piece is asked for only when the page asks: who stops iterating stops the work."""
    worker, end = ThreadPoolExecutor(1, "adapt"), object()
    try:
        while True:
            coming = worker.submit(next, work, end)
            while not wait((coming,), every).done:
                yield None
            if coming.result() is end:
                return
            yield coming.result()
    finally:
        worker.shutdown(wait=False)


def frames(plan: Plan) -> Iterator[Frame]:
    """Train, adapt, score. A frame comes at least every ``EVERY`` seconds. UserError before the first frame when the
    plan cannot run."""
    adaptation.prepare(plan)
    progress = Progress()
    for frame in ticking(pictured(plan, progress)):
        yield frame or Frame(progress.text(), progress.share)


def pictured(plan: Plan, progress: Progress) -> Iterator[Frame]:
    """The events of an adaptation as frames; ``progress`` is kept up to date between them."""
    source_model = start(plan)
    languages = [corpus(key).language_name for key in (plan.source, plan.target)]
    picture, history, told = None, {}, 0.0
    for event in adaptation.adapt(plan, source_model):
        if isinstance(event, Step):
            progress.reached(event.epoch, event.progress)
            if time.monotonic() - told > EVERY:
                told = time.monotonic()
                yield Frame(progress.text(), progress.share)
        elif isinstance(event, Finished):
            source_model = event.model  # of the source; what the adaptation gives comes with the result
        elif isinstance(event, Stage) and event.name == "source":
            progress.counted(f"Training on {languages[0]}", event.epochs)
            told = time.monotonic()
            yield Frame(f"{progress.doing} first: no shipped model fits these settings.", 0.0)
        elif isinstance(event, Stage):
            history, picture = {}, Picture(event.task, plan.recipe.head == "image")
            figure = picture.draw(source_model)
            progress.counted(f"Adapting to {languages[1]}", event.epochs)
            if not methods.get(plan.method).trains:
                progress.uncounted("Replacing statistics, then scoring")
            told = time.monotonic()
            yield Frame(f"{progress.doing}.", 0.0, before=titled(figure, "Before"), now=titled(figure, "Now"))
        elif isinstance(event, Epoch):
            note(history, event)
            last = event.epoch == progress.epochs
            progress.reached(event.epoch, event.epoch / progress.epochs)
            if last or picture is None or picture.due():
                figure = titled(picture.draw(event.model), f"Now: epoch {event.epoch}") if picture else None
                if last and picture:
                    progress.uncounted("Choosing the best epoch without target labels, then scoring")
                told = time.monotonic()
                yield Frame(progress.text(), progress.share, now=figure, curves=figures(history))
        elif isinstance(event, Adapted):
            picture.room = ROOM  # outliers on the way need no room any more
            figure = titled(picture.draw(event.model), "After: the chosen model")
            yield Frame(summary(event), None, now=figure, curves=figures(history) if history else None, result=event)


class Picture:
    """PCA maps of one set of clips, each turned onto the one before, so that points move and do not jump."""

    def __init__(self, task: Task, images: bool = False):
        most = MOST_IMAGES if images else MOST
        self.clips: Clips = clouds.some(task.labels, task.train, task.adapt, most)
        self.last: np.ndarray | None = None
        self.room = ROOM
        self.next = 0.0  # when the next picture may be drawn

    def due(self) -> bool:
        return time.monotonic() >= self.next

    def draw(self, model: Model) -> go.Figure:
        began = time.monotonic()
        view = clouds.look(model, self.clips)
        layout = alignment.layout(clouds.within(view.points), "pca")
        self.last = layout if self.last is None else alignment.match(layout, self.last)
        groups = clouds.groups(self.clips, view, "corpus", labelled=False)
        self.room = max(self.room, 1.05 * float(np.abs(self.last).max()))
        figure = plots.scatter(self.last, groups).update_layout(height=340).update_traces(marker_size=6)
        figure.update_xaxes(range=[-self.room, self.room]).update_yaxes(range=[-self.room, self.room])
        ended = time.monotonic()
        self.next = ended + max(EVERY, (ended - began) / DRAWING)
        return figure


def summary(result: Adapted) -> str:
    """One line about an adaptation that has ended."""
    finished, plan = result.finished, result.plan
    text = f"Done in {_seconds(result.seconds)}."
    if finished.stopped_early:
        text += f" The {plan.budget_s:.0f} s were over after {finished.epochs} of {plan.schedule.epochs} epochs."
    if finished.chosen:
        text += f" Epoch {finished.chosen.epoch} of {finished.epochs} was chosen, without target labels."
    return text


def keep(visitor: Visitor, result: Adapted) -> Loaded:
    """Give a result to its visitor, as a model that the other tabs can choose. With many, the oldest goes."""
    plan = result.plan
    parts = ["own", plan.source, plan.target, plan.system, plan.variant, plan.method]
    base = "-".join(part for part in parts if part).replace("_", "-").replace(" ", "-")
    number = next(n for n in range(1, 1000) if f"{base}-{n}" not in visitor.own)
    languages = " to ".join(corpus(key).language_name for key in (plan.source, plan.target))
    name = what(plan.system, plan.variant, plan.method)
    title = f"Your model: {languages}, {name}" + (f" ({number})" if number > 1 else "")
    model_id = f"{base}-{number}"
    loaded = Loaded(model_id, result.model, summaries.card(result, model_id, title))
    visitor.own[model_id], visitor.results[model_id] = loaded, result
    for old in list(visitor.own)[:-OWN]:
        del visitor.own[old], visitor.results[old]
    return loaded


def what(system: str | None, variant: str | None, method: str) -> str:
    """How a model was adapted: the method, or whose system it is and what is unlike it."""
    title = methods.get(method).title
    if system is None:
        return title
    chosen = systems.get(system)
    built = chosen.variant(variant)
    idea, _, whose = chosen.title.rstrip(")").rpartition(" (")  # "GAN on acoustic statistics (Latif 2019)"
    name = f"{whose}, {idea if built is chosen.variant() else built.title}"
    return name if method == built.method else f"{name}, with {title}"


def _seconds(seconds: float) -> str:
    return f"{max(1, round(seconds))} s"
