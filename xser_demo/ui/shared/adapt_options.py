"""Options of an adaptation for each system: menus, defaults and the sentences about them."""

from dataclasses import dataclass
from html import escape

from xser_demo import methods
from xser_demo.corpora import corpus
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.corpora.splits import folds
from xser_demo.corpora.user import KEY
from xser_demo.data import packs
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.quick_look import NO_SOURCE
from xser_demo.experiments.source_models import estimate, trained_here
from xser_demo.experiments.systems.base import AFTER, System
from xser_demo.experiments.task import Task, target_folds
from xser_demo.features import egemaps
from xser_demo.features.encoders import registry, weights
from xser_demo.features.encoders.registry import ENCODERS
from xser_demo.methods.schedule import Schedule
from xser_demo.ui.shared import texts
from xser_demo.ui.storage import UserRecordings
from xser_demo.utils.errors import UserError
from xser_demo.utils.words import listed

COMMON = "common"  # value of the menu "System" without a published system
COMMON_TITLE = f"{texts.COMMON} (recommended)"
COMMON_IDEA = (
    "The same frozen speech encoder and the same small network for every method, so that only the method differs."
)
DEFAULT_PAIR = ("ravdess", "emodb")  # source and target on common ground
LICENSED = {("latif2019-gan", "latent-egemaps")}  # offered where openSMILE is installed
COMMON_HEAD_ONLY = ("adabn", "lda_refit")
SYSTEM_ONLY = ("dann_poster", "mmd_fc", "nnpm_gate")  # one system's version of a method that is offered everywhere
INDUCTIVE, TRANSDUCTIVE = "inductive", "transductive"
MAX_EPOCHS, MAX_SEED, MAX_STRENGTH = 60, 9999, 100.0
NORMALISE = [  # (title, value): by whose statistics features are standardised
    ("Each speaker, where that is safe", ""),
    ("Each speaker", "speaker"),
    ("The corpus as a whole", "corpus"),
    ("The source", "source"),
]
JOB_NAME = "The adaptation"


@dataclass(frozen=True)
class FormDefaults:
    """The settings that come with a system."""

    source: str
    target: str
    labels: str
    variant: str | None
    method: str
    epochs: int


def system(key: str) -> System | None:
    """The system of a menu value; None for the common ground."""
    return None if key == COMMON else systems.get(key)


def titles() -> list[tuple[str, str]]:
    """(title, value) of the menu "System"."""
    return [(COMMON_TITLE, COMMON), *((system.title, system.id) for system in systems.SYSTEMS.values())]


def variants(key: str) -> list[tuple[str, str]]:
    """(title, name) of a system's variants that can run on the page; not those that learn from target labels or take
    hours."""
    chosen = system(key)
    if chosen is None:
        return []
    hidden = set() if egemaps.available() else LICENSED
    return [(v.title, name) for name, v in chosen.variants.items() if v.on_page and (chosen.id, name) not in hidden]


def form_defaults(key: str, variant: str | None = None) -> FormDefaults:
    """The defaults of a system, or of one of its variants."""
    published = system(key)
    if published is None:
        return FormDefaults(*DEFAULT_PAIR, "four", None, methods.RECOMMENDED, Schedule().epochs)
    chosen = published.variant(variant)
    return FormDefaults(*published.pairs[0], published.task, chosen.name, chosen.method, chosen.schedule.epochs)


def method_choices(key: str, variant: str | None) -> list[tuple[str, str]]:
    """(title, name) of the system's own methods, then of every other that runs with its network."""
    published = system(key)
    own = list(dict.fromkeys(v.method for v in published.variants.values())) if published else []
    if published:
        own.sort(key=lambda name: name != published.variant(variant).method)
    others = [name for name in methods.METHODS if name not in (*own, *SYSTEM_ONLY, "source_only")]
    if not has_common_head(key, variant):
        others = [name for name in others if name not in COMMON_HEAD_ONLY]
    return [(methods.get(name).title, name) for name in own + others]


def has_common_head(key: str, variant: str | None) -> bool:
    """Whether the network ends as that of the common ground, which AdaBN and LDA refit need."""
    return systems.build(None if key == COMMON else key, variant)[0].head == "attention"


def encoder_choices(key: str) -> list[tuple[str, str]]:
    """(title, id) of the encoders of a system, the shipped one first with the id "". A bigger one needs packs of a
    source and a target; with its weights, the visitor's recordings can be the target."""
    offered = [("Whisper-base, four blocks (shipped)", "")]
    for encoder in ENCODERS.values() if key == COMMON else ():
        sources, targets = corpora(key, None, encoder.id)
        if sources and (len(targets) > 1 or can_encode(encoder.id)):
            offered.append((encoder.title, encoder.id))
    return offered


def can_encode(encoder: str) -> bool:
    """Whether an encoder can encode new clips; of a bigger one there may be packs but no weights."""
    return not encoder or weights.here(registry.get(encoder))


def encodes_first(encoder: str) -> str:
    return f"Press Adapt: {registry.get(encoder).title} encodes your recordings first, then the model trains."


def corpora(key: str, variant: str | None, encoder: str = "") -> tuple[list[str], list[str]]:
    """Keys of the possible sources, and of the possible targets. A corpus without this system's features is listed:
    choosing it says how to make them. For a bigger ``encoder`` only corpora with its packs are listed."""
    if encoder:
        available = packs.available(registry.get(encoder).id)
        return [name for name in available if name not in NO_SOURCE], available
    published = system(key)
    feature = systems.build(published and published.id, variant)[0].feature
    available = sorted({*packs.available(), *packs.available(feature)})
    paper_sources = {source for source, _ in published.pairs_here()} if published else set()
    return [name for name in available if name not in NO_SOURCE or name in paper_sources], available


def named(keys: list[str]) -> list[tuple[str, str]]:
    """(name, key) of corpora for a menu."""
    return [(f"{corpus(key).language_name} ({corpus(key).name})", key) for key in keys]


def fold_choices(target: str, key: str, variant: str | None) -> list[tuple[str, int]]:
    """(speakers, number) of the target's folds; none without its features. ``target``: one corpus, or two joined."""
    plan = Plan(DEFAULT_PAIR[0], target, methods.RECOMMENDED, system=None if key == COMMON else key, variant=variant)
    try:
        parts = target_folds(plan)
    except UserError:
        return []
    return [(f"fold {number}: {', '.join(speakers)}", number) for number, speakers in enumerate(parts)]


def user_fold_choices(own: UserRecordings) -> list[tuple[str, int]]:
    """The same of a visitor's recordings; none where speakers are unknown."""
    pack = next(iter(own.packs.values()), None)
    try:
        parts = folds(KEY, pack.utterances) if pack else []
    except UserError:
        return []
    return [(f"fold {number}: {', '.join(speakers)[:60]}", number) for number, speakers in enumerate(parts)]


def label_sets() -> list[tuple[str, str]]:
    """(title, name): the classes, their dimension, and a note where two sets have the same classes."""
    menu = []
    for name, label_set in LABEL_SETS.items():
        title = ", ".join(label_set.classes) + (f" ({label_set.note})" if label_set.note else "")
        dimension = name.split("_")[0]
        menu.append((f"{dimension}: {title}" if dimension in ("valence", "arousal") else title, name))
    return menu


def method_idea(method: str) -> str:
    return escape(methods.get(method).idea)


def strength(method: str, key: str, variant: str | None) -> str:
    """What the field "Strength" means, and its default."""
    cls, published = methods.get(method), system(key)
    default = cls.strength
    if published and published.variant(variant).method == method and published.variant(variant).strength is not None:
        default = published.variant(variant).strength
    return f"{cls.strength_label}; empty: {default:g}." if default is not None else "This method has none."


def about(key: str, variant: str | None) -> str:
    """A system's idea, its fidelity to the paper, and what the paper does not say, as HTML."""
    published = system(key)
    if published is None:
        return f"<p>{COMMON_IDEA}</p>"
    chosen = published.variant(variant)
    html = f"<p>{escape(published.idea)}</p><p>{_fidelity(chosen.fidelity, chosen.deviations)}</p>"
    if (published.id, chosen.name) in LICENSED:
        html += f"<p class='x-warn'>{escape(egemaps.LICENCE_NOTICE)}</p>"
    unknown = "".join(f"<li>{escape(sentence)}</li>" for sentence in published.unknown_in_paper)
    return (
        f"{html}<details><summary>What the paper does not say</summary><ul>{unknown}</ul>"
        f"<p>{escape(published.paper)}</p></details>"
    )


def _fidelity(fidelity: str, deviations: tuple[str, ...]) -> str:
    differences = escape("; ".join(deviations))
    if fidelity == AFTER:
        return "<strong>After the paper</strong>; choices that it does not state are ours." + (
            f" Differences: {differences}." if differences else ""
        )
    return f"<strong>{escape(fidelity.capitalize())}</strong>{': ' + differences if differences else ''}."


def ready(plan: Plan, task: Task) -> str:
    """What pressing Adapt will do with these settings, and how long it takes."""
    method = methods.get(plan.method)
    duration = f"about {estimate(plan, task)} s on two free cores"
    if method.trains:
        text = f"Press Adapt: the clips move while the model trains, {duration}. Stop keeps the best epoch so far."
    else:
        text = f"Press Adapt: this method trains nothing; {duration}, most of it for the score."
    if len(plan.sources) > 1:
        text += f" It learns from {listed([corpus(key).language_name for key in plan.sources])} together."
    if trained_here(plan, task):
        text += f" No shipped model fits, so one is trained on {corpus(plan.source).language_name} alone first."
    if plan.encoder and not can_encode(plan.encoder):
        text += f" The weights of {registry.get(plan.encoder).title} are not here, so Listen cannot use the model."
    if plan.system and plan.method != systems.get(plan.system).variant(plan.variant).method:
        text += " With this method it is a control on the system's network, not the published system."
    return text
