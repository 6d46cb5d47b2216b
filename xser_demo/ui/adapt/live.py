"""An adaptation as it happens, as pictures and words. Knows nothing of Gradio."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from xser_demo import adaptation, checkpoints, methods, summaries, systems
from xser_demo.adaptation import Adapted, Plan, Stage
from xser_demo.checkpoints import Loaded
from xser_demo.corpora import corpus
from xser_demo.errors import ModelError
from xser_demo.features import frozen
from xser_demo.inference import Heard
from xser_demo.model import Model, Recipe
from xser_demo.training import Epoch, Finished, Step
from xser_demo.ui.adapt import telling
from xser_demo.ui.adapt.curves import figures, note, on_target, titled
from xser_demo.ui.adapt.lesson import Lesson
from xser_demo.ui.adapt.pace import EVERY, Control, Progress, seconds, ticking
from xser_demo.ui.adapt.picture import ROOM, Picture
from xser_demo.ui.map.animation import Story
from xser_demo.ui.visitor import Visitor

BUDGET_S = 60.0  # for the adaptation; the best epoch so far is taken when it is over
OWN = 4  # models that a visitor keeps
SCORING_S = 3  # statistics, scores and distances, whatever the network
RUNNING, PAUSED, ENDING, ENDED = "running", "paused", "ending", "ended"  # states of a run; ENDING: nothing to pause
STOPPED = "Stopped; nothing was kept. Press Adapt to start again."
TOO_LONG = "Paused for ten minutes, so the run was ended to let others adapt; nothing was kept."
# Seconds for one step on 64 clips of each language with its share of pictures and judgements. What ``estimate`` makes
# of them is 10 to 95 s where benchmarks/systems_live.py measured 3 to 74 s (AMD EPYC), and 5 s too short at most.
STEP_S = {"attention": 0.014, "mlp": 0.005, "conv1d": 0.03, "conv_gru": 0.035, "vgg16": 0.3, "resnet50": 0.2}


@dataclass(frozen=True)
class Frame:
    """What changes on the page. None: unchanged."""

    text: str
    share: float | None = None  # of the work that is done
    before: go.Figure | None = None
    now: go.Figure | None = None
    curves: tuple[go.Figure, go.Figure, go.Figure] | None = None
    target: go.Figure | None = None  # UAR on the target, for teaching
    telling: str | None = None  # whether a classifier can tell the languages apart, as HTML
    result: Adapted | None = None
    story: Story | None = None  # of the result, for the map
    state: str = RUNNING
    may_pause: bool = False  # the training can be left alone here for a while


def find(plan: Plan) -> str | None:
    """Id of the shipped source-only model that this plan would train itself."""
    if plan.weights:
        return None
    classes = adaptation.prepare(plan).labels.classes
    return source_only(plan.system, plan.recipe, plan.source, plan.labels, classes, plan.seed)


def source_only(
    system: str | None, recipe: Recipe, source: str, label_set: str, classes: tuple[str, ...], seed: int
) -> str | None:
    """Id of the shipped model of this system, network and task that has heard the source alone."""
    wanted = (system, recipe, source, label_set, classes, seed)
    for card in checkpoints.cards():
        like = (
            card.get("system"),
            checkpoints.recipe(card),
            card["source"],
            card.get("label_set"),
            tuple(card["labels"]),
            card.get("seed"),
        )
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


def frames(plan: Plan, control: Control | None = None, heard: Heard | None = None) -> Iterator[Frame]:
    """Train, adapt, score, and do what ``control`` asks. A frame comes at least every ``EVERY`` seconds, in a pause
    too. UserError before the first frame when the plan cannot run. ``heard``: a clip whose way is kept, too."""
    adaptation.prepare(plan)
    control = control or Control()
    progress = Progress(control.clock)
    for frame in ticking(pictured(plan, progress, control, heard)):
        frame = frame or Frame(_working(progress, control), progress.share, state=_state(progress))
        if not control.stop:
            yield replace(frame, state=PAUSED) if control.paused and frame.state == RUNNING else frame
        if frame.may_pause:
            for _ in control.hold():
                yield Frame(progress.paused(), progress.share, state=PAUSED)
        if control.stop:
            yield Frame(TOO_LONG if control.expired else STOPPED, state=ENDED)
            return


def pictured(plan: Plan, progress: Progress, control: Control, heard: Heard | None = None) -> Iterator[Frame]:
    """The events of an adaptation as frames; ``progress`` is kept up to date between them."""
    source_model = start(plan)
    languages = [corpus(key).language_name for key in (plan.source, plan.target)]
    picture, lesson, history, told = None, None, {}, 0.0
    for event in adaptation.adapt(plan, source_model, control.clock):
        if isinstance(event, Step):
            progress.reached(event.epoch, event.progress)
            if control.waits or time.monotonic() - told > EVERY:
                told = time.monotonic()
                yield Frame(progress.text(), progress.share, **_taught(plan, lesson), state=RUNNING, may_pause=True)
        elif isinstance(event, Finished):
            source_model = event.model  # of the source; what the adaptation gives comes with the result
        elif isinstance(event, Stage) and event.name == "source":
            progress.counted(f"Training on {languages[0]}", event.epochs)
            told = time.monotonic()
            yield Frame(f"{progress.doing} first: no shipped model fits these settings.", 0.0, state=RUNNING)
        elif isinstance(event, Stage):
            history, picture = {}, Picture(event.task, plan.recipe.head == "image", heard)
            figure = picture.draw(source_model, "before")
            progress.counted(f"Adapting to {languages[1]}", event.epochs)
            trains = methods.get(plan.method).trains
            if not trains:
                progress.uncounted("Replacing statistics, then scoring")
            told = time.monotonic()
            first = {"before": titled(figure, "Before"), "now": titled(figure, "Now")}
            yield Frame(f"{progress.doing}.", 0.0, **first, state=RUNNING if trains else ENDING)
            lesson = Lesson(event.task, source_model, control.clock)
        elif isinstance(event, Epoch):
            note(history, event)
            control.step = False
            last = event.epoch == progress.epochs
            progress.reached(event.epoch, event.epoch / progress.epochs)
            if last or picture is None or picture.due() or control.paused:
                name = f"epoch {event.epoch}"
                figure = titled(picture.draw(event.model, name), f"Now: {name}") if picture else None
                told = time.monotonic()
                drawn = {"now": figure, "curves": figures(history)}
                yield Frame(progress.text(), progress.share, **drawn, state=RUNNING, may_pause=lesson is None)
            if lesson:
                lesson.look(event)  # when the picture is on its way
                if last or control.waits:
                    yield Frame(progress.text(), progress.share, **_taught(plan, lesson), state=RUNNING, may_pause=True)
            if last and picture:
                progress.uncounted("Choosing the best epoch without target labels, then scoring")
                yield Frame(progress.text(), progress.share, state=ENDING)
        elif isinstance(event, Adapted):
            picture.room = ROOM  # outliers on the way need no room any more
            figure = titled(picture.draw(event.model, "after"), "After: the chosen model")
            last = {"now": figure, "curves": figures(history) if history else None, "result": event, "state": ENDED}
            last["story"] = picture.story
            lesson.end(event.model, event.finished.epochs)
            yield Frame(summary(event), None, **last, **_taught(plan, lesson, event))


def _taught(plan: Plan, lesson: Lesson | None, result: Adapted | None = None) -> dict:
    """What the lesson has to show that has not been shown yet."""
    if lesson is None or not (lesson.fresh or result):
        return {}
    lesson.fresh = False
    shown = {"telling": telling.panel(plan.source, plan.target, lesson.told, result is not None)}
    return shown | {"target": on_target(lesson.before, lesson.epochs, result) if lesson.epochs else None}


def _state(progress: Progress) -> str:
    return RUNNING if progress.counts else ENDING


def _working(progress: Progress, control: Control) -> str:
    return ("Pausing after this step. " if control.waits and progress.counts else "") + progress.text()


def summary(result: Adapted) -> str:
    """One line about an adaptation that has ended."""
    finished, plan = result.finished, result.plan
    text = f"Done in {seconds(result.seconds)}."
    if finished.stopped_early:
        text += f" The {plan.budget_s:.0f} s were over after {finished.epochs} of {plan.schedule.epochs} epochs."
    if finished.chosen:
        text += f" Epoch {finished.chosen.epoch} of {finished.epochs} was chosen, without target labels."
    if not result.scores:
        return f"{text} {100 * result.changed:.0f}% of the clips are heard differently now."
    before, after = (f"{100 * result.scores[name].uar:.0f}%" for name in ("source_only", "adapted"))
    return f"{text} UAR on {corpus(plan.target).language_name}: {after}, before {before}."


def welcome(visitor: Visitor, loaded: Loaded) -> Loaded:
    """A model that its visitor took home and brings back joins those of this visit."""
    number = next(n for n in range(1, 1000) if f"back-{n}" not in visitor.own)
    title = f"Your model, brought back: {loaded.card['title'].removeprefix('Your model: ')}"
    return join(visitor, Loaded(f"back-{number}", loaded.model, loaded.card | {"id": f"back-{number}", "title": title}))


def join(visitor: Visitor, mine: Loaded) -> Loaded:
    """A model becomes one of this visit's, which the other tabs can choose. With many, the oldest goes."""
    visitor.own[mine.id] = mine
    _few(visitor)
    return mine


def _few(visitor: Visitor) -> None:
    """With many models the oldest goes."""
    for old in list(visitor.own)[:-OWN]:
        del visitor.own[old]
        visitor.results.pop(old, None)
        visitor.stories.pop(old, None)


def keep(visitor: Visitor, result: Adapted, story: Story | None = None) -> Loaded:
    """Give a result to its visitor, as a model that the other tabs can choose. With many, the oldest goes."""
    plan = result.plan
    parts = ["own", plan.source, plan.target, plan.system, plan.variant, plan.encoder, plan.method]
    base = "-".join(part for part in parts if part).replace("_", "-").replace(" ", "-")
    number = next(n for n in range(1, 1000) if f"{base}-{n}" not in visitor.own)
    languages = " to ".join(corpus(key).language_name for key in (plan.source, plan.target))
    name = what(plan.system, plan.variant, plan.method, plan.encoder)
    title = f"Your model: {languages}, {name}" + (f" ({number})" if number > 1 else "")
    model_id = f"{base}-{number}"
    loaded = Loaded(model_id, result.model, summaries.card(result, model_id, title))
    visitor.own[model_id], visitor.results[model_id] = loaded, result
    if story is not None:
        visitor.stories[model_id] = story
    _few(visitor)
    return loaded


def what(system: str | None, variant: str | None, method: str, encoder: str | None = None) -> str:
    """How a model was adapted: the method, and on which bigger encoder, or whose system it is and what is unlike it."""
    title = methods.get(method).title
    if system is None:
        return f"{title} on {frozen.get(encoder).title}" if encoder else title
    chosen = systems.get(system)
    built = chosen.variant(variant)
    idea, _, whose = chosen.title.rstrip(")").rpartition(" (")  # "GAN on acoustic statistics (Latif 2019)"
    name = f"{whose}, {idea if built is chosen.variant() else built.title}"
    return name if method == built.method else f"{name}, with {title}"
