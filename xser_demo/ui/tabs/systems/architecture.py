"""How each system is built, as a small drawing that marks what the adaptation changes. Knows nothing of Gradio."""

from dataclasses import dataclass
from html import escape

from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.experiments.systems.base import System, Variant
from xser_demo.features import FEATURES
from xser_demo.networks.classifier import COMMON

FIXED, ADAPTS, HELPS = "fixed", "adapts", "helps"  # HELPS: there while adapting only, and not part of the answer
MEANING = {
    FIXED: "computed, or frozen",
    ADAPTS: "changed by the adaptation",
    HELPS: "there while adapting only",
}


@dataclass(frozen=True)
class Part:
    """A box. ``state``: FIXED, ADAPTS or HELPS."""

    title: str
    note: str
    state: str = ADAPTS


@dataclass(frozen=True)
class Drawing:
    """From sound to answer, and what pulls on the embedding of both languages (the box before the answer)."""

    chain: tuple[Part, ...]
    helper: Part


REVERSAL = Part("A language classifier", "Its gradient comes back reversed, so the languages grow alike.", HELPS)
HELPERS = {
    "gan": Part("A discriminator", "Source or target? It learns to tell, and the network learns to fool it.", HELPS),
    "gan_synthesis": Part("A generator", "Turns target statistics into such as the source might have.", HELPS),
    "dann": REVERSAL,
    "dann_poster": REVERSAL,
    "nnpm": Part("A memory", "All source clips: a target clip learns from those it resembles.", HELPS),
    "mmd_fc": Part("A kernel distance (MMD)", "Between both languages in this layer; it is made small.", HELPS),
    "coral_infomax_em": Part(
        "CORAL, InfoMax and a prior", "Equal covariances; sure answers, as frequent as is estimated.", HELPS
    ),
}
NETWORKS = {
    "attention": ("Attention head", "which moments count"),
    "conv_gru": ("Convolutions and a GRU", "with batch norm"),
    "conv1d": ("1-D convolutions", "over the averages"),
    "vgg16": ("VGG16", "convolutions over a picture"),
    "resnet50": ("ResNet-50", "convolutions over a picture"),
}


def of(system: System | None, variant: Variant | None = None) -> Drawing:
    """The drawing of a system as it runs here, or of the common ground."""
    if system is None:
        heard = Part("Frozen Whisper encoder", "four blocks, 10 frames a second", FIXED)
        answer = Part("Four emotions", "one probability each")
        return Drawing((heard, _network(COMMON), _embedding(COMMON), answer), HELPERS["coral_infomax_em"])
    variant = variant or system.variant()
    recipe, labels = variant.recipe, LABEL_SETS[system.task]
    heard = Part(FEATURES[recipe.feature].title, _seen(recipe), FIXED)
    vote = "a vote of similar source clips" if variant.method == "nnpm" else ", ".join(labels.classes)
    answer = Part(system.task.capitalize() if len(labels.classes) == 2 else f"{len(labels.classes)} emotions", vote)
    return Drawing((heard, _network(recipe), _embedding(recipe), answer), HELPERS[variant.method])


def _seen(recipe) -> str:
    if recipe.head == "image":
        return f"as a picture of {recipe.options['size']} x {recipe.options['size']} points"
    return "of the whole clip" if recipe.head in ("mlp", "conv1d") else "over time"


def _network(recipe) -> Part:
    if recipe.head == "mlp":
        return Part("Fully connected layers", " and ".join(map(str, recipe.options["hidden"])) + " units")
    title, note = NETWORKS[recipe.options.get("network", recipe.head)]
    width = recipe.options.get("width", 1)
    return Part(title, f"{note}, width 1/{round(1 / width)}" if width < 1 else note)


def _embedding(recipe) -> Part:
    if recipe.head == "image":
        return Part("First fully connected layer", "the embedding on the maps")
    return Part("Embedding", "one point on the maps")


def html(drawing: Drawing, what: str) -> str:
    """``what`` is drawn, for people who do not see it. On a phone the boxes stand below each other."""
    embedding = len(drawing.chain) - 1  # its column, counted from 1
    boxes = [_box(part, "x-chain") for part in drawing.chain]
    boxes.insert(embedding, _box(drawing.helper, "", f" style='grid-column:{embedding} / span 2'"))
    key = "".join(f"<span><i class='x-{state}'></i>{said}</span>" for state, said in MEANING.items())
    inside = f"<ol>{''.join(boxes)}</ol><figcaption>{key}</figcaption>"
    return f"<figure class='x-arch' aria-label='{escape(what)}'>{inside}</figure>"


def _box(part: Part, kind: str, style: str = "") -> str:
    inside = f"<b>{escape(part.title)}</b><span>{escape(part.note)}</span>"
    return f"<li class='x-part x-{part.state} {kind}'{style}>{inside}</li>"
