"""The published systems with their own features and networks: one small file for each finished cell, resumable.

python -m xser_demo.benchmark.systems.runs build/systems [ID]...
"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from xser_demo import methods
from xser_demo.benchmark.systems import supervised
from xser_demo.corpora.splits import folds
from xser_demo.data.packs import load_cached
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import fresh, predictions
from xser_demo.experiments.systems.baklouti2024 import BAKLOUTI
from xser_demo.experiments.systems.cai2021 import CAI
from xser_demo.experiments.systems.latif2019 import LATIF
from xser_demo.experiments.systems.li2021 import NNPM
from xser_demo.experiments.systems.poster2023 import POSTER
from xser_demo.experiments.task import Task, prepare
from xser_demo.networks.classifier import Model
from xser_demo.training import loop
from xser_demo.utils import files

SEEDS, IMAGE_SEEDS = range(5), range(3)
OWN = "system"  # the system's own method
NO_REVERSAL = "no reversal"
CLASSIFIER = "classifier"  # NNPM answering by its classifier
CONTROLS = {
    "latif2019-gan": ("coral", "svm"),
    "cai2021-dann": (NO_REVERSAL,),
    "li2021-nnpm": ("knn",),
    "poster2023-dann": (),
    "baklouti2024-mmd": (),
}


@dataclass(frozen=True)
class Cell:
    """One source training and what is made of it; or a supervised run (``split`` given)."""

    plan: Plan
    split: str | None = None  # "random" or "speakers": labels of the target's training part are used

    def file(self, out: Path) -> Path:
        plan = self.plan
        where = self.split or ("all" if plan.mode == "transductive" else f"fold{plan.fold}")
        name = f"{plan.variant}-{plan.source}-{plan.target}-{plan.labels}-{where}-seed{plan.seed}.json"
        return out / plan.system / name

    @property
    def preset(self) -> str:
        """Digest of what a cell depends on besides its plan: with another recipe or schedule it is another cell."""
        return digest(asdict(self.plan.recipe), asdict(self.plan.schedule), self.plan.weight)

    def finished(self, out: Path) -> bool:
        file = self.file(out)
        return file.exists() and json.loads(file.read_text())["preset"] == self.preset


def digest(*parts) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def cells() -> Iterator[Cell]:
    """All cells, the most telling first: transductive for every pair, inductive (all folds) where said."""
    for seed in SEEDS:
        for variant in ("latent", "synthesis"):
            for pair in LATIF.pairs_here():
                yield from _uda("latif2019-gan", variant, pair, "valence", seed)
        for pair in NNPM.pairs_here():
            yield from _uda("li2021-nnpm", "mel", pair, "four", seed)
        for variant in ("mlp", "conv1d"):
            for pair in POSTER.pairs_here():
                yield from _uda("poster2023-dann", variant, pair, "five", seed)
                yield from _supervised("poster2023-dann", variant, pair, seed)
    for seed in IMAGE_SEEDS:
        for pair in BAKLOUTI.pairs_here():
            yield from _uda("baklouti2024-mmd", "unsupervised", pair, "six", seed)
            yield from _supervised("baklouti2024-mmd", "supervised", pair, seed)
        for pair in POSTER.pairs_here():
            yield from _uda("poster2023-dann", "resnet50", pair, "five", seed)
    for seed in SEEDS:
        for labels in ("arousal", "valence"):
            for variant in CAI.variants:  # the grid, on one pair
                yield from _uda("cai2021-dann", variant, CAI.pairs[0], labels, seed)
            for pair in CAI.pairs[1:]:
                yield from _uda("cai2021-dann", "joint", pair, labels, seed)
    for seed in SEEDS:
        for pair in (("ravdess", "emodb"), ("ravdess", "emovo"), ("ravdess", "urdu")):
            for variant in ("latent", "synthesis"):
                yield from _uda("latif2019-gan", variant, pair, "valence", seed, inductive=True)
        for pair in NNPM.pairs_here():
            yield from _uda("li2021-nnpm", "mel", pair, "four", seed, inductive=True)
        yield from _uda("poster2023-dann", "mlp", POSTER.pairs[0], "five", seed, inductive=True)
    for seed in SEEDS:
        for labels in ("arousal_strict", "valence_strict"):
            for variant in CAI.variants:
                yield from _uda("cai2021-dann", variant, CAI.pairs[0], labels, seed)
    for seed in SEEDS:
        for labels in ("arousal", "valence"):
            yield from _uda("cai2021-dann", "joint", CAI.pairs[0], labels, seed, inductive=True)
    for seed in IMAGE_SEEDS:
        yield from _uda("baklouti2024-mmd", "unsupervised", ("ravdess", "emodb"), "six", seed, inductive=True)


def _uda(system: str, variant: str, pair, labels: str, seed: int, inductive: bool = False) -> Iterator[Cell]:
    method = systems.get(system).variant(variant).method
    plan = Plan(*pair, method, labels, "transductive", seed=seed, system=system, variant=variant)
    if not inductive:
        yield Cell(plan)
        return
    for fold in range(len(folds(pair[1], load_cached(pair[1]).utterances))):
        yield Cell(replace(plan, mode="inductive", fold=fold))


def _supervised(system: str, variant: str, pair, seed: int) -> Iterator[Cell]:
    method = systems.get(system).variant(variant).method
    for split in supervised.SPLITS:
        yield Cell(Plan(*pair, method, "own", seed=seed, system=system, variant=variant), split)


def compute(cell: Cell, out: Path) -> str:
    """Run one cell and write its predictions, atomically."""
    torch.set_num_threads(1)
    started = time.monotonic()
    record = supervised.run(cell.plan, cell.split) if cell.split else unsupervised(cell.plan, out)
    record |= {"plan": asdict(cell.plan), "split": cell.split, "preset": cell.preset}
    record["seconds"] = round(time.monotonic() - started, 1)
    file = cell.file(out)
    file.parent.mkdir(parents=True, exist_ok=True)
    files.atomic_write(file, json.dumps(record).encode())
    return f"{cell.plan.system} {file.stem}: {record['seconds']:.0f} s"


def unsupervised(plan: Plan, out: Path) -> dict:
    """The system and its controls from one source model: predictions on the scored clips."""
    task = prepare(plan)
    source_model, source_uar = source_of(plan, task, out)
    answers = {"source_only": predictions(source_model, task.test).tolist()}
    chosen: dict[str, int | None] = {}
    every_epoch: list[list[int]] = []
    for name in ("zscore", *CONTROLS[plan.system], OWN):
        if name == "svm":
            answers[name] = support_vectors(task)
            continue
        method, strength = plan.method if name in (OWN, NO_REVERSAL) else name, plan.weight
        strength = 0.0 if name == NO_REVERSAL else strength if name == OWN else None
        schedule = plan.schedule
        trains = methods.get(method).trains
        model = deepcopy(source_model).requires_grad_(trains)
        if schedule.from_scratch and trains:
            model = fresh(plan, task)
        work = methods.get(method)(model, task.train, task.adapt, strength, plan.seed, schedule)
        for event in loop.run(work, task.train, task.validation, task.adapt, plan.seed):
            if isinstance(event, loop.Epoch) and name == OWN:
                every_epoch.append(predictions(event.model, task.test).tolist())
            if isinstance(event, loop.Finished):
                chosen[name] = event.chosen.epoch if event.chosen else None
        answers[name] = predictions(model, task.test).tolist()
        if method == "nnpm":
            model.memory = None
            answers[CLASSIFIER] = predictions(model, task.test).tolist()
    # Only the poster chooses the epoch by the target's labels; its cells keep what that needs.
    kept = every_epoch if plan.system == "poster2023-dann" and plan.mode == "transductive" else []
    most = task.train.labels.bincount().argmax().item()
    return {
        "classes": list(task.labels.classes),
        "rows": task.test.rows.tolist(),
        "source_validation_uar": source_uar,
        "majority": most,
        "chosen_epoch": chosen,
        "predictions": answers,
        "every_epoch": kept,
    }


def source_of(plan: Plan, task: Task, out: Path) -> tuple[Model, float]:
    """The source-only model of a plan, and its UAR on validation speakers; trained once by whoever needs it first.

    Source training sends one domain through, so that all ways of sharing batch-norm statistics but "none" are one.
    """
    from safetensors import safe_open
    from safetensors.torch import load_file, save

    recipe, schedule = plan.recipe, plan.schedule
    norm = {"norm": recipe.options.get("norm") == "none"}
    look = digest(asdict(recipe) | {"options": recipe.options | norm}, asdict(replace(schedule, epochs=0)))
    file = out / "sources" / f"{plan.source}-{'-'.join(task.labels.classes)}-{plan.labels}-{look}-seed{plan.seed}.st"
    model = Model(task.labels.classes, plan.seed, task.train.pack.dim, recipe)
    if file.exists():
        model.load_state_dict(load_file(file))
        with safe_open(file, "pt") as opened:
            return model.eval(), float(opened.metadata()["source_uar"])
    begin = fresh(plan, task)
    done = loop.run_to_end(loop.train_source(task.train, task.validation, plan.seed, model=begin, schedule=schedule))
    file.parent.mkdir(parents=True, exist_ok=True)
    files.atomic_write(file, save(done.model.state_dict(), {"source_uar": str(done.chosen.source_uar)}))
    return done.model, done.chosen.source_uar


def support_vectors(task: Task) -> list[int]:
    """A linear SVM (C = 0.1, balanced classes) on the vectors, each language standardised by itself: the control that
    the field uses on such features."""
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    x, y, other = (part.numpy() for part in (_vectors(task.train), task.train.labels, _vectors(task.test)))
    machine = LinearSVC(C=0.1, class_weight="balanced", random_state=0)
    machine.fit(StandardScaler().fit_transform(x), y)
    scaler = StandardScaler().fit(_vectors(task.adapt).numpy())
    return machine.predict(scaler.transform(other)).tolist()


def _vectors(speech) -> torch.Tensor:
    return torch.cat([batch.frames for batch in speech.batches()])


def run(out: Path, wanted: list[str], workers: int = 2) -> None:
    todo = [cell for cell in cells() if not wanted or cell.plan.system in wanted]
    left = [cell for cell in todo if not cell.finished(out)]
    print(f"{len(left)} cells to do, {len(todo) - len(left)} finished before", file=sys.stderr, flush=True)
    with ProcessPoolExecutor(workers) as pool:
        for number, line in enumerate(pool.map(compute, left, [out] * len(left)), start=1):
            print(f"{number}/{len(left)} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2:])
