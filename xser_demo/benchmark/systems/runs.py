"""Run the published systems with their own features and networks: one small file for each cell, resumable.

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
from xser_demo.benchmark.grid import fold_count
from xser_demo.benchmark.systems import supervised
from xser_demo.data.domains import Domain
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
SYSTEM = "system"  # the system's own method
NO_REVERSAL = "no reversal"
CLASSIFIER = "classifier"  # NNPM predicting by its classifier
CONTROLS = {
    "latif2019-gan": ("coral", "svm"),
    "cai2021-dann": (NO_REVERSAL,),
    "li2021-nnpm": ("knn",),
    "poster2023-dann": (),
    "baklouti2024-mmd": (),
}


@dataclass(frozen=True)
class Cell:
    """One source training with all adaptations of it; or, with ``split``, a supervised run."""

    plan: Plan
    split: str | None = None  # "random" or "speakers": how a supervised run splits the target

    def file(self, out: Path) -> Path:
        plan = self.plan
        part = self.split or ("all" if plan.mode == "transductive" else f"fold{plan.fold}")
        name = f"{plan.variant}-{plan.source}-{plan.target}-{plan.labels}-{part}-seed{plan.seed}.json"
        return out / plan.system / name

    @property
    def preset(self) -> str:
        """Digest of recipe, schedule and weight; a stored cell with another digest is recomputed."""
        return digest(asdict(self.plan.recipe), asdict(self.plan.schedule), self.plan.weight)

    def finished(self, out: Path) -> bool:
        file = self.file(out)
        return file.exists() and json.loads(file.read_text())["preset"] == self.preset


def digest(*parts) -> str:
    """Short SHA-256 of JSON values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def cells() -> Iterator[Cell]:
    """All cells, the most important first: transductive for every pair, inductive (all folds) for some."""
    for seed in SEEDS:
        for variant in ("latent", "synthesis"):
            for pair in LATIF.pairs_here():
                yield from _adaptation("latif2019-gan", variant, pair, "valence", seed)
        for pair in NNPM.pairs_here():
            yield from _adaptation("li2021-nnpm", "mel", pair, "four", seed)
        for variant in ("mlp", "conv1d"):
            for pair in POSTER.pairs_here():
                yield from _adaptation("poster2023-dann", variant, pair, "five", seed)
                yield from _supervised("poster2023-dann", variant, pair, seed)
    for seed in IMAGE_SEEDS:
        for pair in BAKLOUTI.pairs_here():
            yield from _adaptation("baklouti2024-mmd", "unsupervised", pair, "six", seed)
            yield from _supervised("baklouti2024-mmd", "supervised", pair, seed)
        for pair in POSTER.pairs_here():
            yield from _adaptation("poster2023-dann", "resnet50", pair, "five", seed)
    for seed in SEEDS:
        for labels in ("arousal", "valence"):
            for variant in CAI.variants:  # all kinds of batch-norm statistics, on one pair
                yield from _adaptation("cai2021-dann", variant, CAI.pairs[0], labels, seed)
            for pair in CAI.pairs[1:]:
                yield from _adaptation("cai2021-dann", "joint", pair, labels, seed)
    for seed in SEEDS:
        for pair in (("ravdess", "emodb"), ("ravdess", "emovo"), ("ravdess", "urdu")):
            for variant in ("latent", "synthesis"):
                yield from _adaptation("latif2019-gan", variant, pair, "valence", seed, inductive=True)
        for pair in NNPM.pairs_here():
            yield from _adaptation("li2021-nnpm", "mel", pair, "four", seed, inductive=True)
        yield from _adaptation("poster2023-dann", "mlp", POSTER.pairs[0], "five", seed, inductive=True)
    for seed in SEEDS:
        for labels in ("arousal_strict", "valence_strict"):
            for variant in CAI.variants:
                yield from _adaptation("cai2021-dann", variant, CAI.pairs[0], labels, seed)
    for seed in SEEDS:
        for labels in ("arousal", "valence"):
            yield from _adaptation("cai2021-dann", "joint", CAI.pairs[0], labels, seed, inductive=True)
    for seed in IMAGE_SEEDS:
        yield from _adaptation("baklouti2024-mmd", "unsupervised", ("ravdess", "emodb"), "six", seed, inductive=True)


def _adaptation(system: str, variant: str, pair, labels: str, seed: int, inductive: bool = False) -> Iterator[Cell]:
    method = systems.get(system).variant(variant).method
    plan = Plan(*pair, method, labels, "transductive", seed=seed, system=system, variant=variant)
    if not inductive:
        yield Cell(plan)
        return
    for fold in range(fold_count(pair[1])):
        yield Cell(replace(plan, mode="inductive", fold=fold))


def _supervised(system: str, variant: str, pair, seed: int) -> Iterator[Cell]:
    method = systems.get(system).variant(variant).method
    for split in supervised.SPLITS:
        yield Cell(Plan(*pair, method, "own", seed=seed, system=system, variant=variant), split)


def compute(cell: Cell, out: Path) -> str:
    """Compute one cell and write its predictions atomically. Returns a line for the log."""
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
    """Predictions of the system and its controls on the scored clips, all from one source model."""
    task = prepare(plan)
    source_model, source_uar = load_source_model(plan, task, out)
    answers = {"source_only": predictions(source_model, task.test).tolist()}
    chosen: dict[str, int | None] = {}
    every_epoch: list[list[int]] = []
    for name in ("zscore", *CONTROLS[plan.system], SYSTEM):
        if name == "svm":
            answers[name] = support_vectors(task)
            continue
        method_name, strength = plan.method if name in (SYSTEM, NO_REVERSAL) else name, plan.weight
        strength = 0.0 if name == NO_REVERSAL else strength if name == SYSTEM else None
        schedule = plan.schedule
        trains = methods.get(method_name).trains
        model = deepcopy(source_model).requires_grad_(trains)
        if schedule.from_scratch and trains:
            model = fresh(plan, task)
        method = methods.get(method_name)(model, task.train, task.adapt, strength, plan.seed, schedule)
        for event in loop.run(method, task.train, task.validation, task.adapt, plan.seed):
            if isinstance(event, loop.Epoch) and name == SYSTEM:
                every_epoch.append(predictions(event.model, task.test).tolist())
            if isinstance(event, loop.Finished):
                chosen[name] = event.chosen.epoch if event.chosen else None
        answers[name] = predictions(model, task.test).tolist()
        if method_name == "nnpm":
            model.memory = None
            answers[CLASSIFIER] = predictions(model, task.test).tolist()
    # Only the poster chooses the epoch by the target's labels, which needs the predictions of all epochs.
    stored = every_epoch if plan.system == "poster2023-dann" and plan.mode == "transductive" else []
    majority = task.train.labels.bincount().argmax().item()
    return {
        "classes": list(task.labels.classes),
        "rows": task.test.rows.tolist(),
        "source_validation_uar": source_uar,
        "majority": majority,
        "chosen_epoch": chosen,
        "predictions": answers,
        "every_epoch": stored,
    }


def load_source_model(plan: Plan, task: Task, out: Path) -> tuple[Model, float]:
    """The source-only model of a plan and its UAR on validation speakers; trained at the first call.

    Source training uses one domain, so all kinds of batch-norm statistics except "none" share a source model.
    """
    from safetensors import safe_open
    from safetensors.torch import load_file, save

    recipe, schedule = plan.recipe, plan.schedule
    norm = {"norm": recipe.options.get("norm") == "none"}
    preset = digest(asdict(recipe) | {"options": recipe.options | norm}, asdict(replace(schedule, epochs=0)))
    file = out / "sources" / f"{plan.source}-{'-'.join(task.labels.classes)}-{plan.labels}-{preset}-seed{plan.seed}.st"
    model = Model(task.labels.classes, plan.seed, task.train.pack.dim, recipe)
    if file.exists():
        model.load_state_dict(load_file(file))
        with safe_open(file, "pt") as opened:
            return model.eval(), float(opened.metadata()["source_uar"])
    initial = fresh(plan, task)
    events = loop.train_source(task.train, task.validation, plan.seed, model=initial, schedule=schedule)
    done = loop.run_to_end(events)
    assert done.chosen is not None  # it was trained
    file.parent.mkdir(parents=True, exist_ok=True)
    files.atomic_write(file, save(done.model.state_dict(), {"source_uar": str(done.chosen.source_uar)}))
    return done.model, done.chosen.source_uar


def support_vectors(task: Task) -> list[int]:
    """Predictions of a linear SVM (C = 0.1, balanced classes) on vectors, each language standardised by itself: the
    usual baseline for such features."""
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    x, y, test = (array.numpy() for array in (_vectors(task.train), task.train.labels, _vectors(task.test)))
    svm = LinearSVC(C=0.1, class_weight="balanced", random_state=0)
    svm.fit(StandardScaler().fit_transform(x), y)
    scaler = StandardScaler().fit(_vectors(task.adapt).numpy())
    return svm.predict(scaler.transform(test)).tolist()


def _vectors(domain: Domain) -> torch.Tensor:
    return torch.cat([batch.frames for batch in domain.batches()])


def run(out: Path, wanted: list[str], workers: int = 2) -> None:
    """Compute all unfinished cells, of the systems ``wanted`` if there are any."""
    todo = [cell for cell in cells() if not wanted or cell.plan.system in wanted]
    left = [cell for cell in todo if not cell.finished(out)]
    print(f"{len(left)} cells to do, {len(todo) - len(left)} finished before", file=sys.stderr, flush=True)
    with ProcessPoolExecutor(workers) as pool:
        for number, line in enumerate(pool.map(compute, left, [out] * len(left)), start=1):
            print(f"{number}/{len(left)} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2:])
