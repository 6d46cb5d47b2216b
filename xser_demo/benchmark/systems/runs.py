"""Computes the cells of the five systems with their own features and networks (cells.py); one small file for each."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path

import torch

from xser_demo import methods
from xser_demo.benchmark.candidates import SelfTraining
from xser_demo.benchmark.systems import supervised
from xser_demo.benchmark.systems.cells import Cell, Settings, digest
from xser_demo.data.domains import Domain
from xser_demo.data.packs import Pack
from xser_demo.experiments.plan import Plan, on_maps
from xser_demo.experiments.run import fresh, predictions
from xser_demo.experiments.task import Task, prepare
from xser_demo.methods.base import Method
from xser_demo.methods.nnpm_gate import GatedNNPM, pseudo_labels
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.training import loop
from xser_demo.utils import files
from xser_demo.utils.device import device

Packs = dict[tuple[str, str], Pack]  # by corpus and feature
SYSTEM = "system"  # the system's own method
WEIGHT_0 = "weight 0"  # the same training without its adaptation loss
CLASSIFIER = "classifier"  # NNPM predicting by its classifier
CONTROLS = {
    "latif2019-gan": ("coral", "svm"),
    "cai2021-dann": (),
    "li2021-nnpm": ("knn", "self_training", "aad"),
    "poster2023-dann": (),
    "baklouti2024-mmd": (),
}


def compute(cell: Cell, out: Path) -> str:
    """Compute one cell and write its predictions atomically. Returns a line for the log."""
    found = record(cell, out)
    file = cell.file(out)
    file.parent.mkdir(parents=True, exist_ok=True)
    files.atomic_write(file, json.dumps(found).encode())
    return f"{cell.plan.system} {cell.name}: {found['seconds']:.0f} s"


def record(cell: Cell, out: Path, own: Packs | None = None, only_system: bool = False) -> dict:
    """Predictions of one cell; source models are kept in ``out``. ``own``: packs that are not shipped. ``only_system``:
    without the controls."""
    torch.set_num_threads(1)
    started, used = time.monotonic(), time.process_time()
    plan = on_maps(replace(cell.planned, own=own or {}))
    arguments = (scheduled(plan, cell.settings), out, only_system)
    with constants(cell.settings):
        found = supervised.run(plan, cell.split, *arguments) if cell.split else unsupervised(plan, *arguments)
    found |= {"plan": recorded(cell.plan), "split": cell.split, "preset": cell.preset, "settings": dict(cell.settings)}
    found |= {"seconds": round(time.monotonic() - started, 1), "cpu_s": round(time.process_time() - used, 1)}
    return found | {"device": device()}


def recorded(plan: Plan) -> dict:
    """A plan as JSON values."""
    return {name: value for name, value in asdict(replace(plan, own={})).items() if name != "own"}


def scheduled(plan: Plan, settings: Settings) -> Schedule:
    """The schedule of the adaptation; a chosen learning rate holds for it and not for the source model."""
    rate = dict(settings).get("learning_rate")
    return plan.schedule if rate is None else replace(plan.schedule, learning_rate=rate)


@contextmanager
def constants(settings: Settings) -> Iterator[None]:
    """Inside, NNPM's gate has the chosen constants."""
    names = {"margin": float, "nearest": int}
    before = {name: getattr(GatedNNPM, name) for name in names}
    for name, value in settings:
        if name in names:
            setattr(GatedNNPM, name, names[name](value))
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(GatedNNPM, name, value)


def unsupervised(plan: Plan, schedule: Schedule, out: Path, only_system: bool = False) -> dict:
    """Predictions of the system and its controls on the scored clips, all from one source model."""
    corpus_task = prepare(plan)
    source_model, source_uar = load_source_model(plan, corpus_task, out)
    task = corpus_task.by_source() if plan.normalise == "source" else corpus_task
    answers = {"source_only": predictions(source_model, task.test).tolist()}
    answers["zscore"] = zscore(source_model, corpus_task)
    chosen: dict[str, int | None] = {}
    every_epoch: list[list[int]] = []
    extra: dict = {}
    every = trainings(plan)
    for name, (kind, weight) in ({SYSTEM: every[SYSTEM]} if only_system else every).items():
        if name == "svm":
            answers[name] = support_vectors(task)
            continue
        model = deepcopy(source_model).requires_grad_(kind.trains)
        if schedule.from_scratch and kind.trains:
            model = fresh(plan, task)
        method = kind(model, task.train, task.adapt, weight, plan.seed, schedule)
        for event in loop.run(method, task.train, task.validation, task.adapt, plan.seed):
            if isinstance(event, loop.Epoch) and name == SYSTEM:
                every_epoch.append(predictions(event.model, task.test).tolist())
                if "share labelled" in event.losses:
                    extra.setdefault("share_labelled", []).append(round(event.losses["share labelled"], 4))
            if isinstance(event, loop.Finished):
                chosen[name] = event.chosen.epoch if event.chosen else None
        answers[name] = predictions(model, task.test).tolist()
        if isinstance(method, GatedNNPM) and name == SYSTEM:
            extra["pseudo"] = pseudo(method, task)
            model.memory = None
            answers[CLASSIFIER] = predictions(model, task.test).tolist()
    # Only the poster chooses the epoch by the target's labels, which needs the predictions of all epochs.
    stored = every_epoch if plan.system == "poster2023-dann" and plan.mode == "transductive" else []
    majority = task.train.labels.bincount().argmax().item()
    return extra | {
        "classes": list(task.labels.classes),
        "rows": task.test.rows.tolist(),
        "source_validation_uar": source_uar,
        "majority": majority,
        "chosen_epoch": chosen,
        "predictions": answers,
        "every_epoch": stored,
    }


def trainings(plan: Plan) -> dict[str, tuple[type[Method], float | None]]:
    """Controls and the system itself by name: method and weight. ``svm`` stands for a baseline that is no method."""
    own = methods.get(plan.method)
    found: dict[str, tuple[type[Method], float | None]] = {
        name: (SelfTraining if name == "self_training" else own if name == "svm" else methods.get(name), None)
        for name in CONTROLS[plan.system or ""]
    }
    return found | {WEIGHT_0: (own, 0.0), SYSTEM: (own, plan.weight)}


def zscore(source_model: Model, task: Task) -> list[int]:
    """The control: the target standardised by its own statistics, nothing trained."""
    model = deepcopy(source_model)
    methods.get("zscore")(model, task.train, task.adapt)
    return predictions(model, task.test).tolist()


def pseudo(method: GatedNNPM, task: Task) -> list[int]:
    """The pseudo label of each scored clip at the end, -1 where the gate is shut; for the evaluation."""
    embedding = method.model.predict_all(task.test, TARGET)[1].to(method.model.device)
    labels, accepted = pseudo_labels(method.memory, embedding, method.margin)
    return torch.where(accepted, labels, torch.full_like(labels, -1)).tolist()


def load_source_model(plan: Plan, task: Task, out: Path) -> tuple[Model, float]:
    """The source-only model of a plan and its UAR on validation speakers; trained at the first call.

    Source training uses one domain, so all kinds of batch-norm statistics except "none" share a source model.
    """
    from safetensors import safe_open
    from safetensors.torch import load_file, save

    recipe, schedule = plan.recipe, plan.schedule  # of the system: settings are chosen for the adaptation
    norm = {"norm": recipe.options.get("norm") == "none"}
    preset = digest(asdict(recipe) | {"options": recipe.options | norm}, asdict(replace(schedule, epochs=0)))
    file = out / "sources" / f"{plan.source}-{'-'.join(task.labels.classes)}-{plan.labels}-{preset}-seed{plan.seed}.st"
    model = Model(task.labels.classes, plan.seed, task.train.pack.dim, recipe)
    if file.exists():
        model.load_state_dict(load_file(file))
        model.to(device())
        with safe_open(file, "pt") as opened:
            return model.eval(), float(opened.metadata()["source_uar"])
    initial = fresh(plan, task)
    events = loop.train_source(task.train, task.validation, plan.seed, model=initial, schedule=schedule)
    done = loop.run_to_end(events)
    assert done.chosen is not None  # it was trained
    file.parent.mkdir(parents=True, exist_ok=True)
    files.atomic_write(
        file,
        save(
            {name: value.contiguous().cpu() for name, value in done.model.state_dict().items()},
            {"source_uar": str(done.chosen.source_uar)},
        ),
    )
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
