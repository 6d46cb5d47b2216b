"""The settings of the Adapt tab as a plan, and a plan as settings."""

from collections.abc import Iterable
from typing import Any

from xser_demo.corpora import joined
from xser_demo.corpora.user import KEY
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.source_models import budget
from xser_demo.features.encoders import registry
from xser_demo.ui.shared import adapt_options, texts
from xser_demo.ui.shared.adapt_options import MAX_SEED, TRANSDUCTIVE
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings
from xser_demo.utils.errors import SettingsError

SETTINGS = (
    "system", "variant", "source", "target", "method", "mode", "fold", "labels", "epochs", "strength", "seed", "shift",
    "more", "weights", "second", "encoder", "normalise",
)  # fmt: skip

Settings = dict[str, Any]  # values of the components by these names, which are those of links.py


def by_name(values: Iterable) -> Settings:
    """Values in the order of ``SETTINGS``."""
    return dict(zip(SETTINGS, values, strict=False))


def make_plan(settings: Settings, recordings: UserRecordings | None = None) -> Plan:
    """SettingsError where a field is empty or out of range. "more": further sources; "weights": as typed; "second": a
    target that is mixed with the first; "encoder": a bigger one. ``recordings``: those of the visitor."""
    source, target, second, encoder = (settings.get(name) or "" for name in ("source", "target", "second", "encoder"))
    seed = settings["seed"]
    if not source or not target:
        raise SettingsError("Choose a source and a target corpus.")
    if second and target == KEY:
        raise SettingsError("Your own recordings are adapted to alone; choose no second target.")
    if seed is None or not 0 <= seed <= MAX_SEED:
        raise SettingsError(f"The seed must be a whole number from 0 to {MAX_SEED}.")
    system = adapt_options.system(settings["system"])
    variant = system.variant(settings["variant"]).name if system else None
    mode = settings["mode"]
    plan = Plan.from_settings(
        joined(source, *(settings.get("more") or ())),
        joined(target, second),
        settings["method"],
        labels=settings["labels"],
        mode=mode,
        fold=0 if mode == TRANSDUCTIVE else int(settings["fold"] or 0),
        seed=int(seed),
        strength=read_strength(settings["strength"]),
        epochs=int(settings["epochs"]),
        budget_s=budget(system and system.id, variant),
        system=system and system.id,
        variant=variant,
        shift=settings.get("shift"),
        weights=settings.get("weights"),
        encoder=encoder,
        normalise=settings.get("normalise"),
        own={(KEY, feature): pack for feature, pack in recordings.packs.items()} if recordings else None,
    )
    if target == KEY and (KEY, plan.recipe.feature) not in plan.own:
        raise SettingsError(
            "Bring your recordings in the tab Your data first; then they can be the target."
            if recordings is None
            else f"Your recordings were prepared for '{texts.COMMON}' only; choose it as the system."
            if not encoder
            else f"{registry.get(encoder).title} has not encoded your recordings; its weights must be here for that."
        )
    return plan


def read_strength(typed: str | float | None) -> float | None:
    """The strength as typed; None where the field is empty. SettingsError for what is no number."""
    text = str("" if typed is None else typed).strip().replace(",", ".")
    try:
        return float(text) if text else None
    except ValueError:
        raise SettingsError("The strength is a number such as 0.5; leave it empty for the method's own.") from None


def needs_encoding(visitor: Visitor, settings: Settings) -> str:
    """The bigger encoder that must encode the visitor's recordings before they can be the target; "" if none must or
    its weights are missing."""
    encoder, recordings = settings.get("encoder") or "", ready_recordings(visitor)
    missing = recordings is not None and encoder and encoder not in recordings.packs
    wanted = missing and settings["source"] and settings["target"] == KEY
    return encoder if wanted and adapt_options.can_encode(encoder) else ""


def settings_of(plan: Plan) -> dict:
    """The inverse of ``make_plan``."""
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
        "weights": ", ".join(f"{weight:g}" for weight in plan.weights or ()),
        "second": "".join(second),
        "encoder": plan.encoder or "",
        "normalise": plan.normalise or "",
    }


def ready_recordings(visitor: Visitor) -> UserRecordings | None:
    """The visitor's recordings if they are encoded; they are deleted after half an hour without use."""
    return visitor.recordings if visitor.recordings is not None and visitor.recordings.ready else None
