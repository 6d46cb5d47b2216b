"""What the Adapt tab offers for each system, and the words about it. Knows nothing of Gradio."""

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
from xser_demo.experiments.source_models import estimate, find
from xser_demo.experiments.systems.base import AFTER, System
from xser_demo.experiments.task import Task, target_folds
from xser_demo.features import egemaps
from xser_demo.features.encoders import registry, weights
from xser_demo.features.encoders.registry import ENCODERS
from xser_demo.methods.schedule import Schedule
from xser_demo.ui.storage import UserRecordings
from xser_demo.utils.errors import UserError

COMMON = "common"  # in menus: no system
COMMON_TITLE = "Common ground (frozen Whisper frames)"
COMMON_IDEA = (
    "The same frozen speech encoder and the same small network for every method, so that only the method differs."
)
FIRST = ("ravdess", "emodb")  # source and target on common ground
LICENSED = {("latif2019-gan", "latent-egemaps")}  # where openSMILE is installed
OWN_ONLY = ("dann_poster", "mmd_fc")  # one system's reading of a method that is offered everywhere
INDUCTIVE, TRANSDUCTIVE = "inductive", "transductive"
MOST_EPOCHS, MOST_SEED, MOST_STRENGTH = 60, 9999, 100.0
NO_SOURCE = ("urdu",)  # nearly every speaker has one emotion: a model would learn the voices


@dataclass(frozen=True)
class FormDefaults:
    """What a choice of system sets; every other choice stays free."""

    source: str
    target: str
    labels: str
    variant: str | None
    method: str
    epochs: int


def system(key: str) -> System | None:
    """The system of a menu's value; None for the common ground."""
    return None if key == COMMON else systems.get(key)


def titles() -> list[tuple[str, str]]:
    return [(COMMON_TITLE, COMMON), *((one.title, one.id) for one in systems.SYSTEMS.values())]


def variants(key: str) -> list[tuple[str, str]]:
    """(title, name) of the ways to build a system that can be tried here; not those that learn from target labels or
    would take hours."""
    chosen = system(key)
    if chosen is None:
        return []
    hidden = set() if egemaps.available() else LICENSED
    return [(v.title, name) for name, v in chosen.variants.items() if v.on_page and (chosen.id, name) not in hidden]


def form_defaults(key: str, variant: str | None = None) -> FormDefaults:
    """The defaults of a system, or of one of its variants."""
    chosen = system(key)
    if chosen is None:
        return FormDefaults(*FIRST, "four", None, methods.RECOMMENDED, Schedule().epochs)
    built = chosen.variant(variant)
    return FormDefaults(*chosen.pairs[0], chosen.task, built.name, built.method, built.schedule.epochs)


def method_choices(key: str, variant: str | None) -> list[tuple[str, str]]:
    """The system's own methods first, then every other that runs with its network."""
    chosen = system(key)
    own = list(dict.fromkeys(one.method for one in chosen.variants.values())) if chosen else []
    if chosen:
        own.sort(key=lambda name: name != chosen.variant(variant).method)
    others = [name for name in methods.METHODS if name not in (*own, *OWN_ONLY, "source_only")]
    if not adabn_acts(key, variant):
        others.remove("adabn")
    return [(methods.get(name).title, name) for name in own + others]


def adabn_acts(key: str, variant: str | None) -> bool:
    """AdaBN needs one batch norm with statistics for each language behind the embedding (methods/adabn.py)."""
    return systems.build(None if key == COMMON else key, variant)[0].head == "attention"


def encoder_choices(key: str) -> list[tuple[str, str]]:
    """(title, id) of the encoders that a system can listen to, the shipped one first with the id "". A bigger one needs
    packs of a source and a target; own recordings can be the target where its weights are here."""
    found = [("Whisper-base, four blocks (shipped)", "")]
    for one in ENCODERS.values() if key == COMMON else ():
        sources, targets = corpora(key, None, one.id)
        if sources and (len(targets) > 1 or can_encode(one.id)):
            found.append((one.title, one.id))
    return found


def can_encode(encoder: str) -> bool:
    """Whether an encoder can listen to a new clip; of a bigger one there may be packs only."""
    return not encoder or weights.here(registry.get(encoder))


def encodes_first(encoder: str) -> str:
    return f"Press Adapt: {registry.get(encoder).title} listens to your recordings first, then the model trains."


def corpora(key: str, variant: str | None, encoder: str = "") -> tuple[list[str], list[str]]:
    """Keys of those that can be a source, and of those that can be a target. One without this system's features stays
    in the list: choosing it says how to make them. Of a bigger ``encoder`` only what was packed with it."""
    if encoder:
        there = packs.available(registry.get(encoder).id)
        return [one for one in there if one not in NO_SOURCE], there
    chosen = system(key)
    there = sorted({*packs.available(), *packs.available(systems.build(chosen and chosen.id, variant)[0].feature)})
    wanted = {source for source, _ in chosen.pairs_here()} if chosen else set()
    return [one for one in there if one not in NO_SOURCE or one in wanted], there


def named(keys: list[str]) -> list[tuple[str, str]]:
    return [(f"{corpus(key).language_name} ({corpus(key).name})", key) for key in keys]


def fold_choices(target: str, key: str, variant: str | None) -> list[tuple[str, int]]:
    """Groups of target speakers; none where the features are not there. ``target``: one corpus, or two joined."""
    plan = Plan(FIRST[0], target, methods.RECOMMENDED, system=None if key == COMMON else key, variant=variant)
    try:
        parts = target_folds(plan)
    except UserError:
        return []
    return [(f"fold {number}: {', '.join(speakers)}", number) for number, speakers in enumerate(parts)]


def user_fold_choices(own: UserRecordings) -> list[tuple[str, int]]:
    """The same of recordings that a visitor brought; none where it is not known who speaks."""
    pack = next(iter(own.packs.values()), None)
    try:
        parts = folds(KEY, pack.utterances) if pack else []
    except UserError:
        return []
    return [(f"fold {number}: {', '.join(speakers)[:60]}", number) for number, speakers in enumerate(parts)]


def label_sets() -> list[tuple[str, str]]:
    """Classes, what they are sides of, and what tells two sets with the same classes apart."""
    made = []
    for name, one in LABEL_SETS.items():
        words = ", ".join(one.classes) + (f" ({one.note})" if one.note else "")
        side = name.split("_")[0]
        made.append((f"{side}: {words}" if side in ("valence", "arousal") else words, name))
    return made


def method_idea(method: str) -> str:
    return escape(methods.get(method).idea)


def strength(method: str, key: str, variant: str | None) -> str:
    """What the field "Strength" means, and what an empty one stands for."""
    one, chosen = methods.get(method), system(key)
    usual = one.strength
    if chosen and chosen.variant(variant).method == method and chosen.variant(variant).strength is not None:
        usual = chosen.variant(variant).strength
    return f"{one.strength_label}; empty: {usual:g}." if usual is not None else "This method has none."


def about(key: str, variant: str | None) -> str:
    """What a system is, how true it is to its paper, and what the paper leaves open."""
    chosen = system(key)
    if chosen is None:
        return f"<p>{COMMON_IDEA}</p>"
    built = chosen.variant(variant)
    words = f"<p>{escape(chosen.idea)}</p><p>{_fidelity(built.fidelity, built.deviations)}</p>"
    if (chosen.id, built.name) in LICENSED:
        words += f"<p class='x-warn'>{escape(egemaps.LICENCE_NOTICE)}</p>"
    listed = "".join(f"<li>{escape(one)}</li>" for one in chosen.unknown_in_paper)
    return (
        f"{words}<details><summary>What the paper does not say</summary><ul>{listed}</ul>"
        f"<p>{escape(chosen.paper)}</p></details>"
    )


def _fidelity(fidelity: str, deviations: tuple[str, ...]) -> str:
    told = escape("; ".join(deviations))
    if fidelity == AFTER:
        return "<strong>After the paper</strong>; where it is silent, the choices are ours." + (
            f" Unlike it: {told}." if told else ""
        )
    return f"<strong>{escape(fidelity.capitalize())}</strong>{': ' + told if told else ''}."


def ready(plan: Plan, task: Task) -> str:
    """What pressing Adapt will do with these settings, and for how long."""
    method, trained_here = methods.get(plan.method), find(plan, task) is None
    about = f"about {estimate(plan, task, trained_here)} s on two free cores"
    if method.trains:
        words = f"Press Adapt: the two clouds of points move while the model trains, {about}. You can stop at any time."
    else:
        words = f"Press Adapt: this method trains nothing; {about}, most of it for the score."
    if trained_here:
        words += f" No shipped model fits, so one is trained on {corpus(plan.source).language_name} alone first."
    if plan.encoder and not can_encode(plan.encoder):
        words += f" The weights of {registry.get(plan.encoder).title} are not here, so it cannot hear a clip in Listen."
    if plan.system and plan.method != systems.get(plan.system).variant(plan.variant).method:
        words += " With this method it is a control on the system's network, not the published system."
    return words


WHAT = "The adaptation"
