"""Equal budgets for the five systems: 15 tries each, on the development corpora alone (AESDD and TurEV-DB).

Three constants of each system, five values of each, one after the other: the best value of the first by the mean UAR
over the development cells holds while the second is tried. NNPM has the margin of its gate, its neighbours and its
weight; all others have the weight of their loss, the learning rate and the epochs of the adaptation.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import mean

import numpy as np

from xser_demo.benchmark.systems import runs, supervised
from xser_demo.benchmark.systems.cells import Cell, Settings
from xser_demo.benchmark.tuning import relabelled
from xser_demo.corpora import DEVELOPMENT
from xser_demo.data import packs
from xser_demo.data.packs import Pack
from xser_demo.evaluation.scores import run_uar
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import prepare
from xser_demo.networks import frozen
from xser_demo.utils.files import atomic_write

SOURCES = ("ravdess", "emodb", "emovo")
FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)
EPOCHS = (0.2, 0.4, 0.6, 0.8, 1.0)  # times the system's own
LAMBDAS = (0.1, 0.25, 0.5, 1.0, 2.0)
FEATURES = ("mel", "gemaps", "averages")


@dataclass(frozen=True)
class Tuned:
    """A system's variant, how it is scored on a development pair, and its other variants with the same settings."""

    system: str
    variant: str
    labels: str
    split: str | None = None
    sources: tuple[str, ...] = SOURCES
    also: tuple[str, ...] = ()
    weight_only: tuple[str, ...] = ()  # variants of another network or schedule, which take the weight alone
    normalise: str | None = None
    weight: float = 1.0  # this, the learning rate and the epochs are where the search began
    learning_rate: float = 1e-3
    epochs: int = 50


CAI_VARIANTS = tuple(systems.get("cai2021-dann").variants)
WHICH = (
    Tuned("latif2019-gan", "latent", "valence", weight=0.1, learning_rate=5e-4, epochs=40),
    Tuned("latif2019-gan", "synthesis", "valence", weight=0.1, learning_rate=5e-4, epochs=40),
    Tuned("cai2021-dann", "joint", "arousal", also=CAI_VARIANTS[1:], normalise="source", epochs=8),
    Tuned("li2021-nnpm", "mel", "four", weight=0.3),
    Tuned("poster2023-dann", "mlp", "five", weight_only=("conv1d", "resnet50-middle", "imagenet")),
    Tuned("baklouti2024-mmd", "middle-supervised", "own", "random", ("ravdess", "emodb"), ("middle",),
          weight_only=("full", "full-supervised"), learning_rate=1e-4, epochs=30),
)  # fmt: skip


def tried(one: Tuned) -> dict[str, tuple[float, ...]]:
    """The constants of a system, in the order in which they are chosen, and the values of each."""
    weights = tuple(one.weight * factor for factor in FACTORS)
    if one.system == "li2021-nnpm":
        return {"margin": (0.0, 0.2, 0.4, 0.6, 0.8), "nearest": (3, 5, 10, 20, 40), "strength": weights}
    rates = tuple(one.learning_rate * factor for factor in FACTORS)
    epochs = tuple(float(max(1, round(one.epochs * factor))) for factor in EPOCHS)
    strengths = LAMBDAS if one.system == "baklouti2024-mmd" else weights
    return {"strength": strengths, "learning_rate": rates, "epochs": epochs}


def default(one: Tuned) -> dict[str, float]:
    """What holds before a constant is chosen: the middle of its values."""
    return {name: values[2] for name, values in tried(one).items()}


def cells(one: Tuned, settings: Settings) -> Iterator[Cell]:
    """The development cells of one try."""
    method = systems.get(one.system).variant(one.variant).method
    for source in one.sources:
        for target in DEVELOPMENT:
            plan = Plan(source, target, method, one.labels, "transductive", system=one.system, variant=one.variant,
                        normalise=one.normalise)  # fmt: skip
            yield Cell(plan, one.split, settings)


def file(cell: Cell, out: Path) -> Path:
    return out / "tuning" / cell.plan.system / f"{cell.name}-{cell.preset}.json"


def uar(cell: Cell, out: Path, folder: Path) -> str:
    """Compute and store the UAR of the system on a development pair. Returns a line for the log."""
    own = {(key, feature): dev_pack(key, feature, folder) for key in DEVELOPMENT for feature in FEATURES}
    if frozen.is_frozen(cell.plan.recipe):
        own |= {(key, "mel"): dev_maps(key, folder, cell.plan.system, cell.plan.variant) for key in DEVELOPMENT}
    record = runs.record(cell, out / "tuning", own, only_system=True)
    plan = replace(cell.planned, own=own)
    value = run_uar(sealed(cell, plan, record), np.array([answers(cell, record)]))
    path = file(cell, out)
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {"uar": round(value, 5), "settings": dict(cell.settings), "cpu_s": record["cpu_s"]}
    atomic_write(path, json.dumps(facts).encode())
    return f"{cell.plan.system} {cell.name} {dict(cell.settings)}: {value:.3f}"


@cache
def dev_maps(key: str, folder: Path, system: str, variant: str) -> Pack:
    """Maps of a development corpus by a system's frozen layers."""
    return frozen.maps(dev_pack(key, "mel", folder), systems.get(system).variant(variant).recipe)


def answers(cell: Cell, record: dict) -> list[int]:
    name = f"lambda {dict(cell.settings)['strength']:g}" if cell.split else runs.SYSTEM
    return record["predictions"][name]


def sealed(cell: Cell, plan: Plan, record: dict):
    """The sealed labels of the clips that a record answers."""
    labels = supervised.PAPER_LABELS[plan.target] if cell.split else prepare(plan).labels
    return supervised.seal(plan.pack(plan.target), labels, record["rows"])


@cache
def dev_pack(key: str, feature: str, folder: Path) -> Pack:
    """A development corpus's pack; TurEV's *calm* stands for neutral."""
    return relabelled(packs.load(key, feature, folder / key))


def search(one: Tuned, out: Path) -> tuple[list[Cell], Settings, list[dict]]:
    """The cells that the next choice needs and that are not stored, the constants chosen so far, and the scores of the
    finished tries. No cells: all is chosen."""
    settings, rows = default(one), []
    for name, values in tried(one).items():
        tries = {value: list(cells(one, tuple((settings | {name: value}).items()))) for value in values}
        left = [cell for group in tries.values() for cell in group if not file(cell, out).is_file()]
        if left:
            return left, tuple(settings.items()), rows
        uars = {value: mean(json.loads(file(cell, out).read_text())["uar"] for cell in tries[value]) for value in tries}
        settings[name] = max(uars, key=lambda value: uars[value])
        row = {"system": one.system, "variant": one.variant, "constant": name, "chosen": settings[name]}
        rows.append(row | {"uar": {f"{value:g}": round(score, 4) for value, score in uars.items()}})
    return [], tuple(settings.items()), rows


def chosen(out: Path) -> dict[tuple[str, str], Settings]:
    """Settings of each (system, variant) whose constants are all chosen."""
    found: dict[tuple[str, str], Settings] = {}
    for one in WHICH:
        left, settings, _ = search(one, out)
        if left:
            continue
        weight = tuple((name, value) for name, value in settings if name == "strength")
        found |= {(one.system, variant): settings for variant in (one.variant, *one.also)}
        found |= {(one.system, variant): weight for variant in one.weight_only}
    return found


def with_settings(wanted: Iterable[Cell], out: Path) -> list[Cell]:
    """Cells with the chosen settings of their system; those without chosen ones are left out."""
    settings = chosen(out)
    named = ((cell, (cell.plan.system or "", cell.plan.variant or "")) for cell in wanted)
    return [replace(cell, settings=settings[key]) for cell, key in named if key in settings]
