"""The cells of the five systems' experiments: which runs there are, and where each is stored."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from xser_demo.benchmark.grid import fold_count
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.systems.baklouti2024 import BAKLOUTI
from xser_demo.experiments.systems.cai2021 import CAI
from xser_demo.experiments.systems.latif2019 import LATIF
from xser_demo.experiments.systems.li2021 import NNPM
from xser_demo.experiments.systems.poster2023 import POSTER

SEEDS, REPEATS = range(5), range(10)
SPLITS = ("random", "speakers")  # of a supervised run: by clip, as published, or by speaker
Settings = tuple[tuple[str, float], ...]  # constants that were chosen on development corpora, by name
PLAN_SETTINGS = ("strength", "epochs")  # those that a plan has a field for


@dataclass(frozen=True)
class Cell:
    """One source training with all adaptations of it; or, with ``split``, a supervised run."""

    plan: Plan
    split: str | None = None  # one of SPLITS
    settings: Settings = ()

    @property
    def planned(self) -> Plan:
        """The plan with the chosen settings."""
        own = {name: value for name, value in self.settings if name in PLAN_SETTINGS}
        if "epochs" in own:
            own["epochs"] = int(own["epochs"])
        return replace(self.plan, **own)

    @property
    def name(self) -> str:
        plan = self.plan
        part = self.split or ("all" if plan.mode == "transductive" else f"fold{plan.fold}")
        normalised = f"-{plan.normalise}" if plan.normalise else ""
        return f"{plan.variant}-{plan.source}-{plan.target}-{plan.labels}-{part}{normalised}-seed{plan.seed}"

    def file(self, out: Path) -> Path:
        return out / (self.plan.system or "") / f"{self.name}.json"

    @property
    def preset(self) -> str:
        """Digest of recipe, schedule, weight and settings; a stored cell with another digest is recomputed."""
        plan = self.planned
        return digest(asdict(plan.recipe), asdict(plan.schedule), plan.weight, self.settings)

    def finished(self, out: Path) -> bool:
        file = self.file(out)
        return file.exists() and json.loads(file.read_text())["preset"] == self.preset


def digest(*parts: object) -> str:
    """Short SHA-256 of JSON values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def adaptation(
    system: str, variant: str, pair: tuple[str, str], labels: str, seed: int, inductive: bool = False, **settings
) -> Iterator[Cell]:
    """Transductive, or inductive with one cell for each fold of the target."""
    method = systems.get(system).variant(variant).method
    plan = Plan(*pair, method, labels, "transductive", seed=seed, system=system, variant=variant, **settings)
    folds = range(fold_count(pair[1])) if inductive else ()
    if not inductive:
        yield Cell(plan)
    for fold in folds:
        yield Cell(replace(plan, mode="inductive", fold=fold))


def labelled(system: str, variant: str, pair: tuple[str, str], seed: int) -> Iterator[Cell]:
    method = systems.get(system).variant(variant).method
    for split in SPLITS:
        yield Cell(Plan(*pair, method, "own", seed=seed, system=system, variant=variant), split)


def latif() -> Iterator[Cell]:
    for seed in SEEDS:
        for variant in ("latent", "synthesis"):
            for pair in LATIF.pairs_here():
                yield from adaptation(LATIF.id, variant, pair, "valence", seed)


def cai() -> Iterator[Cell]:
    """The grid standardised by the source, then by each language itself; then the other pairs, by the source."""
    for normalise in ("source", None):
        for seed in SEEDS:
            for labels in ("arousal", "valence"):
                for variant in CAI.variants:
                    yield from adaptation(CAI.id, variant, CAI.pairs[0], labels, seed, normalise=normalise)
    for seed in SEEDS:
        for pair in CAI.pairs[1:]:
            for labels in ("arousal", "valence"):
                yield from adaptation(CAI.id, "joint", pair, labels, seed)
                for variant in CAI.variants:
                    yield from adaptation(CAI.id, variant, pair, labels, seed, normalise="source")


def li() -> Iterator[Cell]:
    for seed in SEEDS:
        for pair in NNPM.pairs_here():
            yield from adaptation(NNPM.id, "mel", pair, "four", seed)


def poster() -> Iterator[Cell]:
    for seed in SEEDS:
        for variant in ("mlp", "conv1d"):
            for pair in POSTER.pairs_here():
                yield from adaptation(POSTER.id, variant, pair, "five", seed)
                yield from labelled(POSTER.id, variant, pair, seed)


def poster_images() -> Iterator[Cell]:
    for seed in SEEDS:
        for pair in POSTER.pairs_here():
            yield from adaptation(POSTER.id, "resnet50-middle", pair, "five", seed)


def poster_images_supervised() -> Iterator[Cell]:
    for seed in SEEDS:
        for pair in POSTER.pairs_here():
            yield from labelled(POSTER.id, "resnet50-middle", pair, seed)


def baklouti() -> Iterator[Cell]:
    for seed in REPEATS:
        for pair in BAKLOUTI.pairs_here():
            yield from labelled(BAKLOUTI.id, "middle-supervised", pair, seed)


def baklouti_unsupervised() -> Iterator[Cell]:
    for seed in SEEDS:
        for pair in BAKLOUTI.pairs_here():
            yield from adaptation(BAKLOUTI.id, "middle", pair, "six", seed)


def inductive() -> Iterator[Cell]:
    for seed in SEEDS:
        for pair in (("ravdess", "emodb"), ("ravdess", "emovo"), ("ravdess", "urdu")):
            for variant in ("latent", "synthesis"):
                yield from adaptation(LATIF.id, variant, pair, "valence", seed, inductive=True)
        yield from adaptation(POSTER.id, "mlp", POSTER.pairs[0], "five", seed, inductive=True)
    for seed in SEEDS[:3]:
        for pair in NNPM.pairs_here():
            yield from adaptation(NNPM.id, "mel", pair, "four", seed, inductive=True)


def full() -> Iterator[Cell]:
    """Both image systems at full width, for a GPU."""
    for seed in REPEATS:
        for pair in BAKLOUTI.pairs_here():
            yield from adaptation(BAKLOUTI.id, "full", pair, "six", seed)
            yield from labelled(BAKLOUTI.id, "full-supervised", pair, seed)
    for seed in SEEDS:
        for pair in POSTER.pairs_here():
            yield from adaptation(POSTER.id, "imagenet", pair, "five", seed)
            yield from labelled(POSTER.id, "imagenet", pair, seed)


# Parts in the order in which they are computed, the most valuable first.
PARTS = {
    "latif": latif,
    "cai": cai,
    "li": li,
    "poster": poster,
    "baklouti": baklouti,
    "poster-images": poster_images,
    "poster-images-supervised": poster_images_supervised,
    "baklouti-unsupervised": baklouti_unsupervised,
    "inductive": inductive,
    "full": full,
}
GPU = ("full",)  # parts that are left out unless they are named


def cells(*parts: str) -> Iterator[Cell]:
    """The cells of the named parts, or of all but those for a GPU."""
    for name in parts or [name for name in PARTS if name not in GPU]:
        yield from PARTS[name]()
