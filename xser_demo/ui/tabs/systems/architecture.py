"""A drawing of each system as HTML: its stages, and which of them the adaptation changes."""

from dataclasses import dataclass
from html import escape

from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.experiments.systems.base import System, Variant
from xser_demo.features import FEATURES
from xser_demo.networks.classifier import COMMON

FIXED, ADAPTS, HELPS = "fixed", "adapts", "helps"
LEGEND = {FIXED: "computed, or frozen", ADAPTS: "changed by the adaptation", HELPS: "used during adaptation only"}


@dataclass(frozen=True)
class Part:
    """A box. ``state``: FIXED, ADAPTS or HELPS."""

    title: str
    note: str
    state: str = ADAPTS


@dataclass(frozen=True)
class Drawing:
    """The stages from sound to answer, and the helper that acts on the embedding, the stage before the answer."""

    chain: tuple[Part, ...]
    helper: Part


REVERSAL = Part(
    "A language classifier", "Its gradient is reversed, so that the embeddings of both languages align.", HELPS
)
HELPERS = {
    "gan": Part("A discriminator", "It learns to tell source from target, and the network learns to fool it.", HELPS),
    "gan_synthesis": Part("A generator", "It maps target statistics to statistics like those of the source.", HELPS),
    "dann": REVERSAL,
    "dann_poster": REVERSAL,
    "nnpm_gate": Part("A memory bank", "All source clips: a target clip learns from its nearest neighbours.", HELPS),
    "mmd_fc": Part(
        "A kernel distance (MMD)", "The distance between both languages in this layer, which training minimises.", HELPS
    ),
    "coral_infomax_em": Part(
        "CORAL, InfoMax and a prior",
        "Equal covariances; confident answers with the estimated class frequencies.",
        HELPS,
    ),
}
NETWORKS = {
    "attention": ("Attention head", "weights the moments"),
    "conv_gru": ("Convolutions and a GRU", "with batch norm"),
    "conv1d": ("1-D convolutions", "over the averages"),
    "vgg16": ("VGG16", "convolutions over an image"),
    "resnet50": ("ResNet-50", "convolutions over an image"),
}


def drawing(system: System | None, variant: Variant | None = None) -> Drawing:
    """Of a system as it runs here; None: of the common ground."""
    if system is None:
        features = Part("Frozen Whisper encoder", "four blocks, 10 frames a second", FIXED)
        answer = Part("Four emotions", "one probability each")
        return Drawing((features, _network(COMMON), _embedding(COMMON), answer), HELPERS["coral_infomax_em"])
    variant = variant or system.variant()
    recipe, labels = variant.recipe, LABEL_SETS[system.task]
    features = Part(FEATURES[recipe.feature].title, _input(recipe), FIXED)
    classes = "a vote of similar source clips" if variant.method == "nnpm_gate" else ", ".join(labels.classes)
    answer = Part(system.task.capitalize() if len(labels.classes) == 2 else f"{len(labels.classes)} emotions", classes)
    return Drawing((features, _network(recipe), _embedding(recipe), answer), HELPERS[variant.method])


def _input(recipe) -> str:
    if recipe.head == "image":
        return f"as an image of {recipe.options['size']} x {recipe.options['size']} pixels"
    return "of the whole clip" if recipe.head in ("mlp", "conv1d") else "over time"


def _network(recipe) -> Part:
    if recipe.head == "mlp":
        return Part("Fully connected layers", " and ".join(map(str, recipe.options["hidden"])) + " units")
    title, note = NETWORKS[recipe.options.get("network", recipe.head)]
    width = recipe.options.get("width", 1)
    note = f"{note}, width 1/{round(1 / width)}" if width < 1 else note
    return Part(title, f"{note}, frozen", FIXED) if recipe.options.get("frozen") else Part(title, note)


def _embedding(recipe) -> Part:
    if recipe.head == "image":
        return Part("First fully connected layer", "the embedding on the maps")
    return Part("Embedding", "one point on the maps")


def html(drawing: Drawing, label: str) -> str:
    """``label``: for screen readers. On a phone the boxes are stacked."""
    embedding = len(drawing.chain) - 1  # its column, counted from 1
    boxes = [_box(part, "x-chain") for part in drawing.chain]
    boxes.insert(embedding, _box(drawing.helper, "", f" style='grid-column:{embedding} / span 2'"))
    legend = "".join(f"<span><i class='x-{state}'></i>{meaning}</span>" for state, meaning in LEGEND.items())
    inside = f"<ol>{''.join(boxes)}</ol><figcaption>{legend}</figcaption>"
    return f"<figure class='x-arch' aria-label='{escape(label)}'>{inside}</figure>"


def _box(part: Part, kind: str, style: str = "") -> str:
    inside = f"<b>{escape(part.title)}</b><span>{escape(part.note)}</span>"
    return f"<li class='x-part x-{part.state} {kind}'{style}>{inside}</li>"
