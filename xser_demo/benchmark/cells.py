"""Computation of one benchmark cell: train a method and record its predictions.

A record holds the predictions and the label-free criteria of every checkpoint, so that all selection rules can be
compared later without another run. Target labels are not opened here.
"""

import time
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from xser_demo import methods
from xser_demo.benchmark import grid
from xser_demo.benchmark.store import Record, Store, atomic_write
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.provenance import versions
from xser_demo.experiments.run import expect_speakers, fresh, normalised, shifts
from xser_demo.experiments.task import Task, prepare
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.networks.temperature import fit_temperature
from xser_demo.training import criteria, loop
from xser_demo.training.loop import Outputs

SOURCE_SAMPLE = 200  # training clips that represent the source in density ratios
CLASSIFIER = "nnpm_classifier"  # NNPM predicting by its classifier instead of its memory's vote


def compute(cell: Plan, store: Store) -> str:
    """Compute one cell, unless it is finished, and write its record. Returns a line for the log."""
    if store.finished(cell):
        return "finished before"
    torch.set_num_threads(1)
    started = time.monotonic()
    task = prepare(cell)
    task, chosen = normalised(cell, task, source_model(cell, task, store))
    model = deepcopy(source_model(cell, task, store))
    if methods.get(cell.method).uses_target:
        expect_speakers(model, task)
    record = run(cell, task, model)
    record["about"] |= {
        "normalisation": {"name": chosen.name, "confounded": chosen.confounded},
        "preregistration": grid.preregistration(),
        "seconds": round(time.monotonic() - started, 2),
    }
    store.write(cell, record)
    return f"{record['about']['seconds']:.1f} s"


def run(cell: Plan, task: Task, model: Model) -> Record:
    """Adapt ``model``. The record has

    rows (n,): scored utterances of the target's pack
    answers (epochs, n) uint8: predicted classes at each checkpoint; one checkpoint for a method that does not train
    criteria (epochs, K) float32: label-free criteria in the order of ``criteria.CRITERIA``
    confidence, calibrated (n,) float16: probability of the prediction, without and with the temperature fitted on the
        source's validation speakers, at the checkpoint chosen by the rule
    about: the plan, the chosen checkpoint (counted from 0), the temperature
    """
    answers: list[Tensor] = []
    values: list[dict[str, float]] = []
    chosen = None
    if cell.method != "source_only":
        model.requires_grad_(True)
        method = methods.get(cell.method)(model, task.train, task.adapt, cell.weight, cell.seed, cell.schedule)
        for event in loop.run(method, task.train, task.validation, task.adapt, cell.seed):
            if isinstance(event, loop.Epoch):
                record_checkpoint(event.model, task, event.validation, event.target, answers, values)
            elif isinstance(event, loop.Finished):
                chosen = event.chosen
    if chosen is None:  # nothing was trained
        outputs = model.predict_all(task.validation, SOURCE), model.predict_all(task.adapt, TARGET)
        record_checkpoint(model, task, *outputs, answers, values)
    logits = model.predict_all(task.test, TARGET)[0]
    validation_logits = model.predict_all(task.validation, SOURCE)[0]
    temperature = fit_temperature(validation_logits, task.validation.labels)
    about = {
        "plan": asdict(cell),
        "schedule": asdict(cell.schedule),
        "chosen": chosen.epoch - 1 if chosen else 0,
        "temperature": round(temperature, 4),
        "classes": list(task.labels.classes),
        "versions": versions(),
    }
    extra = {}
    if cell.mode == "transductive" and not cell.shift and cell.method in ("source_only", "zscore"):
        about |= {"distance": asdict(shifts(task, model, model)[0])}  # before training on the target
    if cell.method == "nnpm":
        model.memory = None
        extra[CLASSIFIER] = model.predict_all(task.test, TARGET)[0].argmax(1).byte().numpy()
    return {
        "rows": task.test.rows.int().numpy(),
        "answers": torch.stack(answers).numpy(),
        "criteria": np.array([[row[name] for name in criteria.CRITERIA] for row in values], np.float32),
        "confidence": logits.softmax(1).amax(1).half().numpy(),
        "calibrated": (logits / temperature).softmax(1).amax(1).half().numpy(),
        "about": about,
    } | extra


def record_checkpoint(
    model: Model, task: Task, validation: Outputs, target: Outputs, answers: list[Tensor], values: list
) -> None:
    """Append a checkpoint's predictions to ``answers`` and its criteria to ``values``."""
    scored = target if task.test is task.adapt else model.predict_all(task.test, TARGET)
    answers.append(scored[0].argmax(1).byte())
    indices = torch.linspace(0, len(task.train) - 1, min(SOURCE_SAMPLE, len(task.train))).long()
    sample = model.predict(*task.train.batch(indices)[:2], SOURCE).embedding
    values.append(criteria.measure(criteria.Evidence(sample, *validation, task.validation.labels, *target)))


def source_file(cell: Plan, task: Task, store: Store) -> Path:
    """File of the source model of a cell."""
    fold = f"-fold{cell.fold}" if cell.mode == "supervised" else ""
    length = f"-e{cell.source_epochs}" if cell.source_epochs else ""
    speakers = "-speaker" if task.corpora else ""
    name = f"{cell.source}{fold}-{'.'.join(task.labels.classes)}{length}{speakers}-seed{cell.seed}.safetensors"
    return store.folder / "sources" / name


def source_model(cell: Plan, task: Task, store: Store) -> Model:
    """The source-only model that all cells of a source, label set and seed share; trained at the first call."""
    from safetensors.torch import load_file, save

    file = source_file(cell, task, store)
    if file.exists():
        model = Model(task.labels.classes, cell.seed, task.train.pack.dim, cell.recipe)
        model.load_state_dict(load_file(file))
        return model.eval()
    events = loop.train_source(task.train, task.validation, cell.seed, model=fresh(cell, task), schedule=cell.schedule)
    model = loop.run_to_end(events).model
    atomic_write(file, save(model.state_dict()))
    return model


def train_source(cell: Plan, store: Store) -> str:
    """Train only the source model of a cell, so that no two workers train the same one."""
    torch.set_num_threads(1)
    started = time.monotonic()
    source_model(cell, prepare(cell), store)
    return f"{time.monotonic() - started:.1f} s"
