"""The answers of a run's models to every clip of its target: for the table of the page, CSV files and the report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xser_demo.corpora.base import Utterance
from xser_demo.data.domains import Target
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.task import target_pack
from xser_demo.inference.predict import sure
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.temperature import calibrated, fit
from xser_demo.utils.csv_files import read_rows, to_csv
from xser_demo.utils.errors import UserError
from xser_demo.utils.files import atomic_write

ANSWER, PROBABILITY = "answer:", "p:"  # columns of a CSV: "answer:adapted", "p:adapted:anger"
START, ADAPTED = "source_only", "adapted"


@dataclass(frozen=True)
class ClipAnswers:
    """``utterances``: the n clips. ``answers``: by model, class indices (n,), the adapted model first.
    ``probabilities``: by model, (n, C) at the temperature of its card."""

    classes: tuple[str, ...]
    utterances: list[Utterance]
    answers: dict[str, np.ndarray]
    probabilities: dict[str, np.ndarray]

    @property
    def changed(self) -> np.ndarray:
        """(n,) bool: whether the adapted model answers otherwise than the one before."""
        return self.answers[ADAPTED] != self.answers[START]

    @property
    def unsure(self) -> np.ndarray:
        """(n,) bool: whether the adapted model is not sure of its answer."""
        return ~sure(self.probabilities[ADAPTED])


def clips(result: AdaptationResult) -> Target:
    """The clips of a run: all that may be of its classes, or those of its fold."""
    return result.task.adapt if result.plan.mode == "transductive" else result.task.test


def utterances(result: AdaptationResult) -> list[Utterance]:
    """Those of ``clips``, with their paths."""
    every = target_pack(result.plan).utterances
    return [every[row] for row in clips(result).rows.tolist()]


def of(result: AdaptationResult) -> ClipAnswers:
    """The answers of the models of a run to ``clips``."""
    task, target = result.task, clips(result)
    probabilities = {
        ADAPTED: _probabilities(result.model, target, result.temperature),
        START: _probabilities(result.source_model, target, fit(result.source_model, task.validation)),
    }
    answers = {name: one.argmax(1) for name, one in probabilities.items()}
    if target is task.test:  # z-score leaves no model behind, only its answers to the scored clips
        answers["zscore"] = result.answers["zscore"]
    return ClipAnswers(task.labels.classes, utterances(result), answers, probabilities)


def _probabilities(model: Model, target: Target, temperature: float) -> np.ndarray:
    """(n, C)."""
    return calibrated(model.predict_all(target, TARGET)[0], temperature).numpy()


def rows(table: ClipAnswers) -> Iterator[dict[str, Any]]:
    """A row of the CSV for each clip: file, length, speaker, answers and probabilities, changed, unsure."""
    changed, unsure = table.changed, table.unsure
    for number, utterance in enumerate(table.utterances):
        named = {name: table.classes[answers[number]] for name, answers in table.answers.items()}
        shares = {
            name: dict(zip(table.classes, share[number].tolist(), strict=True))
            for name, share in table.probabilities.items()
        }
        yield {
            "file": utterance.path,
            "seconds": utterance.duration_s,
            "speaker": utterance.speaker,
            **columns(named, shares),
            "changed": _yes(changed[number]),
            "unsure": _yes(unsure[number]),
        }


def columns(answers: Mapping[str, str], probabilities: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """The columns of a clip's answers, by model."""
    found: dict[str, Any] = {f"{ANSWER}{model}": answer for model, answer in answers.items()}
    for model, shares in probabilities.items():
        found |= {f"{PROBABILITY}{model}:{name}": round(share, 4) for name, share in shares.items()}
    return found


def write(rows: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Write rows as a CSV file, whole or not at all. UserError when it cannot be written."""
    try:
        atomic_write(file, to_csv(rows).encode("utf-8", "replace"))
    except OSError as error:
        raise UserError(f"The answers cannot be written to {file} ({error.strerror}); choose another place.") from error


def _yes(value: bool) -> str:
    return "yes" if value else "no"


@dataclass(frozen=True)
class Table:
    """A CSV of answers that was read: ``files`` (n,), all different; ``answers``: by model, class indices (n,)."""

    classes: tuple[str, ...]
    files: list[str]
    answers: dict[str, np.ndarray]


def read(file: Path) -> Table:
    """A CSV that ``xser adapt --csv`` or ``xser predict --csv`` wrote. UserError when it is none."""
    found = read_rows(file, "file")
    models = [name.removeprefix(ANSWER) for name in found[0] if name.startswith(ANSWER)]
    if not models:
        raise UserError(f"{file} has no answers; make it with: xser adapt --csv, or xser predict --csv")
    rows = [row for row in found if all(row[f"{ANSWER}{model}"] for model in models)]
    known: dict[str, list[str]] = {}
    for name in found[0]:
        if name.startswith(PROBABILITY):
            model, _, of = name.removeprefix(PROBABILITY).rpartition(":")
            known.setdefault(model, []).append(of)
    classes, *others = {tuple(of) for of in known.values()} or {()}
    if others:
        raise UserError(f"The models of {file} have different classes; choose models with the same: --model ID")
    files = [row["file"] for row in rows]
    if len(set(files)) < len(files):
        raise UserError(f"{file} has a file twice; answers of several runs belong into a file each.")
    if any(row[f"{ANSWER}{model}"] not in classes for row in rows for model in models):
        raise UserError(f"{file} has answers that are none of its classes, {', '.join(classes)}; make it again.")
    answers = {model: np.array([classes.index(row[f"{ANSWER}{model}"]) for row in rows]) for model in models}
    return Table(classes, files, answers)
