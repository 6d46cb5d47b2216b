"""Source-only models: the shipped one that an adaptation starts from, and how long a run takes with or without it."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

from xser_demo import methods
from xser_demo.experiments import systems
from xser_demo.experiments.normalisation import wants_speakers
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import Task
from xser_demo.features.encoders import registry
from xser_demo.networks import checkpoints, frozen
from xser_demo.networks.classifier import Model, Recipe
from xser_demo.utils.device import device
from xser_demo.utils.errors import ModelError
from xser_demo.utils.files import atomic_write

BUDGET_S = 60.0  # for the adaptation; after it the best epoch so far is taken
SCORING_S = 3  # statistics, scores and distances of any network
# Seconds for one step on 64 clips of each language, with its share of live maps and scores. ``estimate`` makes 5 or
# 10 s of them where benchmarks/systems_live.py measured 2 to 15 s from shipped source models (AMD EPYC, 2026-11-30), at
# most 5 s too short; for the frozen layers of VGG16 55 s where 53 were measured, of ResNet-50 85 where 80 were.
STEP_S = {"attention": 0.014, "mlp": 0.005, "conv1d": 0.03, "conv_gru": 0.035, "vgg16": 0.08, "resnet50": 0.18}
MAP_S = 0.018  # for the maps of a clip by frozen layers


def find(plan: Plan, task: Task, normalise: str = "corpus") -> str | None:
    """Id of the shipped source-only model that this plan would train itself."""
    if plan.weights:
        return None
    return source_only(plan.system, plan.recipe, plan.source, plan.labels, task.labels.classes, plan.seed, normalise)


def source_only(
    system: str | None,
    recipe: Recipe,
    source: str,
    label_set: str,
    classes: tuple[str, ...],
    seed: int,
    normalise: str = "corpus",
) -> str | None:
    """Id of the shipped model of this system, network and task that was trained on the source alone."""
    wanted = (system, recipe, source, label_set, classes, seed, normalise)
    for card in checkpoints.cards(checkpoints.START if normalise == "speaker" else checkpoints.MODEL):
        offered = (
            card.get("system"),
            checkpoints.recipe(card),
            card["source"],
            card.get("label_set"),
            tuple(card["labels"]),
            card.get("seed"),
            card.get("normalise", "corpus"),
        )
        if card["target"] is None and offered == wanted:
            return card["id"]
    return None


def trained_here(plan: Plan, task: Task) -> int:
    """How many source models the plan trains itself: none, one, or with ``by speaker`` two."""
    normalisations = ("corpus", "speaker") if wants_speakers(plan, task) else ("corpus",)
    return sum(find(plan, task, normalise) is None for normalise in normalisations)


def start(plan: Plan, task: Task, normalise: str = "corpus") -> Model | None:
    """The shipped source-only model that this plan would train itself, if there is one; ``normalise``: "speaker" for
    the one that was trained with each speaker standardised."""
    model_id = find(plan, task, normalise)
    try:
        return None if model_id is None else checkpoints.load(model_id).model
    except ModelError:
        return None  # damaged: it is trained anew


def kept_file(plan: Plan, folder: Path) -> Path:
    """Where a long run keeps its source-only model, so that a later one begins with step 2."""
    settings = (asdict(plan.recipe), asdict(replace(plan.schedule, epochs=0)), plan.source, plan.target, plan.labels)
    name = hashlib.sha256(json.dumps([*settings, plan.seed, plan.mode, plan.fold]).encode()).hexdigest()[:12]
    return folder / f"{plan.slug()}-source-{name}.safetensors"


def keep(model: Model, plan: Plan, folder: Path) -> None:
    """Write a source-only model to a folder."""
    from safetensors.torch import save

    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.contiguous().cpu() for name, value in model.state_dict().items()}
    atomic_write(kept_file(plan, folder), save(state))


def kept(plan: Plan, task: Task, folder: Path) -> Model | None:
    """The model that ``keep`` wrote for this plan, if there is one."""
    from safetensors.torch import load_file

    file = kept_file(plan, folder)
    if not file.is_file():
        return None
    model = Model(task.labels.classes, plan.seed, task.train.pack.dim, plan.recipe)
    model.load_state_dict(load_file(file))
    return model.to(device()).eval()


def budget(system: str | None, variant: str | None) -> float:
    """Time budget for the adaptation in seconds; image networks get more."""
    if system is None:
        return BUDGET_S
    images = systems.build(system, variant)[0].head == "image"
    return max(BUDGET_S, systems.get(system).live_s, 120 if images else 0)


def estimate(plan: Plan, task: Task) -> int:
    """About how many seconds a run takes, rounded up to 5 s, source models included if they are trained here."""
    recipe, schedule = plan.recipe, plan.schedule
    epochs = schedule.epochs if methods.get(plan.method).trains else 0
    passes = epochs + trained_here(plan, task) * schedule.source_epochs / 2  # one language is half the work
    clips = len(task.train)
    maps = MAP_S * (clips + len(task.adapt)) if frozen.is_frozen(recipe) else 0
    step = STEP_S[recipe.options.get("network", "vgg16") if recipe.head == "image" else recipe.head]
    per_pass = clips / 64 * step
    seconds = (
        min(epochs * per_pass, budget(plan.system, plan.variant)) + (passes - epochs) * per_pass + maps + SCORING_S
    )
    return -int(-seconds // 5) * 5


def method_title(system: str | None, variant: str | None, method: str, encoder: str | None = None) -> str:
    """How a model was adapted: method and bigger encoder, or the published system with its variant and method."""
    title = methods.get(method).title
    if system is None:
        return f"{title} on {registry.get(encoder).title}" if encoder else title
    published = systems.get(system)
    chosen = published.variant(variant)
    idea, _, authors = published.title.rstrip(")").rpartition(" (")  # "GAN on acoustic statistics (Latif 2019)"
    name = f"{authors}, {idea if chosen is published.variant() else chosen.title}"
    return name if method == chosen.method else f"{name}, with {title}"
