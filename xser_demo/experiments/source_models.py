"""The source-only model that an adaptation starts from: a shipped one, or one to be trained; and how long it takes."""

from xser_demo import methods
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import Task
from xser_demo.features.encoders import registry
from xser_demo.networks import checkpoints
from xser_demo.networks.classifier import Model, Recipe
from xser_demo.utils.errors import ModelError

BUDGET_S = 60.0  # for the adaptation; the best epoch so far is taken when it is over


SCORING_S = 3  # statistics, scores and distances, whatever the network


# Seconds for one step on 64 clips of each language with its share of pictures and judgements. What ``estimate`` makes
# of them is 10 to 95 s where benchmarks/systems_live.py measured 3 to 74 s (AMD EPYC), and 5 s too short at most.
STEP_S = {"attention": 0.014, "mlp": 0.005, "conv1d": 0.03, "conv_gru": 0.035, "vgg16": 0.3, "resnet50": 0.2}


def find(plan: Plan, task: Task) -> str | None:
    """Id of the shipped source-only model that this plan would train itself."""
    if plan.weights:
        return None
    return source_only(plan.system, plan.recipe, plan.source, plan.labels, task.labels.classes, plan.seed)


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


def start(plan: Plan, task: Task) -> Model | None:
    """A shipped source-only model as this plan would train it, so that the adaptation can begin at once."""
    model_id = find(plan, task)
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


def estimate(plan: Plan, task: Task, trained_here: bool) -> int:
    """About how many seconds it will take, source model included when it is trained here; rounded up."""
    recipe, schedule = plan.recipe, plan.schedule
    epochs = schedule.epochs if methods.get(plan.method).trains else 0
    passes = epochs + (schedule.source_epochs / 2 if trained_here else 0)  # one language is half the work
    clips = len(task.train)
    step = STEP_S[recipe.options.get("network", "vgg16") if recipe.head == "image" else recipe.head]
    per_pass = clips / 64 * step
    seconds = min(epochs * per_pass, budget(plan.system, plan.variant)) + (passes - epochs) * per_pass + SCORING_S
    return -int(-seconds // 5) * 5


def what(system: str | None, variant: str | None, method: str, encoder: str | None = None) -> str:
    """How a model was adapted: the method, and on which bigger encoder, or whose system it is and what is unlike it."""
    title = methods.get(method).title
    if system is None:
        return f"{title} on {registry.get(encoder).title}" if encoder else title
    chosen = systems.get(system)
    built = chosen.variant(variant)
    idea, _, whose = chosen.title.rstrip(")").rpartition(" (")  # "GAN on acoustic statistics (Latif 2019)"
    name = f"{whose}, {idea if built is chosen.variant() else built.title}"
    return name if method == built.method else f"{name}, with {title}"
