"""The five published systems as presets: features, network, schedule and method of each.

Only abstracts of papers 1 to 3 are public, so their systems are built "after the paper"; ``unknown_in_paper`` lists
what a paper does not say and we chose. ``docs/systems.md`` compares published scores with ours.
"""

from dataclasses import asdict, replace

from xser_demo.experiments.systems.baklouti2024 import BAKLOUTI
from xser_demo.experiments.systems.base import System
from xser_demo.experiments.systems.cai2021 import CAI
from xser_demo.experiments.systems.latif2019 import LATIF
from xser_demo.experiments.systems.li2021 import NNPM
from xser_demo.experiments.systems.poster2023 import POSTER
from xser_demo.features.encoders import registry
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import COMMON, Recipe
from xser_demo.utils.errors import SettingsError

SYSTEMS = {system.id: system for system in (LATIF, CAI, NNPM, POSTER, BAKLOUTI)}
COMMON_SCHEDULE = Schedule(frame_dropout=0.7)  # chosen on AESDD, docs/tuning.md


def get(system_id: str) -> System:
    if system_id not in SYSTEMS:
        raise SettingsError(f"There is no system '{system_id}'; choose one of: {', '.join(SYSTEMS)}.")
    return SYSTEMS[system_id]


def build(system_id: str | None, variant: str | None = None, encoder: str | None = None) -> tuple[Recipe, Schedule]:
    """Recipe and schedule of a system, or of the common ground, which may have a bigger encoder."""
    if encoder is not None and system_id is not None:
        raise SettingsError("A published system has features of its own; leave out the system or the encoder.")
    if encoder is not None:
        return replace(COMMON, feature=registry.get(encoder).id), COMMON_SCHEDULE
    if system_id is None:
        return COMMON, COMMON_SCHEDULE
    chosen = get(system_id).variant(variant)
    return chosen.recipe, chosen.schedule


def describe(system: System) -> dict:
    """A system as plain JSON values, without its results."""
    return {
        "id": system.id,
        "title": system.title,
        "paper": system.paper,
        "idea": system.idea,
        "claim": system.claim,
        "test": system.test,
        "labels": [system.task, *system.tasks],
        "pairs": [f"{source} -> {target}" for source, target in system.pairs],
        "explanation": system.explanation,
        "faithful": {
            name: {
                "title": variant.title,
                "method": variant.method,
                "recipe": asdict(variant.recipe),
                "schedule": asdict(variant.schedule),
                "fidelity": variant.fidelity,
                "deviations": list(variant.deviations),
            }
            for name, variant in system.variants.items()
        },
        "common_method": system.common_method,
        "published": list(system.published),
        "inferred": list(system.inferred),
        "unknown_in_paper": list(system.unknown_in_paper),
        "live_s": system.live_s,
    }
