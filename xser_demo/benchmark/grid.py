"""Cells and suites: a cell is one method on one task, a suite is a list of cells."""

from collections.abc import Iterable
from dataclasses import asdict
from itertools import product

from xser_demo import methods
from xser_demo.corpora import DEVELOPMENT, corpus, joined
from xser_demo.corpora.splits import folds
from xser_demo.data import packs
from xser_demo.data.packs import load_cached
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.provenance import digest
from xser_demo.features import front_end
from xser_demo.utils.errors import SettingsError
from xser_demo.utils.files import sha256
from xser_demo.utils.settings import ROOT

Cell = Plan

SEEDS = range(5)
# The two other methods belong to the networks of published systems.
COMMON = tuple(name for name in methods.METHODS if name not in ("dann_poster", "mmd_fc", "nnpm_gate"))
# A few methods for questions other than which method is best.
UNTRAINED = ("source_only", "zscore", "coral")
FEW_METHODS = (*UNTRAINED, "infomax", "coral_infomax", methods.RECOMMENDED)
# Three of the four rotations of 70/10/10/10 percent, and a target without one class.
SHIFTS = ("70 anger", "70 happiness", "70 neutral", "no sadness")
# The preregistered suite.
REGISTERED_SOURCES = ("ravdess", "emodb", "emovo", "nemo")
APPENDIX = "urdu"  # as the source: in a table of its own
CONTROLS = ("zscore", "continued", "lda_refit")  # free: they have no adaptation loss
RECIPES = (*CONTROLS, methods.RECOMMENDED)
REGISTERED_METHODS = tuple(name for name in COMMON if name not in ("source_only", "gan_synthesis"))
FEW_SPEAKERS = 10  # a target with fewer gets twice the seeds
STRENGTH = "strength of"  # begins the names of settings
SHORT_TRAINING = {"source_epochs": 4, "epochs": 2}


def available_targets() -> list[str]:
    """Corpora with packs that may be targets of a table."""
    return [key for key in packs.available() if key not in DEVELOPMENT]


def pairs(keys: list[str]) -> list[tuple[str, str]]:
    """All directed pairs; those of one language are controls: a change of corpus without a change of language."""
    return [(a, b) for a, b in product(keys, keys) if a != b]


def other_languages(keys: list[str], target: str) -> str:
    """All corpora of other languages, joined: the sources if one language is left out."""
    return joined(*(key for key in keys if corpus(key).language != corpus(target).language))


def fold_count(target: str) -> int:
    """Number of frozen, speaker-disjoint folds of a corpus."""
    return len(folds(target, load_cached(target).utterances))


def inductive(source: str, target: str, names: Iterable[str], seeds=SEEDS, **options) -> list[Cell]:
    """Cells that score every fold of the target's speakers once."""
    count = range(fold_count(target))
    return [Plan(source, target, n, fold=f, seed=s, **options) for s, f, n in product(seeds, count, names)]


def transductive(source: str, target: str, names: Iterable[str], seeds=SEEDS, **options) -> list[Cell]:
    """Cells that adapt to all clips of the target and score them."""
    return [Plan(source, target, n, mode="transductive", seed=s, **options) for s, n in product(seeds, names)]


def supervised(target: str, seeds=SEEDS, **options) -> list[Cell]:
    """The upper reference: trained on the target's other speakers with their labels."""
    return [Plan(target, target, "source_only", mode="supervised", fold=f, seed=s, **options)
            for s, f in product(seeds, range(fold_count(target)))]  # fmt: skip


def full(keys: list[str]) -> list[Cell]:
    """Of any corpora: all directed pairs, all methods, all folds, five seeds; all other languages as sources at once;
    label shift."""
    cells: list[Cell] = []
    joined = [(sources, target) for target in keys if "+" in (sources := other_languages(keys, target))]
    for source, target in joined:
        cells += transductive(source, target, (*UNTRAINED, methods.RECOMMENDED))
    for source, target in sorted(pairs(keys), key=lambda pair: pair[0] != "ravdess"):  # the README's pairs first
        cells += transductive(source, target, COMMON)
        for shift in SHIFTS:
            cells += transductive(source, target, FEW_METHODS, shift=shift)
        cells += inductive(source, target, COMMON)
    for target in keys:
        cells += supervised(target)
    for source, target in joined:
        cells += inductive(source, target, (*UNTRAINED, methods.RECOMMENDED))
        cells += transductive(source, target, ("infomax", "coral_infomax", "dann", "mmd"))
    return cells


def preregistered(keys: list[str]) -> list[Cell]:
    """The cells of docs/preregistration.md, pair by pair. SettingsError where a pack is missing."""
    if missing := sorted({*REGISTERED_SOURCES, "urdu"} - set(keys)):
        raise SettingsError(f"The suite preregistered needs the packs of {', '.join(missing)}.")
    every = (*REGISTERED_SOURCES, "urdu")
    both = tuple(product(RECIPES, (None, "corpus")))
    cells: list[Cell] = []
    for source, target in [(a, b) for a, b in product(REGISTERED_SOURCES, every) if a != b]:
        speakers = len({u.speaker for u in load_cached(target).utterances})
        seeds = range(10) if speakers < FEW_SPEAKERS else SEEDS
        cells += inductive(source, target, ("source_only",), seeds)
        for recipe, normalise in both:
            if target != "urdu" or normalise is None:  # refused there, so that both are the same
                cells += inductive(source, target, (recipe,), seeds, normalise=normalise)
        cells += transductive(source, target, ("source_only",))
        cells += transductive(source, target, REGISTERED_METHODS)
        if target != "urdu":
            for shift in SHIFTS:
                cells += transductive(source, target, RECIPES, range(2), shift=shift)
    for target in every:
        sources = joined(*(key for key in REGISTERED_SOURCES if key != target))
        cells += transductive(sources, target, ("source_only",))
        for recipe, normalise in both:
            cells += transductive(sources, target, (recipe,), normalise=normalise)
        cells += supervised(target, range(1))
    for target in REGISTERED_SOURCES:
        cells += transductive(APPENDIX, target, ("source_only",))
        cells += transductive(APPENDIX, target, RECIPES)
    return cells


def in_appendix(cell: Cell) -> bool:
    """Whether a cell of the preregistered suite is kept out of its means: the source is URDU."""
    return cell.source == APPENDIX != cell.target


def preregistration() -> str | None:
    """SHA-256 of docs/preregistration.md, which every record holds; None where the file is not installed."""
    file = ROOT / "docs" / "preregistration.md"
    return sha256(file) if file.exists() else None


def quick(keys: list[str]) -> list[Cell]:
    """All pairs and methods, one fold for each seed."""
    cells = []
    for source, target in pairs(keys):
        count = fold_count(target)
        cells += [Plan(source, target, n, fold=s % count, seed=s) for s, n in product(SEEDS, COMMON)]
    return cells


def smoke(keys: list[str]) -> list[Cell]:
    """A few cells of every kind with two epochs: shows that the program runs."""
    source, *targets = [key for key in ("ravdess", "emodb", "emovo") if key in keys] or keys[:2]
    cells = [Plan(target, target, "source_only", mode="supervised", fold=0, **SHORT_TRAINING) for target in targets]
    for target in targets:
        cells += transductive(source, target, COMMON, range(2), **SHORT_TRAINING)
        cells += transductive(source, target, FEW_METHODS, range(2), shift=SHIFTS[0], **SHORT_TRAINING)
        cells += inductive(source, target, COMMON, range(2), **SHORT_TRAINING)
    sources = other_languages(keys, targets[0])
    return cells + (
        transductive(sources, targets[0], FEW_METHODS, range(1), **SHORT_TRAINING) if "+" in sources else []
    )


SUITES = {"smoke": smoke, "quick": quick, "full": full, "preregistered": preregistered}


def suite(name: str) -> list[Cell]:
    """Cells of a suite. SettingsError for an unknown name or fewer than two packs."""
    if name not in SUITES:
        raise SettingsError(f"There is no suite '{name}'; choose one of: {', '.join(SUITES)}.")
    keys = available_targets()
    if len(keys) < 2:
        raise SettingsError("A benchmark needs the packs of two corpora; make them with: xser corpora pack")
    return SUITES[name](keys)


def settings() -> dict:
    """Everything that cells depend on besides their plans: network, schedule, weights of losses, digests of packs."""
    recipe, schedule = systems.build(None)
    strengths = {f"{STRENGTH} {key}": method.strength for key, method in methods.METHODS.items() if key in COMMON}
    data = {f"the pack of {key}": digest(load_cached(key)) for key in packs.available()}
    common = {"the network": asdict(recipe), "the schedule": asdict(schedule), front_end.NAME: front_end.VERSION}
    return common | strengths | data


def group(cell: Cell) -> str:
    """Group of a cell; the cells of a group are stored in one file."""
    return f"{cell.source}-{cell.target}"


def name(cell: Cell) -> str:
    """Name of a cell, unique in its group."""
    part = {"transductive": "all", "inductive": f"fold{cell.fold}", "supervised": f"supervised{cell.fold}"}[cell.mode]
    parts = (cell.labels, part, cell.shift.replace(" ", "_"), cell.system, cell.variant, cell.method)
    length = f"e{cell.source_epochs}.{cell.epochs}" if cell.epochs or cell.source_epochs else ""
    return "-".join(text for text in (*parts, cell.normalise, length, f"seed{cell.seed}") if text)
