"""What is chosen on the Adapt tab, as a plan. Knows nothing of Gradio."""

from inspect import signature

from xser_demo.corpora import joined
from xser_demo.corpora.user import KEY
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.source_models import budget
from xser_demo.features.encoders import registry
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.shared.adapt_options import MOST_SEED, read_weights
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings
from xser_demo.utils.errors import SettingsError


def make_plan(
    system, variant, source, target, method, mode, fold, labels, epochs, strength, seed, shift="", more=(), weights="",
    second="", encoder="", own: UserRecordings | None = None,
) -> Plan:  # fmt: skip
    """The settings as a plan; SettingsError where a field is empty or out of range. ``more`` sources than the first,
    ``weights`` as they are typed, a ``second`` target beside the first, a bigger ``encoder`` for the common ground.
    ``own``: what a visitor brought."""
    if not source or not target:
        raise SettingsError("Choose a source and a target corpus.")
    if second and target == KEY:
        raise SettingsError("Your own recordings are adapted to alone; choose no second target.")
    if seed is None or not 0 <= seed <= MOST_SEED:
        raise SettingsError(f"The seed must be a whole number from 0 to {MOST_SEED}.")
    chosen = adapt_options.system(system)
    name = chosen.variant(variant).name if chosen else None
    plan = Plan(
        joined(source, *(more or ())),
        joined(target, second),
        method,
        labels,
        mode,
        int(fold or 0),
        int(seed),
        None if strength is None else float(strength),
        epochs=int(epochs),
        budget_s=budget(chosen and chosen.id, name),
        system=chosen and chosen.id,
        variant=name,
        shift=shift or "",
        weights=read_weights(weights),
        encoder=encoder or None,
        own={} if own is None else {(KEY, feature): pack for feature, pack in own.packs.items()},
    )
    if target == KEY and (KEY, plan.recipe.feature) not in plan.own:
        raise SettingsError(
            "Bring your recordings in the tab Your data first; then they can be the target."
            if own is None
            else "Your recordings were prepared for the common ground only; choose it as the system."
            if not encoder
            else f"{registry.get(encoder).title} has not heard your recordings; its weights must be here for that."
        )
    return plan


def unheard(visitor: Visitor, *chosen) -> str:
    """The bigger encoder that can listen to the visitor's recordings and must do so before they are a target; "" where
    there is nothing to do. ``chosen``: as for ``make_plan``."""
    given = signature(make_plan).bind(*chosen).arguments
    encoder, own = given.get("encoder") or "", brought(visitor)
    waits = encoder and given["source"] and given["target"] == KEY and own is not None and encoder not in own.packs
    return encoder if waits and adapt_options.can_encode(encoder) else ""


def settings_of(plan: Plan) -> dict:
    """The settings that ``make_plan`` makes this plan of, by the names of links.py."""
    source, *more = plan.sources
    target, *second = plan.targets
    return {
        "system": plan.system or adapt_options.COMMON,
        "variant": plan.variant,
        "source": source,
        "target": target,
        "method": plan.method,
        "mode": plan.mode,
        "fold": plan.fold,
        "labels": plan.labels,
        "epochs": plan.schedule.epochs,
        "strength": plan.strength,
        "seed": plan.seed,
        "shift": plan.shift,
        "more": more,
        "weights": ", ".join(f"{one:g}" for one in plan.weights or ()),
        "second": "".join(second),
        "encoder": plan.encoder or "",
    }


def brought(visitor: Visitor) -> UserRecordings | None:
    """The visitor's recordings, if they are there and encoded; after half an hour without use they are not."""
    return visitor.recordings if visitor.recordings is not None and visitor.recordings.ready else None
